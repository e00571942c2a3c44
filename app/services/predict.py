"""Asking models: guesses for lines, from processes that keep them ready.

The models run in another process (`python -m app predict`). Where it does not answer, whoever asks
says so and goes on without it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.errors import Unavailable
from app.ml.data import Entry, Line
from app.ml.stretches import Body, answers
from app.processes.calling import Way, token_of
from app.settings import Settings
from app.store.mongod import socket_path

NAME, SOCKET = "predict", "predict.sock"
_SHORT = 0.7  # seconds that a page waits for what it can do without
_LEAST = 0.05  # seconds that are left for the last of several questions
_LOADING = 100.0  # seconds that a model may take to be ready, beside those for an answer


@dataclass(frozen=True)
class Predict:
    """The way to the models. Who may ask which, is for the caller to see to."""

    settings: Settings

    def is_there(self) -> bool:
        """Whether the service answers."""
        try:
            return bool(self._way.ask("hello", {}, _SHORT)["there"])
        except Unavailable:
            return False

    def fences(self) -> list[tuple[str, str]]:
        """What keeps models from outside in, each with why it does not hold, or nothing.

        Raises:
            Unavailable: the service does not answer.
        """
        said = self._way.ask("fences", {}, _LOADING)["fences"]
        return [(str(name), str(why)) for name, why in said]

    def guess(
        self,
        model: str,
        lines: Iterable[Line],
        lexicon: Sequence[Entry] = (),
        *,
        seconds: float = 0.0,
    ) -> list[dict[str, Any]]:
        """What a model says of lines, in their order, as the engine gives it.

        Args:
            seconds: that are waited; as long as it may take if left out.

        Raises:
            NotFound: there is no such model.
            Invalid: it cannot be loaded, or has no answer to that.
            Unavailable: it was ended (`code` is `model-ended`), or the service does not answer.
        """  # fmt: skip
        entries = list(lexicon)
        longest = seconds or self.settings.predict_seconds + _LOADING
        end = time.monotonic() + longest

        def ask(some: Sequence[Line]) -> Sequence[Body]:
            asked = {"model": model, "lines": list(some), "lexicon": entries}
            left = max(end - time.monotonic(), _LEAST) if seconds else longest
            said: Sequence[Body] = self._way.ask("guess", asked, left)["guesses"]
            return said

        return list(answers(list(lines), ask))

    def state(self) -> dict[str, Any]:
        """Which models are ready (`warm`), and what is held against which (`marks`).

        Raises:
            Unavailable: the service does not answer.
        """
        return self._way.ask("state", {}, _SHORT)

    def forget(self, model: str) -> None:
        """Ends a model's process and takes back what was held against it.

        Raises:
            Unavailable: the service does not answer.
        """
        self._way.ask("forget", {"model": model}, self.settings.predict_seconds + _LOADING)

    @property
    def _way(self) -> Way:
        return Way(
            socket_path(self.settings, SOCKET),
            self.settings.predict_url,
            token_of(self.settings.secret_key, NAME),
            subject="model",
            silence="The service that runs models does not answer.",
        )
