"""What is typed into a field: in the project's normal form, pointing at what is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.domain import project as lists
from app.domain.errors import Problems
from app.domain.messages import say
from app.domain.schema import is_in_writing_system
from app.domain.text import bad_characters, normalise
from app.services.desk import Desk
from app.store import records

LONGEST_TEXT = 100_000
# Fields that hold an id of a list item, and of which list.
ITEM_FIELDS = {
    "pos": lists.PARTS_OF_SPEECH,
    "domains": lists.SEMANTIC_DOMAINS,
    "status": lists.STATUSES,
    "morph_type": lists.MORPH_TYPES,
    "genre": lists.GENRES,
}
_TYPED = {
    "notes": lists.NOTE_TYPES,
    "translations": lists.TRANSLATION_TYPES,
    "etymologies": lists.ETYMOLOGY_TYPES,
    "morphs": lists.MORPH_TYPES,
}


def checked(desk: Desk, path: tuple[str, ...], value: Any, kind: str = "entry") -> Any:
    """A value for a field, in the project's normal form.

    Args:
        path: of the field in its record.
        kind: of the record.

    Raises:
        Invalid: it is too long, holds characters that no text has, or names a writing system or a
            list item that the project does not have.
    """
    found = Problems()
    forms = {
        ws["id"]: ws.get("normal_form", "NFC") for ws in desk.project.get("writing_systems", ())
    }
    made = _normalised(path, value, forms, found, kind)
    wanted = dict(_item_ids(path, made))
    known = records.find_many(desk.store, desk.scope, "item", wanted) if wanted else {}
    for item, where in wanted.items():
        if item not in known:
            found.add(
                where, say("There is no item %(item)s in the lists of this project.", item=item)
            )
    found.check()
    return made


def _normalised(
    path: tuple[str, ...], value: Any, forms: Mapping[str, str], found: Problems, kind: str
) -> Any:
    if value and is_in_writing_system(path, kind) and path[-1] not in forms:
        found.add("/".join(path), say("There is no writing system %(ws)s here.", ws=path[-1]))
    if isinstance(value, str):
        if bad_characters(value):
            found.add(
                "/".join(path), say("This holds %(what)s; take it out.", what=bad_characters(value))
            )
        if len(value) > LONGEST_TEXT:
            found.add(
                "/".join(path), say("This is longer than %(most)s characters.", most=LONGEST_TEXT)
            )
        code = path[-1] if path else ""
        return normalise(value, forms[code]) if code in forms else value
    if isinstance(value, dict):
        if "text" in value and "spans" in value:
            _normalised((*path, "text"), value["text"], {}, found, kind)  # spans count code points
            return value
        return {key: _normalised((*path, key), v, forms, found, kind) for key, v in value.items()}
    if isinstance(value, list):
        return [
            _normalised((*path, _name(v, n)), v, forms, found, kind) for n, v in enumerate(value)
        ]
    return value


def _name(value: Any, number: int) -> str:
    return str(value["id"]) if isinstance(value, dict) and "id" in value else str(number)


def _item_ids(path: tuple[str, ...], value: Any) -> Iterator[tuple[str, str]]:
    """Ids of list items in a value, each with the path at which it stands."""
    key = path[-1] if path else ""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _item_ids((*path, name), inner)
    elif isinstance(value, list):
        for inner in value:
            if isinstance(inner, str) and key in ITEM_FIELDS:
                yield inner, "/".join(path)
            elif isinstance(inner, dict):
                yield from _item_ids((*path, str(inner.get("id", ""))), inner)
    elif isinstance(value, str) and value and (key in ITEM_FIELDS or _is_typed(path)):
        yield value, "/".join(path)


def _is_typed(path: Sequence[str]) -> bool:
    """Whether a path is the type of a note, a translation, an etymology or a morph."""
    return len(path) >= 3 and path[-1] == "type" and path[-3] in _TYPED
