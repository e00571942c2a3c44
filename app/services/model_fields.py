"""Fields of lines and texts by which a model can sort them: genre, speaker, status, own ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.domain.messages import Message, say
from app.domain.text import first_plain
from app.ml.data import Line
from app.ml.targets import FIELD
from app.services.desk import Desk
from app.services.projects import list_items
from app.store import records
from app.store.database import Document

GENRE, SPEAKER, STATUS = "genre", "speaker", "status"
OWN = "own:"
_FIXED = (GENRE, SPEAKER, STATUS)
_LONGEST, _MOST = 80, 40
Content = Mapping[str, Any]


def own_choices(desk: Desk) -> list[tuple[str, str | Message]]:
    """The project's own fields and properties of lines and texts, with what people read."""
    found: set[str] = set()
    for kind, rows in (("utterance", desk.store.utterances), ("text", desk.store.texts)):
        shown = records.filter_of(desk.store, desk.scope, kind)
        for key in ("fields.type", "traits.name"):
            found |= {str(one) for one in rows.distinct(key, shown) if one}
    named = sorted(one for one in found if len(one) <= _LONGEST)[:_MOST]
    return [(f"{OWN}{one}", say("“%(field)s” of the line or text", field=one)) for one in named]


class Fields:
    """What the fields of a line say."""

    def __init__(self, desk: Desk, people: Mapping[str, Document]) -> None:
        self._people = people
        self._codes = {one["_id"]: str(one["code"]) for one in list_items(desk)}

    def label(self, field: str, line: Content, text: Content) -> str:
        """What a field says of a line; empty if nothing.

        Args:
            field: as options have it; empty for the first of genre, speaker and status that is
                there.
            text: in which it stands; empty for one on its own.
        """
        if not field:
            return next(filter(None, (self.label(one, line, text) for one in _FIXED)), "")
        if field == GENRE:
            return self._codes.get(text.get(GENRE) or "", "")
        if field == STATUS:
            return self._codes.get(line.get(STATUS) or text.get(STATUS) or "", "")
        if field == SPEAKER:
            return self._speaker(line, text)
        name = field.removeprefix(OWN)
        return _own(name, line) or _own(name, text)

    def _speaker(self, line: Content, text: Content) -> str:
        """Who says a line: where it names nobody, the only one of its text."""
        named: Sequence[str] = text.get("speakers") or ()
        person = self._people.get(line.get(SPEAKER) or (named[0] if len(named) == 1 else ""), {})
        return str(person.get("label") or person.get("name") or "")


def by_text(lines: Iterable[Line]) -> dict[str, list[str]]:
    """The lines of each text, by id."""
    found: dict[str, list[str]] = {}
    for line in lines:
        if line.text:
            found.setdefault(line.text, []).append(line.id)
    return dict(sorted(found.items()))


def as_one(text: str, lines: Sequence[Line]) -> Line:
    """A text as one line, with the label that most of its lines have."""
    labels = Counter(one.labels[FIELD] for one in lines)
    label = min(labels, key=lambda one: (-labels[one], one))
    words = tuple(word for one in lines for word in one.words)
    return Line(text, text, words, labels={FIELD: label})


def _own(name: str, record: Content) -> str:
    told: Iterable[str] = (
        *(first_plain(one.get("text") or {}) for one in record.get("fields", ())
          if one.get("type") == name),
        *(str(one.get("value") or "") for one in record.get("traits", ())
          if one.get("name") == name),
    )  # fmt: skip
    return next((one.strip()[:_LONGEST] for one in told if one.strip()), "")
