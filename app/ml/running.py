"""Starts the processes in which models are trained and run, and takes what they made."""

from __future__ import annotations

import json
import os
import shutil
import stat
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from app.domain.errors import Conflict, Invalid, Problem, Unavailable
from app.domain.messages import Message, say, unpacked
from app.ml.engines import module_of
from app.processes.fence import Fence
from app.processes.talking import Ended, Talker
from app.processes.trials import clean_environment

_START_LIMIT = 90.0  # seconds until the libraries of an engine are there, on a busy machine
_MOST_FILES, _MOST_BYTES = 64, 4 << 30
_MIB = 1 << 20
_THREADS = 16  # libraries start some that only wait
_LINES = "lines.jsonl"
_LONGEST_PHASE = 200
_FORBIDDEN = {
    "processes": "it tried to start other processes, which no model may",
    "network": "it tried to reach the network, which no model may",
    "files": "it tried to reach files that are closed to it",
}

Tell = Callable[[float, str], None]


@dataclass(frozen=True)
class Room:
    """What a model may take.

    Attributes:
        memory: MiB of addresses.
        seconds: that a training may take.
        disk: bytes that a training may write.
    """

    memory: int = 4096
    seconds: float = 6 * 3600
    disk: int = 2 << 30


@dataclass(frozen=True)
class Training:
    """What is trained.

    Attributes:
        module: of the engine, as `app.ml.engines` has it.
        lines: file of what it learns from, as `app.ml.data.write_lines` writes it.
        options: of the engine.
        base: folder of the model that it goes on from, where there is one.
        room: what it may take.
        also: further folders with modules of engines.
    """

    module: str
    lines: Path
    options: Mapping[str, Any] = field(default_factory=dict)
    base: Path | None = None
    room: Room = Room()
    also: tuple[str, ...] = ()


class Stopped(Conflict):
    """A person stopped a training."""

    code = "cancelled"


class Failed(Unavailable):
    """A training ended without a model.

    Attributes:
        reason: `memory`, `seconds`, `disk`, `died`, `babble`, `invalid` or `failed`, or what it
            tried though it may not: `processes`, `network` or `files`.
    """

    code = "failed"

    def __init__(self, what: str, reason: str) -> None:
        self.reason = reason
        super().__init__(what)


def environment(also: Sequence[str] = ()) -> dict[str, str]:
    """Variables for such a process: nothing of ours, and nothing fetched by anybody.

    Args:
        also: further folders with modules.
    """
    clean = clean_environment()
    return {
        **clean,
        "PYTHONPATH": os.pathsep.join((clean["PYTHONPATH"], *also)),
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "TRANSFORMERS_VERBOSITY": "error",
        "TOKENIZERS_PARALLELISM": "false",
        "CUDA_VISIBLE_DEVICES": "",
        "TORCHINDUCTOR_CACHE_DIR": ".",  # is made if it is not there, and not used
    }


def start(module: str, fence: Fence, log: Path, *, whole: bool = False) -> Talker:
    """A process that has put up its fence and has the engine ready.

    Args:
        module: of the engine, as `app.ml.engines` has it.
        whole: nothing of the fence may be missing.

    Raises:
        Ended: it ended before.
        Unavailable: the engine or the fence cannot be had here.
    """
    told = json.dumps(asdict(fence))
    command = (
        *(sys.executable, "-P", "-m", "app.ml.child"),
        *(module, told, "whole" if whole else "part"),
    )
    talker = Talker(command, environment(fence.also), Path(fence.folder), log)
    said = talker.listen(_START_LIMIT)
    if said.get("ready"):
        return talker
    talker.end()
    check_ended(said)
    raise Unavailable(
        say("The model cannot be run here: %(why)s", why=str(said.get("what", ""))[:500])
    )


def train(
    engine: str,
    lines: Path,
    options: Mapping[str, Any],
    into: Path,
    work: Path,
    tell: Tell,
    stop: Callable[[], bool],
) -> dict[str, Any]:
    """Trains a model with an engine that is known; see `carry_out`.

    Raises:
        NotFound: there is no such engine.
        Stopped, Failed, Invalid: as `carry_out`.
    """
    return carry_out(Training(module_of(engine), lines, options), into, work, tell, stop)


def carry_out(
    training: Training, into: Path, work: Path, tell: Tell, stop: Callable[[], bool]
) -> dict[str, Any]:
    """Trains a model in a process of its own; returns what the engine says of it.

    Args:
        into: folder of the model; not there yet, and not there if anything goes wrong.
        work: an empty folder for the time of the training.
        tell: told how far it is, at least when a phase begins.
        stop: whether somebody wants it to end; looked at five times a second.

    Raises:
        Stopped: somebody did.
        Failed: it came to a limit, or to an error; nothing is left.
        Invalid: nothing can be learnt from these lines.
    """
    room, scratch = training.room, work / "scratch"
    asked = _prepared(training, work, scratch)
    fence = Fence(
        str(work),
        str(scratch),
        also=training.also,
        memory=room.memory,
        seconds=int(room.seconds) + 60,
        threads=_THREADS,
        largest_file=room.disk,
        nice=10,
    )
    watch = _Watch(scratch, room, stop)
    try:
        log, whole = work.parent / f"{work.name}.log", training.base is not None
        talker = start(training.module, fence, log, whole=whole)
        facts = _trained(talker, asked, tell, watch)
        collect(scratch / "model", into)
    except Ended as ended:
        raise watch.error(ended) from ended
    except BaseException:
        shutil.rmtree(into, ignore_errors=True)
        raise
    return facts


