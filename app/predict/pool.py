"""Warm processes, one a model: kept while they are asked, ended when they take too much."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.domain.errors import Invalid, Problem, Unavailable
from app.domain.messages import Message, say
from app.ml.running import Room, check_ended, explained, start
from app.processes.fence import Fence
from app.processes.talking import Ended, Talker

_log = logging.getLogger(__name__)
_BUSY = "Too many guesses are asked for; try again in a moment."
_LOG_BYTES = 1 << 20
_THREADS = 32  # libraries start some that only wait

Body = dict[str, Any]


@dataclass(frozen=True)
class Limits:
    """What models may take.

    Attributes:
        seconds: for one answer.
        load_seconds: until a model is loaded.
        memory: MiB of addresses, beside four times what the model's files have.
        at_once: models that are kept warm.
        waiting: askers that wait for one model; more are refused at once.
        idle: seconds after which one that nobody asks is ended.
        tries: ends of its process after which a model is off.
        off: seconds for which it is.
    """

    seconds: float = 20.0
    load_seconds: float = 90.0
    memory: int = 2048
    at_once: int = 4
    waiting: int = 8
    idle: float = 600.0
    tries: int = 3
    off: float = 3600.0


@dataclass(frozen=True)
class Kept:
    """A model that can be asked.

    Attributes:
        id: of its record; another content is another id.
        name: what people call it.
        module: of its engine.
        size: bytes of its files.
        outside: it was uploaded: nothing of the fence may be missing.
        also: further folders with modules of engines.
        address: where a service is asked; empty for what runs here.
        task: what a service is asked for.
    """

    id: str
    name: str
    module: str
    size: int = 0
    outside: bool = False
    also: tuple[str, ...] = ()
    address: str = ""
    task: str = ""


@dataclass
class Mark:
    """What is held against a model whose process was ended.

    Attributes:
        count: how often that was so, since it was good last.
        reason: why, the last time: `memory`, `seconds`, `loading`, `died`, `babble`, or what
            it tried though it may not: `processes`, `network` or `files`.
        at: when, in seconds of this machine's clock since it started.
    """

    count: int
    reason: str
    at: float


class ModelEnded(Unavailable):
    """The process of a model was ended, or is not started again for a while.

    Attributes:
        model: its id; `reason`: as in `Mark`.
    """

    code = "model-ended"

    def __init__(self, what: str, model: str, reason: str) -> None:
        self.model, self.reason = model, reason
        super().__init__(what)


@dataclass
class _Warm:
    """A model's process, and the queue before it."""

    talker: Talker | None = None
    asked: float = field(default_factory=time.monotonic)
    turn: threading.Lock = field(default_factory=threading.Lock)
    waiting: int = 0


