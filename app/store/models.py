"""Models that other projects share, and what of models goes when something is erased."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.domain.errors import NotFound
from app.store import files
from app.store.access import Scope
from app.store.database import Document, Store

_BETWEEN = "-"
_REMEMBERED = 64  # files of models, which do not change
_evaluated: dict[str, frozenset[str]] = {}  # by file


def iterate_elsewhere(store: Store, scope: Scope, actor: str) -> Iterator[Document]:
    """Models of other projects that everybody, this project or this person may use."""
    yield from store.models.find(_elsewhere(scope, actor)).sort("_id", 1)


def find_elsewhere(store: Store, scope: Scope, actor: str, model: str) -> Document | None:
    """One of them."""
    return store.models.find_one(_elsewhere(scope, actor) | {"_id": model})


def iterate_all(store: Store, project: str) -> Iterator[Document]:
    """The models of a project, those too that were deleted: for rules only."""
    yield from store.models.find({"project": project}).sort("_id", 1)


def forget_reports(store: Store, project: str, erased: Iterable[str]) -> None:
    """Deletes the reports in which sentences of erased lines, texts or persons may stand.

    Figures stay, and so does the model; its page says what was erased of what it learnt from.
    """
    gone = set(erased)
    for model in store.models.find({"project": project, "report": {"$gt": ""}}):
        learnt = model.get("learnt_from") or {}
        named = {*learnt.get("texts", ()), *learnt.get("speakers", ())}
        if gone & (named | lines_of(store, model)):
            files.delete(store, model["report"])


def lines_of(store: Store, model: Document) -> set[str]:
    """The ids of the sentences that a model learnt from or was measured on."""
    learnt, measured = _written(store, model)
    return {*learnt.split(), *measured.split()}


def evaluated_in(store: Store, model: Document) -> set[str]:
    """The ids of those that it was measured on."""
    known = _evaluated.get(str(model.get("lines", "")))
    if known is None:
        known = frozenset(_written(store, model)[1].split())
        if model.get("lines"):
            while len(_evaluated) >= _REMEMBERED:
                _evaluated.pop(next(iter(_evaluated)), None)
            _evaluated[model["lines"]] = known
    return set(known)


def write_lines(train: Iterable[str], test: Iterable[str]) -> bytes:
    """The file that says which sentences a model learnt from, and on which it was measured."""
    return "\n".join([*train, _BETWEEN, *test, ""]).encode()


def _written(store: Store, model: Document) -> tuple[str, str]:
    try:
        stream = files.open_file(store, model["project"], model.get("lines", ""))
    except NotFound:
        return "", ""
    learnt, _, measured = stream.read().decode().partition(f"{_BETWEEN}\n")
    return learnt, measured


def _elsewhere(scope: Scope, actor: str) -> Document:
    shared: list[Document] = [{"access.level": "public"}, {"shared.projects": scope.project}]
    if actor:
        shared.append({"shared.people": actor})
    return {
        "project": {"$ne": scope.project},
        "deleted": {"$ne": True},
        "$or": shared,
    }
