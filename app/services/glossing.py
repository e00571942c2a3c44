"""Glossing: what people do to the analyses of words, each a change that can be undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain import diff, glossing
from app.domain.errors import Conflict, Invalid, Problem
from app.domain.interlinear import chosen
from app.domain.messages import say
from app.services.checking import checked
from app.services.desk import Desk
from app.services.linking import Linker
from app.services.text_lines import Content, Edit, commit_line, main_system, open_line
from app.store import records
from app.store.changes import Committed
from app.store.database import Document
from app.store.envelope import content_of


@dataclass(frozen=True)
class Written:
    """What somebody typed of a word.

    Attributes:
        typed: see `app.domain.glossing.write`.
        seen: the chosen analysis as it was when typing began; None if there was none.
        confirm: whether it is confirmed with that.
    """

    typed: Mapping[str, Any]
    seen: Mapping[str, Any] | None
    confirm: bool = False


def write(desk: Desk, line: str, word: str, said: Written, *, change_id: str) -> Committed:
    """Saves what was typed of a word; what others changed meanwhile elsewhere in it is kept.

    A morph that has no entry is tied to the one sense that has its form and gloss.

    Raises:
        Conflict: somebody changed the same field meanwhile; carries both values.
        Invalid: it is not what an analysis must be.
        NotAllowed: the actor may not change the line.
    """
    stored = open_line(desk, line)
    ws = main_system(desk)
    seen = _with_word(content_of(stored), word, lambda now: _as_seen(now, said.seen))

    def edit(now: Content) -> Content:
        made = glossing.write(now, said.typed, ws, desk.actor.id, confirm=said.confirm)
        _tie(desk, made)
        return made

    wanted = _checked_line(desk, stored, _with_word(seen, word, edit), word)
    return commit_line(desk, line, diff.diff(seen, wanted), change_id)


def add(desk: Desk, line: str, word: str, typed: Mapping[str, Any], *, change_id: str) -> Committed:
    """Adds an analysis beside the chosen one.

    Raises:
        Invalid: it is not what an analysis must be.
        NotAllowed: the actor may not change the line.
    """
    ws = main_system(desk)
    return _edit_word(
        desk, line, word, lambda now: glossing.add(now, typed, ws, desk.actor.id), change_id
    )


def set_language(desk: Desk, line: str, word: str, code: str, *, change_id: str) -> Committed:
    """Says that a word belongs to another language; an empty code takes that back.

    Raises:
        Invalid: the project has no such writing system.
    """
    if code and code not in {ws["id"] for ws in desk.project.get("writing_systems", ())}:
        raise Invalid(Problem("language", say("There is no writing system %(ws)s here.", ws=code)))

    def edit(now: Content) -> Content:
        kept = {key: value for key, value in now.items() if key != "language"}
        return kept | ({"language": code} if code else {})

    return _edit_word(desk, line, word, edit, change_id)


def take(
    desk: Desk, line: str, word: str, analysis: Mapping[str, Any], *, change_id: str
) -> Committed:
    """Takes a suggestion over as the analysis of a word.

    Raises:
        Invalid: it is not what an analysis must be.
        NotAllowed: the actor may not change the line.
    """
    return _edit_word(
        desk, line, word, lambda now: glossing.take(now, analysis, desk.actor.id), change_id
    )


def take_all(
    desk: Desk, line: str, analyses: Mapping[str, Mapping[str, Any]], *, change_id: str
) -> Committed:
    """Takes suggestions over as the analyses of words of a line that have none.

    Args:
        analyses: by the id of the word.

    Raises:
        NotAllowed: the actor may not change the line.
    """
    stored = open_line(desk, line)
    before = content_of(stored)
    wanted = before
    for word in before.get("words", ()):
        if word["id"] in analyses and chosen(word) is None:
            made = glossing.take(word, analyses[word["id"]], desk.actor.id)
            wanted = _with_word(wanted, word["id"], _always(made))
            wanted = _checked_line(desk, stored, wanted, word["id"])
    return commit_line(desk, line, diff.diff(before, wanted), change_id)


def choose(desk: Desk, line: str, word: str, analysis: str, *, change_id: str) -> Committed:
    """Chooses one of the competing analyses of a word.

    Raises:
        Invalid: it is not one of them.
        NotAllowed: the actor may not change the line.
    """
    return _edit_word(
        desk, line, word, lambda now: glossing.choose(now, analysis, desk.actor.id), change_id
    )


def confirm(desk: Desk, line: str, word: str, *, change_id: str) -> Committed:
    """Confirms the chosen analysis of a word."""
    return _edit_word(desk, line, word, lambda now: glossing.confirm(now, desk.actor.id), change_id)


def reject(desk: Desk, line: str, word: str, analysis: str, *, change_id: str) -> Committed:
    """Takes an analysis out of a word.

    Raises:
        Invalid: it is not one of them.
        NotAllowed: the actor may not change the line.
    """
    return _edit_word(desk, line, word, lambda now: glossing.reject(now, analysis), change_id)


def _edit_word(desk: Desk, line: str, word: str, edit: Edit, change_id: str) -> Committed:
    stored = open_line(desk, line)
    before = content_of(stored)
    wanted = _checked_line(desk, stored, _with_word(before, word, edit), word)
    return commit_line(desk, line, diff.diff(before, wanted), change_id)


def _with_word(line: Content, word: str, edit: Edit) -> Content:
    words = list(line.get("words", ()))
    for place, one in enumerate(words):
        if one["id"] == word:
            words[place] = edit(one)
            return {**line, "words": words}
    raise Conflict("This word is not there any more; somebody changed the line.")


def _always(word: Content) -> Edit:
    return lambda _now: word


def _as_seen(word: Content, seen: Mapping[str, Any] | None) -> Content:
    """The word with its chosen analysis as somebody saw it before typing."""
    now = chosen(word)
    if seen is None:
        return word if now is None else glossing.doubt(word)
    if now is None or now["id"] != seen.get("id"):
        return word
    analyses = [dict(seen) if one["id"] == now["id"] else one for one in word["analyses"]]
    return {**word, "analyses": analyses}


def _tie(desk: Desk, word: Content) -> None:
    analysis = chosen(word)
    if analysis is not None:
        loose = [morph for morph in analysis.get("morphs", ()) if morph.get("gloss")]
        Linker(desk).tie(loose)


def _checked_line(desk: Desk, stored: Document, line: Content, word: str) -> Content:
    """A line whose changed word is in the project's normal form and points at what is there."""
    made = next(one for one in line["words"] if one["id"] == word)
    known = _pointers(next(one for one in stored["words"] if one["id"] == word))
    path = ("words", word, "analyses")
    made = {**made, "analyses": checked(desk, path, made.get("analyses", []), "utterance")}
    if not made["analyses"]:
        del made["analyses"]
    new = _pointers(made) - known
    entries = records.find_many(desk.store, desk.scope, "entry", [entry for entry, _ in new])
    for entry, sense in new:
        if entry not in entries or (sense and not _has_sense(entries[entry], sense)):
            raise Invalid(Problem("entry", "This entry or sense is not there, or may not be read."))
    return _with_word(line, word, _always(made))


def _pointers(word: Content) -> set[tuple[str, str | None]]:
    found = set()
    for analysis in word.get("analyses", ()):
        for one in (analysis, *analysis.get("morphs", ())):
            if one.get("entry"):
                found.add((one["entry"], one.get("sense")))
            elif one.get("sense"):
                raise Invalid(Problem("sense", "A sense is named together with its entry."))
    return found


def _has_sense(part: Mapping[str, Any], sense: str) -> bool:
    return any(one["id"] == sense or _has_sense(one, sense) for one in part.get("senses", ()))
