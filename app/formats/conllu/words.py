"""A line of a sentence as a word with its analysis, and back.

What of a line no field holds stays with the word as the line itself: it is written again where
reading it says what the word says, and else only the columns that differ are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.domain import interlinear, leipzig
from app.domain.glossing import MACHINES, is_suggestion
from app.domain.ids import new_id
from app.domain.interlinear import make_analysis
from app.domain.text import plain
from app.formats.conllu.columns import NONE, UPOS, Misc, Token, clean, parse_token, spaceless

FORMAT = "conllu"
Content = dict[str, Any]
Facts = dict[str, Any]
_JOINS = "=-~"
_GLOSSES = ("MGloss", "GE", "Gloss")
_SEGMENTED = ("MSeg", "MGloss", "GE", "RX", "Gloss")
_GUESS, _SURE = "Guess", "GuessConfidence"  # of an analysis that nobody has confirmed
_SHARE = re.compile(r"0(?:\.\d{1,10})?|1(?:\.0*)?")
_OPEN = re.compile(r"(?<=[\w\]])\[-?")
_CLOSE = re.compile(r"\](?=\w)")


@dataclass(frozen=True)
class Categories:
    """Parts of speech: what each is called in a file, and which have a label."""

    labels: Mapping[str, str]
    ids: Mapping[str, str]


@dataclass(frozen=True)
class Languages:
    """The writing systems of words, glosses and the transliteration.

    Attributes:
        pos: the column that is the part of speech: `upos` or `xpos`.
    """

    ws: str
    gloss: str
    translit: str
    pos: str = "upos"


def read_word(token: Token, languages: Languages, item: Callable[[str], str]) -> Content:
    """A word from its line.

    Args:
        item: gives the id of a part of speech.
    """
    _, form, _, upos, *_ = token.columns
    misc = token.misc
    word: Content = {"id": new_id("w"), "form": {languages.ws: form}}
    if translit := misc.get("Translit"):
        word["form"][languages.translit] = translit
    if time := _time(misc):
        word["time"] = time
    if upos == "PUNCT":
        word["type"] = "punctuation"
    elif analysis := _analysis(token, languages, item):
        word["analyses"], word["chosen"] = [analysis], analysis["id"]
    return word


def facts_of(word: Mapping[str, Any], languages: Languages) -> Facts:
    """What a line says of a word, alike for one that was read and one that is written."""
    analysis = interlinear.chosen(dict(word)) or {}
    morphs = analysis.get("morphs", ())
    time = word.get("time") or {}
    return {
        "form": plain((word.get("form") or {}).get(languages.ws)),
        "Translit": plain((word.get("form") or {}).get(languages.translit)),
        "mark": word.get("type") == "punctuation",
        "lemma": plain((morphs[0].get("lemma") or {}).get(languages.ws))
        if len(morphs) == 1
        else "",
        "pos": analysis.get("pos"),
        "morphs": [_morph_facts(one, languages) for one in morphs],
        "gloss": plain((analysis.get("gloss") or {}).get(languages.gloss)),
        "time": (time.get("start"), time.get("end")),
        "guess": _guess_of(analysis),
    }


def _guess_of(analysis: Mapping[str, Any]) -> tuple[str, str]:
    """Which machine made an analysis that nobody has confirmed, and how sure it was."""
    if not analysis or not is_suggestion(analysis):
        return "", ""
    sure = analysis.get("confidence")
    return str(analysis["origin"]), "" if sure is None else f"{sure:.4g}"


def write_word(
    word: Mapping[str, Any], languages: Languages, categories: Categories, glued: bool
) -> Token:
    """The line of a word, without its number.

    Args:
        glued: no space stands behind it; said of words that came from elsewhere.
    """
    now = facts_of(word, languages)
    raw = next((one["content"] for one in residue_of(word, "")), "")
    if raw:
        token = parse_token(raw)
        ids = categories.ids
        read = read_word(token, languages, lambda label: ids.get(label, label))
        before = facts_of(read, languages)
    else:
        token = Token("", (NONE,) * 10)
        before = dict.fromkeys(now)
    columns, misc = list(token.columns), token.misc
    _write_columns(columns, now, before, categories.labels)
    _write_misc(misc, now, before)
    if glued and not raw:
        misc.put("SpaceAfter", "No")
    if before != now:
        columns[9] = str(misc)
    if tuple(columns) == token.columns and raw:
        return token
    return replace(token, raw="\t".join(columns), columns=tuple(columns), ragged=0)


def residue_of(content: Mapping[str, Any], at: str) -> list[Content]:
    """What is kept of a file at a place of something."""
    found = content.get("residue", ())
    return [one for one in found if one["format"] == FORMAT and one.get("at", "") == at]


def keep(content: str, at: str = "") -> Content:
    """Something of a file that no field holds."""
    return {"format": FORMAT, "at": at, "content": content}


def _analysis(token: Token, languages: Languages, item: Callable[[str], str]) -> Content:
    _, form, lemma, upos, xpos, *_ = token.columns
    label = xpos if languages.pos == "xpos" and xpos != NONE else upos
    label = xpos if label == NONE else label
    analysis = _glossed(form, token.misc, languages)
    if lemma != NONE and len(analysis["morphs"]) == 1:
        analysis["morphs"][0]["lemma"] = {languages.ws: lemma}
    if label != NONE:
        analysis["pos"] = item(label)
    told = any(key in one for one in analysis["morphs"] for key in ("gloss", "lemma"))
    if not (told or "pos" in analysis or "gloss" in analysis or len(analysis["morphs"]) > 1):
        return {}
    return {**analysis, **_maker(token.misc)}


def _maker(misc: Misc) -> Content:
    """Who made an analysis: a machine, as long as nobody has confirmed it, or the file."""
    if misc.get(_GUESS) not in MACHINES:
        return {"origin": "import"}
    made: Content = {"origin": misc.get(_GUESS)}
    sure = misc.get(_SURE)
    return made | ({"confidence": float(sure)} if _SHARE.fullmatch(sure) else {})


def _glossed(form: str, misc: Misc, languages: Languages) -> Content:
    """The morphs of a word with the first of its glosses that fits them, else with its own."""
    core = form.strip(_JOINS) or form
    offset = form.find(core)
    written = misc.get("MSeg") or form
    told = [gloss for key in _GLOSSES if (gloss := misc.get(key))]
    options = [one for gloss in told for one in (_plain(gloss), _divided(gloss))]
    if not misc.get("MSeg") and len(leipzig.pieces(written)) > 1:
        count = len(leipzig.pieces(written))
        if not any(len(leipzig.glosses(one)) == count > 1 for one in options):
            return _whole(form, core, offset, _plain(told[0]) if told else "", languages)
    count = len(leipzig.pieces(written))
    fitting = next((one for one in options if len(leipzig.glosses(one)) == count), "")
    gloss = fitting or (options[0] if options else "")
    analysis = make_analysis(written, gloss, core, languages.ws, languages.gloss)
    for morph in analysis["morphs"]:
        if len(analysis["morphs"]) > 1 and morph.get("gloss") == {languages.gloss: "?"}:
            del morph["gloss"]
        for part in morph.get("parts", ()):
            part["start"], part["end"] = part["start"] + offset, part["end"] + offset
    whole = _plain(misc.get("Gloss"))
    if misc.get("MSeg") and fitting and whole and len(told) > 1:
        analysis["gloss"] = {languages.gloss: whole}
    return analysis


def _whole(form: str, core: str, offset: int, gloss: str, languages: Languages) -> Content:
    """An analysis of a word whose hyphens divide nothing."""
    span = {"start": offset, "end": offset + len(core)}
    morph: Content = {"id": new_id("m"), "form": {languages.ws: core}, "ws": languages.ws}
    morph["parts"] = [span]
    if form[:offset] in ("=", "-", "~"):
        morph["left"] = form[:offset]
    if form[offset + len(core) :] in ("=", "-", "~"):
        morph["right"] = form[offset + len(core) :]
    if gloss:
        morph["gloss"] = {languages.gloss: gloss}
    return {"id": new_id("y"), "morphs": [morph]}


def _plain(gloss: str) -> str:
    """A gloss without the brackets around its labels.

    >>> _plain("[3SG].[M]-be_there"), _plain("=when"), _plain("[DEF].[M]=")
    ('3SG.M-be_there', 'when', 'DEF.M')
    """
    return gloss.replace("[", "").replace("]", "").strip(_JOINS) or gloss


def _divided(gloss: str) -> str:
    r"""A gloss in which brackets that touch a word divide it, where hyphens were left out.

    >>> _divided("like[AOR].[3SG].[M]"), _divided(r"[3]make_graze\AOR[PL]")
    ('like-AOR.3SG.M', '3-make_graze\\AOR-PL')
    """
    return _plain(_CLOSE.sub("]-", _OPEN.sub("-[", gloss)))


def _time(misc: Misc) -> Content:
    start, end = misc.get("AlignBegin"), misc.get("AlignEnd")
    if not (start.isdecimal() and end.isdecimal()) or int(start) > int(end):
        return {}
    return {"start": int(start) / 1000, "end": int(end) / 1000}


def _morph_facts(morph: Mapping[str, Any], languages: Languages) -> tuple[str, ...]:
    form = plain((morph.get("form") or {}).get(languages.ws))
    gloss = plain((morph.get("gloss") or {}).get(languages.gloss))
    return form, morph.get("left", ""), morph.get("right", ""), gloss


def _write_columns(
    columns: list[str], now: Facts, before: Facts, labels: Mapping[str, str]
) -> None:
    if now["form"] != before["form"]:
        columns[1] = clean(now["form"]) or NONE
    if now["lemma"] != before["lemma"]:
        columns[2] = clean(now["lemma"]) or NONE
    if now["pos"] != before["pos"] or now["mark"] != before["mark"]:
        label = "PUNCT" if now["mark"] else labels.get(now["pos"] or "", "")
        known = label in UPOS
        columns[3] = label if known else NONE
        columns[4] = spaceless(label) if not known else NONE


def _write_misc(misc: Misc, now: Facts, before: Facts) -> None:
    if now["Translit"] != before["Translit"]:
        misc.put("Translit", now["Translit"])
    if now["time"] != before["time"]:
        for key, value in zip(("AlignBegin", "AlignEnd"), now["time"], strict=True):
            misc.put(key, "" if value is None else str(round(value * 1000)))
    if now["guess"] != before["guess"]:
        for key, value in zip((_GUESS, _SURE), now["guess"] or ("", ""), strict=True):
            misc.put(key, value)
    if now["morphs"] == before["morphs"] and now["gloss"] == before["gloss"]:
        return
    misc.drop(*_SEGMENTED)
    morphs, gloss = now["morphs"], now["gloss"]
    told = any(one[3] for one in morphs)
    if _is_simple(now) and not gloss:
        misc.put("Gloss", morphs[0][3])
        return
    if morphs and (told or len(morphs) > 1):
        before_, after = (("", one)[one != "<>"] for one in (morphs[0][1], morphs[-1][2]))
        joined = leipzig.join([(form, left) for form, left, _, _ in morphs])
        misc.put("MSeg", before_ + joined + after)
        if told:
            misc.put("MGloss", leipzig.join([(one or "?", left) for _, left, _, one in morphs]))
    misc.put("Gloss", gloss)


def _is_simple(now: Facts) -> bool:
    """Whether a word is one morph that its form shows, with its joins."""
    if len(now["morphs"]) != 1:
        return False
    form, left, right, _ = now["morphs"][0]
    return bool(left + form + right == now["form"]) and len(leipzig.pieces(form)) == 1
