"""A process that answers in lines of JSON, over pipes, and is trusted with nothing.

What it writes may be anything: lines are limited, have to be JSON objects, and whoever reads on
checks what is in them.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from app.processes.child import wrapped

Body = dict[str, Any]
_LONGEST_LINE = 8 << 20
_LOOK_EVERY = 0.2  # seconds between two looks whether to go on
_LAST_WORDS = 2000  # bytes
_MEMORY_WORDS = ("MemoryError", "bad_alloc", "can't allocate memory", "Cannot allocate memory")


class Ended(Exception):
    """A process has ended, or was ended.

    Attributes:
        reason: `seconds` (it took too long), `memory`, `stopped` (as asked), `babble` (what it
            wrote was no answer), `died`.
        words: the last that it said, for a log; nobody vouches for them.
    """

    def __init__(self, reason: str, words: str = "") -> None:
        super().__init__(reason)
        self.reason, self.words = reason, words


class Talker:
    """The process.

    It ends with the thread that started it: start it from one that stays.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        log: Path,
        largest: int = _LONGEST_LINE,
    ) -> None:
        """Starts it.

        Args:
            folder: where it begins.
            log: what gets its errors; the last of them are told when it ends.
            largest: bytes of a line that it may write.
        """
        self._log, self._largest, self._read = log, largest, bytearray()
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                wrapped(command), cwd=folder, env=dict(environment), stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=errors, start_new_session=True,
            )  # fmt: skip
        assert self._process.stdin is not None and self._process.stdout is not None
        self._in: BinaryIO = self._process.stdin  # type: ignore[assignment]
        self._out: BinaryIO = self._process.stdout  # type: ignore[assignment]
        for pipe in (self._in, self._out):
            os.set_blocking(pipe.fileno(), False)

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def ask(self, request: Body, seconds: float, stop: Callable[[], bool] = lambda: False) -> Body:
        """What it answers to a request.

        Args:
            stop: looked at now and then; the process is ended when it says so.

        Raises:
            Ended: it is no more; nothing can be asked of it again.
        """
        deadline = time.monotonic() + seconds
        self._write(json.dumps(request).encode() + b"\n", deadline, stop)
        return self._answer(deadline, stop)

    def listen(self, seconds: float, stop: Callable[[], bool] = lambda: False) -> Body:
        """What it says next.

        Raises:
            Ended: as `ask`.
        """
        return self._answer(time.monotonic() + seconds, stop)

    def end(self) -> None:
        """Ends it at once, with all that it may have started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        with suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()
        for pipe in (self._in, self._out):
            with suppress(OSError):
                pipe.close()
        self._log.unlink(missing_ok=True)

    def _write(self, line: bytes, deadline: float, stop: Callable[[], bool]) -> None:
        """Writes a request; one that does not read is not waited for longer than that."""
        left = memoryview(line)
        while left:
            self._wait(self._in, deadline, stop, for_writing=True)
            try:
                left = left[os.write(self._in.fileno(), left) :]
            except BrokenPipeError:
                raise self._ended() from None

    def _answer(self, deadline: float, stop: Callable[[], bool]) -> Body:
        while b"\n" not in self._read:
            self._wait(self._out, deadline, stop)
            block = os.read(self._out.fileno(), 1 << 16)
            if not block:
                raise self._ended()
            self._read += block
            if len(self._read) > self._largest:
                raise self._ended("babble")
        line, _, rest = bytes(self._read).partition(b"\n")
        self._read = bytearray(rest)
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            raise self._ended("babble") from None
        if not isinstance(said, dict):
            raise self._ended("babble")
        return said

    def _wait(
        self, pipe: BinaryIO, deadline: float, stop: Callable[[], bool], for_writing: bool = False
    ) -> None:
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise self._ended("seconds")
            if stop():
                raise self._ended("stopped")
            pipes = ([], [pipe]) if for_writing else ([pipe], [])
            ready = select.select(*pipes, [], min(left, _LOOK_EVERY))
            if ready[0] or ready[1]:
                return

    def _ended(self, reason: str = "") -> Ended:
        """Ends it and says why it has ended."""
        if not reason:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(1.0)
        code = self._process.poll()
        words = self._last_words()
        self.end()
        return Ended(reason or _reason(code, words), words)

    def _last_words(self) -> str:
        with suppress(OSError), self._log.open("rb") as log:
            log.seek(max(log.seek(0, 2) - _LAST_WORDS, 0))
            return log.read().decode(errors="replace").strip()
        return ""


def _reason(code: int | None, words: str) -> str:
    """Why a process ended by itself, from its exit code and last words."""
    if code == -signal.SIGXCPU:
        return "seconds"
    if code == -signal.SIGKILL or any(one in words for one in _MEMORY_WORDS):
        return "memory"  # killed by nobody of ours: the system had none left
    return "died"
