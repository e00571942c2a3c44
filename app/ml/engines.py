"""Which module runs a model, by the name of its engine.

A name that comes with a request chooses among these; no module is ever named by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec

from app.domain.errors import NotFound
from app.domain.messages import say
from app.ml.tasks import ENGINES, Engine, find_engine

# Models from outside: loaded behind a fence of which nothing is missing, or not at all.
OUTSIDE = {
    "scikit-learn": "app.ml.outside_sklearn",
    "transformers": "app.ml.outside_transformers",
}


def module_of(engine: str) -> str:
    """The module that trains and loads what an engine makes.

    Raises:
        NotFound: there is no such engine.
    """
    known = {one.name: one.module for one in ENGINES} | OUTSIDE
    if engine not in known:
        raise NotFound(say("There is no engine “%(engine)s”.", engine=engine[:40]))
    return known[engine]


def engines_here(names: Sequence[str]) -> tuple[list[Engine], list[Engine]]:
    """Engines of these names that can be used here, and those that lack a package."""
    found = [one for one in map(find_engine, names) if one is not None]
    here = [one for one in found if not lacking(one)]
    return here, [one for one in found if one not in here]


def lacking(engine: Engine) -> list[str]:
    """The packages that an engine needs and that are not installed; nothing is imported."""
    return [one for one in engine.needs if not _is_there(one)]


@lru_cache
def _is_there(package: str) -> bool:
    return find_spec(package) is not None
