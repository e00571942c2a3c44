"""Modules that are read when they are used: each process collects all tests, few need torch."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class Lazily:
    """A module, read when something of it is asked for; what is replaced in it is named in full."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, key: str) -> Any:
        if key.startswith(("_pytest", "__", "_mock")):  # pytest asks this of all that it finds
            raise AttributeError(key)
        return getattr(import_module(self._name), key)
