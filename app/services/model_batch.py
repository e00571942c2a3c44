"""What a model says of whole texts, as a file: a table, JSON lines, or texts with its guesses.

What somebody has confirmed stands beside it and is marked as that. In FLExText and in a project
file the guesses are analyses that say which machine made them and that nobody has confirmed;
nothing is changed in the project.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from app.domain import glossing
from app.domain.errors import Invalid, Problem
from app.domain.interlinear import written_gloss, written_morphs
from app.domain.lessons import confirmed, form_of
from app.domain.messages import say
from app.domain.models import gloss_system_of
from app.domain.text import plain
from app.services import models, texts
from app.services.clock import utc_now
from app.services.desk import Desk
from app.services.exports import ProjectContents
from app.services.formats import choose_format
from app.services.model_guesses import Asked, ask_about, offers_of
from app.services.model_trying import Alternative, alternatives_of, require_usable
from app.services.model_uploads import TRANSLATE
from app.services.text_lines import main_system
from app.store import jobs, records
from app.store.database import Document

KIND = "guess"
TABLES = {"csv": ".csv", "jsonl": ".jsonl"}
FORMATS = {**TABLES, "flextext": ".flextext", "json": ".life.json"}
COLUMNS = ("text", "line", "number", "word", "form", "state", "morphs", "gloss", "label",
           "probability", "source")  # fmt: skip
_MORPHS = ("gloss", "segment")  # tasks whose guesses can stand as analyses
_BATCH, _TRANSLATED_BATCH = 40, 2  # lines that are asked about at once
Content = dict[str, Any]
Progress = Callable[[str, int, int], None]


def formats_for(model: Document) -> tuple[str, ...]:
    """The formats that can say what a model guesses."""
    return tuple(FORMATS) if model.get("task") in _MORPHS else tuple(TABLES)


def ask(
    desk: Desk, model: str, chosen: Sequence[str], form: str, enqueue: Callable[[str], None]
) -> str:
    """Has a worker ask a model about texts and write a file; returns the job's id.

    Args:
        chosen: ids of texts; empty for all, with the lines that stand in none.
        form: one of `formats_for`.

    Raises:
        Invalid: a text is not there, or the format is none of these.
        NotAllowed: a guest asks, or the model should not be used any more.
        NotFound: there is no such model.
    """
    found = _checked(desk, model, chosen, form)
    name = f"{desk.project['slug']}-guesses{FORMATS[form]}"
    job = jobs.add(
        desk.store, desk.project_id, desk.actor.id, KIND, utc_now(),
        model=found["_id"], texts=list(chosen), format=form, name=name,
    )  # fmt: skip
    enqueue(job)
    return job


def write(
    desk: Desk,
    predict: Asked,
    model: str,
    chosen: Sequence[str],
    form: str,
    path: Path,
    progress: Progress,
) -> list[str]:
    """Asks a model about texts and writes a file; returns what the format could not say.

    Raises:
        Invalid, NotAllowed, NotFound: as `ask`; the model cannot be loaded.
        Unavailable: the service that runs models does not answer, or the model was ended.
    """
    found = _checked(desk, model, chosen, form)
    asking = _Asking(desk, predict, found, chosen, progress)
    if form == "csv":
        with path.open("w", encoding="utf-8-sig", newline="") as out:
            writer = csv.writer(out, lineterminator="\r\n")
            writer.writerow(COLUMNS)
            rows = partial(_translated_rows, found) if found["task"] == TRANSLATE else _rows
            writer.writerows(row for line, guess in asking.run() for row in rows(line, guess, desk))
        return []
    if form == "jsonl":
        with path.open("w", encoding="utf-8") as lines:
            for line, guess in asking.run():
                made = _object(line, guess, desk)
                if found["task"] == TRANSLATE:
                    made = _translated(line, guess, found)
                lines.write(json.dumps(made, ensure_ascii=False) + "\n")
        return []
    contents = _Guessed(asking)
    return list(choose_format(path.name, form).write(contents, path, {}))


class _Asking:
    """Goes through the lines of some texts and asks a model about them, some at a time."""

    def __init__(
        self, desk: Desk, predict: Asked, model: Document, chosen: Sequence[str], progress: Progress
    ) -> None:
        self.desk, self.model, self.chosen = desk, model, frozenset(chosen)
        self.progress, self._predict = progress, predict
        self._done = 0

    def run(self) -> Iterator[tuple[Content, Mapping[str, Any]]]:
        """Each line with what is said of it, text by text."""
        contents = ProjectContents(self.desk)
        wanted: list[str | None] = [
            one.text["_id"]
            for one in texts.list_texts(self.desk)
            if not self.chosen or one.text["_id"] in self.chosen
        ]
        for text in wanted if self.chosen else [*wanted, None]:
            yield from self.about(contents.iter_utterances(text))

    def about(self, lines: Iterable[Content]) -> Iterator[tuple[Content, Mapping[str, Any]]]:
        """Lines with what is said of them."""
        coming = iter(lines)
        size = _TRANSLATED_BATCH if self.model.get("task") == TRANSLATE else _BATCH
        while batch := list(islice(coming, size)):
            said = ask_about(self.desk, self._predict, self.model, batch, 0.0)
            self._done += len(batch)
            self.progress("guessing", self._done, 0)
            yield from zip(batch, said, strict=True)


class _Guessed(ProjectContents):
    """The contents of a project with the guesses of a model where nobody has said anything."""

    def __init__(self, asking: _Asking) -> None:
        super().__init__(asking.desk)
        self._asking = asking

    def iter_records(self, kind: str) -> Iterator[Content]:
        """Records of a kind; of texts the chosen ones."""
        found = super().iter_records(kind)
        if kind == "text" and self._asking.chosen:
            return (one for one in found if one["id"] in self._asking.chosen)
        if kind == "utterance":
            return self._filled(found)
        return found

    def iter_utterances(self, text: str | None) -> Iterator[Content]:
        """The utterances of a text in their order; none of those that were not chosen."""
        return self._filled(super().iter_utterances(text))

    def _filled(self, lines: Iterable[Content]) -> Iterator[Content]:
        chosen, asking = self._asking.chosen, self._asking
        wanted = (one for one in lines if not chosen or one.get("text") in chosen)
        for line, guess in asking.about(wanted):
            offers = offers_of(asking.desk, asking.model, [{**line, "_id": line["id"]}], [guess])
            best = {word: found[0].analysis for word, found in offers[line["id"]].items()}
            words = [
                glossing.fill(word, best[word["id"]])
                if word["id"] in best and glossing.is_open(word)
                else word
                for word in line.get("words", ())
            ]
            yield {**line, "words": words} if words else line


def _checked(desk: Desk, model: str, chosen: Sequence[str], form: str) -> Document:
    found = models.get(desk, model)
    require_usable(desk, found)
    known = formats_for(found)
    if form not in known:
        what = say("Choose one of these formats: %(known)s.", known=", ".join(known))
        raise Invalid(Problem("format", what))
    there = records.find_many(desk.store, desk.scope, "text", chosen) if chosen else {}
    if set(chosen) - set(there):
        raise Invalid(Problem("texts", "One of the chosen texts is not there any more."))
    return found


def _translated_rows(
    model: Document, line: Content, guess: Mapping[str, Any], desk: Desk
) -> Iterator[tuple[object, ...]]:
    """A line as it is written, with the translation that somebody gave it and the likeliest one."""
    told = _translated(line, guess, model)
    ws = main_system(desk)
    said = plain((line.get("baseline") or {}).get(ws))
    said = said or " ".join(form_of(word, ws) for word in line.get("words", ()))
    place = (told["text"], told["line"], line.get("label", ""), "", said)
    if told["confirmed"]:
        yield (*place, "confirmed", "", "", told["confirmed"], "", "")
    for best in told["guesses"][:1]:
        yield (*place, "guess", "", "", best["label"], best["probability"], best["source"])


def _translated(line: Content, guess: Mapping[str, Any], model: Document) -> Content:
    return {
        "text": line.get("text") or "",
        "line": line["id"],
        "confirmed": plain((line.get("translation") or {}).get(gloss_system_of(model))),
        "guesses": [_shown(one) for one in alternatives_of(guess.get("line", ()))],
    }


def _rows(line: Content, guess: Mapping[str, Any], desk: Desk) -> Iterator[tuple[object, ...]]:
    place = (line.get("text") or "", line["id"], line.get("label", ""))
    for best in alternatives_of(guess.get("line", ()))[:1]:
        yield (*place, "", "", "guess", *_told(best))
    for number, (word, told) in enumerate(_words(line, guess), start=1):
        ws = main_system(desk)
        analysis = confirmed(word)
        best_of = alternatives_of(told)[:1]
        if analysis is not None and not (best_of and _is_label(best_of[0])):
            said = (written_morphs(analysis, ws), written_gloss(analysis), "", "", "")
            yield (*place, number, form_of(word, ws), "confirmed", *said)
        else:
            shown = _told(best_of[0]) if best_of else ("",) * 5
            yield (*place, number, form_of(word, ws), "guess" if best_of else "", *shown)


def _object(line: Content, guess: Mapping[str, Any], desk: Desk) -> Content:
    ws = main_system(desk)
    made: Content = {"text": line.get("text") or "", "line": line["id"], "words": []}
    for word, told in _words(line, guess):
        analysis = confirmed(word)
        one: Content = {"word": word["id"], "form": form_of(word, ws)}
        if analysis is not None:
            one["confirmed"] = {
                "morphs": written_morphs(analysis, ws),
                "gloss": written_gloss(analysis),
            }
        one["guesses"] = [_shown(each) for each in alternatives_of(told)]
        made["words"].append(one)
    if "line" in guess:
        made["guesses"] = [_shown(each) for each in alternatives_of(guess["line"])]
    return made


def _words(
    line: Content, guess: Mapping[str, Any]
) -> Iterator[tuple[Content, Sequence[Mapping[str, Any]]]]:
    """The words of a line with what is said of each, marks of punctuation left out."""
    said = guess.get("words") or ()
    for place, word in enumerate(line.get("words", ())):
        if word.get("type") != "punctuation":
            yield word, said[place] if place < len(said) else ()


def _is_label(one: Alternative) -> bool:
    return not one.written


def _told(one: Alternative) -> tuple[object, ...]:
    label = one.gloss if _is_label(one) else ""
    return (one.written, "" if label else one.gloss, label, round(one.probability, 4), one.source)


def _shown(one: Alternative) -> Content:
    named = {"label": one.gloss} if _is_label(one) else {"morphs": one.written, "gloss": one.gloss}
    return {**named, "probability": round(one.probability, 4), "source": one.source}
