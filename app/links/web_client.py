"""Fetching JSON from a service that may hang, lie or send too much; never in the web process."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from app.domain.errors import Unavailable
from app.domain.messages import say

MOST_BYTES = 2_000_000
_CHUNK = 1 << 14
_AGENT = "LiFE/0.1 (linguistic field data)"


@dataclass(frozen=True)
class Limits:
    """How long and how much a service may answer.

    Attributes:
        seconds: from the first byte sent to the last one read.
        size: bytes of an answer.
    """

    seconds: float = 5.0
    size: int = MOST_BYTES


class _SameHost(HTTPRedirectHandler):
    """Follows redirections on the same host only."""

    def redirect_request(
        self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Request | None:
        if urlsplit(newurl).hostname != urlsplit(req.full_url).hostname:
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch_json(address: str, query: Mapping[str, str], limits: Limits) -> Any:
    """What a service answers, as JSON.

    Raises:
        Unavailable: it does not answer in time, answers an error, too much, or no JSON.
    """
    host = urlsplit(address).hostname or address
    request = Request(  # noqa: S310  the setting begins with http
        f"{address}?{urlencode(query)}",
        headers={"Accept": "application/json", "User-Agent": _AGENT},
    )
    try:
        body = _read(request, limits, host)
        return json.loads(body)
    except HTTPError as error:
        with error:
            raise _failed(host, f"HTTP {error.code}") from error
    except (URLError, HTTPException, OSError) as error:
        reason = getattr(error, "reason", None) or error
        raise _failed(host, str(reason) or type(error).__name__) from error
    except (ValueError, RecursionError) as error:
        raise _failed(host, say("it sent no JSON")) from error


def _read(request: Request, limits: Limits, host: str) -> bytes:
    end = time.monotonic() + limits.seconds
    opener: OpenerDirector = build_opener(_SameHost)
    parts, size = [], 0
    with opener.open(request, timeout=limits.seconds) as answer:
        while chunk := answer.read1(_CHUNK):
            parts.append(chunk)
            size += len(chunk)
            if size > limits.size:
                raise _failed(host, say("it sent more than %(n)s bytes", n=limits.size))
            if time.monotonic() > end:
                raise _failed(host, say("it took too long"))
    return b"".join(parts)


def _failed(host: str, why: str) -> Unavailable:
    return Unavailable(say("%(host)s cannot be used now: %(why)s.", host=host, why=why))
