"""What is looked for in a corpus, and how that is written in an address.

A query says on which line something stands (word, morph, gloss …), what stands there, what stands
beside it, and in which order the finds are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, cast, get_args

import regex
from pydantic import Field

from app.domain import occurrences
from app.domain.errors import Invalid, Problems
from app.domain.expressions import compile_expression
from app.domain.records import Record
from app.domain.text import compare_key, fold

Line = Literal["word", "morph", "gloss", "category", "sense", "word-gloss", "translation"]
Mode = Literal["whole", "start", "inside", "regex"]
Near = Literal["", "morph-before", "morph-after", "word-before", "word-after"]
Sort = Literal["text", "left", "right"]
LINES: tuple[Line, ...] = get_args(Line)
MODES: tuple[Mode, ...] = get_args(Mode)
NEAR: tuple[Near, ...] = get_args(Near)
SORTS: tuple[Sort, ...] = get_args(Sort)
CODES: dict[Line, str] = {
    "word": occurrences.WORD,
    "morph": occurrences.MORPH,
    "gloss": occurrences.GLOSS,
    "category": occurrences.CATEGORY,
    "sense": occurrences.SENSE,
    "word-gloss": occurrences.WORD_GLOSS,
    "translation": occurrences.TRANSLATION,
}
SIGNS: dict[Near, str] = {
    "morph-before": occurrences.MORPH_BEFORE,
    "morph-after": occurrences.MORPH_AFTER,
    "word-before": occurrences.WORD_BEFORE,
    "word-after": occurrences.WORD_AFTER,
}
# On which lines a neighbour can be looked at.
MORPH_LINES: tuple[Line, ...] = ("morph", "gloss", "category")
WORD_LINES: tuple[Line, ...] = ("word", "gloss", "category")
_BY_ID = ("category", "sense")  # of these lines the value is an id, or several with spaces between
_LONGEST = 200


@dataclass(frozen=True)
class Term:
    """What has to stand on a line.

    Attributes:
        mode: all of it, its beginning, something inside it, or a regular expression.
        exact: case and marks count.
    """

    line: Line = "word"
    text: str = ""
    mode: Mode = "whole"
    exact: bool = False

    @property
    def code(self) -> str:
        """The line, as keys have it."""
        return CODES[self.line]

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids that are looked for, on a line that holds ids."""
        return tuple(self.text.split()) if self.line in _BY_ID else ()

    def matcher(self) -> regex.Pattern[str]:
        """The expression for what is not looked up by its beginning.

        Raises:
            Invalid: it is no regular expression, or one that would take too much.
        """
        if self.mode == "inside":
            return regex.compile(regex.escape(compare_key(self.text)))
        return compile_expression(self.text, "text", 0 if self.exact else regex.IGNORECASE)

    def matches(self, form: str, folded: str, pattern: regex.Pattern[str], seconds: float) -> bool:
        """Whether a form is meant.

        Raises:
            TimeoutError: it takes longer than `seconds` to tell.
        """
        if self.mode == "inside":
            return compare_key(self.text) in form if self.exact else fold(self.text) in folded
        found = pattern.search(form, timeout=seconds, concurrent=True)
        if found is None and not self.exact and folded != form:
            found = pattern.search(folded, timeout=seconds, concurrent=True)
        return found is not None


@dataclass(frozen=True)
class CorpusQuery:
    """A query.

    Attributes:
        near: where the neighbour stands that `beside` is about; empty for no such condition.
        within: id of the only text that is looked through.
        sort: in the order of the corpus, or by what stands before or after.
    """

    term: Term = Term()
    near: Near = ""
    beside: Term = Term("gloss")
    within: str = ""
    sort: Sort = "text"

    @property
    def is_empty(self) -> bool:
        """Whether nothing is looked for."""
        return not self.term.text.strip()

    @property
    def order(self) -> Sort:
        """The order in which finds are shown: those in translations as their texts have them."""
        return "text" if self.term.line == "translation" else self.sort

    def arguments(self) -> dict[str, str]:
        """As written in an address, without what is usual."""
        written = {
            "line": self.term.line,
            "text": self.term.text,
            "mode": "" if self.term.mode == "whole" else self.term.mode,
            "exact": "yes" if self.term.exact else "",
            "near": self.near,
            "near_line": self.beside.line if self.near else "",
            "near_text": self.beside.text if self.near else "",
            "near_mode": self.beside.mode if self.near and self.beside.mode != "whole" else "",
            "within": self.within,
            "sort": "" if self.sort == "text" else self.sort,
        }
        return {name: value for name, value in written.items() if value}


class SavedQuery(Record):
    """A query that the project keeps.

    Attributes:
        name: what it is called.
        query: as written in an address.
    """

    name: Annotated[str, Field(min_length=1, max_length=200)]
    query: dict[str, str]


def read(source: Mapping[str, str]) -> CorpusQuery:
    """The query that an address or a form asks for; what it does not know counts as not said.

    >>> read({"line": "gloss", "text": "PL", "sort": "left"}).arguments()
    {'line': 'gloss', 'text': 'PL', 'sort': 'left'}
    """
    exact = source.get("exact") == "yes"
    near = cast(Near, _one_of(NEAR, source.get("near"), ""))
    return CorpusQuery(
        _term(source, "", "word", exact),
        near,
        _term(source, "near_", "gloss", False),
        source.get("within", "")[:_LONGEST],
        cast(Sort, _one_of(SORTS, source.get("sort"), "text")),
    )


def check(query: CorpusQuery) -> None:
    """Refuses a query that cannot be answered.

    Raises:
        Invalid: with the field that is wrong.
    """
    problems = Problems()
    if query.term.mode == "regex":
        query.term.matcher()
    if query.near:
        if not query.beside.text.strip():
            problems.add("near_text", "Say what stands beside it, or choose no neighbour.")
        lines = MORPH_LINES if query.near.startswith("morph") else WORD_LINES
        if query.beside.line not in lines:
            problems.add(
                "near_line", "Of a neighbouring morph its form, of a neighbouring word the word."
            )
        if query.term.line == "translation":
            problems.add("near", "A translation has no neighbours; leave the condition out.")
        if query.beside.mode == "regex":
            try:
                query.beside.matcher()
            except Invalid as error:
                problems.add("near_text", error.problems[0].what)
    problems.check()


def _term(source: Mapping[str, str], prefix: str, usual: str, exact: bool) -> Term:
    line = cast(Line, _one_of(LINES, source.get(f"{prefix}line"), usual))
    # what is chosen from a list, or came with a link, stands beside the field that is typed in
    apart = {"category": "category", "sense": "entry"}.get(line, "")
    chosen = source.get(f"{prefix}{apart}", "") if apart else ""
    text = (chosen or source.get(f"{prefix}text", ""))[: _LONGEST * (20 if line in _BY_ID else 1)]
    mode = cast(Mode, _one_of(MODES, source.get(f"{prefix}mode"), "whole"))
    return Term(line, text.strip(), "whole" if line in _BY_ID else mode, exact)


def _one_of(known: tuple[str, ...], value: str | None, usual: str) -> str:
    return value if value in known else usual
