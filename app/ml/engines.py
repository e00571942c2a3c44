"""Which module runs a model, by the name of its engine.

A name that comes with a request chooses among these; no module is ever named by one.
"""

from __future__ import annotations

from app.domain.errors import NotFound
from app.domain.messages import say
from app.ml.tasks import ENGINES

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
