"""What a project gives away as linked data: its address, all of it as files, dated releases."""

from __future__ import annotations

import base64

from flask import Blueprint, Response, render_template, request, send_file
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app.domain.errors import Invalid, NotFound
from app.domain.messages import say
from app.domain.roles import Action
from app.rdf.syntax import SYNTAXES, find_syntax
from app.services import linked_data, record_graphs, releases
from app.services.graph_view import neighbourhood
from app.services.mirror import Mirror
from app.web import negotiation
from app.web.context import desk, now, parts
from app.web.forms import errors_of
from app.web.rules import rule
from app.web.waiting import as_job

bp = Blueprint("publish", __name__)
Page = str | BaseResponse | tuple[str, int]


@bp.get("/<slug>/publish")
@rule(Action.READ)
def index(slug: str) -> Page:
    """The addresses of the linked data, its files, and the releases."""
    return _page({}, {})


@bp.get("/<slug>/dump.<suffix>")
@rule(Action.EXPORT)
def dump(slug: str, suffix: str) -> Page:
    """All of the project that the asker may read, from the mirror."""
    syntax = find_syntax(f".{suffix}")
    if syntax is None:
        raise NotFound(say("“%(suffix)s” is no syntax of RDF known here.", suffix=suffix))
    found = Mirror(parts().settings).dump(desk(), syntax.media_type)
    made = Response(found.body, mimetype=syntax.media_type)
    name = f"{desk().project['slug']}-{now():%Y-%m-%d}{syntax.suffix}"
    made.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return negotiation.opened(made)


@bp.post("/<slug>/publish")
@rule(Action.OWN)
def release(slug: str) -> Page:
    """Publishes a release, as a job."""
    said = {name: request.form.get(name, "").strip() for name in _FIELDS}
    try:
        releases.check(desk(), *(said[name] for name in _FIELDS))
    except Invalid as error:
        return _page(errors_of(error), said), 422
    return as_job("release", **said)


@bp.get("/<slug>/releases/<version>/<name>")
@rule(Action.READ)
def download(slug: str, version: str, name: str) -> Page:
    """A file of a release."""
    known, stream = releases.open_file(desk(), version, name)
    made = send_file(stream, mimetype="application/gzip", as_attachment=True, download_name=name)
    digest = base64.b64encode(bytes.fromhex(known["sha256"])).decode()
    made.headers["Repr-Digest"] = f"sha-256=:{digest}:"
    made.set_etag(known["sha256"])
    made.content_length = known["size"]
    negotiation.opened(made)
    return made.make_conditional(request, accept_ranges=True, complete_length=known["size"])


@bp.get("/<slug>/lexicon/<entry>/graph")
@rule(Action.READ)
def graph(slug: str, entry: str) -> Page:
    """An entry with its senses, relations and links as a picture that can be walked."""
    return render_template("linked_data/graph.html", **neighbourhood(desk(), entry))


_FIELDS = ("version", "licence", "citation")


def _page(errors: dict[str, str], said: dict[str, str]) -> str:
    project = desk().project
    context = record_graphs.context_of(desk())
    return render_template(
        "linked_data/index.html",
        project_iri=context.project_iri,
        base=linked_data.base_of(desk().store, project),
        frozen=bool(project.get("base")),
        syntaxes=SYNTAXES,
        releases=releases.find_all(desk()),
        position=record_graphs.position(desk()),
        errors=errors,
        typed={
            "version": f"{now():%Y-%m-%d}",
            "licence": project.get("licence", ""),
            "citation": project.get("citation", ""),
        }
        | said,
        title=_("Publish"),
    )
