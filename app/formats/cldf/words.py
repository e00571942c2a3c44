"""Words with analyses as lists of analysed words and glosses, side by side.

Source: CLDF 1.3, ExampleTable; Leipzig Glossing Rules 2015 for joins.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.domain import leipzig
from app.domain.align import align
from app.domain.glossing import MACHINES, guessed, is_suggestion
from app.domain.interlinear import chosen, make_words, written_gloss, written_morphs
from app.domain.text import first_plain, plain

Dict = dict[str, Any]
_SPACE, _EMPTY = "\ue000", "\ue001"  # stand for a space inside of a cell and for an empty cell
_JOINS = ("-", "=", "~")


def words_of(content: Mapping[str, Any], ws: str) -> list[str]:
    """The words of an utterance with the joins of their morphs; none if nothing is analysed."""
    return [word for word, _ in _pairs(content, ws, "")]


def glosses_of(content: Mapping[str, Any], ws: str) -> list[str]:
    """The glosses of the same words in an analysis language."""
    found = [gloss for _, gloss in _pairs(content, "", ws)]
    return found if any(found) else []


def guessed_in(content: Mapping[str, Any]) -> str:
    """The words whose glosses a machine filled in and nobody has confirmed: `2:model 4:memory`."""
    found = guessed(content.get("words", ()))
    return " ".join(f"{number}:{one['origin']}" for number, one in found.items())


def mark_guesses(content: Dict, cell: str) -> None:
    """Marks the words of an utterance that a cell names, and no others, as such guesses."""
    named = dict(one.split(":", 1) for one in cell.split() if ":" in one)
    real = [one for one in content.get("words", ()) if one.get("type") != "punctuation"]
    for number, word in enumerate(real, 1):
        analysis = chosen(word)
        if analysis is None:
            continue
        if (maker := named.get(str(number), "")) in MACHINES:
            analysis["origin"] = maker
            analysis.pop("confirmed_by", None)
        elif is_suggestion(analysis):
            analysis["origin"] = "import"


def conformance(content: Mapping[str, Any], ws: str) -> str:
    """How far the glosses obey the Leipzig rules; empty where a word has none."""
    pairs = list(_pairs(content, ws, ""))
    if not pairs or not all(gloss for _, gloss in pairs):
        return ""
    fits = all(not leipzig.check(_filled(word), _filled(gloss)) for word, gloss in pairs)
    return "MORPHEME_ALIGNED" if fits else "WORD_ALIGNED"


def read_words(
    content: Dict, analyzed: list[str], glossed: list[str], ws: str, gloss_ws: str
) -> None:
    """Makes the words of an utterance anew; what was alike before keeps its id."""
    pairs = list(_read_pairs(analyzed, glossed))
    line = plain(content.get("baseline", {}).get(ws))
    made = make_words(
        line,
        ws,
        " ".join(word for word, _ in pairs),
        " ".join(gloss for _, gloss in pairs),
        gloss_ws,
        facts={"origin": "import"},
    )
    words = [_tidy(_restored(word)) for word in made]
    aligned, renamed = align({"words": words}, {"words": content.get("words", ())})
    content["words"] = _renamed(aligned["words"], renamed)
    if not content["words"]:
        del content["words"]
    _keep_groups(content)


def add_glosses(content: Dict, glossed: list[str], ws: str) -> None:
    """Adds the glosses of a further analysis language to the words, if there are as many."""
    words = [one for one in content.get("words", ()) if one.get("type") != "punctuation"]
    if len(words) != len(glossed):
        return
    for word, gloss in zip(words, glossed, strict=True):
        analysis = chosen(word)
        told = [one.replace(_SPACE, " ") for one in leipzig.glosses(_SPACE.join(gloss.split()))]
        if analysis is None or not told:
            continue
        if len(told) == len(analysis.get("morphs", ())):
            for morph, label in zip(analysis["morphs"], told, strict=True):
                morph["gloss"] = {**morph.get("gloss", {}), ws: label}
        else:
            analysis["gloss"] = {**analysis.get("gloss", {}), ws: gloss}


def _pairs(content: Mapping[str, Any], ws: str, gloss_ws: str) -> Iterator[tuple[str, str]]:
    words = [one for one in content.get("words", ()) if one.get("type") != "punctuation"]
    analyses = [chosen(one) or {} for one in words]
    if not any(analyses):
        return
    for word, analysis in zip(words, analyses, strict=True):
        form = first_plain(word.get("form") or {}, (ws,))
        written = written_morphs(analysis, ws) or form
        own = {**analysis, "morphs": _in_one(analysis, gloss_ws)} if gloss_ws else analysis
        told = {**own, "gloss": _only(own.get("gloss"), gloss_ws)} if gloss_ws else own
        yield _cell(written), _cell(written_gloss(told, gloss_ws))


def _in_one(analysis: Mapping[str, Any], ws: str) -> list[Dict]:
    return [{**one, "gloss": _only(one.get("gloss"), ws)} for one in analysis.get("morphs", ())]


def _only(text: Any, ws: str) -> Dict:
    return {ws: text[ws]} if text and ws in text else {}


def _read_pairs(analyzed: list[str], glossed: list[str]) -> Iterator[tuple[str, str]]:
    """Words with their glosses, as they can stand in a line; clitics beside their words."""
    glosses = [*glossed, *[""] * (len(analyzed) - len(glossed))]
    made: list[tuple[str, str]] = []
    for word, gloss in zip(analyzed, glosses, strict=False):
        bare = word.strip()
        if not any(c.isalnum() for c in bare) and gloss.strip() in ("", bare):
            continue  # a mark of punctuation
        if made and len(bare) > 1 and bare[0] in _JOINS and gloss.strip()[:1] == bare[0]:
            before = made.pop()
            made.append((before[0] + _filled(bare), before[1] + _filled(gloss.strip())))
        else:
            made.append((_filled(bare), _filled(gloss.strip())))
    yield from made


def _filled(cell: str) -> str:
    return _SPACE.join(cell.split()) or _EMPTY


def _restored(value: Any) -> Any:
    """Content with the spaces that were inside of cells."""
    if isinstance(value, dict):
        return {key: _restored(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_restored(one) for one in value]
    if isinstance(value, str):
        return value.replace(_SPACE, " ").replace(_EMPTY, "")
    return value


def _tidy(word: Dict) -> Dict:
    """A word without an analysis that says nothing but the word itself."""
    empty = not any(word.get("form", {}).values())
    for analysis in word.get("analyses", ()):
        for one in (analysis, *analysis["morphs"]):
            if empty:
                one.pop("parts", None)
            if "gloss" in one and not any(one["gloss"].values()):
                del one["gloss"]
        glossed = "gloss" in analysis or any("gloss" in one for one in analysis["morphs"])
        if not glossed and len(analysis["morphs"]) < 2:
            return {key: one for key, one in word.items() if key not in ("analyses", "chosen")}
    return word


def _keep_groups(content: Dict) -> None:
    """Leaves groups those members that are still there."""
    groups = content.get("groups")
    if not groups:
        return
    ids = {one["id"] for word in content.get("words", ()) for one in _inside(word)}
    kept = [{**one, "members": [m for m in one["members"] if m in ids]} for one in groups]
    content["groups"] = [one for one in kept if one["members"]]


def _inside(word: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield word
    for analysis in word.get("analyses", ()):
        yield from analysis.get("morphs", ())


def _renamed(value: Any, renamed: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(one, renamed) for key, one in value.items()}
    if isinstance(value, list):
        return [_renamed(one, renamed) for one in value]
    return renamed.get(value, value) if isinstance(value, str) else value


def _cell(text: str) -> str:
    return " ".join(text.split())
