"""Asking models that run elsewhere; what they said is kept for a while.

A page waits less for guesses than a service may take: it has them when it is looked at again, and
nobody's words are sent twice.
"""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from app.domain.errors import Unavailable
from app.ml import external
from app.predict.pool import Kept
from app.settings import Settings

AT_ONCE = 4  # questions that are under way: each holds a thread
_KEPT, _MOST = 600.0, 4000  # seconds, and lines, that an answer is kept

Body = dict[str, Any]


class Elsewhere:
    """The services that are asked, and what they said lately."""

    def __init__(self, settings: Settings) -> None:
        """Begins with nothing asked."""
        self._hosts = external.hosts_of(settings.model_hosts)
        self._seconds = float(settings.predict_seconds)
        self._asking = threading.BoundedSemaphore(AT_ONCE)
        self._said: OrderedDict[str, tuple[float, Body]] = OrderedDict()
        self._look = threading.Lock()

    def guess(self, model: Kept, lines: Sequence[Body]) -> list[Body]:
        """What a service says of lines; it is asked about those only of which that is not known.

        Raises:
            Invalid: the service may not be asked.
            Unavailable: it gave no answer that can be used, or too many are asked at once.
        """
        external.checked(model.address, self._hosts)  # of one that was struck off nothing is told
        keys = [_key(model, line) for line in lines]
        known = self._known(keys)
        wanted = {key: line for key, line in zip(keys, lines, strict=True) if key not in known}
        if wanted:
            told = self._ask(model, list(wanted.values()))
            known |= dict(zip(wanted, told, strict=True))
            self._keep(dict(zip(wanted, told, strict=True)))
        return [{**known[key], "id": line["id"]} for key, line in zip(keys, lines, strict=True)]

    def _ask(self, model: Kept, lines: Sequence[Body]) -> list[Body]:
        if not self._asking.acquire(blocking=False):
            raise Unavailable("Too many guesses are asked for; try again in a moment.")
        try:
            service = external.Service(model.address, self._hosts, self._seconds)
            return service.guess(model.task, lines)
        finally:
            self._asking.release()

    def _known(self, keys: Sequence[str]) -> dict[str, Body]:
        since = time.monotonic() - _KEPT
        with self._look:
            found = {key: self._said[key] for key in keys if key in self._said}
        return {key: one for key, (at, one) in found.items() if at > since}

    def _keep(self, said: dict[str, Body]) -> None:
        now = time.monotonic()
        with self._look:
            for key, one in said.items():
                self._said[key] = (now, one)
                self._said.move_to_end(key)
            while len(self._said) > _MOST:
                self._said.popitem(last=False)


def _key(model: Kept, line: Body) -> str:
    """What a question about a line is, but for its id."""
    words = [word["form"] for word in line["words"]]
    return json.dumps([model.id, model.address, words, line.get("translations") or {}])
