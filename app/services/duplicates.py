"""Finding entries that may be one and the same, and merging them without losing anything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from rapidfuzz.distance import Levenshtein

from app.domain import diff, pointers
from app.domain.align import without_ids
from app.domain.errors import Conflict, Invalid, Problem
from app.domain.ids import new_id
from app.domain.messages import say
from app.domain.roles import Action
from app.domain.text import compare_key, fold, plain, words
from app.services.closed_parts import require_open
from app.services.desk import Desk
from app.services.pointers import commit
from app.store import listing, records
from app.store.access import readable, readable_rows
from app.store.changes import Committed, Op
from app.store.database import Document
from app.store.envelope import content_of

_COMMON = frozenset({"a", "an", "the", "to", "of", "be", "s", "sp", "kind", "type", "o", "de"})
_MOST_GLOSSES = 60  # a gloss that more entries than this have tells nothing


@dataclass(frozen=True)
class Pair:
    """Two entries that may be one.

    Attributes:
        one, other: their rows in the list, the one with the smaller id first.
        score: from 0 to 1, how likely they are the same.
        reasons: what they share, in words.
    """

    one: Document
    other: Document
    score: float
    reasons: tuple[str, ...]


def find_pairs(desk: Desk, least: float = 0.5) -> list[Pair]:
    """Pairs of entries that may be one, the likeliest first.

    Two words are compared when they differ by case, marks, normal form or one letter; two
    glosses when they share their words in any order. Pairs that a person has called different
    are left out.

    Args:
        least: the smallest score that is told.
    """
    desk.require(Action.EDIT)
    order = listing.current_order(desk.store, desk.project_id)
    query = {"$and": [readable(desk.store, desk.scope), readable_rows(desk.scope)]}
    query["order"] = order["id"]
    wanted = dict.fromkeys(("entry", "lemma", "forms", "glosses", "pos", "gloss", "homograph"), 1)
    rows = list(desk.store.rows.find(query, wanted))
    apart = {
        tuple(found["pair"])
        for found in desk.store.not_duplicates.find({"project": desk.project_id})
    }
    pairs = []
    for left, right in _candidates(rows):
        first, second = sorted((rows[left], rows[right]), key=lambda row: str(row["entry"]))
        if (first["entry"], second["entry"]) in apart:
            continue
        score, reasons = compare(first, second)
        if score >= least:
            pairs.append(Pair(first, second, score, reasons))
    return sorted(pairs, key=lambda pair: (-pair.score, str(pair.one["lemma"])))


def compare(one: Document, other: Document) -> tuple[float, tuple[str, ...]]:
    """How likely two rows are the same entry, and why.

    The form and the meaning each give up to a half; a part of speech in common decides little.
    """
    form, why_form = _same_form(str(one["lemma"]), str(other["lemma"]))
    meaning, why_meaning = _same_meaning(one.get("glosses", ()), other.get("glosses", ()))
    score = 0.5 * form + 0.5 * meaning
    both = set(one.get("pos", ())), set(other.get("pos", ()))
    if both[0] and both[1] and not both[0] & both[1]:
        score -= 0.1
    if one.get("homograph") and other.get("homograph") and form == 1 and meaning < 1:
        score -= 0.25  # somebody has numbered them apart
    return max(0.0, score), tuple(why for why in (why_form, why_meaning) if why)


def set_apart(desk: Desk, one: str, other: str) -> None:
    """Notes that two entries are different, so that they are not shown again."""
    desk.require(Action.EDIT)
    for entry in (one, other):
        records.get(desk.store, desk.scope, "entry", entry)
    pair = sorted((one, other))
    desk.store.not_duplicates.update_one(
        {"_id": ":".join(pair)}, {"$set": {"project": desk.project_id, "pair": pair}}, upsert=True
    )


def merge(desk: Desk, into: str, other: str, *, change_id: str) -> Committed:
    """Merges one entry into another as one change that can be undone.

    Every sense, form, note, pronunciation, etymology, own field and source is kept; where both
    have a single value that differs, the value of `into` stays and the other one is kept as a
    note. Relations of the other entry and what texts say of it point at `into` afterwards.

    Raises:
        Invalid: an entry is to be merged with itself.
        Conflict: somebody changed one of them meanwhile.
    """
    desk.require(Action.EDIT)
    if into == other:
        raise Invalid(Problem("other", "An entry can't be merged with itself."))
    for entry in (into, other):
        require_open(desk, entry)
    kept = records.get(desk.store, desk.scope, "entry", into)
    gone = records.get(desk.store, desk.scope, "entry", other)
    moved: dict[str, str] = {}
    content = merged(content_of(kept), content_of(gone), moved)
    ops = [
        Op(
            "entry",
            into,
            changes=diff.diff(content_of(kept), content),
            base_rev=kept["rev"],
        ),
        *_relation_ops(desk, into, other),
        Op("entry", other, "delete", base_rev=gone["rev"], into=into),
    ]
    now = {other: pointers.standing(into, content, moved)}
    try:
        return commit(desk, "merge", ops, now, change_id=change_id)
    except Conflict as error:
        raise Conflict(
            "Somebody changed one of the two meanwhile: look at them again.", error.conflicts
        ) from error


def merged(
    kept: dict[str, Any], gone: dict[str, Any], moved: dict[str, str] | None = None
) -> dict[str, Any]:
    """One entry's content with everything of another's added that it lacks.

    Args:
        moved: takes what stands for each sense and form that is not added, because it is there.
    """
    moved = {} if moved is None else moved
    content = dict(kept)
    left: list[str] = []
    for key, value in gone.items():
        if key in ("id", "created", "modified"):
            continue
        mine = content.get(key)
        if mine in (None, "", [], (), {}):
            content[key] = value
        elif key == "senses":
            content[key] = _with_senses(mine, value, moved)
        elif isinstance(mine, list) and isinstance(value, list):
            content[key] = _with_members(mine, value, moved)
        elif isinstance(mine, dict) and isinstance(value, dict):
            content[key], differing = _with_texts(mine, value)
            left += [f"{key} ({ws}): {text}" for ws, text in differing]
        elif not diff.same(mine, value) and key != "homograph":
            left.append(f"{key}: {value}")
    if left:
        note = {"id": new_id("n"), "text": {"en": "Merged entry had " + "; ".join(left)}}
        content["notes"] = [*content.get("notes", ()), note]
    return content


def _with_senses(mine: list[Any], others: list[Any], moved: dict[str, str]) -> list[Any]:
    """All senses of both; a sense that says nothing new is folded into its twin."""
    result = list(mine)
    for sense in others:
        twin = next((n for n, known in enumerate(result) if _twins(known, sense)), None)
        if twin is None:
            result.append(sense)
        else:
            moved[sense["id"]] = result[twin]["id"]
            result[twin] = {**merged(result[twin], sense, moved), "id": result[twin]["id"]}
    return result


def _twins(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether one sense can take the other in: same gloss, and no single value that differs."""
    if not one.get("gloss") or not diff.same(one.get("gloss"), other.get("gloss")):
        return False
    for key in ("pos", "definition", "scientific_name", "source_id"):
        mine, theirs = one.get(key), other.get(key)
        if mine and theirs and not diff.same(mine, theirs):
            return False
    return True


