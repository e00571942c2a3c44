"""Asks a model from outside in a process of its own, once: to see whether it can be used here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.domain.errors import Invalid, Problem, Unavailable
from app.domain.messages import say
from app.ml.answers import taken
from app.ml.labels import LONGEST, MOST, MOST_CODES
from app.ml.running import Room, Stopped, check_ended, explained, start
from app.processes import trials
from app.processes.fence import Fence
from app.processes.talking import Ended, Talker

_LOADING, _ANSWER = 90.0, 120.0  # seconds until it is loaded; for an answer
_MEMORY = 2048  # MiB, beside four times what the files have
_THREADS, _LOG_BYTES = 32, 1 << 20

Body = dict[str, Any]


@dataclass(frozen=True)
class Facts:
    """What a model says of itself, taken over field by field.

    Attributes:
        labels: that it can give; empty where it does not list them.
        does: of transformers the kind of model, such as `ForTokenClassification`.
        version: of the library that runs it here.
        codes: how one that makes texts calls the languages that it knows.
    """

    labels: tuple[str, ...] = ()
    does: str = ""
    version: str = ""
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Loaded:
    """A model that waits for questions."""

    facts: Facts
    _talker: Talker
    _stop: Callable[[], bool]

    def guess(self, lines: Sequence[Body]) -> list[Body]:
        """What it says of lines, as `app.ml.answers` takes it.

        Raises:
            Invalid: it has no answer to that, or none that fits.
        """
        asked = {"do": "predict", "lines": list(lines), "lexicon": []}
        said = self._talker.ask(asked, _ANSWER, self._stop)
        _check(said, say("It gave no answer."))
        try:
            return taken(said.get("guesses"), lines)
        except ValueError as error:
            raise Invalid(Problem("model", "It gave no answer that fits.")) from error


@contextmanager
def loaded(
    module: str, folder: Path, log: Path, stop: Callable[[], bool] = lambda: False
) -> Iterator[Loaded]:
    """A model in a process behind a fence of which nothing is missing, while the block runs.

    Args:
        module: of its engine, as `app.ml.engines` has it.
        folder: with its files, which have passed `app.ml.uploads`.
        log: file for what the process says beside its answers.
        stop: whether somebody wants it to end.

    Raises:
        Invalid: it cannot be loaded, took too much, or gave no answer.
        Unavailable: models from outside are off on this machine, and why.
        Stopped: somebody wanted it to end.
    """
    require_fences()
    size = sum(path.stat().st_size for path in folder.iterdir())
    room = Room(memory=_MEMORY + 4 * (size >> 20), seconds=_LOADING)
    fence = Fence(str(folder), memory=room.memory, threads=_THREADS, largest_file=_LOG_BYTES)
    try:
        talker = start(module, fence, log, whole=True)
        try:
            said = talker.ask({"do": "load"}, _LOADING, stop)
            _check(said, say("It cannot be loaded."))
            yield Loaded(_facts(said.get("loaded")), talker, stop)
        finally:
            talker.end()
    except Ended as ended:
        if ended.reason == "stopped":
            raise Stopped("It was stopped.") from ended
        what = say("The model was ended: %(why)s.", why=explained(ended.reason, room))
        raise Invalid(Problem("model", what)) from ended


def require_fences() -> None:
    """Refuses to run what nobody vouches for where it could not be kept in.

    Raises:
        Unavailable: with what is missing.
    """
    why = trials.missing()
    if why:
        what = (
            "Models from outside are off on this server, because a process cannot be fenced in "
            "here. %(why)s"
        )
        raise Unavailable(say(what, why=why))


def _check(said: Mapping[str, Any], what: str) -> None:
    check_ended(said)
    if "error" in said:
        why = str(said.get("what", ""))[:500]
        raise Invalid(Problem("model", say("%(what)s %(why)s", what=what, why=why)))


def _facts(said: object) -> Facts:
    told = said if isinstance(said, dict) else {}
    labels = told.get("labels")
    listed = labels if isinstance(labels, list) else []
    if len(listed) > MOST or not all(
        isinstance(one, str) and len(one) <= LONGEST for one in listed
    ):
        raise Invalid(Problem("model", "Its labels are too many, too long, or no texts."))
    codes = told.get("codes")
    known = tuple(map(_short, codes[:MOST_CODES])) if isinstance(codes, list) else ()
    return Facts(tuple(listed), _short(told.get("does")), _short(told.get("version")), known)


def _short(said: object) -> str:
    return "".join(one for one in said if one.isprintable())[:80] if isinstance(said, str) else ""
