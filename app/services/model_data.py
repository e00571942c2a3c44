"""What a model may learn from: which lines, whose consent, which sentences are kept to measure it.

Only lines that the asker may read, with analyses that somebody has confirmed. Of a person no words
are learnt from without a consent to it; lines of which no speaker is recorded are used, and
counted. Sentences that stand there twice count once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from app.domain.errors import Invalid, Problem
from app.domain.models import LEAST_TESTED, LearntFrom, Parted, part
from app.domain.roles import Action
from app.ml.data import Line
from app.ml.targets import FIELD, LANGUAGE, POS, SENSE, TRANSLATION, units_of
from app.services.desk import Desk
from app.services.model_fields import Fields, as_one, by_text
from app.services.model_lines import (
    Categories,
    categories_of,
    gloss_system,
    line_of,
    said_line,
    strictest,
    translation_system,
)
from app.services.model_needs import nothing_to_choose, too_few
from app.services.model_senses import iterate_entries, read_senses
from app.services.text_lines import main_system
from app.services.texts import title_of
from app.store import models, records
from app.store.changes import current_seq
from app.store.database import Document

LEAST = 30  # sentences, without those that stand there twice, from which anything can be learnt
USEFUL = 100  # sentences from which a model is worth showing
COUNTED = 200  # sentences after which a page does not go on counting
# Where a line says what is learnt, if it says it at all.
_SAID_IN = {
    POS: ("words.analyses.pos", "words.analyses.morphs.pos"),
    LANGUAGE: ("words.language",),
    TRANSLATION: ("translation",),
}
# What of a line nothing is learnt from, and what may be most of it.
_LEFT_OUT = dict.fromkeys(
    (
        "residue", "sources", "words.spans", "words.analyses.morphs.id",
        "words.analyses.morphs.parts", "words.analyses.morphs.allomorph",
    ), 0
)  # fmt: skip
Content = Mapping[str, Any]
Progress = Callable[[str, int, int], None]
# Why lines are left out, as the record of a model has it.
CONSENT, STATUS, NOTHING, CHANGED, REPEATED = (
    "consent", "status", "nothing", "changed", "repeated"
)  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """Which lines are meant.

    Attributes:
        texts: ids; empty for all, with the lines that stand in no text.
        statuses: items of the list `statuses` that a line, or else its text, has to have.
        field: by which lines are sorted, where that is learnt; any one if empty.
        whole: whether texts are sorted as a whole.
        into: the language of the translations that are learnt; the commonest if empty.
    """

    texts: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    field: str = ""
    whole: bool = False
    into: str = ""


@dataclass
class Gathered:
    """Lines that can be learnt from.

    Attributes:
        lines: by id, in the order of their ids.
        seq: the number of the change as of which they stand here.
        left_out: how many were left out, by reason.
        speakers: persons whose words are in them.
        unnamed: lines of which no speaker is recorded.
        access: who may read all of them; see `Access`.
        gloss_ws: in what is learnt is written: the glosses, or the translations.
        more: whether there are more lines, which nobody looked at.
        within: where texts are taken as a whole, the lines of each; of a line about a sense the
            records.
        together: lines of one text, or entry, are kept together, and it is named nowhere.
    """

    lines: dict[str, Line] = field(default_factory=dict)
    seq: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    speakers: set[str] = field(default_factory=set)
    unnamed: int = 0
    access: dict[str, Any] = field(default_factory=lambda: {"level": "members"})
    gloss_ws: str = ""
    more: bool = False
    within: dict[str, list[str]] = field(default_factory=dict)
    together: bool = False

    def records(self, ids: Iterable[str]) -> list[str]:
        """The records that stand behind some of the lines: themselves, and what is in them."""
        return [one for key in ids for one in (key, *self.within.get(key, ()))]


@dataclass(frozen=True)
class Amount:
    """How much there is for a task.

    Attributes:
        lines: sentences that can be learnt from.
        words: words in them with a confirmed analysis.
        missing: how many more sentences it takes; 0 where not all were looked at.
        left_out: how many were left out, by reason.
        more: whether there are others: not all were looked at.
    """

    lines: int
    words: int
    missing: int
    left_out: Mapping[str, int]
    more: bool = False


def gather(
    desk: Desk, target: str, choice: Choice = Choice(), progress: Progress | None = None
) -> Gathered:
    """The lines that a model may learn from, as of one change.

    Args:
        target: what is learnt, as `app.ml.targets` has it.

    Raises:
        Invalid: a text or a status that is chosen is not there.
    """
    desk.require(Action.READ)
    if target == SENSE:
        return _gather_senses(desk)
    return _Gathering(desk, target, choice).run(progress)


def amount(desk: Desk, target: str, choice: Choice = Choice()) -> Amount:
    """How much there is to learn from; a page can wait for it."""
    return amounts(desk, (target,), choice)[target]


def amounts(desk: Desk, targets: Iterable[str], choice: Choice = Choice()) -> dict[str, Amount]:
    """How much there is for each of several targets, from lines that are read once."""
    desk.require(Action.READ)
    told, gathering = {}, None
    for target in targets:
        if target == SENSE:
            found = _gather_senses(desk, COUNTED)
        else:
            gathering = _Gathering(desk, target, choice, most=COUNTED, like=gathering)
            found = gathering.run(None)
            if found.more and not found.lines and not _is_anywhere(desk, target):
                found.more = False
        words = sum(taught_in(line, target) for line in found.lines.values())
        count = len(found.lines)
        missing = 0 if found.more else max(0, LEAST - count)
        told[target] = Amount(count, words, missing, found.left_out, found.more)
    return told


def _is_anywhere(desk: Desk, target: str) -> bool:
    """Whether any line may say what is learnt; of what cannot be asked for it may."""
    if target not in _SAID_IN:
        return True
    said = {"$or": [{one: {"$exists": True}} for one in _SAID_IN[target]]}
    query = records.filter_of(desk.store, desk.scope, "utterance")
    wanted = {"$and": [query, {"deleted": {"$ne": True}}, said]}
    return desk.store.utterances.find_one(wanted, {"_id": 1}) is not None


def _gather_senses(desk: Desk, most: int = 0) -> Gathered:
    """What can be learnt from the lexicon; from so many entries, if that is said."""
    seq = current_seq(desk.store, desk.project_id)
    entries = list(islice(iterate_entries(desk), most or None))
    told = read_senses(desk, entries, seq)
    return Gathered(
        told.lines,
        seq,
        +Counter({CHANGED: told.changed, NOTHING: told.empty}),
        access=strictest(told.accesses),
        gloss_ws=told.gloss_ws,
        more=len(entries) == most > 0,
        within=told.within,
        together=True,
    )


def parted(desk: Desk, found: Gathered) -> Parted:
    """What of some lines is learnt from, and what is kept to measure.

    No sentence that a model of the project was measured on is learnt from by a later one.
    """
    held: set[str] = set()
    for model in models.iterate_all(desk.store, desk.project_id):
        held |= models.evaluated_in(desk.store, model)
    if found.together:
        split = part({line.text: None for line in found.lines.values()}, sorted(held))
        kept = set(split.test)
        train, test = (
            tuple(one for one, line in found.lines.items() if (line.text in kept) is is_kept)
            for is_kept in (False, True)
        )
        return Parted(train, test, split.split)
    return part({one: line.text or None for one, line in found.lines.items()}, sorted(held))


def check(found: Gathered, split: Parted, target: str) -> None:
    """Refuses data from which nothing can be learnt.

    Raises:
        Invalid: with what is missing.
    """
    if len(found.lines) < LEAST:
        raise Invalid(Problem("lines", too_few(LEAST - len(found.lines), found.left_out, target)))
    if len(split.test) < LEAST_TESTED or len(split.train) < LEAST_TESTED:
        what = "Too few sentences are left to learn from, or to measure; gloss some more."
        raise Invalid(Problem("lines", what))
    if len(labels_in((found.lines[one] for one in split.train), target)) < 2:
        raise Invalid(Problem("lines", nothing_to_choose(target)))


def learnt_from(desk: Desk, found: Gathered, split: Parted, choice: Choice, target: str) -> Content:
    """What the record of a model says of its data."""
    lines = [found.lines[one] for one in (*split.train, *split.test)]
    told = LearntFrom(
        seq=found.seq,
        texts=tuple(sorted({line.text for line in lines if line.text and not found.together})),
        alone=sum(not line.text for line in lines),
        statuses=choice.statuses,
        speakers=tuple(sorted(found.speakers)),
        unnamed=found.unnamed,
        lines=len(lines),
        train=len(split.train),
        test=len(split.test),
        words=sum(taught_in(line, target) for line in lines),
        duplicates=found.left_out[REPEATED],
        left_out={key: one for key, one in sorted(found.left_out.items()) if key != REPEATED},
        split=split.split,
        evaluated=split.evaluated,
        licence=str(desk.project.get("licence", "")),
        gloss_ws=found.gloss_ws,
    )
    return told.model_dump(mode="json", exclude_defaults=True)


def taught_in(line: Line, target: str) -> int:
    """How many words of a line, or whether the line itself, have what is learnt."""
    return sum(bool(unit.labels) for unit in units_of(line, target))


def labels_in(lines: Iterable[Line], target: str) -> set[str]:
    """Every label that somebody has given in some lines."""
    return {label for one in lines for unit in units_of(one, target) for label in unit.labels}


def has_agreed(person: Document, text: Document | None) -> bool:
    """Whether a person agreed to training, for all of their words or for a text by its name."""
    if person.get("deleted"):
        return False
    names = {text["_id"].casefold(), title_of(text).casefold()} if text else set()
    return any(
        "train" in one.get("purposes", ())
        and (not one.get("scope") or any(name in one["scope"].casefold() for name in names if name))
        for one in person.get("consents", ())
    )


_OF_ANY = (FIELD, LANGUAGE, TRANSLATION)  # learnt from lines that nobody has analysed, too


@dataclass
class _Shared:
    """What is read once for several targets.

    Attributes:
        texts, people: by id, the texts that may be read and everybody whose consent counts.
        fields: what the fields of a line say.
        read: by whether any line will do or only analysed ones: the number of the change, the
            lines that may be learnt from, and how many were left out.
    """

    texts: dict[str, Document]
    people: dict[str, Document]
    fields: Fields
    read: dict[bool, tuple[int, list[Document], Counter[str]]] = field(default_factory=dict)

    @classmethod
    def of(cls, desk: Desk) -> _Shared:
        """Reads texts, and persons: of everybody, whoever trains."""
        texts = {one["_id"]: one for one in records.iterate(desk.store, desk.scope, "text")}
        people = {one["_id"]: one for one in desk.store.people.find({"project": desk.project_id})}
        return cls(texts, people, Fields(desk, people))


class _Gathering:
    """Reads the lines once; at most so many, and only analysed ones then, if that is said."""

    def __init__(
        self,
        desk: Desk,
        target: str,
        choice: Choice,
        *,
        most: int = 0,
        like: _Gathering | None = None,
    ) -> None:
        self._desk, self._target, self._choice, self._most = desk, target, choice, most
        self._found = Gathered()
        self._marked: set[str] = set()  # texts in which words of other languages are marked
        self._shared: _Shared = like._shared if like is not None else _Shared.of(desk)
        self._texts, self._people = self._shared.texts, self._shared.people
        if any(one not in self._texts for one in choice.texts):
            raise Invalid(Problem("texts", "One of the chosen texts is not there any more."))

    def run(self, progress: Progress | None) -> Gathered:
        desk, found = self._desk, self._found
        stored = self._stored(progress)
        found.more = len(stored) == 2 * self._most > 0
        ws, found.gloss_ws = main_system(desk), self._system(stored)
        self._marked = {
            one.get("text") or one["_id"] for one in stored
            if any(word.get("language") for word in one.get("words", ()))
        }  # fmt: skip
        categories = categories_of(desk) if self._target == POS else Categories()
        seen: dict[tuple[str, ...], str] = {}
        accesses = []
        for utterance in stored:
            line = self._labelled(line_of(utterance, ws, found.gloss_ws, categories), utterance)
            if not taught_in(line, self._target):
                found.left_out[NOTHING] += 1
                continue
            key = tuple(word.form.casefold() for word in line.words)
            if key in seen:
                found.left_out[REPEATED] += 1
                continue
            seen[key] = line.id
            found.lines[line.id] = line
            said = self._speakers(utterance)
            found.speakers |= said
            found.unnamed += not said
            text = self._texts.get(utterance.get("text") or "")
            accesses += [utterance.get("access"), (text or {}).get("access")]
            if len(found.lines) == self._most:
                found.more = True
                break
        found.access = strictest(accesses)
        if self._choice.whole and self._target == FIELD:
            found.within = by_text(found.lines.values())
            found.lines = {
                text: as_one(text, [found.lines[one] for one in held])
                for text, held in found.within.items()
            }
        return found

    def _stored(self, progress: Progress | None) -> list[Document]:
        """The lines that may be learnt from, read once for targets that need the same ones."""
        found, sort = self._found, self._target in _OF_ANY
        read = self._shared.read
        if sort not in read:
            found.seq = current_seq(self._desk.store, self._desk.project_id)
            stored = list(islice(self._chosen(progress), 2 * self._most or None))
            read[sort] = (found.seq, stored, Counter(found.left_out))
        found.seq, stored, left_out = read[sort]
        found.left_out = Counter(left_out)
        return stored

    def _system(self, stored: list[Document]) -> str:
        if self._target == TRANSLATION:
            return self._choice.into or translation_system(self._desk, stored)
        return gloss_system(self._desk, stored)

    def _labelled(self, line: Line, utterance: Document) -> Line:
        """A line with what is learnt of it beside its analyses."""
        if self._target == TRANSLATION:
            return said_line(line, utterance, main_system(self._desk), self._found.gloss_ws)
        if self._target == FIELD:
            text = self._texts.get(line.text, {})
            return replace(line, labels={
                FIELD: self._shared.fields.label(self._choice.field, utterance, text)
            })  # fmt: skip
        if self._target == LANGUAGE:
            ws = main_system(self._desk) if (line.text or line.id) in self._marked else ""
            kinds = [one.get("type") for one in utterance.get("words", ())]
            return replace(line, words=tuple(
                replace(word, language="" if kind == "punctuation" else word.language or ws)
                for word, kind in zip(line.words, kinds, strict=True)
            ))  # fmt: skip
        return line

    def _chosen(self, progress: Progress | None) -> Iterable[Document]:
        choice, found = self._choice, self._found
        only: dict[str, Any] = {"text": {"$in": list(choice.texts)}} if choice.texts else {}
        if self._most and self._target not in _OF_ANY:
            only["words.analyses.0"] = {"$exists": True}
        store, scope = self._desk.store, self._desk.scope
        query = records.filter_of(store, scope, "utterance")
        only = {"$and": [query, {"deleted": {"$ne": True}, **only}]}
        for number, one in enumerate(store.utterances.find(only, _LEFT_OUT).sort("_id", 1)):
            if progress is not None:
                progress("Reading the texts", number, 0)
            if one.get("seq", 0) > found.seq:
                found.left_out[CHANGED] += 1
            elif not self._has_status(one):
                found.left_out[STATUS] += 1
            elif not self._may_train(one):
                found.left_out[CONSENT] += 1
            else:
                yield one

    def _has_status(self, utterance: Document) -> bool:
        if not self._choice.statuses:
            return True
        text = self._texts.get(utterance.get("text") or "", {})
        return (utterance.get("status") or text.get("status")) in self._choice.statuses

    def _may_train(self, utterance: Document) -> bool:
        text = self._texts.get(utterance.get("text") or "")
        said = self._speakers(utterance)
        return all(has_agreed(self._people.get(one, {"deleted": True}), text) for one in said)

    def _speakers(self, utterance: Document) -> set[str]:
        """Whose words they may be: where the line names nobody, all who speak in its text."""
        text = self._texts.get(utterance.get("text") or "", {})
        own = utterance.get("speaker")
        said = {own} if own else set(text.get("speakers", ()))
        return said | {
            word["speaker"] for word in utterance.get("words", ()) if word.get("speaker")
        }
