"""Ties morphs of texts to the lexicon: which entry, sense and form they realise.

By what is written alone: the form is one of the entry's (lemma, citation form, variant or
allomorph, without the hyphens that mark an affix) and the gloss one of a sense's. Where a source
names the lemma and its homograph number, these count; a morph that has a lemma and no gloss is
tied to the entry with that lemma if it has but one sense. Where several entries fit equally well
nothing is tied. Only entries that are asked for are read, by an index on their forms.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from app.domain.text import compare_key, plains
from app.services.desk import Desk
from app.store import records, rows
from app.store.rows import iter_senses

Content = dict[str, Any]
_KNOWN = 20_000  # forms that are kept in memory
_AT_ONCE = 200  # forms that are looked up together
_EDGES = "-=~\u2010\u2011 "


@dataclass(frozen=True)
class Target:
    """What of the lexicon a form and gloss stand for."""

    entry: str
    sense: str
    allomorph: str | None


class Linker:
    """Knows the forms and glosses of the entries that some texts use."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._by_form: dict[str, list[tuple[Content, str | None]]] = {}
        self._order = str(rows.orders_in_use(desk.store, desk.project_id)["current"])

    def link(self, words: Iterable[Content]) -> None:
        """Notes on each morph without an entry the one that it realises."""
        self.tie(_morphs(words))

    def read_ahead(self, words: Iterable[Content]) -> None:
        """Reads at once what tying the morphs of some words will ask for one by one."""
        self._read(text for morph in _morphs(words) for text in _texts(morph))

    def tie(self, morphs: Iterable[Content]) -> None:
        """As `link`, for morphs."""
        loose = [morph for morph in morphs if "entry" not in morph]
        self._read(text for morph in loose for text in _texts(morph))
        for morph in loose:
            if (found := self._choose(morph)) is not None:
                morph |= {"entry": found.entry, "sense": found.sense}
                if found.allomorph:
                    morph["allomorph"] = found.allomorph

    def entry_of(self, lemma: str) -> Content:
        """Pointers to the entry with this lemma and its first sense; empty without just one."""
        self._read([lemma])
        known = {entry["_id"]: entry for entry, _ in self._by_form.get(_bare(lemma), ())}
        if len(known) != 1:
            return {}
        (entry,) = known.values()
        senses = entry.get("senses", ())
        return {"entry": entry["_id"]} | ({"sense": senses[0]["id"]} if senses else {})

    def candidates(self, form: str) -> list[tuple[Content, str | None]]:
        """The entries with a form, each with the variant or allomorph of it that the form is."""
        self._read([form])
        return list(self._by_form.get(_bare(form), ()))

    def find(self, morph: Content) -> Target | None:
        """The sense with the morph's form and gloss, if there is just one."""
        self._read(_texts(morph))
        return self._choose(morph)

    def _choose(self, morph: Content) -> Target | None:
        glosses = {compare_key(text) for text in plains(morph.get("gloss") or {})}
        named = bool(plains(morph.get("lemma") or {}))
        found: dict[str, Target] = {}
        for entry, allomorph in self._candidates(morph):
            senses = list(iter_senses(entry.get("senses", ())))
            only = named and not glosses and len(senses) == 1
            for sense in senses:
                if only or glosses & set(_glosses(sense)):
                    found.setdefault(sense["id"], Target(entry["_id"], sense["id"], allomorph))
        return next(iter(found.values())) if len(found) == 1 else None

    def _candidates(self, morph: Content) -> list[tuple[Content, str | None]]:
        """Entries with the morph's form or lemma, each with the allomorph that the form is."""
        said = [
            pair
            for text in plains(morph.get("form") or {})
            for pair in self._by_form.get(_bare(text), ())
        ]
        lemmas = plains(morph.get("lemma") or {})
        named = [pair for text in lemmas for pair in self._by_form.get(_bare(text), ())]
        if named:
            forms = {entry["_id"]: allomorph for entry, allomorph in said}
            named = [(entry, forms.get(entry["_id"])) for entry, part in named if part is None]
            number = morph.get("homograph")
            same = [pair for pair in named if number and pair[0].get("homograph") == number]
            return same or named
        return said

    def _read(self, texts: Iterable[str]) -> None:
        """Reads the entries with some forms, as far as they are not known yet."""
        if len(self._by_form) > _KNOWN:
            self._by_form.clear()
        wanted = {_bare(text): text for text in texts}
        missing = [bare for bare in wanted if bare and bare not in self._by_form]
        for start in range(0, len(missing), _AT_ONCE):
            self._read_some({bare: wanted[bare] for bare in missing[start : start + _AT_ONCE]})

    def _read_some(self, wanted: dict[str, str]) -> None:
        spellings = {one for bare, text in wanted.items() for one in _spellings(bare, text)}
        query = {"project": self._desk.project_id, "order": self._order}
        found = self._desk.store.rows.find(
            query | {"forms": {"$in": sorted(spellings)}}, {"entry": 1}
        )
        ids = sorted({row["entry"] for row in found})
        self._by_form |= {bare: [] for bare in wanted}
        known = records.find_many(self._desk.store, self._desk.scope, "entry", ids)
        for _, entry in sorted(known.items()):
            for form, allomorph in _forms(entry):
                if form in wanted:
                    self._by_form[form].append((entry, allomorph))


def _morphs(words: Iterable[Content]) -> Iterator[Content]:
    for word in words:
        for analysis in word.get("analyses", ()):
            yield from analysis.get("morphs", ())


def _texts(morph: Content) -> Iterator[str]:
    yield from plains(morph.get("form") or {})
    yield from plains(morph.get("lemma") or {})


def _spellings(bare: str, text: str) -> Iterator[str]:
    """The ways in which an entry may write a form: with markers of its joins, with a capital."""
    own = compare_key(text).strip(_EDGES)
    for form in {bare, own, bare.capitalize(), bare.upper()}:
        yield form
        for mark in "-=~":
            yield from (mark + form, form + mark, mark + form + mark)


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
