r"""What markers mean where nobody has said it: MDF's, and those of interlinear texts.

Source: Coward & Grimes, "Making dictionaries" (2000), appendix A (the markers of MDF, whose last
letter is the language: `v` vernacular, `e` English, `n` national, `r` regional); the templates of
Toolbox for interlinear texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.domain.errors import Unreadable
from app.formats.standard_format.lines import DEFAULT_ENCODING, Scan
from app.formats.standard_format.mapping import (
    DICTIONARY,
    HEADS,
    KEEP,
    MEANINGS,
    MarkerMap,
    Style,
    Systems,
    Use,
)

# marker: field, type; a last letter of the table below says the language
_MDF = {
    "lx": "lemma", "hm": "homograph", "lc": "citation", "se": "subentry", "ph": "pronunciation",
    "va": "variant", "st": "status", "dt": "modified", "sn": "number", "ps": "pos",
    "g": "gloss", "d": "definition", "sd": "domain", "sc": "scientific_name", "re": "reversal",
    "rn": "reversal", "rr": "reversal", "xv": "example", "x": "example_translation",
    "rf": "example_source", "pc": "picture", "bw": "borrowed", "et": "etymology",
    "eg": "etymology_gloss", "es": "etymology_source",
    "cf": "relation:Compare", "sy": "relation:Synonym", "an": "relation:Antonym",
    "mn": "relation:Main", "lf": "relation_type", "lv": "relation_target",
    "nt": "note", "np": "note:phonology", "ng": "note:grammar", "nd": "note:discourse",
    "na": "note:anthropology", "ns": "note:sociolinguistics", "nq": "note:questions",
    "so": "note:source", "bb": "note:bibliography", "e": "note:encyclopedic", "u": "note:usage",
    "o": "note:restrictions",
    "ve": "variant_comment", "vn": "variant_comment", "vr": "variant_comment",
    "sg": "paradigm:singular", "pl": "paradigm:plural", "rd": "paradigm:reduplication",
    "1s": "paradigm:1s", "2s": "paradigm:2s", "3s": "paradigm:3s", "4s": "paradigm:4s",
    "1d": "paradigm:1d", "2d": "paradigm:2d", "3d": "paradigm:3d", "4d": "paradigm:4d",
    "1p": "paradigm:1p", "2p": "paradigm:2p", "3p": "paradigm:3p", "4p": "paradigm:4p",
    "1i": "paradigm:1i", "1e": "paradigm:1e", "2e": "paradigm:2e",
}  # fmt: skip
# markers of MDF with a language in their last letter: `ge`, `xn`, `dr` ...
_LETTERED = frozenset({"g", "d", "x", "e", "u", "o"})
_LANGUAGE = {
    "lemma": "v", "citation": "v", "subentry": "v", "variant": "v", "example": "v",
    "paradigm": "v", "etymology": "v", "pronunciation": "v", "rn": "n", "rr": "r", "re": "e",
    "scientific_name": "la", "vn": "n", "vr": "r",
}  # fmt: skip
# the rest of MDF: known, and kept as own fields of the entry or sense in which they stand
_OWN = {
    "lt": "literal-meaning", "is": "index-of-semantics", "th": "thesaurus", "pd": "paradigm",
    "pdl": "paradigm-label", "pdv": "paradigm-form", "pde": "paradigm-gloss",
    "pdn": "paradigm-gloss-national", "pdr": "paradigm-gloss-regional", "tb": "table",
    "ec": "etymology-comment", "mr": "morphology", "cn": "cross-reference-national",
    "cr": "cross-reference-regional", "ce": "cross-reference-english", "ue": "usage",
}  # fmt: skip
_OWN_VERNACULAR = frozenset({"lt", "pd", "pdl", "pdv", "mr"})
# Without the letters: what other dictionaries write before a language.
_BARE = {
    "lx": "lemma", "lc": "citation", "ph": "pronunciation", "xv": "example", "va": "variant",
    "se": "subentry", "g": "gloss", "ge": "gloss", "d": "definition", "de": "definition",
    "ps": "pos", "sd": "domain", "re": "reversal", "x": "example_translation",
    "xe": "example_translation", "nt": "note", "co": "entry_note", "et": "etymology",
    "eg": "etymology_gloss", "sc": "scientific_name",
}  # fmt: skip
_TEXTS = {
    "id": "text", "name": "text", "ti": "title", "title": "title",
    "ref": "utterance", "tx": "line", "t": "line", "mb": "morphs", "m": "morphs",
    "ge": "gloss/e", "gl": "gloss/e", "g": "gloss/e", "gn": "gloss/n", "gr": "gloss/r",
    "ps": "pos", "p": "pos", "wg": "word_gloss/e", "wp": "word_pos",
    "ft": "translation/e", "fe": "translation/e", "f": "translation/e", "fg": "translation/e",
    "fn": "translation/n", "fr": "translation/r", "lt": "literal/e",
    "nt": "note/e", "cmt": "note/e", "so": "source/e", "co": "description/e", "gen": "genre",
    "ELANBegin": "start", "ELANEnd": "end", "ELANParticipant": "speaker", "sp": "speaker",
    "aud": "recording", "sound": "recording", "rf": "utterance_source",
}  # fmt: skip
_ONE_ONLY = frozenset({"text", "utterance", "line", "morphs", "pos", "word_pos", "start", "end"})
_STYLES = ("fv", "fe", "fn", "fr")
_LOOKS = {"b": "bold", "i": "italic", "u": "underline", "bi": "bold italic"}
_SUFFIXED = re.compile(r"(\w{1,8})[_-]([A-Za-z][A-Za-z0-9-]{1,20})")
_COMMON = {
    "eng": "en", "en": "en", "fra": "fr", "fre": "fr", "spa": "es", "por": "pt", "deu": "de",
    "ger": "de", "ind": "id", "rus": "ru", "zho": "zh", "swa": "sw", "tpi": "tpi",
}  # fmt: skip
_RECORDS = {"mdf": ("lx", "lex", "le"), "toolbox": ("ref", "id", "name")}
_CHOSEN = ("tx", "t", "mb", "m")


def format_of(found: Scan) -> str:
    """Whether a file is a dictionary (`mdf`) or an interlinear text (`toolbox`)."""
    markers = found.markers
    if markers["lx"] and markers["lx"] >= markers["ref"]:
        return "mdf"
    if any(markers[one] for one in ("ref", *_CHOSEN)):
        return "toolbox"
    return "mdf"


def guess(
    found: Scan, format_id: str, systems: Systems, file: str = "", record: str = ""
) -> MarkerMap:
    """What each marker of a file is likely to be.

    Args:
        record: the marker with which a record begins, if that is known.

    Raises:
        Unreadable: no marker of the file begins a record; tells those that it has.
    """
    markers = [one for one in found.markers if not one.startswith("_")]
    record = record or next((one for one in _RECORDS[format_id] if one in found.markers), "")
    if not record:
        record = _first(found, markers)
    if not record:
        told = " ".join(f"\\{one}" for one in markers[:20]) or "none"
        what = f"No marker of this file begins a record; it has: {told}."
        raise Unreadable(what, file, 1)
    taken: set[str] = set()
    uses: dict[str, Use] = {}
    for marker in sorted(markers, key=lambda one: bool(_SUFFIXED.fullmatch(one))):
        use = _head(format_id, systems) if marker == record else _guess(format_id, marker, systems)
        again = use.key in taken or use.field in taken & _ONE_ONLY
        uses[marker] = Use() if again and not _may_repeat(use) else use
        taken |= {use.key, use.field} if use.field != KEEP else set()
    return MarkerMap(
        format_id,
        record,
        DEFAULT_ENCODING,
        {one: uses[one] for one in markers},
        styles_of(systems),
    )


def preset(format_id: str, systems: Systems) -> MarkerMap:
    """The mapping with which a project is written that no file has told one."""
    uses = {one: _guess(format_id, one, systems) for one in _ORDER[format_id]}
    if format_id == "mdf":
        for ws in systems.analysis:
            _add(uses, ws, (("gloss", "g"), ("definition", "d"), ("example_translation", "x")))
            _add(uses, ws, (("reversal", "re"),))
    else:
        for ws in systems.analysis:
            _add(uses, ws, (("gloss", "ge"), ("translation", "ft"), ("literal", "lt")))
            _add(uses, ws, (("note", "nt"),))
    return MarkerMap(
        format_id, "lx" if format_id == "mdf" else "ref", markers=uses, styles=styles_of(systems)
    )


def styles_of(systems: Systems) -> dict[str, Style]:
    """The character styles of MDF."""
    styles = {one: Style(ws=systems.of_letter(one[1])) for one in _STYLES}
    return styles | {one: Style(style=name) for one, name in _LOOKS.items()}


_ORDER = {
    "mdf": (
        "lx", "hm", "lc", "ph", "se", "ps", "sn", "ge", "re", "de", "sd", "sc", "rf", "xv", "xe",
        "pc", "sy", "an", "cf", "mn", "lf", "lv", "va", "ve", "bw", "et", "eg", "es", "sg", "pl",
        "nt", "np", "ng", "nd", "na", "ns", "nq", "so", "bb", "ee", "ue", "oe", "st", "dt",
    ),
    "toolbox": (
        "id", "ti", "so", "co", "gen", "ref", "ELANBegin", "ELANEnd", "ELANParticipant", "aud",
        "tx", "mb", "ge", "ps", "ft", "lt", "nt", "rf",
    ),
}  # fmt: skip


def _add(uses: dict[str, Use], ws: str, fields: Iterable[tuple[str, str]]) -> None:
    """Markers for further analysis languages: `g_pt`."""
    for field, stem in fields:
        if not any((use.field, use.ws, use.type) == (field, ws, "") for use in uses.values()):
            uses[f"{stem}_{ws}"] = Use(field, ws)


def _head(format_id: str, systems: Systems) -> Use:
    return Use(HEADS[format_id], systems.vernacular if format_id == "mdf" else "")


def _guess(format_id: str, marker: str, systems: Systems) -> Use:
    return (_guess_text if format_id == "toolbox" else _guess_entry)(marker, systems)


def _guess_text(marker: str, systems: Systems) -> Use:
    field, _, letter = _TEXTS.get(marker, "").partition("/")
    if not field and (suffixed := _SUFFIXED.fullmatch(marker)):
        field, _, letter = _TEXTS.get(suffixed[1], "").partition("/")
        if letter:
            return Use(field, _language(suffixed[2], systems))
        return Use()
    if not field:
        return Use()
    if letter:
        return Use(field, _analysis(letter, systems))
    vernacular = MEANINGS["toolbox"][field].vernacular
    return Use(field, systems.vernacular if vernacular else "")


def _guess_entry(marker: str, systems: Systems) -> Use:
    found, letter = _MDF.get(marker, ""), ""
    if not found and marker[:-1] in _LETTERED and marker[-1:] in "venr":
        found, letter = _MDF[marker[:-1]], marker[-1]
    elif found and marker in _LETTERED:  # `\d` without a language
        found = ""
    if not found and marker in _OWN:
        ws = systems.vernacular if marker in _OWN_VERNACULAR else _analysis("e", systems)
        return Use("own", ws, _OWN[marker])
    if not found:
        return _guess_suffixed(marker, systems)
    field, _, kind = found.partition(":")
    letter = letter or _LANGUAGE.get(marker, _LANGUAGE.get(field, "e"))
    if not DICTIONARY[field].has_ws:
        return Use(field, type=kind)
    if letter == "v" and field not in _LANGUAGE:  # `\dv`, `\ev`: in the language itself
        return Use(field, systems.vernacular, kind)
    return Use(field, "la" if letter == "la" else _analysis(letter, systems), kind)


def _guess_suffixed(marker: str, systems: Systems) -> Use:
    suffixed = _SUFFIXED.fullmatch(marker)
    field = _BARE.get(suffixed[1], "") if suffixed else ""
    if suffixed is not None and suffixed[1] in _OWN:
        return Use("own", _language(suffixed[2], systems), _OWN[suffixed[1]])
    if suffixed is None or not field:
        return Use()
    meaning = DICTIONARY[field]
    if not meaning.has_ws:
        return Use(field)
    if meaning.vernacular:
        return Use(field, systems.codes.get(suffixed[2].lower(), systems.vernacular))
    return Use(field, _language(suffixed[2], systems))


def _analysis(letter: str, systems: Systems) -> str:
    """The code for a letter; `e` is the project's first analysis language if it has no English."""
    if letter == "e" and "en" not in systems.codes and systems.codes:
        return systems.analysis[0]
    return systems.of_letter(letter)


def _language(name: str, systems: Systems) -> str:
    """The code for what a marker calls a language."""
    known = systems.codes.get(name.lower()) or _COMMON.get(name.lower())
    return known or f"qaa-x-{name.lower()[:8].replace('_', '')}"


def _may_repeat(use: Use) -> bool:
    """Whether two markers may mean the same: what an entry has many of."""
    return use.field in ("relation", "own", "note", "paradigm") and bool(use.type)


def _first(found: Scan, markers: list[str]) -> str:
    """The first marker of the file, if records may begin with it: it comes more than once."""
    return next(iter(markers), "") if markers and found.markers[markers[0]] > 1 else ""
