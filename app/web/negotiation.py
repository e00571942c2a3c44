"""In which syntax somebody wants an answer: by the ending of the address, else by `Accept`.

Source: RFC 9110, section 12 (content negotiation).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TypeVar

from flask import Response, request
from flask_babel import gettext as _
from werkzeug.exceptions import NotAcceptable
from werkzeug.wrappers import Response as BaseResponse

from app.rdf.syntax import SYNTAXES, Syntax, find_syntax, write_quads
from app.rdf.terms import Quad
from app.web.auth import caller

Made = TypeVar("Made", bound=BaseResponse)
HTML = "text/html"
# What people send beside the registered names.
_ALSO = {
    "application/x-turtle": "turtle",
    "application/rdf+turtle": "turtle",
    "text/n3": "turtle",
    "text/plain": "ntriples",
    "application/xml": "rdfxml",
    "text/xml": "rdfxml",
    "application/json": "jsonld",
}


def wanted() -> Syntax | None:
    """The syntax that `Accept` asks for; None for a page.

    Raises:
        NotAcceptable: it asks for neither a page nor a syntax of RDF that is known.
    """
    offered = [HTML, *(one.media_type for one in SYNTAXES), *_ALSO]
    best = best_of(offered, HTML)
    if best is None:
        names = ", ".join([HTML, *(one.media_type for one in SYNTAXES)])
        raise NotAcceptable(str(_("This can be had as: %(names)s.", names=names)))
    return None if best == HTML else find_syntax(_ALSO.get(best, best))


def best_of(offered: Sequence[str], default: str) -> str | None:
    """What of some media types is wanted most; the default where nothing sensible is asked for."""
    accepted = request.accept_mimetypes
    if not any("/" in value and quality for value, quality in accepted):
        return default
    if accepted[default] and accepted[default] >= max(accepted[one] for one in offered):
        return default
    return accepted.best_match(offered)


def by_suffix(name: str) -> tuple[str, str]:
    """A name without the ending of a syntax, and that ending: `.ttl`, `.html` …, or nothing."""
    bare, dot, end = name.rpartition(".")
    suffix = f".{end.lower()}"
    if dot and (suffix == ".html" or find_syntax(suffix) is not None):
        return bare, suffix
    return name, ""


def answer(quads: Sequence[Quad], syntax: Syntax, base: str) -> Response:
    """Quads as a document."""
    out = io.BytesIO()
    write_quads(quads, out, syntax, base)
    made = Response(out.getvalue(), mimetype=syntax.media_type)
    made.add_etag()
    return opened(made)


def opened(made: Made) -> Made:
    """An answer that pages of other sites may read, unless it is for an account in this browser."""
    made.vary.update(("Cookie", "Authorization"))
    who = caller()
    if who.account is not None and who.scopes is None:
        return made
    made.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    made.headers["Access-Control-Allow-Origin"] = "*"
    return made
