"""The concordance: finds of a query with their lines, frequencies, counts over time, exports."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.domain import corpus_query, interlinear
from app.domain.corpus_query import CODES, CorpusQuery, Line, Term
from app.domain.errors import NotFound
from app.domain.messages import say
from app.domain.roles import Action
from app.domain.splitting import tokens
from app.domain.text import first_plain, fold, plains
from app.formats.examples import STYLES
from app.formats.table.cells import guard
from app.services import examples
from app.services.desk import Desk
from app.services.texts import title_of
from app.store import concordance, records
from app.store.concordance import After, Search
from app.store.database import Document
from app.store.occurrences import ALONE

PAGE = 50
EXPORTED = 10_000
EXAMPLES = 200
FREQUENCIES = 200
Wanted = Callable[[Mapping[str, Any]], bool]
_AROUND = 90  # characters of a line that are shown on each side


@dataclass(frozen=True)
class Piece:
    """A morph of a find: its form over its gloss.

    Attributes:
        left: how it is joined to the one before.
        found: it is what was looked for.
    """

    form: str
    gloss: str
    left: str
    found: bool


@dataclass(frozen=True)
class Find:
    """One find in its line.

    Attributes:
        line: id of the utterance; `text` of its text, None where it stands alone.
        title, label: of the text, and of the line as its source has it.
        left, word, right: the line before it, the word, and the line after it.
        pieces: the morphs of the word, where it is analysed.
        gloss: of the word as a whole.
        beside: the translation of the line; its words where the find stands in the translation.
        entry: what of the lexicon it is.
        unsure: a machine suggested the analysis.
    """

    line: str
    text: str | None
    title: str
    label: str
    left: str
    word: str
    right: str
    beside: str
    pieces: tuple[Piece, ...] = ()
    gloss: str = ""
    entry: str | None = None
    unsure: bool = False


@dataclass(frozen=True)
class Found:
    """What a query found.

    Attributes:
        after: where the next stretch begins; None if there is none.
        count, more: how many finds there are, and whether there are more than that.
        cut: only the commonest forms that match were looked for.
        partial: time ran out; there may be others.
    """

    finds: list[Find]
    after: After | None
    count: int
    more: bool
    cut: bool
    partial: bool


@dataclass(frozen=True)
class Period:
    """How often a query is found in the texts of a year; empty where none is known.

    Attributes:
        words: of these texts; None where the reader may not read all of them.
    """

    year: str
    finds: int
    words: int | None

    @property
    def per_thousand(self) -> float | None:
        """Finds by thousand words."""
        return 1000 * self.finds / self.words if self.words else None


def search(
    desk: Desk, query: CorpusQuery, *, after: After | None = None, limit: int = PAGE
) -> Found:
    """A stretch of what a query finds.

    Raises:
        Invalid: the query cannot be answered; with the field that is wrong.
    """
    desk.require(Action.READ)
    if query.is_empty:
        return Found([], None, 0, False, False, False)
    corpus_query.check(query)
    looking = Search(desk.store, desk.scope, query)
    page = looking.page(after, limit)
    count, more = looking.count()
    finds = list(_finds(desk, query, page.rows))
    return Found(finds, page.after, count, more, looking.cut, page.partial)


def count_of_entry(desk: Desk, entry: Document) -> tuple[int, bool]:
    """How often an entry or one of its senses is found in texts, and whether more than that."""
    desk.require(Action.READ)
    return Search(desk.store, desk.scope, CorpusQuery(term_of_entry(entry))).count()


def term_of_entry(entry: Document) -> Term:
    """What finds an entry: itself, or any of its senses."""
    senses = [sense["id"] for sense in _iter_senses(entry.get("senses", ()))]
    return Term("sense", " ".join([entry["_id"], *senses]))


def over_time(desk: Desk, query: CorpusQuery) -> tuple[list[Period], bool]:
    """How often a query is found by the years of the texts; whether time ran out.

    Raises:
        Invalid: the query cannot be answered.
    """
    desk.require(Action.READ)
    corpus_query.check(query)
    looking = Search(desk.store, desk.scope, query)
    counts, partial = looking.by_text()
    whole = looking.reads_everything
    sizes = concordance.text_words(desk.store, desk.project_id) if whole else {}
    years: dict[str, list[int]] = {}
    for text in records.iterate(desk.store, desk.scope, "text"):
        year = years.setdefault(str(text.get("date") or "")[:4], [0, 0])
        year[0] += counts.get(text["_id"], 0)
        year[1] += sizes.get(text["_id"], 0)
    if counts.get(None):
        alone = years.setdefault("", [0, 0])
        alone[0] += counts[None]
        alone[1] += sizes.get(ALONE, 0)
    periods = [
        Period(year, finds, words if whole else None)
        for year, (finds, words) in sorted(years.items())
    ]
    return periods, partial


def frequencies(
    desk: Desk, line: Line, *, after: tuple[int, str] | None = None
) -> tuple[list[tuple[str, int]], bool, bool]:
    """What stands on a line, the commonest first; whether there is more; whether time ran out."""
    desk.require(Action.READ)
    found, partial = concordance.frequencies(
        desk.store, desk.scope, CODES[line], after, FREQUENCIES + 1
    )
    counted = [(str(one["form"]), int(one["n"])) for one in found]
    return counted[:FREQUENCIES], len(counted) > FREQUENCIES, partial


def iter_csv(desk: Desk, query: CorpusQuery) -> Iterator[str]:
    """The finds as lines of a CSV file with a heading, 10,000 at most.

    Raises:
        NotAllowed: the role does not permit to export.
        Invalid: the query cannot be answered.
    """
    desk.require(Action.EXPORT)
    corpus_query.check(query)
    yield "\ufeff" + _csv_line(
        ("text", "line", "left", "word", "right", "morphs", "glosses", "translation", "id")
    )
    for one in _iter_finds(desk, query, EXPORTED):
        morphs = "".join(piece.left + piece.form for piece in one.pieces)
        glosses = "".join(piece.left + (piece.gloss or "?") for piece in one.pieces)
        yield _csv_line(
            (
                *(one.title, one.label, one.left, one.word, one.right),
                *(morphs, glosses or one.gloss, one.beside, one.line),
            )
        )


def iter_examples(desk: Desk, query: CorpusQuery, style: str) -> Iterator[str]:
    """The lines with finds as glossed examples, each once, 200 at most.

    Raises:
        NotAllowed: the role does not permit to export.
        NotFound: there is no such style.
        Invalid: the query cannot be answered.
    """
    desk.require(Action.EXPORT)
    corpus_query.check(query)
    if style not in {one.id for one in STYLES}:
        raise NotFound(say("There is no style “%(style)s”.", style=style))
    seen: set[str] = set()
    for one in _iter_finds(desk, query, EXPORTED):
        if one.line not in seen:
            seen.add(one.line)
            yield examples.write_example(desk, one.line, style) + "\n"
        if len(seen) == EXAMPLES:
            return


def _iter_finds(desk: Desk, query: CorpusQuery, most: int) -> Iterator[Find]:
    looking = Search(desk.store, desk.scope, query)
    after: After | None = None
    told = 0
    while told < most:
        page = looking.page(after, min(500, most - told))
        yield from _finds(desk, query, page.rows)
        told += len(page.rows)
        after = page.after
        if after is None:
            return


def _finds(desk: Desk, query: CorpusQuery, rows: list[Document]) -> Iterator[Find]:
    """The finds of rows, with what their utterances say now."""
    lines = records.find_many(desk.store, desk.scope, "utterance", {row["line"] for row in rows})
    named = {row["text"] for row in rows if row.get("text")}
    titles = {
        text["_id"]: title_of(text)
        for text in records.find_many(desk.store, desk.scope, "text", named).values()
    }
    shown = next(
        (w["id"] for w in desk.project.get("writing_systems", ()) if w.get("vernacular")), ""
    )
    wanted = _wanted(query.term)
    for row in rows:
        line = lines.get(row["line"])
        if line is not None:
            yield _find(row, line, titles.get(row.get("text") or "", ""), shown, query.term, wanted)


def _wanted(term: Term) -> Wanted:
    """Tells of a morph whether it is what was looked for."""
    pattern = term.matcher() if term.mode == "regex" else None

    def found(morph: Mapping[str, Any]) -> bool:
        if term.ids:
            return any(morph.get(name) in term.ids for name in ("pos", "sense", "entry"))
        values = plains(morph.get({"morph": "form", "gloss": "gloss"}.get(term.line, "")) or {})
        return any(_fits(term, value, pattern) for value in values)

    return found


def _fits(term: Term, value: str, pattern: Any) -> bool:
    folded, wanted = fold(value), fold(term.text)
    if term.mode == "whole":
        return value == term.text if term.exact else folded == wanted
    if term.mode == "start":
        return value.startswith(term.text) if term.exact else folded.startswith(wanted)
    try:
        return term.matches(value, folded, pattern, 0.05)
    except TimeoutError:
        return False


def _find(row: Document, line: Document, title: str, ws: str, term: Term, wanted: Wanted) -> Find:
    translation = first_plain(line.get("translation") or {})
    shared: dict[str, Any] = {
        "line": line["_id"],
        "text": line.get("text"),
        "title": title,
        "label": str(line.get("label") or ""),
    }
    place = row["_id"].rpartition(" ")[2]
    if "at" not in row:  # the line as a whole
        left, written, right = _in_translation(translation, term)
        baseline = first_plain(line.get("baseline") or {}, (ws,))
        return Find(**shared, **_cut(left, written, right), beside=baseline)
    number = int(place[:4])
    word, left, written, right = _around(line, number, ws)
    analysis = interlinear.chosen(word) or {}
    morphs = analysis.get("morphs", ())
    at = int(place[5:]) - 1
    pieces = tuple(
        Piece(
            first_plain(morph.get("form") or {}, (morph.get("ws") or ws,)),
            first_plain(morph.get("gloss") or {}),
            morph.get("left", ""),
            n == at if at >= 0 else wanted(morph),
        )
        for n, morph in enumerate(morphs)
    )
    meant = next((m for m, p in zip(morphs, pieces, strict=True) if p.found), analysis)
    entry = meant.get("entry") or analysis.get("entry")
    if entry is None and at < 0:  # a whole word: the first of its morphs that the lexicon knows
        entry = next((morph["entry"] for morph in morphs if morph.get("entry")), None)
    return Find(
        **shared,
        **_cut(left, written, right),
        pieces=pieces,
        gloss=first_plain(analysis.get("gloss") or {}),
        beside=translation,
        entry=entry,
        unsure=bool(row.get("unsure")),
    )


def _cut(left: str, word: str, right: str) -> dict[str, Any]:
    """A line around a word, as much of it as is shown."""
    return {"left": left[-_AROUND:].lstrip(), "word": word, "right": right[:_AROUND].rstrip()}


def _in_translation(told: str, term: Term) -> tuple[str, str, str]:
    """A translation around the first word that was looked for."""
    pattern = term.matcher() if term.mode == "regex" else None
    for one in tokens(told):
        if _fits(term, one.text, pattern):
            return told[: one.start], one.text, told[one.end :]
    return "", told, ""


def _around(line: Document, number: int, ws: str) -> tuple[Document, str, str, str]:
    """A word of a line, with how it is written and what is written before and after it."""
    baseline = first_plain(line.get("baseline") or {}, (ws,))
    words = line.get("words", ())
    if not words:
        found = tokens(baseline)
        if number >= len(found):
            return {}, baseline, "", ""
        one = found[number]
        return {}, baseline[: one.start], one.text, baseline[one.end :]
    if number >= len(words):  # the line was changed a moment ago
        return {}, baseline, "", ""
    word = words[number]
    for span in word.get("spans", ()):
        if span["ws"] == ws and ws in (line.get("baseline") or {}):
            start, end = span["start"], span["end"]
            return word, baseline[:start], baseline[start:end], baseline[end:]
    forms = [first_plain(one.get("form") or {}, (ws,)) for one in words]
    return word, " ".join(forms[:number]), forms[number], " ".join(forms[number + 1 :])


def _iter_senses(senses: Iterable[Document]) -> Iterator[Document]:
    for sense in senses:
        yield sense
        yield from _iter_senses(sense.get("senses", ()))


def _csv_line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([guard(cell) for cell in cells])
    return out.getvalue()
