"""The rail of a project: its areas, in their order, where they exist."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, request, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from app.domain.roles import Action
from app.services.desk import Desk
from app.web.rules import needs_project, rule_of


@dataclass(frozen=True)
class Place:
    """A place on the rail of a project; shown where a page exists that the reader may open.

    Attributes:
        label: what is read; `short` what fits on a phone.
        icon: name in static/icons.svg.
        endpoints: pages that it leads to, the first that exists and is permitted.
        within: blueprints or endpoints whose pages belong to it, beside `endpoints`.
    """

    label: LazyString
    short: LazyString
    icon: str
    endpoints: tuple[str, ...]
    within: tuple[str, ...]


RAIL: tuple[Place, ...] = (
    Place(_("Lexicon"), _("Lexicon"), "book", ("lexicon.index",), ("lexicon", "text_updates")),
    Place(_("Texts"), _("Texts"), "text", ("texts.index",), ("texts", "text_forms")),
    Place(_("Recordings"), _("Audio"), "wave", ("recordings.index",), ("recordings",)),
    Place(_("People"), _("People"), "people", ("people.index",), ("people",)),
    Place(_("Concordance"), _("Words"), "words", ("concordance.index",), ("concordance",)),
    Place(_("Links"), _("Links"), "link", ("links.index",), ("links",)),
    Place(
        _("Models"),
        _("Models"),
        "model",
        ("models.index",),
        ("models", "model_use", "model_uploads"),
    ),
    Place(_("Publish"), _("Publish"), "publish", ("publish.index",), ("publish", "sparql", "iris")),
    Place(
        _("Import and export"),
        _("Import"),
        "exchange",
        ("imports.index", "exports.index"),
        ("imports", "exports"),
    ),
    Place(
        _("Activity"), _("Activity"), "history", ("projects.activity",), ("activity", "comments")
    ),
    Place(
        _("Settings"),
        _("Settings"),
        "settings",
        ("projects.settings", "members.index"),
        ("members",),
    ),
)


@dataclass(frozen=True)
class RailItem:
    """A link of the rail.

    Attributes:
        current: whether this page belongs to it.
    """

    label: str
    short: str
    icon: str
    href: str
    current: bool


def rail_of(desk: Desk) -> tuple[RailItem, ...]:
    """The places of a project's rail that exist and that the actor may open."""
    items = []
    for place in RAIL:
        endpoint = next((name for name in place.endpoints if _open_to(desk, name)), None)
        if endpoint:
            items.append(_item(place, url_for(endpoint, slug=desk.project["slug"])))
    return tuple(items)


def _open_to(desk: Desk, endpoint: str) -> bool:
    view = current_app.view_functions.get(endpoint)
    required = rule_of(view) if view else None
    if required is None or not needs_project(required):
        return required is not None
    return desk.may(required) if isinstance(required, Action) else desk.role is not None


def _item(place: Place, href: str) -> RailItem:
    endpoint = request.endpoint or ""
    area = endpoint.rpartition(".")[0]
    current = endpoint in place.within or area in place.within or endpoint in place.endpoints
    return RailItem(str(place.label), str(place.short), place.icon, href, current)
