"""FieldWorks' names for things: items, morph types and their markers, marks of an analysis.

Source: FlexInterlinear.xsd of FieldWorks 9; the guids are those of its list of morph types.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

FORMAT = "flextext"
Dict = dict[str, Any]
UNSURE = "<Not Sure>"  # a part of speech that FieldWorks writes where there is none
ITEM_LANGUAGE = "en"  # of numbers and labels, which are in no language
STATUS = "analysisStatus"
NO_FONT = ""

_GUID = "-e8cf-11d3-9764-00c04f186933"
MORPH_TYPE_GUIDS = {
    "bound root": f"d7f713e4{_GUID}",
    "bound stem": f"d7f713e7{_GUID}",
    "circumfix": f"d7f713df{_GUID}",
    "clitic": "c2d140e5-7ca9-41f4-a69a-22fc7049dd2c",
    "enclitic": f"d7f713e1{_GUID}",
    "infix": f"d7f713da{_GUID}",
    "particle": "56db04bf-3d58-44cc-b292-4c8aa68538f4",
    "prefix": f"d7f713db{_GUID}",
    "proclitic": f"d7f713e2{_GUID}",
    "root": f"d7f713e5{_GUID}",
    "simulfix": f"d7f713dc{_GUID}",
    "stem": f"d7f713e8{_GUID}",
    "suffix": f"d7f713dd{_GUID}",
    "suprafix": f"d7f713de{_GUID}",
    "infixing interfix": "18d9b1c3-b5b6-4c07-b92c-2fe1d2281bd4",
    "prefixing interfix": "af6537b0-7175-4387-ba6a-36547d37fb13",
    "suffixing interfix": "3433683d-08a9-4bae-ae53-2a7798f64068",
    "phrase": "a23b6faa-1052-4f4d-984b-4b338bdaf95f",
    "discontiguous phrase": "0cc8c35a-cee9-434d-be58-5d29130fba5b",
}
# Which sides of a morph of a type carry the marker of its join.
_LEFT = frozenset({"suffix", "suffixing interfix", "enclitic"})
_RIGHT = frozenset({"prefix", "prefixing interfix", "proclitic"})
_AROUND = frozenset({"infix", "infixing interfix"})
_FREE = frozenset(
    {"stem", "root", "bound stem", "bound root", "particle", "phrase", "discontiguous phrase"}
)
_MARKED = re.compile(r"([-=~])?(.*?)([-=~])?", re.DOTALL)

# What the status of an analysis says of who made it.
_MADE_BY = {
    "guess": "memory",
    "guessByHumanApproved": "memory",
    "guessByStatisticalAnalysis": "model",
}
_GUESSES = {"memory": "guess", "lexicon": "guess", "model": "guessByStatisticalAnalysis"}


def maker_of(status: str) -> str:
    """Who made an analysis with this status: `import` for one that holds."""
    return _MADE_BY.get(status, "import")


def status_of(analysis: Mapping[str, Any]) -> str:
    """The status of an analysis; empty for one that a person made or confirmed."""
    if analysis.get("confirmed_by"):
        return ""
    return _GUESSES.get(analysis.get("origin", "person"), "")


def take_apart(written: str, morph_type: str) -> tuple[str, str, str]:
    """A morph as FieldWorks writes it: without its markers, and the joins to left and right.

    >>> take_apart("=at", "enclitic"), take_apart("-um-", "infix"), take_apart("-", "stem")
    (('at', '=', ''), ('um', '<>', '<>'), ('-', '', ''))
    """
    if morph_type in _FREE:
        return written, "", ""
    found = _MARKED.fullmatch(written)
    if found is None or not found[2]:
        return written, "", ""
    left, bare, right = found[1] or "", found[2], found[3] or ""
    if morph_type in _LEFT and right:
        bare, right = bare + right, ""
    if morph_type in _RIGHT and left:
        bare, left = left + bare, ""
    if morph_type in _AROUND and (left, right) == ("-", "-"):
        left = right = "<>"
    return bare, left, right


def put_together(form: str, morph_type: str, left: str, right: str) -> str:
    """A morph with the markers that FieldWorks writes.

    Args:
        left, right: the joins to its neighbours; which of them are the morph's own follows from
            its type. Without a type it is the left one.
    """
    marks = {"<>": "-"}
    before, after = marks.get(left, left), marks.get(right, right)
    if morph_type in _FREE:
        return form
    if morph_type in _RIGHT:
        return form + after
    if morph_type in _LEFT or not morph_type:
        return before + form if left != "<>" or morph_type else f"-{form}-"
    return before + form + after
