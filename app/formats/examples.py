r"""One utterance as a numbered example for a paper: LaTeX for three packages, plain text, HTML.

Each style is a function and one entry in `STYLES`. Words stand in columns over their glosses, with
the marks of punctuation that stand close to them; category labels are in small capitals.

Source: the manuals of gb4e 4.11, ExPex 5.1b and linguex 4.3; Leipzig Glossing Rules, rule 3.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.domain import interlinear
from app.domain.glossing import guessed
from app.domain.leipzig import gloss_parts
from app.domain.text import first_plain, plain

Content = Mapping[str, Any]
_OPENING = frozenset("([{«“‘¿¡„⟨")
_UNSURE = "filled in by a machine, not confirmed"
_SLASHES = re.compile(r"/(?=/)")  # two of them end a line of ExPex
_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    **{sign: f"\\{sign}" for sign in "&%$#_"},
}


@dataclass(frozen=True)
class Example:
    """What an example shows.

    Attributes:
        columns: written word and written gloss, side by side.
        translation: free translation; empty if there is none.
        reference: where it is from, such as the title of the text and the number of the line.
        language: BCP 47 tag of the words; `direction` in which they run.
        label: by which a paper in LaTeX refers to it.
        guesses: numbers of the columns, from 1, whose glosses a machine filled in and nobody has
            confirmed.
    """

    columns: tuple[tuple[str, str], ...]
    translation: str = ""
    reference: str = ""
    language: str = "und"
    direction: str = "ltr"
    label: str = ""
    guesses: tuple[int, ...] = ()

    @property
    def is_glossed(self) -> bool:
        """Whether any word has a gloss."""
        return any(gloss for _, gloss in self.columns)


def make_example(
    utterance: Content,
    ws: str,
    gloss_ws: str = "",
    *,
    reference: str = "",
    language: str = "und",
    direction: str = "ltr",
) -> Example:
    """The example that an utterance makes.

    Args:
        ws: the writing system of the words that is shown.
        gloss_ws: the analysis language that is preferred.
    """
    columns = tuple(_columns(utterance, ws, gloss_ws))
    if not columns:
        line = first_plain(utterance.get("baseline") or {}, (ws,))
        columns = tuple((word, "") for word in line.split())
    told = first_plain(utterance.get("translation") or {}, (gloss_ws,))
    guesses = tuple(guessed(utterance.get("words", ()))) if columns else ()
    return Example(columns, told, reference, language, direction, guesses=guesses)


def gb4e(example: Example) -> str:
    """LaTeX with the package gb4e."""
    lines = [*_comment(example), r"\begin{exe}"]
    ex = rf"\ex\label{{{example.label}}}" if example.label else r"\ex"
    if example.is_glossed:
        lines += [rf"{ex} \gll {_line(example, 0)}\\", rf"     {_line(example, 1)}\\"]
        lines += [rf"\glt {_told(example)}"] if _told(example) else []
    else:
        lines += [rf"{ex} {_line(example, 0)}"] + (
            [rf"\\ {_told(example)}"] if _told(example) else []
        )
    return "\n".join([*lines, r"\end{exe}", ""])


def expex(example: Example) -> str:
    """LaTeX with the package ExPex."""
    ex = rf"\ex<{example.label}>" if example.label else r"\ex"
    lines = [*_comment(example), ex, r"\begingl", rf"\gla {_line(example, 0)} //"]
    if example.is_glossed:
        lines.append(rf"\glb {_line(example, 1)} //")
    if _told(example):
        lines.append(rf"\glft {_told(example)} //")
    return "\n".join([*lines, r"\endgl", r"\xe", ""])


def linguex(example: Example) -> str:
    """LaTeX with the package linguex."""
    label = rf"\label{{{example.label}}}" if example.label else ""
    if example.is_glossed:
        lines = [rf"\exg. {label}{_line(example, 0)}\\", rf"{_line(example, 1)}\\"]
    else:
        lines = [rf"\ex. {label}{_line(example, 0)}" + (r"\\" if _told(example) else "")]
    told = [_told(example)] if _told(example) else []
    return "\n".join([*_comment(example), *lines, *told, "", ""])


def text(example: Example) -> str:
    """Plain text, its columns aligned with spaces for letters of one width."""
    widths = [max(_width(word), _width(gloss)) for word, gloss in example.columns]
    lines = []
    for row in range(2 if example.is_glossed else 1):
        cells = (
            column[row] + " " * (width - _width(column[row]))
            for column, width in zip(example.columns, widths, strict=True)
        )
        lines.append("  ".join(cells).rstrip())
    told = f"‘{example.translation}’" if example.translation else ""
    told += f" ({example.reference})" if example.reference else ""
    note = [f"[{guessed_note(example)}]"] if example.guesses else []
    return "\n".join([*lines, *([told.strip()] if told else []), *note, ""])


def web(example: Example) -> str:
    """HTML that keeps its columns where it is pasted: a table without styles."""
    rows = [
        f'<tr lang="{html.escape(example.language)}">'
        + "".join(f"<td>{html.escape(word)}</td>" for word, _ in example.columns)
        + "</tr>"
    ]
    if example.is_glossed:
        cells = (
            f"<td{_mark(example, place)}>{_small_capitals(gloss)}</td>"
            for place, (_, gloss) in enumerate(example.columns, 1)
        )
        rows.append(f"<tr>{''.join(cells)}</tr>")
    made = f'<table dir="{example.direction}">{"".join(rows)}</table>'
    if example.translation or example.reference:
        told = f"‘{html.escape(example.translation)}’" if example.translation else ""
        where = f" ({html.escape(example.reference)})" if example.reference else ""
        made += f"<p>{(told + where).strip()}</p>"
    return made + "\n"


def guessed_note(example: Example) -> str:
    """Which of its glosses a machine filled in, in words."""
    numbers = ", ".join(map(str, example.guesses))
    return f"not confirmed, filled in by a machine: the glosses of word {numbers}"


@dataclass(frozen=True)
class Style:
    """One way to write an example: id, name for people, and the function."""

    id: str
    name: str
    write: Callable[[Example], str]


STYLES: tuple[Style, ...] = (
    Style("gb4e", "gb4e", gb4e),
    Style("expex", "ExPex", expex),
    Style("linguex", "linguex", linguex),
    Style("text", "Plain text", text),
    Style("html", "HTML", web),
)


def _columns(utterance: Content, ws: str, gloss_ws: str) -> Iterator[tuple[str, str]]:
    """Words with the marks that stand close to them, each with its gloss."""
    made: list[list[str]] = []
    waiting = ""
    for word in utterance.get("words", ()):
        form = first_plain(word.get("form") or {}, (ws,))
        if word.get("type") == "punctuation":
            if made and not waiting and not set(form) & _OPENING:
                made[-1][0] += form
            else:
                waiting += form
            continue
        analysis = interlinear.chosen(word) or {}
        written = _edged(interlinear.written_morphs(analysis, ws), analysis) or form
        gloss = _edged(interlinear.written_gloss(analysis, gloss_ws, fused="\\"), analysis)
        made.append([waiting + written, gloss])
        waiting = ""
    if waiting and made:
        made[-1][0] += waiting
    yield from ((word, gloss) for word, gloss in made)


def _comment(example: Example) -> list[str]:
    """A comment in LaTeX on glosses that nobody has confirmed, on a line of its own."""
    return [f"% {guessed_note(example)}"] if example.guesses else []


def _mark(example: Example, place: int) -> str:
    return f' title="{_UNSURE}" class="guess"' if place in example.guesses else ""


def _edged(written: str, analysis: Content) -> str:
    """A word or gloss with the joins at its edges, as of a clitic that is written apart."""
    morphs = analysis.get("morphs", ())
    if not (written and morphs):
        return written
    before, after = morphs[0].get("left", ""), morphs[-1].get("right", "")
    return ("" if before == "<>" else before) + written + ("" if after == "<>" else after)


def _line(example: Example, row: int) -> str:
    """A line of words or glosses in LaTeX; a space inside one does not begin another."""
    written = escape_latex if row == 0 else _latex_gloss
    cells = [written(column[row]) for column in example.columns]
    if row == 0 and example.label and example.direction == "rtl":  # a document has loaded bidi
        cells = [rf"\RL{{{cell}}}" for cell in cells]
    return " ".join(map(_grouped, cells))


def _grouped(cell: str) -> str:
    """A cell as one item, also where it begins like an option or ends a line of ExPex."""
    cell = _SLASHES.sub("/{}", cell)
    return f"{{{cell}}}" if not cell or " " in cell or cell[0] in "[+@*" else cell


def _told(example: Example) -> str:
    told = f"`{escape_latex(example.translation)}'" if example.translation else ""
    return (told + (f" ({escape_latex(example.reference)})" if example.reference else "")).strip()


def escape_latex(value: str) -> str:
    """A string in LaTeX, its special characters escaped."""
    escaped = "".join(_LATEX.get(character, character) for character in value)
    return _SLASHES.sub("/{}", escaped)


def _latex_gloss(gloss: str) -> str:
    return "".join(
        rf"\textsc{{{part.lower()}}}" if label and not part.isdigit() else escape_latex(part)
        for part, label in gloss_parts(gloss)
    )


def _small_capitals(gloss: str) -> str:
    return "".join(
        f"<small>{html.escape(part.upper())}</small>" if label else html.escape(part)
        for part, label in gloss_parts(gloss)
    )


def _width(value: str) -> int:
    """How many columns a string takes: marks none, wide letters two."""
    return sum(
        0
        if unicodedata.combining(character)
        else 2
        if unicodedata.east_asian_width(character) in "WF"
        else 1
        for character in plain(value)
    )
