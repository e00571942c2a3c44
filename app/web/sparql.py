"""SPARQL: the endpoint of a project, and a page to ask from.

Source: SPARQL 1.1 Protocol (query by GET, by a form, or as the body of a POST).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType
from werkzeug.wrappers import Response as BaseResponse

from app.domain.errors import Invalid, Unavailable
from app.domain.roles import Action
from app.rdf.syntax import SYNTAXES, prefixes
from app.services import linked_data, record_graphs
from app.services.mirror import Answer, Mirror
from app.web import negotiation
from app.web.context import desk, parts, store
from app.web.iris import shortener
from app.web.rules import rule
from app.web.sparql_examples import EXAMPLES
from app.web.texts import translate

bp = Blueprint("sparql", __name__)
Page = str | BaseResponse | tuple[str, int]
ROWS = {
    "json": "application/sparql-results+json",
    "xml": "application/sparql-results+xml",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
}
GRAPHS = {one.id: one.media_type for one in SYNTAXES if not one.quads or one.id == "jsonld"}
_SHOWN = 500  # rows on the page
_MOST_SHOWN = 1 << 20  # bytes on the page
csv.field_size_limit(max(csv.field_size_limit(), _MOST_SHOWN))
_LONGEST = 1 << 18  # bytes of a query
_ALSO_ROWS = {"application/json": ROWS["json"], "application/xml": ROWS["xml"]}


@dataclass(frozen=True)
class Asked:
    """What a request of the protocol asks."""

    query: str
    default_graphs: list[str]
    named_graphs: list[str]


@bp.get("/<slug>/sparql")
@rule(Action.READ)
def ask(slug: str) -> Page:
    """Answers a query in the address; without one, or for a browser, the page to ask from."""
    names = set(request.args)
    asked = _from_arguments()
    for_people = negotiation.best_of(
        [negotiation.HTML, *ROWS.values(), *GRAPHS.values(), *_ALSO_ROWS], ROWS["json"]
    )
    chosen = request.args.get("format", "")
    if (for_people == negotiation.HTML and not chosen) or not asked.query:
        if "query" in names and for_people != negotiation.HTML:
            raise BadRequest("Send a query as “query”.")
        return _page(asked.query)
    return _answer(asked)


@bp.post("/<slug>/sparql")
@rule(Action.READ, reads=True)
def ask_by_post(slug: str) -> Page:
    """Answers a query that is sent as a form or as the body."""
    if (request.content_length or 0) > _LONGEST:
        raise RequestEntityTooLarge
    if request.mimetype == "application/sparql-query":
        body = request.get_data(as_text=True)
        return _answer(Asked(body, *_graphs(request.args)))
    if request.mimetype == "application/x-www-form-urlencoded":
        if "update" in request.form:
            raise BadRequest("Updates are not possible: the graphs follow the project.")
        return _answer(Asked(request.form.get("query", ""), *_graphs(request.form)))
    if request.mimetype == "application/sparql-update":
        raise BadRequest("Updates are not possible: the graphs follow the project.")
    raise UnsupportedMediaType("Send application/sparql-query, or a form with “query”.")


def _from_arguments() -> Asked:
    return Asked(request.args.get("query", "").strip(), *_graphs(request.args))


def _graphs(values: object) -> tuple[list[str], list[str]]:
    getlist = values.getlist  # type: ignore[attr-defined]
    return getlist("default-graph-uri"), getlist("named-graph-uri")


def _answer(asked: Asked) -> BaseResponse:
    if sum(map(len, (asked.query, *asked.default_graphs, *asked.named_graphs))) > _LONGEST:
        raise RequestEntityTooLarge  # it came without telling how long it is
    rows_type, graph_type = _media_types()
    try:
        found = _ask(asked, rows_type, graph_type)
    except Invalid as error:
        return _refused(translate(error.problems[0].what), 400)
    except Unavailable as error:
        answer = _refused(str(error), 503)
        answer.headers["Retry-After"] = "5"
        return answer
    made = Response(found.body, mimetype=found.media_type)
    made.vary.add("Accept")
    made.headers["X-Rows"] = str(found.rows)
    if found.more:
        made.headers["X-More"] = "true"
        limit = parts().settings.sparql_rows
        made.headers["Warning"] = f'299 - "Only the first {limit} rows; use LIMIT and OFFSET"'
    if "format" in request.args:
        end = {**{v: k for k, v in ROWS.items()}, **{s.media_type: s.suffix[1:] for s in SYNTAXES}}
        name = f"{desk().project['slug']}-query.{end.get(found.media_type, 'txt')}"
        made.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return negotiation.opened(made)


def _ask(asked: Asked, rows_type: str, graph_type: str, rows: int | None = None) -> Answer:
    base = linked_data.base_of(store(), desk().project)
    return Mirror(parts().settings).query(
        desk(),
        asked.query,
        rows_type=rows_type,
        graph_type=graph_type,
        default_graphs=asked.default_graphs,
        named_graphs=asked.named_graphs,
        rows=rows,
        prefixes=prefixes(base),
    )


def _media_types() -> tuple[str, str]:
    """In what rows and in what triples are given: as the address or `Accept` says."""
    chosen = request.args.get("format", "")
    if chosen:
        return ROWS.get(chosen, ROWS["json"]), GRAPHS.get(chosen, GRAPHS["turtle"])
    rows = negotiation.best_of([*ROWS.values(), *_ALSO_ROWS], ROWS["json"]) or ROWS["json"]
    graph = negotiation.best_of(list(GRAPHS.values()), GRAPHS["turtle"]) or GRAPHS["turtle"]
    return _ALSO_ROWS.get(rows, rows), graph


def _refused(what: str, status: int) -> Response:
    return negotiation.opened(Response(f"{what}\n", status, mimetype="text/plain"))


def _page(query: str) -> Page:
    names: list[str] = []
    rows: list[list[str]] = []
    graph = error = ""
    status = 200
    found: Answer | None = None
    if query:
        try:
            found = _ask(Asked(query, *_graphs(request.args)), "text/csv", "text/turtle", _SHOWN)
            body, cut = _beginning(found.body)
            if found.media_type == "text/csv":
                names, rows = _table(body)
            else:
                graph = body
            found = replace(found, more=found.more or cut)
        except (Invalid, Unavailable) as wrong:
            problems = getattr(wrong, "problems", None)
            error = translate(problems[0].what) if problems else str(wrong)
            status = 400 if problems else 503
    page = render_template(
        "linked_data/sparql.html",
        query=query or EXAMPLES[0].query,
        asked=bool(query),
        names=names,
        rows=rows,
        graph=graph,
        error=error,
        found=found,
        examples=[(one.title, _href(one.query)) for one in EXAMPLES],
        formats=[(name, _href(query, name)) for name in (GRAPHS if graph else ROWS)],
        prefixes=prefixes(linked_data.base_of(store(), desk().project)),
        short=shortener(),
        position=record_graphs.position(desk()),
        limit=parts().settings.sparql_rows,
    )
    return page, status


def _beginning(body: Iterator[bytes]) -> tuple[str, bool]:
    """As much of an answer as a page shows, in whole lines; and whether there is more."""
    kept = bytearray()
    for block in body:
        kept += block
        if len(kept) > _MOST_SHOWN:
            end = kept.rfind(b"\n", 0, _MOST_SHOWN) + 1 or _MOST_SHOWN
            return kept[:end].decode(errors="ignore"), True
    return kept.decode(), False


def _table(body: str) -> tuple[list[str], list[list[str]]]:
    if body in ("true\n", "false\n"):  # rows end with \r\n
        return [str(_("Answer"))], [[str(_("yes") if body == "true\n" else _("no"))]]
    lines = csv.reader(io.StringIO(body, newline=""), strict=False)
    names = next(lines, [])
    return names, list(islice(lines, _SHOWN))


def _href(query: str, chosen: str = "") -> str:
    slug = desk().project["slug"]
    return url_for("sparql.ask", slug=slug, query=query, format=chosen or None)
