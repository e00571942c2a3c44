"""Splitting and joining words and utterances: what is analysed stays.

Content is what the models of `app.domain.texts` dump without defaults. Nothing is changed in
place. The left part keeps the id; times are divided in proportion and marked as estimated; free
translations and notes stay with the left part. Offsets are in code points.

Source: "The domain's terms" in docs/architecture.md.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from app.domain.errors import Invalid, Problem
from app.domain.ids import new_id
from app.domain.text import is_written, plain

Content = dict[str, Any]
_NEIGHBOUR = ("text", "paragraph", "speaker", "source", "status", "access")


def split_word(line: Content, word: str, ws: str, at: int) -> Content:
    """A line in which a word is two, with a space between them in the baseline.

    Args:
        at: where the right word begins in the form of the left one.

    Raises:
        Invalid: the word is not there, or one of the two would be empty.
    """
    made = copy.deepcopy(line)
    place = _place_of(made, word)
    left = made["words"][place]
    form = plain(left.get("form", {}).get(ws, ""))
    if not 0 < at < len(form):
        raise Invalid(Problem("at", "A word is split between two of its letters."))
    right: Content = {"id": new_id("w"), "form": {ws: form[at:]}}
    right |= {key: left[key] for key in ("language", "speaker") if key in left}
    left["form"][ws] = form[:at]
    _split_time(left, right, at / len(form))
    set_type(left, ws)
    set_type(right, ws)
    _split_spans(made, left, right, ws, at)
    _split_analyses(left, right, ws, at)
    made["words"].insert(place + 1, right)
    for group in made.get("groups", ()):
        if word in group.get("members", ()):
            members = list(group["members"])
            members.insert(members.index(word) + 1, right["id"])
            group["members"] = members
    return made


def join_words(line: Content, word: str) -> Content:
    """A line in which a word and the one before it are one, without the space between them.

    Raises:
        Invalid: the word is not there or is the first one, or more than space is between them.
    """
    made = copy.deepcopy(line)
    place = _place_of(made, word)
    if not place:
        raise Invalid(Problem("word", "This is the first word of its line."))
    left, right = made["words"][place - 1 : place + 1]
    lengths = {ws: len(plain(form)) for ws, form in left.get("form", {}).items()}
    _close_gap(made, left, right)
    for ws, form in right.get("form", {}).items():
        joined = plain(left.setdefault("form", {}).get(ws, "")) + plain(form)
        left["form"][ws] = joined
    if right.get("type", "word") == "word":
        left.pop("type", None)
    _join_time(left, right)
    _join_analyses(left, right, lengths)
    left_notes = [*left.get("notes", ()), *right.get("notes", ())]
    if left_notes:
        left["notes"] = left_notes
    del made["words"][place]
    _replace_member(made, right["id"], left["id"])
    return made


def split_line(line: Content, word: str, new: str) -> tuple[Content, Content]:
    """Two lines, of which the right one begins with a word and has the id `new`.

    Opening punctuation that stands directly before the word goes with it.

    Raises:
        Invalid: the word is not there, or the left line would have no word.
    """
    left = copy.deepcopy(line)
    place = _place_of(left, word)
    while place and _is_opening(left["words"][place - 1], left["words"][place]):
        place -= 1
    if not place:
        raise Invalid(Problem("word", "This is the first word of its line."))
    right: Content = {"id": new, **{key: left[key] for key in _NEIGHBOUR if key in left}}
    words = left["words"]
    left["words"], right["words"] = words[:place], words[place:]
    right["baseline"] = {}
    shares = []
    for ws, value in list(left.get("baseline", {}).items()):
        start = _start_of(right["words"], ws)
        if start is not None:
            shares.append(start / max(len(plain(value)), 1))
            left["baseline"][ws], right["baseline"][ws] = _cut(value, start)
            _shift(right["words"], ws, 0, -start)
    _split_time(left, right, shares[0] if shares else 0.5)
    _split_groups(left, right)
    return left, right


def join_lines(left: Content, right: Content, between: str = " ") -> Content:
    """One line of two that follow one another; it has the id of the left one.

    Args:
        between: put between the baselines where neither has white space there.
    """
    made, later = copy.deepcopy(left), copy.deepcopy(right)
    if later.get("speaker") != made.get("speaker"):
        for word in later.get("words", ()):
            if later.get("speaker"):
                word.setdefault("speaker", later["speaker"])
    for ws, value in later.get("baseline", {}).items():
        before = made.setdefault("baseline", {}).get(ws, "")
        made["baseline"][ws], moved = _glued(before, value, between)
        _shift(later.get("words", ()), ws, 0, moved)
    for field in ("translation", "literal"):
        for ws, value in later.get(field, {}).items():
            said = made.setdefault(field, {}).get(ws, "")
            made[field][ws] = _glued(said, value, " ")[0] if said else value
    for field in ("words", "groups", "translations", "notes", "sources", "residue", "traits"):
        if later.get(field):
            made[field] = [*made.get(field, ()), *later[field]]
    for field in ("status", "source", "label"):
        if later.get(field):
            made.setdefault(field, later[field])
    _join_time(made, later)
    return made


# Words


def _place_of(line: Content, word: str) -> int:
    for place, one in enumerate(line.get("words", ())):
        if one["id"] == word:
            return place
    raise Invalid(Problem("word", "This word is not there any more; somebody changed the line."))


def set_type(word: Content, ws: str) -> None:
    """Notes whether what is written is a word or punctuation."""
    if is_written(plain(word["form"].get(ws, ""))):
        word.pop("type", None)
    else:
        word["type"] = "punctuation"


def _span(word: Content, ws: str) -> Content | None:
    return next((span for span in word.get("spans", ()) if span["ws"] == ws), None)


def _shift(words: Iterable[Content], ws: str, start: int, by: int) -> None:
    """Moves the spans that begin at an offset or after it."""
    for word in words:
        span = _span(word, ws)
        if span is not None and span["start"] >= start:
            span["start"] += by
            span["end"] += by


def _split_spans(line: Content, left: Content, right: Content, ws: str, at: int) -> None:
    span = _span(left, ws)
    baseline = line.get("baseline", {}).get(ws)
    if span is None or baseline is None:
        return
    middle = span["start"] + at
    if not span["start"] < middle < span["end"]:
        return
    before, after = _cut(baseline, middle)
    line["baseline"][ws] = _glued(before, after, " ", always=True)[0]
    _shift(line["words"], ws, span["end"], 1)
    right["spans"] = [{"ws": ws, "start": middle + 1, "end": span["end"] + 1}]
    span["end"] = middle


def _close_gap(line: Content, left: Content, right: Content) -> None:
    for span in right.get("spans", ()):
        ws = span["ws"]
        before = _span(left, ws)
        value = line.get("baseline", {}).get(ws)
        if before is None or value is None:
            continue
        gap = plain(value)[before["end"] : span["start"]]
        if gap.strip():
            raise Invalid(Problem("word", f"“{gap.strip()}” stands between the two words."))
        head, rest = _cut(value, before["end"])
        line["baseline"][ws] = _glued(head, _cut(rest, len(gap))[1], "")[0]
        _shift(line["words"], ws, span["start"], -len(gap))
        before["end"] = span["end"]
    known = {span["ws"] for span in left.get("spans", ())}
    extra = [span for span in right.get("spans", ()) if span["ws"] not in known]
    if extra:
        left["spans"] = [*left.get("spans", ()), *extra]


# Analyses


def _split_analyses(left: Content, right: Content, ws: str, at: int) -> None:
    for analysis in left.get("analyses", ()):
        stay, go = _split_morphs(analysis.get("morphs", ()), ws, at)
        analysis["morphs"] = stay
        if not go:
            continue
        own = {key: analysis[key] for key in ("origin", "by", "confidence", "confirmed_by")
               if key in analysis}  # fmt: skip
        made = {"id": new_id("y"), **own, "morphs": go}
        right.setdefault("analyses", []).append(made)
        if left.get("chosen") == analysis["id"]:
            right["chosen"] = made["id"]


def _split_morphs(
    morphs: Iterable[Content], ws: str, at: int
) -> tuple[list[Content], list[Content]]:
    stay: list[Content] = []
    go: list[Content] = []
    for morph in morphs:
        parts = morph.get("parts", ()) if morph.get("ws") == ws else ()
        before = [part for part in parts if part["start"] < at]
        after = [part for part in parts if part["end"] > at]
        if not parts:
            (go or stay).append(morph)
        elif not before:
            go.append(morph | {"parts": [_moved(part, -at) for part in parts]})
        elif not after or len(parts) > 1:
            inside = [{**part, "end": min(part["end"], at)} for part in before]
            stay.append(morph | {"parts": inside})
        else:
            one, other = _split_morph(morph, ws, at)
            stay.append(one)
            go.append(other)
    return stay, go


def _split_morph(morph: Content, ws: str, at: int) -> tuple[Content, Content]:
    """A morph of one part that reaches over the cut; what it means stays on the left."""
    (part,) = morph["parts"]
    form = plain(morph.get("form", {}).get(ws, ""))
    cut = at - part["start"]
    left = morph | {
        "form": {**morph.get("form", {}), ws: form[:cut]},
        "parts": [{**part, "end": at}],
    }
    left.pop("right", None)
    right = {
        "id": new_id("m"),
        "form": {ws: form[cut:]},
        "ws": ws,
        "parts": [{"start": 0, "end": part["end"] - at}],
    }
    if morph.get("right"):
        right["right"] = morph["right"]
    return left, right


def _join_analyses(left: Content, right: Content, lengths: dict[str, int]) -> None:
    others = list(right.get("analyses", ()))
    mine = list(left.get("analyses", ()))
    chosen = next((one for one in mine if one["id"] == left.get("chosen")), None)
    theirs = next((one for one in others if one["id"] == right.get("chosen")), None)
    pairs = [(chosen, theirs)] if chosen or theirs else []
    rest = [one for one in mine if one is not chosen]
    loose = [one for one in others if one is not theirs]
    pairs += [
        (rest[n] if n < len(rest) else None, loose[n] if n < len(loose) else None)
        for n in range(max(len(rest), len(loose)))
    ]
    made: dict[str, Content] = {}
    for one, other in pairs:
        joined = _joined(one, other, lengths)
        made[joined["id"]] = joined
    order = [one["id"] for one in mine if one["id"] in made]
    analyses = [made.pop(one) for one in order] + list(made.values())
    if analyses:
        left["analyses"] = analyses
    if chosen is None and theirs is not None:
        left["chosen"] = theirs["id"]


def _joined(one: Content | None, other: Content | None, lengths: dict[str, int]) -> Content:
    moved = [
        morph | {"parts": [_moved(p, lengths.get(morph.get("ws", ""), 0)) for p in morph["parts"]]}
        if morph.get("parts")
        else morph
        for morph in (other or {}).get("morphs", ())
    ]
    if one is None:
        return {**(other or {}), "morphs": moved}
    return {**(other or {}), **one, "morphs": _fused([*one.get("morphs", ())], moved)}


def _fused(left: list[Content], right: list[Content]) -> list[Content]:
    """Morphs side by side; the pieces of one that a split had cut are one again."""
    if not (left and right) or not _continues(left[-1], right[0]):
        return left + right
    last, first, *rest = left[-1], *right
    ws = first["ws"]
    form = plain(last["form"][ws]) + plain(first["form"][ws])
    parts = [{"start": last["parts"][0]["start"], "end": first["parts"][0]["end"]}]
    whole = last | {"form": {**last["form"], ws: form}, "parts": parts}
    if first.get("right"):
        whole["right"] = first["right"]
    return [*left[:-1], whole, *rest]


def _continues(last: Content, first: Content) -> bool:
    said = {"gloss", "pos", "entry", "sense", "allomorph", "lemma", "left", "type"}
    if said & {key for key, value in first.items() if value} or last.get("right"):
        return False
    ws = first.get("ws", "")
    if ws != last.get("ws") or ws not in last.get("form", {}) or ws not in first.get("form", {}):
        return False
    one, other = last.get("parts", ()), first.get("parts", ())
    return len(one) == len(other) == 1 and bool(one[0]["end"] == other[0]["start"])


def _moved(part: Content, by: int) -> Content:
    return {**part, "start": part["start"] + by, "end": part["end"] + by}


# Lines


def _is_opening(mark: Content, word: Content) -> bool:
    if mark.get("type") != "punctuation":
        return False
    spans = {span["ws"]: span for span in word.get("spans", ())}
    return any(
        span["ws"] in spans and span["end"] == spans[span["ws"]]["start"]
        for span in mark.get("spans", ())
    )


def _start_of(words: Iterable[Content], ws: str) -> int | None:
    starts = [span["start"] for word in words if (span := _span(word, ws)) is not None]
    return min(starts, default=None)


def _split_groups(left: Content, right: Content) -> None:
    """A group stays with its first members; without any on the left it goes to the right."""
    here, there = members_of(left), members_of(right)
    stay, go = [], []
    for group in left.get("groups", ()):
        members = group.get("members", ())
        if any(member in here for member in members) or not members:
            stay.append(group | {"members": [one for one in members if one in here]})
        else:
            go.append(group | {"members": [one for one in members if one in there]})
    left.pop("groups", None)
    left |= {"groups": stay} if stay else {}
    right |= {"groups": go} if go else {}


def members_of(line: Content) -> set[str]:
    """Ids of the words and morphs of a line: what a group can hold."""
    found = set()
    for word in line.get("words", ()):
        found.add(word["id"])
        for analysis in word.get("analyses", ()):
            found |= {morph["id"] for morph in analysis.get("morphs", ())}
    return found


def _replace_member(line: Content, gone: str, kept: str) -> None:
    known = members_of(line)
    for group in line.get("groups", ()):
        members = [kept if member == gone else member for member in group.get("members", ())]
        group["members"] = [m for m in dict.fromkeys(members) if m in known]


# Times and texts


def _split_time(left: Content, right: Content, share: float) -> None:
    time = left.get("time")
    if not time:
        return
    middle = round(time["start"] + (time["end"] - time["start"]) * share, 3)
    left["time"] = {**time, "end": middle, "estimated": True}
    right["time"] = {**time, "start": middle, "estimated": True}


def _join_time(left: Content, right: Content) -> None:
    one, other = left.get("time"), right.get("time")
    if one and other and one.get("recording") == other.get("recording"):
        left["time"] = {**one, "end": max(one["end"], other["end"])}
    elif other and not one:
        left["time"] = other


def _cut(value: Any, at: int) -> tuple[Any, Any]:
    """A text in two, its spans divided."""
    if isinstance(value, str):
        return value[:at], value[at:]
    left = {"text": value["text"][:at], "spans": []}
    right = {"text": value["text"][at:], "spans": []}
    for span in value.get("spans", ()):
        if span["start"] < at:
            left["spans"].append({**span, "end": min(span["end"], at)})
        if span["end"] > at:
            right["spans"].append(
                {**span, "start": max(span["start"] - at, 0), "end": span["end"] - at}
            )
    return left, right


def _glued(one: Any, other: Any, between: str, *, always: bool = False) -> tuple[Any, int]:
    """Two texts as one, and by how much the second one moved."""
    left, right = plain(one), plain(other)
    apart = always or bool(left and right and not left[-1].isspace() and not right[0].isspace())
    head = left + (between if apart else "")
    if isinstance(one, str) and isinstance(other, str):
        return head + right, len(head)
    spans = [dict(span) for span in (one if isinstance(one, dict) else {}).get("spans", ())]
    spans += [
        {**span, "start": span["start"] + len(head), "end": span["end"] + len(head)}
        for span in (other if isinstance(other, dict) else {}).get("spans", ())
    ]
    return {"text": head + right, "spans": spans}, len(head)
