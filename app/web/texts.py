"""What is said in the reader's language though it was not written in a template.

Errors of the domain and words of its tables are English until they are shown; scripts are given
the texts that they say with the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from babel.messages.extract import extract_from_dir
from flask import Flask
from flask_babel import get_locale, gettext, ngettext

from app.domain.errors import DomainError, Invalid, Unreadable
from app.domain.messages import Message, unpacked
from app.domain.schema import describe
from app.settings import REPOSITORY

SCRIPTS = REPOSITORY / "static" / "js"


def install(app: Flask) -> None:
    """Gives templates the filter `translated`, `describe` and the texts of the scripts."""
    app.jinja_env.filters["translated"] = translate
    app.jinja_env.filters["job_error"] = error_of
    app.jinja_env.filters["percent"] = percent
    app.jinja_env.globals.update(describe=describe_path, script_texts=script_texts)


def percent(share: float, places: int = 1) -> str:
    """A share from 0 to 1 in per cent; number and sign stay in order in text from right to left."""
    said = f"{100 * share:.{places}f}\N{NO-BREAK SPACE}%"
    locale = get_locale()
    if locale is None or locale.text_direction == "ltr":
        return said
    return f"\N{LEFT-TO-RIGHT ISOLATE}{said}\N{POP DIRECTIONAL ISOLATE}"


def translate(message: str | Mapping[str, Any] | None) -> str:
    """A sentence or word of the domain in the reader's language; as it is where it is unknown.

    Args:
        message: it, or what `packed` made of it to be stored.
    """
    if isinstance(message, Mapping):
        message = unpacked(message)
    if not message:
        return ""
    if isinstance(message, Message):
        facts = {
            name: translate(fact) if isinstance(fact, Message) else fact
            for name, fact in message.facts.items()
        }
        return str(gettext(message.pattern, **facts))
    return str(gettext(message))


def error_of(job: Mapping[str, Any]) -> str:
    """Why a job failed, in the reader's language."""
    told = job.get("error_told")
    if not told:
        return translate(job.get("error"))
    said = [(str(one.get("where", "")), translate(one.get("what"))) for one in told]
    return "; ".join(f"{where}: {what}" if where else what for where, what in said)


def message_of(error: DomainError) -> str:
    """What an error says, in the reader's language."""
    if isinstance(error, Invalid):
        return "; ".join(
            f"{one.where}: {translate(one.what)}" if one.where else translate(one.what)
            for one in error.problems
        )
    if isinstance(error, Unreadable):
        place = ":".join(str(part) for part in (error.file, error.line, error.column) if part)
        return f"{place}: {translate(error.what)}" if place else translate(error.what)
    return translate(error.args[0]) if error.args else ""


def describe_path(path: tuple[str, ...] | list[str], kind: str = "entry") -> str:
    """The path of a field of a kind of record in words of the reader's language."""
    return describe(tuple(path), translate, kind)


def script_texts() -> dict[str, Any]:
    """What scripts say, by its English; of a plural its forms by CLDR category.

    Empty where the interface is in English: that stands in the scripts.
    """
    locale = get_locale()
    if locale is None or locale.language == "en":
        return {}
    texts: dict[str, Any] = {}
    samples = {locale.plural_form(n): n for n in range(200, -1, -1)}
    for message in _in_scripts():
        if isinstance(message, tuple):
            texts[message[0]] = {
                category: str(ngettext(*message, n, n="%(n)s")) for category, n in samples.items()
            }
        else:
            texts[message] = str(gettext(message))
    return texts


@lru_cache(maxsize=1)
def _in_scripts() -> tuple[str | tuple[str, str], ...]:
    """The messages in the scripts, in their order."""
    found = extract_from_dir(SCRIPTS, method_map=[("**.js", "javascript")])
    messages = dict.fromkeys(message for _file, _line, message, _comments, _context in found)
    return tuple(one if isinstance(one, str) else (one[0], one[1]) for one in messages)
