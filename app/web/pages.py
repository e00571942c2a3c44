"""What every template knows: the caller, the project, the rail, the language."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Flask, current_app, g, request, url_for
from flask_babel import format_date, format_datetime, format_decimal, format_timedelta
from flask_babel import gettext as _
from jinja2 import StrictUndefined

from app.domain.roles import Action, Role
from app.web.auth import caller
from app.web.context import now
from app.web.language import interface_direction, interface_language
from app.web.rail import rail_of


def install(app: Flask) -> None:
    """Sets templates up."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.add_extension("jinja2.ext.do")
    app.jinja_env.filters.update(ago=ago, day=day, moment=moment, number=number, initials=initials)
    app.jinja_env.tests["endpoint"] = has_endpoint
    app.jinja_env.globals.update(Action=Action)
    app.context_processor(_context)


def has_endpoint(endpoint: str) -> bool:
    """Whether the application has a page by this name."""
    return endpoint in current_app.view_functions


def safe_target(value: str | None) -> str:
    """A typed address to go to next, if it lies on this server; else the home page."""
    target = (value or "").strip()
    parsed = urlsplit(target)
    elsewhere = parsed.scheme or parsed.netloc or target.startswith(("//", "/\\"))
    if not target.startswith("/") or elsewhere or re.search(r"[\x00-\x20\\]", target):
        return url_for("home.show")
    return target


def ago(value: datetime | None) -> str:
    """How long ago something was, in words; the date where it is more than 30 days."""
    if value is None:
        return ""
    passed = now() - value
    if passed.days > 30:
        return day(value)
    return cast(str, format_timedelta(-passed, add_direction=True, granularity="minute"))


def day(value: datetime | None) -> str:
    """A date as the interface's language writes it."""
    return cast(str, format_date(value, "medium")) if value else ""


def moment(value: datetime | None) -> str:
    """Date and time as the interface's language writes them."""
    return cast(str, format_datetime(value, "medium")) if value else ""


def number(value: int | float) -> str:
    """A number as the interface's language writes it."""
    return cast(str, format_decimal(value))


def initials(name: str) -> str:
    """One or two letters that stand for a person.

    >>> initials("Ana María Ruiz")
    'AR'
    """
    words = [word for word in name.split() if word]
    outer = words[:1] + words[1:][-1:]
    return "".join(word[0] for word in outer).upper()


def role_names() -> dict[str, str]:
    """The roles' names, from most to least."""
    return {
        Role.OWNER.value: _("Owner"),
        Role.MANAGER.value: _("Manager"),
        Role.EDITOR.value: _("Editor"),
        Role.CONTRIBUTOR.value: _("Contributor"),
        Role.COMMENTER.value: _("Commenter"),
        Role.VIEWER.value: _("Viewer"),
    }


def _context() -> dict[str, Any]:
    who = caller()
    desk = g.get("desk")
    return {
        "actor": who.actor,
        "account": who.account,
        "desk": desk,
        "rail": rail_of(desk) if desk else (),
        "lang": interface_language(),
        "dir": interface_direction(),
        "roles": role_names(),
        "here": request.full_path.rstrip("?"),
    }
