"""One analysis for all occurrences of a word: seen before it is done, undone as one."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from app.domain import diff, glossing
from app.domain.errors import Invalid, Problem
from app.domain.interlinear import chosen
from app.domain.roles import Action
from app.domain.text import fold, plain
from app.services import texts
from app.services.desk import Desk
from app.services.text_lines import get, main_system, may_edit
from app.services.text_writing import commit_all
from app.store import records
from app.store.changes import Op
from app.store.database import Document
from app.store.envelope import content_of
from app.store.texts import with_word

Content = dict[str, Any]
MOST = 20_000  # occurrences that are looked at


@dataclass(frozen=True)
class Occurrence:
    """A word that is written like another one.

    Attributes:
        line: the utterance.
        word: id of the word in it.
        before, after: what stands around it in the line.
        form: as it is written there.
        analysis: what it is analysed as now; None if nobody has.
        same: whether it says the same already.
        suggested: whether that is an unconfirmed suggestion.
    """

    line: Document
    word: str
    before: str
    form: str
    after: str
    analysis: Content | None
    same: bool
    suggested: bool

    @property
    def key(self) -> str:
        """What names it in a form."""
        return f"{self.line['_id']}.{self.word}"


def find(desk: Desk, line: str, word: str) -> tuple[Content, list[Occurrence]]:
    """The chosen analysis of a word, and the other words that are written like it.

    Raises:
        Invalid: the word has no analysis that could be used elsewhere.
        NotFound: the line is not there, or may not be read.
    """
    desk.require(Action.READ)
    ws = main_system(desk)
    said = _word(get(desk, line), word)
    analysis = chosen(said)
    if analysis is None:
        raise Invalid(Problem("word", "Gloss the word here first; then it can be used elsewhere."))
    form = plain(said.get("form", {}).get(ws, ""))
    query = records.filter_of(desk.store, desk.scope, "utterance")
    found = [
        occurrence
        for stored in with_word(desk.store, query, ws, form, MOST)
        if may_edit(desk, stored)
        for occurrence in _in_line(stored, ws, fold(form), analysis)
        if occurrence.word != word
    ]
    return analysis, found


def use(desk: Desk, line: str, word: str, wanted: Collection[str], *, change_id: str) -> int:
    """Gives the chosen words the analysis of this one, confirmed; returns how many were changed.

    Args:
        wanted: keys of the occurrences.

    Raises:
        Invalid: the word has no analysis, or somebody deleted it.
        NotAllowed: the role does not permit bulk changes.
    """
    desk.require(Action.EDIT)
    analysis, found = find(desk, line, word)
    chosen_ones = [one for one in found if one.key in wanted and not one.same]
    by_line: dict[str, list[Occurrence]] = {}
    for one in chosen_ones:
        by_line.setdefault(one.line["_id"], []).append(one)
    ops = [_op(desk, occurrences, analysis) for occurrences in by_line.values()]
    if ops:
        commit_all(desk, ops, change_id)
    return len(chosen_ones)


def titles(desk: Desk, occurrences: Collection[Occurrence]) -> dict[str, str]:
    """What the texts of some occurrences are called, by id."""
    ids = sorted({one.line["text"] for one in occurrences if one.line.get("text")})
    found = records.find_many(desk.store, desk.scope, "text", ids)
    return {text: texts.title_of(stored) for text, stored in found.items()}


def _op(desk: Desk, occurrences: list[Occurrence], analysis: Content) -> Op:
    line = occurrences[0].line
    before = content_of(line)
    places = {one.word for one in occurrences}
    words = [
        glossing.take(word, _copy(analysis), desk.actor.id) if word["id"] in places else word
        for word in before["words"]
    ]
    return Op("utterance", line["_id"], changes=diff.diff(before, {**before, "words": words}))


def _copy(analysis: Content) -> Content:
    """The analysis without what belongs to its own place."""
    gone = {"residue", "sources", "traits", "fields"}
    return {key: value for key, value in analysis.items() if key not in gone}


def _in_line(line: Document, ws: str, key: str, analysis: Content) -> Iterator[Occurrence]:
    words = line.get("words", ())
    forms = [plain(one.get("form", {}).get(ws, "")) for one in words]
    wanted = glossing.signature(analysis)
    for place, word in enumerate(words):
        if fold(forms[place]) != key:
            continue
        now = chosen(word)
        yield Occurrence(
            line,
            word["id"],
            " ".join(forms[:place]),
            forms[place],
            " ".join(forms[place + 1 :]),
            now,
            now is not None and glossing.signature(now) == wanted and _is_confirmed(now),
            now is not None and glossing.is_suggestion(now),
        )


def _is_confirmed(analysis: Content) -> bool:
    return bool(analysis.get("confirmed_by")) or analysis.get("origin", "person") == "person"


def _word(line: Document, word: str) -> Content:
    for one in line.get("words", ()):
        if one["id"] == word:
            return dict(one)
    raise Invalid(Problem("word", "This word is not there any more; somebody changed the line."))
