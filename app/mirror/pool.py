"""Processes that answer queries: kept warm, ended when one takes too long or too much."""

from __future__ import annotations

import json
import os
import queue
import select
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from app.domain.errors import Invalid, Problem, Unavailable
from app.domain.messages import say
from app.mirror.asking import explain
from app.processes.child import wrapped
from app.settings import REPOSITORY

_START_LIMIT = 20.0  # seconds
_WAITING = 8  # queries that wait for a process; more are refused at once
_BUSY = "Too many queries are running; try again in a moment."


@dataclass(frozen=True)
class Limits:
    """What a query may take.

    Attributes:
        seconds: until it is ended.
        rows: or triples of its result.
        memory: in MiB.
        answer: in MiB, as it is written.
        at_once: queries that run side by side.
    """

    seconds: float = 20.0
    rows: int = 10_000
    memory: int = 2048
    answer: int = 512
    at_once: int = 2


class TooLong(Invalid):
    """A query was ended because of a limit."""

    code = "limit"


class Pool:
    """As many processes as queries may run side by side."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        # a process ends with the thread that started it: one that stays
        self._starter = ThreadPoolExecutor(1, "starter")
        self._free: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        self._places = threading.BoundedSemaphore(_WAITING)
        for _ in range(limits.at_once):
            self._free.put(None)

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Has a process answer; ends it if that takes too long.

        Raises:
            Invalid: the query is none, or came to a limit (`TooLong`).
            Unavailable: too many others wait, or the process failed.
        """
        begun = time.monotonic()
        if not self._places.acquire(blocking=False):
            raise Unavailable(_BUSY)
        try:
            child = self._free.get(timeout=self.limits.seconds)
        except queue.Empty:
            raise Unavailable(_BUSY) from None
        finally:
            self._places.release()
        try:
            if child is None or not child.is_alive():
                child = self._starter.submit(_Child, self.limits).result()
            left = self.limits.seconds - min(time.monotonic() - begun, self.limits.seconds / 2)
            answer = child.ask(request, left)
            if answer is None or answer.get("error") == "memory":
                child.end()
        except BaseException:
            if child is not None:
                child.end()
            raise
        finally:
            self._free.put(child)
        return _checked(answer, self.limits, str(request.get("query", "")))

    def close(self) -> None:
        """Ends all processes."""
        while not self._free.empty():
            child = self._free.get_nowait()
            if child is not None:
                child.end()
        self._starter.shutdown()


class _Child:
    """One process."""

    def __init__(self, limits: Limits) -> None:
        most = (str(limits.memory), str(limits.answer))
        command = wrapped((sys.executable, "-m", "app.mirror.query_child", *most))
        self._process = subprocess.Popen(
            command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, bufsize=1,
            env={**os.environ, "MALLOC_ARENA_MAX": "2"},  # each takes addresses, which are limited
        )  # fmt: skip
        if not self._line(_START_LIMIT):
            self.end()
            raise Unavailable("The process that answers queries did not start.")

    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def ask(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any] | None:
        """Its answer; None where it has none in time, or died."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return {"error": "memory"}
        line = self._line(seconds)
        if line is None:
            return None
        return dict(json.loads(line)) if line else {"error": "memory"}

    def end(self) -> None:
        """Ends it at once."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def _line(self, seconds: float) -> str | None:
        """A line that it writes; empty when it has ended, None when it is silent for so long."""
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], max(seconds, 0))
        return self._process.stdout.readline() if ready else None


def _checked(answer: dict[str, Any] | None, limits: Limits, query: str) -> dict[str, Any]:
    if answer is None:
        what = say(
            "The query took longer than %(seconds)s s and was ended. Ask for less: name the "
            "property or graph, add LIMIT, avoid patterns that share no variable.",
            seconds=f"{limits.seconds:g}",
        )
        raise TooLong(Problem("query", what))
    if answer.get("error") == "memory":
        what = say(
            "The query took more than %(memory)s MiB of memory and was ended. Ask for less.",
            memory=limits.memory,
        )
        raise TooLong(Problem("query", what))
    if answer.get("error") == "large":
        what = say(
            "The answer is larger than %(answer)s MiB. Ask for less, or take a dump.",
            answer=limits.answer,
        )
        raise TooLong(Problem("query", what))
    if answer.get("error") == "query":
        why = explain(query, answer["what"])
        raise Invalid(Problem("query", say("This is no query: %(why)s", why=why)))
    if "error" in answer:
        raise Unavailable(f"The graphs could not be read: {answer['what']}")
    return answer
