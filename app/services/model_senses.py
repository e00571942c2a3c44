"""Senses of the lexicon as models take them: what each is, and what is asked about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.domain.project import PARTS_OF_SPEECH, SEMANTIC_DOMAINS
from app.domain.text import first_plain, plain
from app.ml.data import Line, Word
from app.ml.targets import ASKED, FIELD, SENSE_FIELDS
from app.services.desk import Desk
from app.services.projects import list_items
from app.services.text_lines import main_system
from app.store import records
from app.store.database import Document

_LONGEST = 200  # characters of a gloss
Content = Mapping[str, Any]


@dataclass
class Senses:
    """Lines about senses: one for each field that a sense has.

    Attributes:
        lines: with the field under `FIELD`, and the others beside it.
        within: for each line the entry and the sense that it is of.
        accesses: of the entries and senses.
        changed: entries that were changed meanwhile and are left out; `empty` ones without a
            field that could be learnt.
        gloss_ws: the writing system of the glosses.
    """

    lines: dict[str, Line] = field(default_factory=dict)
    within: dict[str, list[str]] = field(default_factory=dict)
    accesses: list[Content | None] = field(default_factory=list)
    changed: int = 0
    empty: int = 0
    gloss_ws: str = ""


def read_senses(desk: Desk, entries: Iterable[Document], seq: int) -> Senses:
    """The senses of some entries, as of one change.

    Args:
        seq: number of the change; entries that were changed after it are left out.
    """
    every = list(entries)
    held = [one for one in every if one.get("seq", 0) <= seq]
    found, codes = Senses(gloss_ws=_gloss_system(held)), item_codes(desk)
    found.changed, ws = len(every) - len(held), main_system(desk)
    for entry in held:
        told = False
        for sense in _senses_of(entry):
            for asked in SENSE_FIELDS:
                line = line_of_sense(entry, sense, asked, ws, found.gloss_ws, codes)
                if line.labels.get(FIELD) and line.words[0].form:
                    found.lines[line.id] = line
                    found.within[line.id] = [entry["_id"], sense["id"]]
                    told = True
            found.accesses.append(sense.get("access"))
        found.empty += not told
        found.accesses.append(entry.get("access"))
    return found


def line_of_sense(
    entry: Content, sense: Content, asked: str, ws: str, gloss_ws: str, codes: Mapping[str, str]
) -> Line:
    """A sense, asked about one of its fields; what it has there stands under `FIELD`.

    Args:
        ws: of the object language; gloss_ws: of the glosses.
        codes: of items, by id.
    """
    form = first_plain(entry.get("lemma") or {}, (ws,))
    gloss = plain((sense.get("gloss") or {}).get(gloss_ws))[:_LONGEST]
    domains = [codes[one] for one in sense.get("domains") or () if one in codes]
    known = {
        "gloss": gloss,
        "pos": codes.get(sense.get("pos") or "", ""),
        "domain": domains[0] if domains else "",
    }
    labels = {key: one for key, one in known.items() if one and key not in (asked, "gloss")}
    labels[ASKED] = asked
    if known[asked]:
        labels[FIELD] = known[asked]
    translations = {gloss_ws: gloss} if gloss and asked != "gloss" else {}
    owner = str(entry.get("_id") or entry.get("id") or "")
    return Line(f"{sense['id']}.{asked}", owner, (Word(form),), translations, labels)


def item_codes(desk: Desk) -> dict[str, str]:
    """The codes of parts of speech and semantic domains by id."""
    items = list_items(desk, codes=(PARTS_OF_SPEECH, SEMANTIC_DOMAINS))
    return {one["_id"]: str(one["code"]) for one in items}


def iterate_entries(desk: Desk) -> Iterator[Document]:
    """The entries that may be read, in the order of their ids."""
    return records.iterate(desk.store, desk.scope, "entry")


def _senses_of(record: Content) -> Iterator[Content]:
    for sense in record.get("senses", ()):
        yield sense
        yield from _senses_of(sense)


def _gloss_system(entries: Iterable[Content]) -> str:
    """The writing system in which most senses are glossed."""
    counts = Counter(
        ws
        for entry in entries
        for sense in _senses_of(entry)
        for ws, text in (sense.get("gloss") or {}).items()
        if plain(text)
    )
    return min(counts, key=lambda one: (-counts[one], one), default="")