def _with_members(mine: list[Any], others: list[Any], moved: dict[str, str]) -> list[Any]:
    known = [without_ids(member) for member in mine]
    result = list(mine)
    for member in others:
        bare = without_ids(member)
        if bare not in known:
            result.append(member)
        elif isinstance(member, dict):
            moved[member["id"]] = mine[known.index(bare)]["id"]
    return result


def _with_texts(
    mine: dict[str, Any], others: dict[str, Any]
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    result, differing = dict(mine), []
    for ws, text in others.items():
        if not result.get(ws):
            result[ws] = text
        elif not diff.same(result[ws], text):
            differing.append((ws, plain(text)))
    return result, differing


def _relation_ops(desk: Desk, into: str, other: str) -> Iterator[Op]:
    """Relations of the merged entry, pointing at the one that stays; those between both go."""
    wanted = {"project": desk.project_id, "members.entry": other, "deleted": {"$ne": True}}
    for relation in desk.store.relations.find(wanted):
        before = content_of(relation)
        ends = [
            {**member, "entry": into} if member.get("entry") == other else member
            for member in before["members"]
        ]
        if len({(end.get("entry"), end.get("part")) for end in ends}) < 2:
            yield Op("relation", relation["_id"], "delete")
        else:
            after = {**before, "members": ends}
            yield Op("relation", relation["_id"], changes=diff.diff(before, after))


def _candidates(rows: list[Document]) -> set[tuple[int, int]]:
    """Pairs of places worth comparing: alike in form, or in form and gloss."""
    found: set[tuple[int, int]] = set()
    by_fold: dict[str, list[int]] = defaultdict(list)
    by_deletion: dict[str, list[int]] = defaultdict(list)
    by_gloss: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        folded = fold(str(row["lemma"]))
        by_fold[folded].append(place)
        for key in {folded, *_deletions(folded)}:
            by_deletion[key].append(place)
        for gloss in row.get("glosses", ()):
            by_gloss[_gloss_key(gloss)].append(place)
    for group in by_fold.values():
        found.update(_pairs(group, 50))
    for group in by_deletion.values():
        found.update(
            pair for pair in _pairs(group, 50) if _share_gloss(rows[pair[0]], rows[pair[1]])
        )
    for key, group in by_gloss.items():
        if key:
            found.update(
                pair for pair in _pairs(group, _MOST_GLOSSES) if _near(rows[pair[0]], rows[pair[1]])
            )
    return found


def _pairs(group: Iterable[int], most: int) -> Iterator[tuple[int, int]]:
    places = sorted(set(group))
    if len(places) > most:
        return
    for n, left in enumerate(places):
        for right in places[n + 1 :]:
            yield left, right


def _deletions(word: str) -> Iterator[str]:
    if len(word) >= 3:
        yield from (word[:n] + word[n + 1 :] for n in range(len(word)))


def _near(one: Document, other: Document) -> bool:
    left, right = fold(str(one["lemma"])), fold(str(other["lemma"]))
    return Levenshtein.distance(left, right, score_cutoff=2) <= _allowed(left, right)


def _allowed(left: str, right: str) -> int:
    return 2 if min(len(left), len(right)) >= 7 else 1


def _share_gloss(one: Document, other: Document) -> bool:
    return _same_meaning(one.get("glosses", ()), other.get("glosses", ()))[0] > 0


def _same_form(one: str, other: str) -> tuple[float, str]:
    if compare_key(one) == compare_key(other):
        return 1.0, say("same form")
    left, right = fold(one), fold(other)
    if left == right:
        return 0.95, say("same letters, other marks or case")
    distance = Levenshtein.distance(left, right)
    if distance <= _allowed(left, right) and min(len(left), len(right)) >= 3:
        return (0.75, say("1 letter apart")) if distance == 1 else (0.55, say("2 letters apart"))
    return 0.0, ""


def _same_meaning(one: Iterable[str], other: Iterable[str]) -> tuple[float, str]:
    best: float = 0.0
    why: str = ""
    theirs = [(gloss, _gloss_words(gloss)) for gloss in other]
    for gloss in one:
        mine = _gloss_words(gloss)
        for known, words_ in theirs:
            if not mine or not words_:
                continue
            share = len(mine & words_) / len(mine | words_)
            if share > best:
                best = share
                why = (
                    say("gloss “%(gloss)s”", gloss=gloss) if share == 1 else f"“{gloss}”, “{known}”"
                )
    return best, why


def _gloss_words(gloss: str) -> frozenset[str]:
    return frozenset(word for word in words(fold(gloss)) if word not in _COMMON)


def _gloss_key(gloss: str) -> str:
    return " ".join(sorted(_gloss_words(gloss)))
