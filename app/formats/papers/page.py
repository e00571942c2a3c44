"""Texts as one page in HTML that needs nothing else: columns, small capitals, ready to print."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path

from app.domain.leipzig import gloss_parts
from app.formats.base import Contents
from app.formats.examples import Example
from app.formats.papers.lines import Line, Texts

_UNSURE = "filled in by a machine, not confirmed"
_STYLE = """
:root { color-scheme: light dark; font: 1rem/1.5 "Charis SIL", "Gentium Plus", Georgia, serif; }
body { max-width: 48rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2 { line-height: 1.2; } h2 { margin-block-start: 3rem; }
ol { list-style: none; padding: 0; }
.line { display: grid; grid-template-columns: 3.5rem 1fr; margin-block: 1.25rem; }
.line { break-inside: avoid; }
.number, .source { opacity: 0.7; }
.words { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; }
.word { display: inline-flex; flex-direction: column; }
.label { font-variant-caps: all-small-caps; letter-spacing: 0.02em; }
.guess { text-decoration: underline dotted; text-underline-offset: 0.2em; }
.told { margin: 0.25rem 0 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; } dd { margin: 0; }
a { color: inherit; }
@media print {
  body { max-width: none; margin: 0; } nav { display: none; } h2 { break-after: avoid; }
}
"""


def write_page(contents: Contents, path: Path, options: Mapping[str, str]) -> list[str]:
    """Writes a page; returns what a person should know.

    Raises:
        NotFound: there is no such text.
    """
    texts = Texts(contents, options)
    found = list(texts.texts())
    title = escape(contents.project.title)
    with path.open("w", encoding="utf-8", newline="\n") as out:
        out.write('<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n')
        out.write('<meta name="viewport" content="width=device-width, initial-scale=1">\n')
        out.write(f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n")
        out.write(f"<h1>{title}</h1>\n")
        if len(found) > 1:
            links = "".join(
                f'<li><a href="#text-{place}">{escape(name)}</a></li>'
                for place, (name, _) in enumerate(found, 1)
            )
            out.write(f'<nav aria-label="Texts"><ol>{links}</ol></nav>\n')
        for place, (name, text) in enumerate(found, 1):
            out.write(f'<section id="text-{place}">\n<h2>{escape(name)}</h2>\n')
            if told := texts.setting.told(text.get("source")):
                out.write(f'<p class="source">{escape(told)}</p>\n')
            out.write("<ol>\n")
            for at, line in enumerate(texts.lines(text, place), 1):
                out.write(f'<li class="line" id="line-{place}-{at}">{_line(line, texts)}</li>\n')
            out.write("</ol>\n</section>\n")
        if known := texts.abbreviations():
            pairs = "".join(
                f'<dt class="label">{escape(label)}</dt><dd>{escape(name)}</dd>'
                for label, name in known
            )
            out.write(f"<section><h2>Abbreviations</h2><dl>{pairs}</dl></section>\n")
        out.write("</body>\n</html>\n")
    return []


def _line(line: Line, texts: Texts) -> str:
    example, setting = line.example, texts.setting
    told_in = setting.systems.get(setting.gloss_ws)
    gloss_tag = told_in.tag if told_in else setting.gloss_ws
    words = "".join(_words(example, gloss_tag))
    tag = f'lang="{escape(example.language)}" dir="{escape(example.direction)}"'
    speaker = setting.persons.get(line.utterance.get("speaker") or "", "")
    told = "".join(_told(example, gloss_tag, speaker))
    return (
        f'<span class="number">({escape(line.number)})</span>'
        f'<div><div class="words" {tag}>{words}</div>{told}</div>'
    )


def _words(example: Example, tag: str) -> Iterator[str]:
    for place, (word, gloss) in enumerate(example.columns, 1):
        guess = f' class="guess" title="{_UNSURE}"' if place in example.guesses else ""
        below = (
            f'<span lang="{escape(tag)}" dir="ltr"{guess}>{_gloss(gloss)}</span>'
            if example.is_glossed
            else ""
        )
        yield f'<span class="word"><span>{escape(word)}</span>{below}</span>'


def _told(example: Example, tag: str, speaker: str) -> Iterator[str]:
    if example.translation:
        yield f'<p class="told" lang="{escape(tag)}">‘{escape(example.translation)}’</p>'
    source = " · ".join(one for one in (speaker, example.reference) if one)
    if source:
        yield f'<p class="told source">{escape(source)}</p>'


def _gloss(gloss: str) -> str:
    made = "".join(
        f'<span class="label">{escape(part)}</span>' if label else escape(part)
        for part, label in gloss_parts(gloss)
    )
    return made or "&nbsp;"
