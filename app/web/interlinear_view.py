"""Utterances as their pages show them: columns of words with morphs, glosses and guesses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from app.domain import glossing, interlinear, tiers
from app.domain.project import PARTS_OF_SPEECH
from app.domain.text import first_plain, fold, plain
from app.services import lexicon, model_guesses, people
from app.services.desk import Desk
from app.services.guesses import Suggestion
from app.services.predict import Predict
from app.services.projects import list_items
from app.services.text_lines import main_system, may_edit
from app.store.database import Document
from app.web.context import parts
from app.web.texts import translate

State = Literal["", "open", "guess", "stored", "typed", "confirmed"]
Content = dict[str, Any]


@dataclass(frozen=True)
class Cell:
    """A morph as it is shown.

    Attributes:
        glosses: one for each language that the reader has chosen, empty where there is none.
        entry: id of its entry, if it may be read.
        lemma: what that entry is called.
        pos: name of its category.
    """

    form: str
    glosses: tuple[str, ...]
    left: str
    entry: str
    lemma: str
    pos: str


@dataclass(frozen=True)
class Column:
    """A word of a line.

    Attributes:
        id: of the word.
        key: what words that are written alike share.
        form: the word as it is written.
        language: its writing system, if another one than that of the line.
        morphs: of the chosen analysis, else of the best guess.
        glosses, pos: of the word as a whole; glosses as those of a morph.
        rivals: other analyses, in one line each.
        state: `open` without an analysis, `guess` of one computed now, `stored` of one that a
            machine wrote and nobody confirmed, `typed` or `confirmed` by a person.
        why: where a guess is from.
        data: what the editor needs: chosen analysis, rivals, suggestions.
    """

    id: str
    key: str
    form: str
    language: str
    morphs: list[Cell]
    glosses: tuple[str, ...]
    pos: str
    rivals: list[str]
    state: State
    why: str
    data: Content = field(default_factory=dict)

    @property
    def suggested(self) -> bool:
        """Whether a machine made what is shown and nobody confirmed it."""
        return self.state in ("guess", "stored")


@dataclass(frozen=True)
class Line:
    """An utterance.

    Attributes:
        stored: its record.
        number: its place in the text, from 1.
        columns: its words in order, without punctuation.
        editable: whether it is shown to be changed, by somebody who may.
    """

    stored: Document
    number: int
    columns: list[Column]
    editable: bool

    @property
    def is_long(self) -> bool:
        """Whether it has more words than get guesses."""
        return self.editable and len(self.columns) > model_guesses.MOST_WORDS


class Lines:
    """Makes the view of utterances that are shown together."""

    def __init__(
        self,
        desk: Desk,
        lines: Sequence[Document],
        languages: Sequence[str] = (),
        *,
        guess: bool = False,
    ) -> None:
        """
        Args:
            languages: in which glosses are shown; in any one if it is left out.
            guess: whether they are shown to be glossed, with guesses where nobody has.
        """
        self._desk = desk
        self._ws = main_system(desk)
        self._languages = tuple(languages)
        self._editable = {line["_id"]: guess and may_edit(desk, line) for line in lines}
        self._guesses: dict[str, dict[str, list[Suggestion]]] = {}
        if guess:
            wanted = [line for line in lines if self._editable[line["_id"]]]
            self._guesses = model_guesses.suggest(desk, Predict(parts().settings), wanted)
        self.entries = self._names(lines)
        self._categories = {
            item["_id"]: first_plain(item.get("abbreviation") or {})
            or first_plain(item.get("name") or {})
            or item["code"]
            for item in list_items(desk, PARTS_OF_SPEECH)
        }

    def view(self, line: Document, number: int) -> Line:
        """One of the utterances."""
        offers = self._guesses.get(line["_id"], {})
        words = [word for word in line.get("words", ()) if word.get("type") != "punctuation"]
        editable = self._editable[line["_id"]]
        columns = [self._column(word, offers.get(word["id"], []), editable) for word in words]
        return Line(line, number, columns, editable)

    def _column(self, word: Document, offers: list[Suggestion], editable: bool) -> Column:
        analysis = interlinear.chosen(word)
        state = _state_of(analysis)
        if analysis is None and offers:
            state = "guess"
        shown = analysis or (offers[0].analysis if offers else {})
        ws = self._ws
        form = first_plain(word.get("form") or {}, (ws,))
        rivals = [one for one in word.get("analyses", ()) if one is not analysis]
        return Column(
            word["id"],
            fold(form),
            form,
            word.get("language") or "",
            [self._cell(morph) for morph in shown.get("morphs", ())],
            self._glosses(shown),
            self._categories.get(shown.get("pos", ""), ""),
            [written(one, ws) for one in rivals],
            state,
            translate(offers[0].reason) if state == "guess" else "",
            self._data(word, analysis, rivals, offers) if editable else {},
        )

    def _cell(self, morph: Mapping[str, Any]) -> Cell:
        entry = morph.get("entry") or ""
        return Cell(
            first_plain(morph.get("form") or {}, (morph.get("ws") or self._ws,)),
            self._glosses(morph),
            morph.get("left", ""),
            entry if entry in self.entries else "",
            self.entries.get(entry, ""),
            self._categories.get(morph.get("pos", ""), ""),
        )

    def _glosses(self, part: Mapping[str, Any]) -> tuple[str, ...]:
        """A gloss in each language; where one is shown and is missing, that in another."""
        said = part.get("gloss") or {}
        if len(self._languages) < 2:
            return (first_plain(said, self._languages),)
        return tuple(plain(said.get(code, "")) for code in self._languages)

    def _data(
        self,
        word: Document,
        analysis: Content | None,
        rivals: list[Content],
        offers: list[Suggestion],
    ) -> Content:
        return {
            "id": word["id"],
            "form": plain((word.get("form") or {}).get(self._ws, "")),
            "language": word.get("language", ""),
            "analysis": analysis,
            "rivals": rivals,
            "names": {
                entry: self.entries[entry]
                for one in (*word.get("analyses", ()), *(offer.analysis for offer in offers))
                for entry in _entries_of(one)
                if entry in self.entries
            },
            "offers": [
                {
                    "analysis": one.analysis,
                    "reason": translate(one.reason),
                    "confidence": one.confidence,
                }
                for one in offers
            ],
        }

    def _names(self, lines: Iterable[Document]) -> dict[str, str]:
        """The lemma of each entry that is pointed at and may be read."""
        ids: set[str] = set()
        for line in lines:
            for word in line.get("words", ()):
                for analysis in word.get("analyses", ()):
                    ids |= _entries_of(analysis)
            for offers in self._guesses.get(line["_id"], {}).values():
                for one in offers:
                    ids |= _entries_of(one.analysis)
        found = lexicon.get_many(self._desk, sorted(ids))
        return {entry["_id"]: name_of_entry(entry) for entry in found}


def name_of_entry(entry: Document) -> str:
    """What an entry is called in a line: citation form or lemma, with its homograph number."""
    name = first_plain(entry.get("citation") or {}) or first_plain(entry.get("lemma") or {})
    number = entry.get("homograph")
    return f"{name} {number}" if number else name


def speakers_of(desk: Desk, text: Document | None, lines: Iterable[Document]) -> dict[str, str]:
    """What to call the persons who speak: members know their names, others the public labels."""
    named = {line["speaker"] for line in lines if line.get("speaker")}
    named |= set((text or {}).get("speakers", ()))
    if not named:
        return {}
    if desk.role is None and not desk.actor.system:
        return {one.id: one.label for one in people.find_public(desk) if one.id in named}
    return {one["_id"]: one["name"] for one in people.find_all(desk) if one["_id"] in named}


def words_in(line: Document, group: Document, ws: str) -> str:
    """The words of an utterance that a group holds, or whose morphs it does."""
    members = set(group.get("members", ()))
    found = [
        first_plain(word.get("form") or {}, (ws,))
        for word in line.get("words", ())
        if word["id"] in members
        or any(
            morph["id"] in members
            for analysis in word.get("analyses", ())
            for morph in analysis.get("morphs", ())
        )
    ]
    return " ".join(found)


def first_of_paragraphs(lines: Iterable[Document]) -> set[str]:
    """The utterances with which a paragraph begins, the first one left out."""
    found: set[str] = set()
    last: str | None = None
    for place, line in enumerate(lines):
        if place and line.get("paragraph") != last:
            found.add(line["_id"])
        last = line.get("paragraph")
    return found


def blocks_of(shown: Sequence[str]) -> list[tuple[str, list[str]]]:
    """The tiers inside of the columns, in their order."""
    return tiers.blocks(shown)


def _state_of(analysis: Content | None) -> State:
    if analysis is None:
        return "open"
    if glossing.is_suggestion(analysis):
        return "stored"
    return "confirmed" if analysis.get("confirmed_by") else "typed"


def _entries_of(analysis: Mapping[str, Any]) -> set[str]:
    found = (analysis, *analysis.get("morphs", ()))
    return {one["entry"] for one in found if one.get("entry")}


def written(analysis: Content, ws: str) -> str:
    """An analysis in one line: its morphs and glosses."""
    morphs, gloss = interlinear.written_morphs(analysis, ws), interlinear.written_gloss(analysis)
    return f"{morphs} ‘{gloss}’" if gloss else morphs
