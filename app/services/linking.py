"""Ties morphs of texts to the lexicon: which entry, sense and form they realise.

By what is written alone: the form is one of the entry's (lemma, citation form, variant or
allomorph, without the hyphens that mark an affix) and the gloss one of a sense's. Where several
entries fit equally well nothing is tied.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from app.domain.text import compare_key, plains
from app.services.desk import Desk
from app.store import records
from app.store.rows import iter_senses

Content = dict[str, Any]
_EDGES = "-=~\u2010\u2011 "


@dataclass(frozen=True)
class Target:
    """What of the lexicon a form and gloss stand for."""

    entry: str
    sense: str
    allomorph: str | None


class Linker:
    """Knows the forms and glosses of the entries that some texts may use."""

    def __init__(self, desk: Desk) -> None:
        self._by_form: dict[str, list[tuple[Content, str | None]]] = {}
        for entry in records.iterate(desk.store, desk.scope, "entry"):
            for form, allomorph in _forms(entry):
                self._by_form.setdefault(form, []).append((entry, allomorph))

    def link(self, words: Iterable[Content]) -> None:
        """Notes on each morph without an entry the one that it realises."""
        for word in words:
            for analysis in word.get("analyses", ()):
                for morph in analysis.get("morphs", ()):
                    if "entry" not in morph and (found := self.find(morph)) is not None:
                        morph |= {"entry": found.entry, "sense": found.sense}
                        if found.allomorph:
                            morph["allomorph"] = found.allomorph

    def entry_of(self, lemma: str) -> Content:
        """Pointers to the entry with this lemma and its first sense; empty without just one."""
        known = {entry["_id"]: entry for entry, _ in self._by_form.get(_bare(lemma), ())}
        if len(known) != 1:
            return {}
        (entry,) = known.values()
        senses = entry.get("senses", ())
        return {"entry": entry["_id"]} | ({"sense": senses[0]["id"]} if senses else {})

    def find(self, morph: Content) -> Target | None:
        """The sense with the morph's form and gloss, if there is just one."""
        glosses = {compare_key(text) for text in plains(morph.get("gloss") or {})}
        found: dict[str, Target] = {}
        for text in plains(morph.get("form") or {}):
            for entry, allomorph in self._by_form.get(_bare(text), ()):
                for sense in iter_senses(entry.get("senses", ())):
                    if glosses & set(_glosses(sense)):
                        found[sense["id"]] = Target(entry["_id"], sense["id"], allomorph)
        return next(iter(found.values())) if len(found) == 1 else None


def _forms(entry: Content) -> Iterator[tuple[str, str | None]]:
    """Bare forms of an entry, each with the id of the variant or allomorph that it is."""
    own = [*plains(entry.get("lemma") or {}), *plains(entry.get("citation") or {})]
    seen = set()
    for text in map(_bare, own):
        if text and text not in seen:
            seen.add(text)
            yield text, None
    for form in entry.get("forms", ()):
        for text in map(_bare, plains(form.get("form") or {})):
            if text and text not in seen:
                seen.add(text)
                yield text, form["id"]


def _glosses(sense: Content) -> Iterator[str]:
    """The glosses of a sense, and each of those that a comma or semicolon parts."""
    for text in plains(sense.get("gloss") or {}):
        yield compare_key(text)
        for part in text.replace(";", ",").split(","):
            yield compare_key(part.strip())


def _bare(text: str) -> str:
    return compare_key(text).strip(_EDGES).casefold()
