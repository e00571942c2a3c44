"""The language of the interface: the best one there is for what a browser asks for."""

from __future__ import annotations

from babel import Locale
from flask import Flask, request
from flask_babel import Babel, get_locale

_babel = Babel()


def install(app: Flask) -> None:
    """Sets up gettext."""
    _babel.init_app(app, default_locale="en", locale_selector=_choose)


def interface_language() -> str:
    """The BCP 47 tag of the interface's language."""
    return str(_locale()).replace("_", "-")


def interface_direction() -> str:
    """`rtl` or `ltr`, as the interface's language is written."""
    return "rtl" if _locale().text_direction == "rtl" else "ltr"


def _locale() -> Locale:
    return get_locale() or Locale("en")


def _choose() -> str | None:
    offered = [str(locale).replace("_", "-") for locale in _babel.list_translations()]
    if "en" not in offered:
        offered.append("en")  # what the messages are written in
    best = request.accept_languages.best_match(offered, default="en")
    return best.replace("-", "_") if best else None