def _prepared(training: Training, work: Path, scratch: Path) -> dict[str, Any]:
    """Puts what is learnt from where the process may read it; gives what it is asked."""
    work.chmod(0o755)
    scratch.mkdir()
    shutil.copyfile(training.lines, work / _LINES)
    (work / _LINES).chmod(0o644)
    asked = {"do": "train", "lines": _LINES, "options": dict(training.options),
             "into": f"{scratch.name}/model"}  # fmt: skip
    if training.base is not None:
        shutil.copytree(training.base, work / "base", copy_function=shutil.copyfile)
        asked["base"] = "base"
    return asked


def collect(made: Path, into: Path) -> None:
    """Copies what a fenced process wrote: plain files of one folder, none that leads elsewhere.

    Raises:
        Failed: there is something else, or nothing.
    """
    found = []
    if made.is_symlink() or not made.is_dir():
        raise Failed(say("The training made no model."), "failed")
    for entry in sorted(made.iterdir()):
        facts = entry.lstat()
        if not stat.S_ISREG(facts.st_mode) or facts.st_nlink != 1:
            raise Failed(say("The training wrote something that is no file."), "failed")
        found.append((entry, facts.st_size))
    if not found or len(found) > _MOST_FILES or sum(size for _, size in found) > _MOST_BYTES:
        raise Failed(say("The training wrote no files, or too many."), "failed")
    into.mkdir(mode=0o700)
    for path, _ in found:
        _copy(path, into / path.name)


def check_ended(said: Mapping[str, Any]) -> None:
    """Has an answer count as the end of a process that came to a limit, or tried what it may not.

    Raises:
        Ended: with the reason; the process is to be ended.
    """
    reason = str(said.get("error", ""))
    if reason == "memory" or reason in _FORBIDDEN:
        raise Ended(reason, str(said.get("what", ""))[:500])


def explained(reason: str, room: Room) -> Message:
    """Why a process was ended, for people."""
    if reason == "memory":
        what = "it needed more than %(most)s MiB of memory"
        return say(what, most=f"{room.memory:,}")
    if reason == "seconds":
        return say("it took longer than %(most)s s", most=f"{room.seconds:g}")
    if reason == "disk":
        return say("it wrote more than %(most)s MiB", most=f"{room.disk // _MIB:,}")
    if reason in _FORBIDDEN:
        return say(_FORBIDDEN[reason])
    if reason == "babble":
        return say("what it wrote was no answer")
    return say("its process ended by itself")


class _Watch:
    """Looks after a training: somebody stopped it, or the disk fills."""

    def __init__(self, scratch: Path, room: Room, stop: Callable[[], bool]) -> None:
        self._scratch, self._room, self._stop = scratch, room, stop
        self._end = time.monotonic() + room.seconds
        self.has_filled = False

    @property
    def left(self) -> float:
        """Seconds until it has taken too long."""
        return self._end - time.monotonic()

    def __call__(self) -> bool:
        self.has_filled = _size_of(self._scratch) > self._room.disk
        return self.has_filled or self._stop()

    def error(self, ended: Ended) -> Exception:
        """What is raised for the end of the process."""
        if ended.reason == "stopped" and not self.has_filled:
            return Stopped("The training was stopped.")
        reason = "disk" if self.has_filled else ended.reason
        what = say("The training was ended: %(why)s.", why=explained(reason, self._room))
        return Failed(what, reason)


def _trained(talker: Talker, asked: dict[str, Any], tell: Tell, watch: _Watch) -> dict[str, Any]:
    try:
        said = talker.ask(asked, watch.left, watch)
        while "share" in said:
            tell(_share(said["share"]), _phase(said.get("phase")))
            said = talker.listen(watch.left, watch)
    finally:
        talker.end()
    check_ended(said)
    if "trained" in said and isinstance(said["trained"], dict):
        return dict(said["trained"])
    what = str(said.get("what", ""))[:1000]
    if said.get("error") == "invalid":
        raise Invalid(Problem("", what))
    raise Failed(say("The training failed: %(why)s", why=what), "failed")


def _phase(said: object) -> str:
    """What a process says that it is at; it is trusted with nothing."""
    told = unpacked(said)
    return told if len(told) <= _LONGEST_PHASE else str(told)[:_LONGEST_PHASE]


def _share(value: object) -> float:
    return min(max(float(value), 0.0), 1.0) if isinstance(value, int | float) else 0.0


def _copy(path: Path, target: Path) -> None:
    """Copies a file that is still a plain one when it is opened."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "rb") as source, target.open("xb") as out:
        shutil.copyfileobj(source, out, _MIB)


def _size_of(folder: Path) -> int:
    total = 0
    for place, _folders, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(Path(place) / name).st_size
            except OSError:
                continue
    return total
