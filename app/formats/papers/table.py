"""Texts as a table: one row an utterance, as CSV or as a sheet of Excel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from app.domain.text import plain
from app.formats.base import Contents
from app.formats.blocks.writer import columns_of
from app.formats.papers.lines import Texts
from app.formats.table import csv_file, xlsx_file

_HEADINGS = ("text", "number", "line", "words", "glosses")
_LAST = ("speaker", "start", "end", "guessed words", "id")


def write_table(contents: Contents, path: Path, options: Mapping[str, str]) -> list[str]:
    """Writes a table, of the kind that the name of the file tells; returns what was cut.

    Raises:
        NotFound: there is no such text.
        Invalid: a sheet cannot hold so many rows.
    """
    rows = _rows(Texts(contents, options))
    if path.suffix.lower() == ".xlsx":
        return xlsx_file.write_rows(path, rows, "Texts")
    csv_file.write_rows(path, rows, bom=options.get("bom") != "no")
    return []


def _rows(texts: Texts) -> Iterator[list[str]]:
    setting = texts.setting
    languages = [ws.id for ws in setting.systems.values() if ws.analysis] or [setting.gloss_ws]
    told = [(name, ws) for name in ("translation", "literal") for ws in languages]
    yield [*_HEADINGS, *(f"{name} ({ws})" for name, ws in told), *_LAST]
    for place, (title, text) in enumerate(texts.texts(), 1):
        for line in texts.lines(text, place):
            one = line.utterance
            columns = list(columns_of(one, setting.ws, setting.gloss_ws))
            glosses = [gloss or "?" for _, gloss in columns]
            time = one.get("time") or {}
            yield [
                title,
                line.number,
                setting.baseline(one),
                " ".join(word for word, _ in columns),
                " ".join(glosses) if any(gloss for _, gloss in columns) else "",
                *(plain((one.get(name) or {}).get(ws)) for name, ws in told),
                setting.persons.get(one.get("speaker") or "", ""),
                *("" if time.get(edge) is None else str(time[edge]) for edge in ("start", "end")),
                " ".join(map(str, line.example.guesses)),
                one["id"],
            ]
