"""What a person does to the analyses of a word: writes one, takes one over, chooses, rejects.

Content is what the models of `app.domain.texts` dump without defaults. Words are not changed in
place. What is typed is a list of morphs, each with `id` (where it is there already), `form`,
`left`, `gloss`, `pos`, `type`, `entry`, `sense`, `allomorph`; a field that is left out stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.domain.errors import Invalid, Problem
from app.domain.ids import new_id
from app.domain.interlinear import align, chosen
from app.domain.text import plain, plains

Content = dict[str, Any]
MACHINES = frozenset({"memory", "lexicon", "model"})
MOST_MORPHS = 200
_MORPH = frozenset(
    {"id", "form", "left", "right", "gloss", "pos", "type", "entry", "sense", "allomorph"}
)
_WHOLE = frozenset({"gloss", "pos", "entry", "sense"})
_ORIGIN = ("origin", "by", "confidence", "confirmed_by")


def is_suggestion(analysis: Mapping[str, Any]) -> bool:
    """Whether a machine made an analysis and nobody has confirmed it."""
    return analysis.get("origin") in MACHINES and not analysis.get("confirmed_by")


def guessed(words: Iterable[Mapping[str, Any]]) -> dict[int, Content]:
    """The analyses that a machine filled in and nobody has confirmed, by the number of the word.

    Words are counted from 1, marks of punctuation left out.
    """
    real = [one for one in words if one.get("type") != "punctuation"]
    found = ((number, chosen(dict(one))) for number, one in enumerate(real, 1))
    return {number: one for number, one in found if one is not None and is_suggestion(one)}


def write(word: Content, typed: Mapping[str, Any], ws: str, by: str, *, confirm: bool) -> Content:
    """A word whose chosen analysis is as it was typed; one is made where there is none.

    Args:
        typed: `morphs` and, for the word as a whole, `gloss`, `pos`, `entry`, `sense`.
        ws: the writing system of the forms.
        by: the user who types.
        confirm: whether the user says that it is right as it is now.

    Raises:
        Invalid: what was typed has fields that no morph has, or too many morphs.
    """
    _check(typed)
    before = chosen(word)
    analysis = dict(before or {"id": new_id("y"), "origin": "person", "by": by})
    analysis |= {key: typed[key] for key in _WHOLE if key in typed}
    if "morphs" in typed:
        analysis["morphs"] = _morphs(analysis.get("morphs", ()), typed["morphs"])
        anew = _anew((before or {}).get("morphs", ()), analysis["morphs"], ws)
        analysis = align(analysis, plain(word.get("form", {}).get(ws, "")), ws, anew)
    analysis = _without_blanks(analysis)
    if before is not None and analysis != _without_blanks(before):
        analysis = {key: value for key, value in analysis.items() if key not in _ORIGIN}
        analysis |= {"origin": "person", "by": by}
    if confirm:
        analysis["confirmed_by"] = by
    if not _says(analysis):
        return reject(word, analysis["id"]) if before is not None else word
    return _with(word, analysis)


def add(word: Content, typed: Mapping[str, Any], ws: str, by: str) -> Content:
    """A word with what was typed as one more analysis; the chosen one stays chosen.

    Raises:
        Invalid: what was typed says nothing, or is no analysis.
    """
    bare = {key: value for key, value in word.items() if key not in ("analyses", "chosen")}
    morphs = [{**morph, "id": ""} for morph in typed.get("morphs", ())]
    made = write(bare, {**typed, "morphs": morphs}, ws, by, confirm=False)
    if "analyses" not in made:
        raise Invalid(Problem("typed", "Type a morph or a gloss first."))
    kept = {**word, "analyses": [*word.get("analyses", ()), *made["analyses"]]}
    return kept if "chosen" in word else {**kept, "chosen": made["chosen"]}


def take(word: Content, analysis: Mapping[str, Any], by: str) -> Content:
    """A word with a suggestion taken over as its chosen analysis, confirmed by a user.

    One that a person or a source had chosen before stays beside it; a machine's does not.
    """
    made = {**_with_new_ids(analysis), "confirmed_by": by}
    before = chosen(word)
    if before is not None and (is_suggestion(before) or not _says(before)):
        word = reject(word, before["id"])
    return _with(word, made)


def fill(word: Content, analysis: Mapping[str, Any]) -> Content:
    """A word with a machine's analysis as its chosen one, which nobody has confirmed.

    What a machine had said of it before goes; the word is as it was where that is the same.
    """
    before = chosen(word)
    if before is not None and signature(before) == signature(analysis):
        return word
    made = {key: one for key, one in _with_new_ids(analysis).items() if key != "confirmed_by"}
    kept = [one for one in word.get("analyses", ()) if not is_suggestion(one)]
    return _with({**word, "analyses": kept}, made)


def is_open(word: Mapping[str, Any]) -> bool:
    """Whether nobody has said anything of a word: it has no analysis, or machines' alone."""
    if word.get("type") == "punctuation":
        return False
    return all(is_suggestion(one) for one in word.get("analyses", ()))


def choose(word: Content, analysis: str, by: str) -> Content:
    """A word with another one of its analyses chosen, and confirmed by a user.

    Raises:
        Invalid: it is not one of them.
    """
    known = _find(word, analysis)
    return _with(word, {**known, "confirmed_by": by})


def confirm(word: Content, by: str) -> Content:
    """A word whose chosen analysis a user confirms; the word itself if there is none."""
    known = chosen(word)
    return word if known is None else _with(word, {**known, "confirmed_by": by})


