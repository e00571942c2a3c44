r"""Texts as a document in LaTeX, with examples for gb4e, ExPex or linguex.

Source: the manuals of gb4e 4.11, ExPex 5.1b and linguex 4.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from app.domain.errors import Invalid, Problem
from app.domain.messages import say
from app.formats import examples
from app.formats.base import Contents
from app.formats.examples import escape_latex
from app.formats.papers.lines import Texts

_PACKAGES = {
    "gb4e": (examples.gb4e, "\\usepackage{gb4e}\n\\noautomath\n"),
    "expex": (examples.expex, "\\usepackage{expex}\n"),
    "linguex": (examples.linguex, "\\usepackage{linguex}\n"),
}
_PREAMBLE = r"""% Typeset with XeLaTeX or LuaLaTeX.
\documentclass[11pt]{article}
\usepackage{fontspec}
\IfFontExistsTF{FONT}{\setmainfont{FONT}}{}
\usepackage[margin=2.5cm]{geometry}
"""
_FONT = "Charis SIL"


def write_latex(contents: Contents, path: Path, options: Mapping[str, str]) -> list[str]:
    """Writes a document; returns what a person should know.

    Raises:
        Invalid: there is no such package.
        NotFound: there is no such text.
    """
    package = options.get("package") or "gb4e"
    if package not in _PACKAGES:
        known = ", ".join(_PACKAGES)
        raise Invalid(Problem("package", say("Packages are: %(known)s.", known=known)))
    texts = Texts(contents, options)
    with path.open("w", encoding="utf-8", newline="\n") as out:
        _write_head(out, texts, contents.project.title, _PACKAGES[package][1])
        for place, (title, text) in enumerate(texts.texts(), 1):
            out.write(f"\\section{{{escape_latex(title)}}}\n\n")
            if told := texts.setting.told(text.get("source")):
                out.write(f"{escape_latex(' '.join(told.split()))}\n\n")
            for line in texts.lines(text, place):
                if line.example.columns or line.example.translation:
                    out.write(_PACKAGES[package][0](line.example) + "\n")
        _write_abbreviations(out, texts)
        out.write("\\end{document}\n")
    return []


def _write_head(out: TextIO, texts: Texts, title: str, package: str) -> None:
    font = escape_latex(texts.setting.system.font or _FONT)
    out.write(_PREAMBLE.replace("FONT", font))
    out.write(package)
    if texts.setting.system.direction == "rtl":
        out.write("\\usepackage{bidi} % words from right to left are in \\RL{...}\n")
    out.write(
        f"\\title{{{escape_latex(title)}}}\n\\date{{}}\n\n\\begin{{document}}\n\\maketitle\n\n"
    )


def _write_abbreviations(out: TextIO, texts: Texts) -> None:
    known = texts.abbreviations()
    if known:
        out.write("\\section*{Abbreviations}\n\n\\begin{description}\n")
        for label, name in known:
            out.write(f"\\item[\\textsc{{{escape_latex(label.lower())}}}] {escape_latex(name)}\n")
        out.write("\\end{description}\n\n")