class Pool:
    """The models that are warm."""

    def __init__(self, limits: Limits, lay: Callable[[Kept], Path], logs: Path) -> None:
        """Makes an empty one.

        Args:
            lay: puts the files of a model into a folder, once.
            logs: folder for what processes say beside their answers.
        """
        self.limits, self._lay, self._logs = limits, lay, logs
        self._warm: OrderedDict[str, _Warm] = OrderedDict()
        self._marks: dict[str, Mark] = {}
        self._look = threading.Lock()
        # a process ends with the thread that started it: one that stays
        self._starter = ThreadPoolExecutor(limits.at_once, "starter")

    def ask(self, model: Kept, request: Mapping[str, Any]) -> Body:
        """Has a model answer; it is loaded first if it is not warm.

        Raises:
            Invalid: the model, or what is asked of it, is none.
            ModelEnded: it took too much; it is named and noted.
            Unavailable: too many others wait, or the model cannot be run here.
        """
        self._refuse_marked(model)
        warm = self._place_of(model)
        try:
            if not warm.turn.acquire(timeout=self.limits.seconds):
                raise Unavailable(_BUSY)
            try:
                return self._ask(model, warm, request)
            finally:
                warm.asked = time.monotonic()
                warm.turn.release()
        finally:
            with self._look:
                warm.waiting -= 1
                is_forgotten = self._warm.get(model.id) is not warm and not warm.waiting
            if is_forgotten:
                _end(warm)

    def tidy(self) -> None:
        """Ends what nobody has asked for a while."""
        with self._look:
            now = time.monotonic()
            old = [
                key
                for key, one in self._warm.items()
                if not one.waiting and now - one.asked > self.limits.idle
            ]
            gone = [self._warm.pop(key) for key in old]
        for one in gone:
            _end(one)

    def forget(self, model: str) -> None:
        """Ends a model's process, and forgets what was held against it."""
        with self._look:
            self._marks.pop(model, None)
            warm = self._warm.pop(model, None)
        if warm is not None:
            _end(warm)

    def state(self) -> Body:
        """Which models are warm, and what is held against which."""
        with self._look:
            warm = [key for key, one in self._warm.items() if one.talker is not None]
            marks = {key: {"count": one.count, "reason": one.reason}
                     for key, one in self._marks.items()}  # fmt: skip
        return {"warm": warm, "marks": marks}

    def close(self) -> None:
        """Ends all processes."""
        with self._look:
            gone = list(self._warm.values())
            self._warm.clear()
        for one in gone:
            if one.talker is not None:
                one.talker.end()
        self._starter.shutdown()

    def _place_of(self, model: Kept) -> _Warm:
        """The model's place among the warm ones; another one makes room for it."""
        with self._look:
            warm = self._warm.get(model.id)
            if warm is None:
                gone = self._make_room()
                warm = self._warm[model.id] = _Warm()
            else:
                gone = None
            if warm.waiting >= self.limits.waiting:
                raise Unavailable(_BUSY)
            warm.waiting += 1
            self._warm.move_to_end(model.id)
        if gone is not None:
            _end(gone)
        return warm

    def _make_room(self) -> _Warm | None:
        if len(self._warm) < self.limits.at_once:
            return None
        for key, one in self._warm.items():  # the one that was asked longest ago comes first
            if not one.waiting:
                return self._warm.pop(key)
        raise Unavailable(_BUSY)

    def _ask(self, model: Kept, warm: _Warm, request: Mapping[str, Any]) -> Body:
        try:
            if warm.talker is None or not warm.talker.is_alive():
                warm.talker = self._starter.submit(self._start, model).result()
            answer = warm.talker.ask(dict(request), self.limits.seconds)
        except Ended as ended:
            warm.talker = None
            raise self._marked(model, ended.reason, ended.words) from ended
        if "error" in answer:
            raise self._refusal(model, warm, answer)
        self._marks.pop(model.id, None)
        return answer

    def _start(self, model: Kept) -> Talker:
        """Starts a model's process and loads it."""
        folder = self._lay(model)
        memory = self._room_of(model).memory
        fence = Fence(str(folder), also=model.also, memory=memory, threads=_THREADS,
                      largest_file=_LOG_BYTES, nice=2)  # fmt: skip
        log = self._logs / f"{model.id}.log"
        try:
            talker = start(model.module, fence, log, whole=model.outside)
            said = talker.ask({"do": "load"}, self.limits.load_seconds)
        except Ended as ended:
            if ended.reason == "seconds":
                raise Ended("loading", ended.words) from ended
            raise
        if "error" in said:
            talker.end()
            check_ended(said)
            why = str(said.get("what", ""))[:500]
            what = say("The model “%(name)s” cannot be loaded: %(why)s", name=model.name, why=why)
            raise Invalid(Problem("model", what))
        return talker

    def _refusal(self, model: Kept, warm: _Warm, answer: Body) -> Exception:
        try:
            check_ended(answer)
        except Ended as ended:
            assert warm.talker is not None
            warm.talker.end()
            warm.talker = None
            return self._marked(model, ended.reason, ended.words)
        why = str(answer.get("what", ""))[:500]
        what = say("The model “%(name)s” gave no answer: %(why)s", name=model.name, why=why)
        return Invalid(Problem("model", what))

    def _room_of(self, model: Kept) -> Room:
        return Room(memory=self.limits.memory + 4 * (model.size >> 20), seconds=self.limits.seconds)

    def _marked(self, model: Kept, reason: str, words: str) -> ModelEnded:
        """Notes that a model's process was ended."""
        with self._look:
            known = self._marks.get(model.id)
            count = (known.count if known else 0) + 1
            self._marks[model.id] = Mark(count, reason, time.monotonic())
        _log.warning("The process of the model %s was ended (%s): %s", model.id, reason, words)
        what = say(
            "The model “%(name)s” was ended: %(why)s.", name=model.name,
            why=self._why(model, reason),
        )  # fmt: skip
        return ModelEnded(what, model.id, reason)

    def _refuse_marked(self, model: Kept) -> None:
        mark = self._marks.get(model.id)
        if mark is None or mark.count < self.limits.tries:
            return
        if time.monotonic() - mark.at > self.limits.off:
            self._marks.pop(model.id, None)
            return
        what = say(
            "The model “%(name)s” is off for now: its process was ended %(count)s times, because "
            "%(why)s.",
            name=model.name,
            count=mark.count,
            why=self._why(model, mark.reason),
        )
        raise ModelEnded(what, model.id, mark.reason)

    def _why(self, model: Kept, reason: str) -> Message:
        if reason == "loading":
            what = "it took longer than %(most)s s to load"
            return say(what, most=f"{self.limits.load_seconds:g}")
        return explained(reason, self._room_of(model))


def _end(warm: _Warm) -> None:
    with warm.turn:
        if warm.talker is not None:
            warm.talker.end()
            warm.talker = None
