"""Filling in: the guesses above a chosen certainty become analyses of many words at once.

It is worked out first, as a prepared change that does nothing until somebody confirms it, and
undone as one. What is filled in says which machine said it and how sure it was; it counts as
confirmed by nobody. Words of which a person or a source has said anything are left alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.domain import diff, glossing
from app.domain.errors import Conflict, DomainError, Invalid, NotFound, Problem
from app.domain.interlinear import chosen, written_gloss, written_morphs
from app.domain.messages import say
from app.domain.roles import Action
from app.domain.text import first_plain
from app.services import models
from app.services.checking import checked
from app.services.clock import utc_now
from app.services.desk import Desk
from app.services.guesses import Suggestion
from app.services.model_guesses import Asked, Found, suggest_patiently
from app.services.text_lines import main_system, may_edit
from app.store import bulk, jobs, records
from app.store.changes import Op
from app.store.database import Document
from app.store.envelope import content_of

KIND, CARRY_OUT = "fill", "fill-in"  # jobs: working out, and doing it
CERTAINTIES = (0.5, 0.8, 0.9, 0.95, 0.99)
USUAL = 0.95
LABEL = "fill in guesses"
MOST_EXAMPLES = 12  # of each level of certainty
_BATCH = 40
Content = dict[str, Any]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Level:
    """How much guesses of at least some certainty would fill in.

    Attributes:
        least: the certainty.
        words: that would be filled in; texts: in how many, lines that stand alone being one.
    """

    least: float
    words: int
    texts: int


@dataclass(frozen=True)
class Example:
    """A word that would be filled in, or was.

    Attributes:
        line: the utterance; word: id of the word in it.
        before, form, after: the line around the word.
        written, gloss: what would stand there.
        origin: `memory`, `lexicon` or `model`.
        confidence: from 0 to 1.
    """

    line: Document
    word: str
    before: str
    form: str
    after: str
    written: str
    gloss: str
    origin: str
    confidence: float


@dataclass
class _Counted:
    """What is found while lines are gone through.

    Attributes:
        words: how many by level; texts: which by level.
        shown: by level the places of some words: line and word.
        open: words of which nobody has said anything.
        origins: how many would be filled in by which machine.
    """

    words: Counter[float] = field(default_factory=Counter)
    texts: dict[float, set[str]] = field(default_factory=dict)
    shown: dict[float, list[tuple[str, str]]] = field(default_factory=dict)
    open: int = 0
    origins: Counter[str] = field(default_factory=Counter)


def ask(
    desk: Desk, texts: Sequence[str], certainty: float, enqueue: Callable[[str], None]
) -> str:  # fmt: skip
    """Has a worker work out what would be filled in; returns the job's id.

    Args:
        texts: ids; empty for all, with the lines that stand in no text.
        certainty: the least, out of `CERTAINTIES`.

    Raises:
        Invalid: a text is not there, or the certainty is none of those.
        NotAllowed: the role does not permit bulk changes.
    """
    desk.require(Action.BULK)
    _check(desk, texts, certainty)
    job = jobs.add(
        desk.store, desk.project_id, desk.actor.id, KIND, utc_now(),
        texts=list(texts), certainty=certainty,
    )  # fmt: skip
    enqueue(job)
    return job


def prepare(
    desk: Desk,
    predict: Asked,
    texts: Sequence[str],
    certainty: float,
    progress: Progress,
    *,
    change_id: str,
) -> Document:
    """Works out what would be filled in, as a prepared change that does nothing until confirmed.

    Returns:
        The prepared change; its `fill` says how many words of how many texts at each level.

    Raises:
        Invalid: as `ask`, or the model that guesses cannot be loaded.
        Unavailable: the service that runs models does not answer.
    """
    desk.require(Action.BULK)
    _check(desk, texts, certainty)
    bulk.discard(desk.store, change_id)  # what was broken off
    change = bulk.prepare(
        desk.store, desk.project_id, desk.actor, "bulk", change_id=change_id, label=LABEL
    )
    found = _Counted()
    try:
        bulk.stage(desk.store, change, _ops(desk, predict, texts, certainty, found, progress))
        model = models.default_of(desk, "gloss")
        told = {
            "certainty": certainty,
            "texts": list(texts),
            "open": found.open,
            "levels": [[one, found.words[one], len(found.texts.get(one, ()))]
                       for one in CERTAINTIES],
            "shown": [[one, [list(place) for place in found.shown.get(one, ())]]
                      for one in CERTAINTIES],
            "origins": dict(found.origins),
            "model": model["_id"] if model else "",
        }  # fmt: skip
        bulk.ready(desk.store, change, fill=told)
    except BaseException:
        bulk.discard(desk.store, change_id)
        raise
    return change


def get_prepared(desk: Desk, change_id: str) -> Document:
    """What waits to be filled in, or was.

    Raises:
        NotFound: there is nothing of this id.
    """
    desk.require(Action.BULK)
    wanted = {"_id": change_id, "project": desk.project_id, "fill": {"$exists": True}}
    change = desk.store.changes.find_one(wanted)
    own = change is not None and change["actor"] == desk.actor.id
    if change is None or not (own or desk.scope.everything):
        raise NotFound("This is not there any more; have it worked out again.")
    return change


def levels(change: Document) -> list[Level]:
    """How much would be filled in at each certainty."""
    return [Level(*one) for one in change["fill"]["levels"]]


def filled(change: Document) -> Level:
    """How much is filled in at the certainty that was chosen."""
    wanted = change["fill"]["certainty"]
    return next(one for one in levels(change) if one.least == wanted)


def examples(desk: Desk, change: Document) -> list[tuple[float, list[Example]]]:
    """Some of the words that would be filled in, or were, by certainty, the least certain first.

    Only of lines that the asker may read; what was erased meanwhile is in none.
    """
    shown = [(one, places) for one, places in change["fill"]["shown"] if places]
    lines = sorted({line for _, places in shown for line, _ in places})
    known = records.find_many(desk.store, desk.scope, "utterance", lines)
    put = {op.id: op for op in bulk.ops_on(desk.store, change["_id"], lines)}
    ws = main_system(desk)
    found = []
    for level, places in shown:
        made = [
            one
            for line, word in places
            if line in known and line in put
            for one in _examples(known[line], put[line], word, ws)
        ]
        if made:
            found.append((level, made))
    return found


def left_out(desk: Desk, change: Document) -> int:
    """How many lines were left as they are, since somebody had changed them meanwhile."""
    return int(change["fill"].get("left", 0))


def carry_out(desk: Desk, change_id: str, progress: Progress) -> Document:
    """Fills in what was worked out, whole or not at all; goes on with what was broken off.

    Lines that somebody changed meanwhile are left as they are.

    Raises:
        NotFound: there is nothing of this id.
        Conflict: another large change of the project is at work.
    """
    change = get_prepared(desk, change_id)
    if change["state"] == "prepared":
        moved = _moved(desk, change_id)
        if moved:
            bulk.leave_out(desk.store, change_id, moved)
        desk.store.changes.update_one({"_id": change_id}, {"$max": {"fill.left": len(moved)}})
    return bulk.apply(desk.store, change_id, lambda part, parts: progress("writing", part, parts))


def confirm(desk: Desk, change_id: str, enqueue: Callable[[str], None]) -> str:
    """Has a worker fill in what was worked out; returns the job's id.

    Raises:
        NotFound: there is nothing of this id.
        Conflict: it has begun already.
    """
    if get_prepared(desk, change_id)["state"] != "prepared":
        raise Conflict("This has been filled in already.")
    job = jobs.add(
        desk.store, desk.project_id, desk.actor.id, CARRY_OUT, utc_now(), change=change_id
    )
    enqueue(job)
    return job


def discard(desk: Desk, change_id: str) -> None:
    """Forgets what was worked out."""
    get_prepared(desk, change_id)
    bulk.discard(desk.store, change_id)


def _check(desk: Desk, texts: Sequence[str], certainty: float) -> None:
    if certainty not in CERTAINTIES:
        known = ", ".join(f"{one:g}" for one in CERTAINTIES)
        what = say("Choose one of these certainties: %(known)s.", known=known)
        raise Invalid(Problem("certainty", what))
    known_texts = records.find_many(desk.store, desk.scope, "text", texts) if texts else {}
    if set(texts) - set(known_texts):
        raise Invalid(Problem("texts", "One of the chosen texts is not there any more."))


def _ops(
    desk: Desk,
    predict: Asked,
    texts: Sequence[str],
    certainty: float,
    found: _Counted,
    progress: Progress,
) -> Iterator[Op]:
    only: Document = {"text": {"$in": list(texts)}} if texts else {}
    total = records.count(desk.store, desk.scope, "utterance", **only)
    batch: list[Document] = []
    lines = records.iterate(desk.store, desk.scope, "utterance", **only)
    for number, line in enumerate(lines, start=1):
        if may_edit(desk, line) and any(map(glossing.is_open, line.get("words", ()))):
            batch.append(line)
        if len(batch) == _BATCH:
            progress("guessing", number, total)
            yield from _filled_in(desk, predict, batch, certainty, found)
            batch = []
    yield from _filled_in(desk, predict, batch, certainty, found)


def _filled_in(
    desk: Desk, predict: Asked, lines: Sequence[Document], certainty: float, found: _Counted
) -> Iterator[Op]:
    offers = suggest_patiently(desk, predict, lines) if lines else {}
    for line in lines:
        best = _best(line, offers.get(line["_id"], {}))
        found.open += sum(map(glossing.is_open, line.get("words", ())))
        before = content_of(line)
        words = []
        for word in before["words"]:
            sure = best.get(word["id"])
            made = _made(desk, word, sure) if sure is not None else word
            if sure is None or made == word:
                words.append(word)
                continue
            _count(found, line, word["id"], sure, certainty)
            words.append(made if sure.confidence >= certainty else word)
        if words != before["words"]:
            changes = diff.diff(before, {**before, "words": words})
            yield Op("utterance", line["_id"], changes=changes, base_rev=line["rev"])


def _best(line: Document, offers: Found) -> Mapping[str, Suggestion]:
    """The likeliest guess of each word of which nobody has said anything, if it is whole."""
    open_words = {word["id"] for word in line.get("words", ()) if glossing.is_open(word)}
    return {
        word: found[0]
        for word, found in offers.items()
        if word in open_words and found and not found[0].tentative and _is_whole(found[0])
    }


def _is_whole(one: Suggestion) -> bool:
    """Whether a guess leaves nothing open."""
    morphs = one.analysis.get("morphs", ())
    glossed = bool(morphs) and all(first_plain(morph.get("gloss") or {}) for morph in morphs)
    return glossed or bool(first_plain(one.analysis.get("gloss") or {}))


def _made(desk: Desk, word: Content, sure: Suggestion) -> Content:
    """The word with the guess; as it was where the project has no room for what it says."""
    analysis = sure.analysis
    if sure.origin == "model":
        try:
            path = ("words", word["id"], "analyses")
            (analysis,) = checked(desk, path, [analysis], "utterance")
        except DomainError:
            return word
    return glossing.fill(word, analysis)


def _count(
    found: _Counted, line: Document, word: str, sure: Suggestion, certainty: float
) -> None:  # fmt: skip
    reached = [one for one in CERTAINTIES if sure.confidence >= one]
    for one in reached:
        found.words[one] += 1
        found.texts.setdefault(one, set()).add(line.get("text") or "")
    if sure.confidence < certainty:
        return
    found.origins[sure.analysis.get("origin", sure.origin)] += 1
    shown = found.shown.setdefault(max(reached), [])
    if len(shown) < MOST_EXAMPLES:
        shown.append((line["_id"], word))


def _moved(desk: Desk, change_id: str) -> list[str]:
    """The lines that somebody changed, or deleted, since it was worked out."""
    moved: list[str] = []
    for batch in bulk.batches_of(desk.store, change_id):
        seen = {op.id: op.base_rev for op in batch}
        wanted = {"_id": {"$in": list(seen)}, "project": desk.project_id}
        now = {
            one["_id"]: one["rev"]
            for one in desk.store.utterances.find(wanted, {"rev": 1, "deleted": 1})
            if not one.get("deleted")
        }
        moved += [one for one, rev in seen.items() if now.get(one) != rev]
    return moved


def _examples(line: Document, op: Op, word: str, ws: str) -> Iterator[Example]:
    words = line.get("words", ())
    forms = [first_plain(one.get("form") or {}, (ws,)) for one in words]
    place = next((n for n, one in enumerate(words) if one["id"] == word), None)
    after, _, _ = diff.apply(content_of(line), op.changes)
    made: Content = next((one for one in after.get("words", ()) if one["id"] == word), {})
    analysis = chosen(made)
    if place is None or analysis is None:
        return
    yield Example(
        line, word, " ".join(forms[:place]), forms[place], " ".join(forms[place + 1 :]),
        written_morphs(analysis, ws), written_gloss(analysis), str(analysis.get("origin", "")),
        float(analysis.get("confidence") or 0.0),
    )  # fmt: skip
