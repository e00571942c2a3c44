"""From a morph of a text to the lexicon: which senses it may realise, and adding one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.diff import FieldChange
from app.domain.errors import Invalid, Problem
from app.domain.ids import new_id
from app.domain.project import MORPH_TYPES
from app.domain.text import first_plain, plains
from app.services import lexicon
from app.services.desk import Desk
from app.services.linking import Linker
from app.services.projects import list_items
from app.services.text_lines import main_system
from app.store.database import Document
from app.store.rows import iter_senses

_MOST = 30
# What a morph with such joins to its left and right is called in the usual list of morph types.
_TYPES = {
    ("-", ""): "suffix",
    ("", "-"): "prefix",
    ("<>", "<>"): "infix",
    ("=", ""): "enclitic",
    ("", "="): "proclitic",
}


@dataclass(frozen=True)
class Choice:
    """A sense that a morph may realise.

    Attributes:
        entry, sense: their ids; the sense is None of an entry without senses.
        allomorph: id of the form of the entry that the morph is, if it is not the lemma.
        name: citation form or lemma, with the homograph number.
        gloss: by analysis language.
        pos: item of the list of parts of speech.
    """

    entry: str
    sense: str | None
    allomorph: str | None
    name: str
    gloss: Mapping[str, Any]
    pos: str | None


def choices(desk: Desk, form: str) -> list[Choice]:
    """The senses of the entries that have a form, as lemma, variant or allomorph."""
    found = []
    for entry, allomorph in Linker(desk).candidates(form):
        name = _name(entry)
        senses = list(iter_senses(entry.get("senses", ())))
        for sense in senses:
            gloss = sense.get("gloss") or {}
            found.append(
                Choice(entry["_id"], sense["id"], allomorph, name, gloss, sense.get("pos"))
            )
        if not senses:
            found.append(Choice(entry["_id"], None, allomorph, name, {}, None))
    return found[:_MOST]


def add_entry(desk: Desk, morph: Mapping[str, Any], *, change_id: str) -> Choice:
    """Adds an entry for a morph, with a sense that has its gloss and category.

    Args:
        morph: `form`, `gloss`, `pos`, `left`, `right` of the morph.

    Raises:
        Invalid: it has no form, or a field is wrong.
        NotAllowed: the actor may not add entries.
    """
    ws = main_system(desk)
    form = next(iter(plains(morph.get("form") or {})), "").strip()
    if not form:
        raise Invalid(Problem("form", "A morph without a form has no entry; type the form first."))
    sense: dict[str, Any] = {"id": new_id("s"), "gloss": dict(morph.get("gloss") or {})}
    if morph.get("pos"):
        sense["pos"] = morph["pos"]
    entry: dict[str, Any] = {"id": new_id("e"), "lemma": {ws: form}, "senses": [sense]}
    if (kind := _morph_type(desk, morph)) is not None:
        entry["morph_type"] = kind
    made = lexicon.add(desk, entry, change_id)
    return Choice(made, sense["id"], None, form, sense["gloss"], sense.get("pos"))


def add_sense(desk: Desk, entry: str, morph: Mapping[str, Any], *, change_id: str) -> Choice:
    """Adds a sense with the gloss and category of a morph to an entry.

    Raises:
        NotAllowed: the actor may not change the entry.
        NotFound: there is no such entry, or it may not be read.
    """
    stored = lexicon.get(desk, entry)
    sense: dict[str, Any] = {"id": new_id("s"), "gloss": dict(morph.get("gloss") or {})}
    if morph.get("pos"):
        sense["pos"] = morph["pos"]
    last = [one["id"] for one in stored.get("senses", ())][-1:]
    change = FieldChange(
        ("senses", sense["id"]), None, sense, member=True, left=last[0] if last else None
    )
    lexicon.save(desk, entry, [change], base_rev=None, change_id=change_id)
    return Choice(entry, sense["id"], None, _name(stored), sense["gloss"], sense.get("pos"))


def _morph_type(desk: Desk, morph: Mapping[str, Any]) -> str | None:
    wanted = _TYPES.get((morph.get("left") or "", morph.get("right") or ""), "")
    items = list_items(desk, MORPH_TYPES)
    return next((item["_id"] for item in items if item["code"] == wanted), None)


def _name(entry: Document) -> str:
    name = first_plain(entry.get("citation") or {}) or first_plain(entry.get("lemma") or {})
    number = entry.get("homograph")
    return f"{name} {number}" if number else name