def doubt(word: Content) -> Content:
    """A word without a chosen analysis; all of them stay."""
    return {key: value for key, value in word.items() if key != "chosen"}


def reject(word: Content, analysis: str) -> Content:
    """A word without one of its analyses; none is chosen if it was that one.

    Raises:
        Invalid: it is not one of them.
    """
    _find(word, analysis)
    made = {**word, "analyses": [one for one in word["analyses"] if one["id"] != analysis]}
    if not made["analyses"]:
        del made["analyses"]
    return doubt(made) if word.get("chosen") == analysis else made


def signature(analysis: Mapping[str, Any]) -> tuple[Any, ...]:
    """What two analyses that say the same have in common: forms, joins, glosses, senses.

    >>> one = {"id": "y_1", "morphs": [{"id": "m_1", "form": {"a": "x"}, "gloss": {"en": "y"}}]}
    >>> signature(one) == signature(_with_new_ids(one))
    True
    """
    morphs = tuple(
        (
            _texts(morph.get("form")),
            morph.get("left") or "",
            _texts(morph.get("gloss")),
            morph.get("pos"),
            morph.get("sense"),
        )
        for morph in analysis.get("morphs", ())
    )
    return (morphs, _texts(analysis.get("gloss")), analysis.get("pos"), analysis.get("sense"))


def _texts(text: Any) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((ws, plain(value)) for ws, value in (text or {}).items() if value))


def _check(typed: Mapping[str, Any]) -> None:
    morphs = typed.get("morphs", ())
    strange = set(typed) - _WHOLE - {"morphs"}
    strange |= {key for morph in morphs for key in morph} - _MORPH
    if strange:
        what = f"A morph has no field {', '.join(sorted(strange))}."
        raise Invalid(Problem("morphs", what))
    if len(morphs) > MOST_MORPHS:
        raise Invalid(Problem("morphs", f"A word has at most {MOST_MORPHS} morphs."))


def _morphs(known: Sequence[Content], typed: Sequence[Mapping[str, Any]]) -> list[Content]:
    """The morphs as they were typed, each with what was not typed kept by its id."""
    old = {morph["id"]: morph for morph in known}
    made = []
    for one in typed:
        morph = {"id": new_id("m"), **old.get(one.get("id", ""), {}), **one}
        if morph["id"] not in old:
            morph["id"] = new_id("m")
        made.append(morph)
    for place, morph in enumerate(made):
        _join(morph, made[place + 1 :])
    return made


def _join(morph: Content, later: Sequence[Content]) -> None:
    """Notes on a morph how it is joined to the next one; at the edge of a word that stays."""
    if morph.get("left") == "<>":
        morph["right"] = "<>"
        return
    following = next((one for one in later if one.get("left") != "<>"), None)
    if following is not None:
        morph["right"] = following.get("left") or ""


def _anew(known: Sequence[Content], morphs: Sequence[Content], ws: str) -> set[str]:
    """Morphs that are new, or written otherwise; all when one has gone."""
    old = {morph["id"]: plain((morph.get("form") or {}).get(ws, "")) for morph in known}
    now = {morph["id"]: plain((morph.get("form") or {}).get(ws, "")) for morph in morphs}
    if set(old) - set(now):
        return set(now)
    return {one for one, form in now.items() if old.get(one) != form}


def _without_blanks(analysis: Content) -> Content:
    """Without fields that hold nothing, as the models leave them out."""
    made = {key: value for key, value in analysis.items() if not _is_blank(value)}
    if "morphs" in made:
        made["morphs"] = [
            {key: value for key, value in _cleaned(morph).items() if not _is_blank(value)}
            for morph in made["morphs"]
        ]
    return _cleaned(made)


def _cleaned(part: Mapping[str, Any]) -> Content:
    made = dict(part)
    for key in ("form", "gloss"):
        if isinstance(made.get(key), dict):
            made[key] = {ws: text for ws, text in made[key].items() if plain(text)}
    return {key: value for key, value in made.items() if not _is_blank(value)}


def _is_blank(value: Any) -> bool:
    return value is None or value in ("", {}, [], ())


def _says(analysis: Mapping[str, Any]) -> bool:
    """Whether there is anything in an analysis."""
    if any(analysis.get(key) for key in _WHOLE):
        return True
    return any(
        plains(morph.get("form") or {}) or plains(morph.get("gloss") or {}) or morph.get("sense")
        for morph in analysis.get("morphs", ())
    )


def _with_new_ids(analysis: Mapping[str, Any]) -> Content:
    morphs = [{**morph, "id": new_id("m")} for morph in analysis.get("morphs", ())]
    made = {**analysis, "id": new_id("y")}
    return made | ({"morphs": morphs} if morphs else {})


def _find(word: Content, analysis: str) -> Content:
    for one in word.get("analyses", ()):
        if one["id"] == analysis:
            return dict(one)
    what = "This analysis is not there any more; somebody changed the word."
    raise Invalid(Problem("analysis", what))


def _with(word: Content, analysis: Content) -> Content:
    """A word with an analysis, in its place if it is there already, chosen."""
    known = [one["id"] for one in word.get("analyses", ())]
    if analysis["id"] in known:
        analyses = [analysis if one["id"] == analysis["id"] else one for one in word["analyses"]]
    else:
        analyses = [*word.get("analyses", ()), analysis]
    return {**word, "analyses": analyses, "chosen": analysis["id"]}
