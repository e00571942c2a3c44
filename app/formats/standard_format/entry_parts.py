"""From entries to the fields of MDF, alike for reading and for writing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.domain.text import plain
from app.formats.standard_format.mapping import MarkerMap
from app.formats.standard_format.shape import Part
from app.formats.standard_format.values import Dict, Labels, format_date, write_styles

COMMENT = "comment"  # the own field that holds a remark on a variant
BORROWED = "borrowed"


@dataclass(frozen=True)
class Link:
    """A relation as it is written at one end.

    Attributes:
        part: the sense at which it is stated; empty for the entry.
        code: of its type.
        target: how the other end is called.
    """

    part: str
    code: str
    target: str


@dataclass
class Setting:
    """What the parts of an entry depend on.

    Attributes:
        named: what could not be written, by field.
    """

    markers: MarkerMap
    labels: Labels
    unsaid: dict[str, int] = field(default_factory=dict)

    def marker(self, field: str, ws: str = "", type: str = "") -> str:
        """The marker of something; what has none is counted."""
        found = self.markers.find(field, ws, type)
        if not found and type and field == "note":
            found = self.markers.find(field, ws)
        if not found:
            told = " ".join(one for one in (field, type, f"({ws})" if ws else "") if one)
            self.unsaid[told] = self.unsaid.get(told, 0) + 1
        return found

    def text(self, value: Any) -> str:
        """A text value as it is written."""
        return write_styles(value, self.markers.styles)


def entry_parts(
    entry: Dict,
    setting: Setting,
    links: Sequence[Link] = (),
    subentries: Iterable[str] = (),
    *,
    head: str = "",
    known: bool = False,
) -> list[Part]:
    """An entry as fields: those of the entry, its senses, its subentries, its date.

    Args:
        head: the marker with which it begins; that of records where left out.
        known: it came from such a file, which has its own way of telling senses apart.
    """
    made = _Parts(setting)
    for place, (ws, value) in enumerate(entry.get("lemma", {}).items()):
        marker = (head or setting.markers.record) if not place else setting.marker("lemma", ws)
        made.add("", f"lemma/{ws}", marker, setting.text(value))
    if not entry.get("lemma"):
        made.add("", "lemma/", head or setting.markers.record, "")
    if entry.get("homograph") is not None:
        made.add("", "homograph", setting.marker("homograph"), str(entry["homograph"]))
    made.texts("", "citation", entry.get("citation"))
    for one in entry.get("pronunciations", ()):
        made.texts(one["id"], "pronunciation", one.get("form"))
    made.extend(_forms(entry, setting))
    made.extend(_etymologies(entry, setting))
    made.notes("", entry, "entry_note")
    made.own("", entry)
    made.links("", links)
    if entry.get("status"):
        made.add("", "status", setting.marker("status"), setting.labels.label(entry["status"]))
    made.extend(_senses(entry, setting, links, known))
    for lemma in subentries:
        made.add("", "subentry", setting.markers.find("subentry", _ws(entry)) or "se", lemma)
    if entry.get("modified"):
        made.add("", "modified", setting.marker("modified"), format_date(entry["modified"]))
    return made.parts


def sections_of(entry: Dict) -> dict[str, str]:
    """The members of an entry that fields belong to, each with the outermost that it is in."""
    found: dict[str, str] = {}
    for name in ("pronunciations", "forms", "etymologies"):
        found |= {one["id"]: one["id"] for one in entry.get(name, ())}
    for sense in flat_senses(entry.get("senses", ())):
        found[sense["id"]] = sense["id"]
        found |= {one["id"]: sense["id"] for one in sense.get("examples", ())}
    return found


def flat_senses(senses: Iterable[Dict]) -> Iterator[Dict]:
    """Senses, each before its subsenses."""
    for sense in senses:
        yield sense
        yield from flat_senses(sense.get("senses", ()))


@dataclass
class _Parts:
    """Fields as they are gathered."""

    setting: Setting
    parts: list[Part] = field(default_factory=list)

    def add(self, owner: str, key: str, marker: str, value: str, implied: bool = False) -> None:
        """Adds a field, if it has a marker."""
        if marker:
            self.parts.append(Part(owner, key, marker, value, implied))

    def extend(self, others: Iterable[Part]) -> None:
        """Adds several."""
        self.parts.extend(others)

    def texts(self, owner: str, name: str, text: Mapping[str, Any] | None, kind: str = "") -> None:
        """Adds a field for each writing system of a text."""
        typed = f"{name}:{kind}" if kind else name
        for ws, value in (text or {}).items():
            if plain(value):
                marker = self.setting.marker(name, ws, kind)
                self.add(owner, f"{typed}/{ws}", marker, self.setting.text(value))

    def notes(self, owner: str, content: Dict, name: str = "note") -> None:
        """Adds notes, those of a type with the marker for it."""
        for note in content.get("notes", ()):
            kind = self.setting.labels.code(note["type"]) if note.get("type") else ""
            for ws, value in note.get("text", {}).items():
                markers = self.setting.markers
                marker = markers.find(name, ws, kind) or self.setting.marker("note", ws, kind)
                typed = f"note:{kind}" if kind else "note"
                self.add(owner, f"{typed}/{ws}", marker, self.setting.text(value))

    def own(self, owner: str, content: Dict) -> None:
        """Adds own fields."""
        for one in content.get("fields", ()):
            self.texts(owner, "own", one.get("text"), one["type"])

    def links(self, part: str, links: Iterable[Link]) -> None:
        """Adds the relations stated at the entry or at a sense."""
        before = ""
        for link in links:
            if link.part != part:
                continue
            key = f"relation:{link.code}"
            if marker := self.setting.markers.find("relation", type=link.code):
                self.add(part, key, marker, link.target)
                continue
            target = self.setting.marker("relation_target")
            marker = self.setting.marker("relation_type")
            if target and marker:
                self.add(part, f"relation_type:{link.code}", marker, link.code, link.code == before)
                self.add(part, key, target, link.target)
                before = link.code


def _forms(entry: Dict, setting: Setting) -> list[Part]:
    made = _Parts(setting)
    for one in entry.get("forms", ()):
        if one.get("paradigm"):
            made.texts(one["id"], "paradigm", one.get("form"), one["paradigm"])
            continue
        made.texts(one["id"], "variant", one.get("form"))
        for own in one.get("fields", ()):
            if own["type"] == COMMENT:
                made.texts(one["id"], "variant_comment", own.get("text"))
    return made.parts


def _etymologies(entry: Dict, setting: Setting) -> list[Part]:
    made = _Parts(setting)
    for one in entry.get("etymologies", ()):
        code = setting.labels.code(one["type"]) if one.get("type") else ""
        borrowed = code == BORROWED and not one.get("form") and not one.get("gloss")
        made.texts(one["id"], "etymology", one.get("form"))
        made.texts(one["id"], "etymology_gloss", one.get("gloss"))
        if one.get("source"):
            name = "borrowed" if borrowed else "etymology_source"
            made.add(one["id"], name, setting.marker(name), one["source"])
    return made.parts


def _senses(entry: Dict, setting: Setting, links: Sequence[Link], known: bool) -> list[Part]:
    made = _Parts(setting)
    senses = list(flat_senses(entry.get("senses", ())))
    before: str | None = None
    for number, sense in enumerate(senses, 1):
        owner, pos = sense["id"], sense.get("pos")
        if pos:
            label = setting.labels.label(pos)
            made.add(owner, "pos", setting.marker("pos"), label, pos == before)
        alone = len(senses) == 1 or (known and bool(pos) and pos != before)
        made.add(owner, "number", setting.markers.find("number"), str(number), alone)
        before = pos
        made.extend(_sense(sense, setting))
        made.links(owner, links)
    return made.parts


def _sense(sense: Dict, setting: Setting) -> list[Part]:
    made, owner = _Parts(setting), sense["id"]
    made.texts(owner, "gloss", sense.get("gloss"))
    for one in sense.get("further_glosses", ()):
        made.texts(owner, "gloss", one.get("text"))
    for one in sense.get("reversals", ()):
        made.texts(owner, "reversal", one.get("form"))
    made.texts(owner, "definition", sense.get("definition"))
    for item in sense.get("domains", ()):
        made.add(owner, "domain", setting.marker("domain"), setting.labels.label(item))
    made.texts(owner, "scientific_name", sense.get("scientific_name"))
    for one in sense.get("pictures", ()):
        made.add(owner, "picture", setting.marker("picture"), one.get("href", ""))
    made.notes(owner, sense)
    made.own(owner, sense)
    for one in sense.get("examples", ()):
        if one.get("source"):
            marker = setting.marker("example_source")
            made.add(one["id"], "example_source", marker, one["source"])
        made.texts(one["id"], "example", one.get("form"))
        for translation in one.get("translations", ()):
            made.texts(one["id"], "example_translation", translation.get("text"))
    return made.parts


def _ws(entry: Dict) -> str:
    return next(iter(entry.get("lemma", {})), "")
