"""A translation made for tests: every message in brackets, so that what has none shows."""

from __future__ import annotations

import importlib.util
import re
from functools import lru_cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from app.settings import REPOSITORY

TAG = "he"  # from right to left, with plural forms of its own
MARKS = "⟦⟧"
FACT = re.compile(r"%\(\w+\)[sd]")


@lru_cache(maxsize=1)
def messages():
    """Everything that scripts/messages collects."""
    spec = importlib.util.spec_from_file_location("messages", REPOSITORY / "scripts/messages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.collect()


def bracketed(text: str) -> str:
    """The translation of a message."""
    return f"⟦{text}⟧"


def write_translation(data: Path) -> None:
    """Puts the translation into a data folder, where the program finds it."""
    catalog = Catalog(locale=TAG, charset="utf-8")
    for message in messages():
        if isinstance(message.id, tuple):
            form = bracketed(message.id[1])
            catalog.add(message.id, (form,) * catalog.num_plurals)
        elif message.id:
            catalog.add(message.id, bracketed(message.id))
    place = data / "translations" / TAG / "LC_MESSAGES" / "messages.mo"
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("wb") as out:
        write_mo(out, catalog)


def untranslated(text: str) -> str:
    """What is left of a text without what stands in brackets; empty where it has no letters."""
    depth, left = 0, []
    for character in text:
        if character in MARKS:
            depth += 1 if character == MARKS[0] else -1
        elif not depth:
            left.append(character)
    rest = "".join(left).strip()
    return rest if re.search(r"[^\W\d_]{2}", rest) else ""
