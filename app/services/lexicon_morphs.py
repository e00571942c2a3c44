"""The entries of the lexicon that stretches of words may be, as morphs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from typing import Any

from app.domain.knowledge import Knowledge, stretches_of
from app.domain.lessons import STEM, is_grammatical, stretch_fact, word_key
from app.domain.project import MORPH_TYPES
from app.domain.text import compare_key, first_plain, plain
from app.ml.data import Entry
from app.services.desk import Desk
from app.services.projects import list_items
from app.store import records, rows
from app.store.moment import once
from app.store.rows import iter_senses

Content = dict[str, Any]
WEIGHT = 0.5  # an entry counts as if it had been seen so often
_EDGES = "-=~\u2010\u2011 "
_SHORT = 6  # letters; longer affixes are found by their bare form
_MOST = 150  # entries that are read for one utterance
_JOINS = {
    "prefix": ("", "-"),
    "suffix": ("-", ""),
    "infix": ("<>", "<>"),
    "circumfix": ("-", "-"),
    "prefixing interfix": ("", "-"),
    "infixing interfix": ("<>", "<>"),
    "suffixing interfix": ("-", ""),
    "proclitic": ("", "="),
    "enclitic": ("=", ""),
    "bound root": ("", ""),
    "bound stem": ("", ""),
}
_FREE_ONLY = frozenset({"phrase", "discontiguous phrase"})
_UNSEEN = frozenset({"infix", "infixing interfix", "circumfix", "simulfix", "suprafix"})


def morph_types(desk: Desk) -> dict[str, str]:
    """The code of each type of morph by its id."""
    key = ("types of morphs", desk.store.name, desk.scope)
    items = once(key, lambda: list_items(desk, MORPH_TYPES))
    return {item["_id"]: str(item["code"]) for item in items}


def add_lexicon(
    desk: Desk,
    ws: str,
    words: Collection[str],
    stretches: Iterable[str],
    types: Mapping[str, str],
    knowledge: Knowledge,
) -> dict[str, float]:
    """Adds the senses whose entries have stretches of words as a form.

    Args:
        words: the keys of the whole words.
        stretches: their parts.

    Returns:
        The sorts of those that are no stems, each with how often it counts as seen.
    """
    sorts: dict[str, float] = {}
    for morph, key in _found(desk, ws, words, set(stretches), types):
        value = f"{morph['sense']} {morph.get('allomorph', '')}{key}"
        knowledge.add(stretch_fact(ws, key), value, WEIGHT, morph)
        if morph["sort"] != STEM:
            sorts[morph["sort"]] = WEIGHT
    return sorts


def entries_in(desk: Desk, ws: str, gloss_ws: str, forms: Iterable[str]) -> list[Entry]:
    """The entries that words may be, or parts of them, as they are told to a model.

    Args:
        ws: of the words; gloss_ws: of the glosses.
    """
    words = {word_key(form) for form in forms}
    stretches = set().union(*(stretches_of(word) for word in words))
    glosses: dict[tuple[str, str], list[str]] = {}
    for morph, _ in _found(desk, ws, words, stretches, morph_types(desk)) if words else ():
        gloss = plain(morph["gloss"].get(gloss_ws, ""))
        if gloss:
            joint = morph.get("left") or morph.get("right") or ""
            known = glosses.setdefault((first_plain(morph["form"]), joint), [])
            if gloss not in known:
                known.append(gloss)
    return [Entry((form,), tuple(said), joint=joint) for (form, joint), said in glosses.items()]


def _found(
    desk: Desk, ws: str, words: Collection[str], stretches: Set[str], types: Mapping[str, str]
) -> Iterator[tuple[Content, str]]:
    """The morphs of entries that stretches of words may be, with their keys, in two queries."""
    bare = {one for one in stretches if len(one) > 1} | set(words)
    wanted = set(bare) | {one.capitalize() for one in words}
    for one in {*stretches, *words}:
        if len(one) <= _SHORT:
            wanted |= {f"-{one}", f"{one}-", f"={one}", f"{one}=", f"~{one}", f"{one}~"}
    order = rows.orders_in_use(desk.store, desk.project_id)["current"]
    query = {"project": desk.project_id, "order": order, "forms": {"$in": sorted(wanted)}}
    found = desk.store.rows.find(query, {"entry": 1}).limit(_MOST)
    ids = sorted({row["entry"] for row in found})
    for entry in records.find_many(desk.store, desk.scope, "entry", ids).values() if ids else ():
        for morph, key in _morphs(entry, ws, types):
            if key in bare or morph.get("bound"):
                yield morph, key


def _morphs(entry: Content, ws: str, types: Mapping[str, str]) -> Iterator[tuple[Content, str]]:
    """The morphs that an entry may be in a word: one for each sense and form, with its key."""
    for form, allomorph, type_ in _forms(entry):
        code = types.get(type_ or "", "")
        if code in _UNSEEN or code in _FREE_ONLY:
            continue
        left, right = _JOINS.get(code, _written_joins(form))
        bare = form.strip(_EDGES)
        facts: Content = {"form": {ws: bare}, "entry": entry["_id"]}
        facts |= {"allomorph": allomorph} if allomorph else {}
        facts |= {"left": left} if left else {}
        facts |= {"right": right} if right else {}
        facts |= {"type": type_} if type_ else {}
        bound = bool(left or right or code.startswith("bound"))
        for sense in iter_senses(entry.get("senses", ())):
            gloss = first_plain(sense.get("gloss") or {})
            made = {**facts, "sense": sense["id"], "gloss": sense.get("gloss") or {}}
            made |= {"pos": sense["pos"]} if sense.get("pos") else {}
            affix = bool(left or right) or is_grammatical(gloss)
            made |= {"sort": gloss if affix and gloss else STEM, "bound": bound}
            yield {k: v for k, v in made.items() if v != {}}, word_key(bare)


def _forms(entry: Content) -> Iterator[tuple[str, str | None, str | None]]:
    """Forms of an entry, each with the id of the variant or allomorph and its type of morph."""
    seen = set()
    for text in (entry.get("lemma") or {}, entry.get("citation") or {}):
        for value in text.values():
            form = compare_key(plain(value))
            if form and form not in seen:
                seen.add(form)
                yield form, None, entry.get("morph_type")
    for one in entry.get("forms", ()):
        if one.get("paradigm"):
            continue
        for value in (one.get("form") or {}).values():
            form = compare_key(plain(value))
            if form and form not in seen:
                seen.add(form)
                yield form, one["id"], one.get("morph_type") or entry.get("morph_type")


def _written_joins(form: str) -> tuple[str, str]:
    """The joins that the hyphens of an entry's form show."""
    left = form[0] if form[0] in "-=~" else ""
    right = form[-1] if form[-1] in "-=~" and len(form) > 1 else ""
    return left, right
