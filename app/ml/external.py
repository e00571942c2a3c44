"""Models that run elsewhere: asked over HTTPS, by a JSON protocol, and trusted with nothing.

An address is asked only if its host is on the server's list, never by a detour (no redirection, no
proxy, no second look-up of its name), and for so long only; its answers are taken over field by
field. The protocol is described in `docs/models-external.md`.
"""

from __future__ import annotations

import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import SplitResult, urlsplit

from app.domain.errors import Invalid, Problem, Unavailable
from app.domain.messages import Message, say
from app.domain.text import bad_characters
from app.ml.answers import taken
from app.ml.labels import LONGEST, MOST, Unit

PROTOCOL = "life-model/1"
LONGEST_ADDRESS = 500
_LARGEST_QUESTION, _LARGEST_ANSWER = 1 << 20, 4 << 20  # bytes
_BLOCK = 1 << 16
_AGENT = "LiFE (linguistic field data)"
_LOCAL_NAMES = ("localhost",)
_TRANSLATE = "translate"  # the task whose labels are texts
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Body = dict[str, Any]
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class About:
    """What a service says of itself, taken over field by field.

    Attributes:
        unit: what it labels, words or whole lines, or `text`: it makes texts of lines.
        labels: that it can give; empty where it does not list them.
    """

    name: str
    unit: Unit
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Service:
    """A model elsewhere.

    Attributes:
        address: where it is asked.
        hosts: that may be asked, as `LIFE_MODEL_HOSTS` lists them.
        seconds: from the first byte sent to the last one read.
    """

    address: str
    hosts: tuple[str, ...]
    seconds: float = 20.0

    def about(self) -> About:
        """What it says of itself.

        Raises:
            Invalid: its address may not be asked, or it answers something else.
            Unavailable: it gives no answer in time.
        """
        said = self._ask({"ask": "about"})
        unit, labels = said.get("unit", "word"), said.get("labels", [])
        if unit not in ("word", "line", "text"):
            raise self._odd("“unit” is none of “word”, “line” and “text”")
        if not isinstance(labels, list) or len(labels) > MOST or not all(map(_is_label, labels)):
            raise self._odd("its labels are too many, too long, or no texts")
        name = said.get("name")
        short = name if _is_label(name) else urlsplit(self.address).hostname
        return About(str(short), unit, tuple(dict.fromkeys(labels)))

    def guess(self, task: str, lines: Sequence[Mapping[str, Any]]) -> list[Body]:
        """What it says of lines, as `app.ml.answers` takes it.

        Only their words and translations are sent.

        Raises:
            Invalid, Unavailable: as `about`.
        """
        sent = [_sent(number, line) for number, line in enumerate(lines)]
        said = self._ask({"ask": "guess", "task": task, "lines": sent})
        numbered = [{**line, "id": str(number)} for number, line in enumerate(lines)]
        try:
            guesses = taken(said.get("guesses"), numbered)
            fits = _is_text if task == _TRANSLATE else _is_label
            if not all(map(fits, _labels_of(guesses))):
                raise ValueError("no label")
        except (ValueError, TypeError) as error:
            raise self._odd("its guesses are none, or not of these lines") from error
        return [{**one, "id": line["id"]} for one, line in zip(guesses, lines, strict=True)]

    def _ask(self, question: Body) -> Body:
        place = checked(self.address, self.hosts)
        body = json.dumps({"protocol": PROTOCOL, **question}, ensure_ascii=False).encode()
        if len(body) > _LARGEST_QUESTION:
            raise Invalid(Problem("lines", "These are too many words to ask a service about."))
        try:
            answer = self._send(place, body)
        except (OSError, HTTPException, ValueError) as error:
            raise self._silent(_reason(error)) from error
        try:
            said = json.loads(answer)
        except (ValueError, RecursionError) as error:
            raise self._odd("it is no JSON") from error
        if not isinstance(said, dict):
            raise self._odd("it is no JSON object")
        return said

    def _send(self, place: SplitResult, body: bytes) -> bytes:
        end = time.monotonic() + self.seconds
        found = resolved(place, self.hosts)
        connection = _connect(place, found, self.seconds)
        with closing(connection):
            connection.connect()
            # one that sends a byte now and then keeps no read waiting long enough
            ending = threading.Timer(max(end - time.monotonic(), 0.0), _shut, (connection.sock,))
            ending.daemon = True
            ending.start()
            try:
                return self._exchange(connection, place, body, end)
            finally:
                ending.cancel()

    def _exchange(
        self, connection: HTTPConnection, place: SplitResult, body: bytes, end: float
    ) -> bytes:
        path = f"{place.path or '/'}{'?' if place.query else ''}{place.query}"
        headers = {
            "Content-Type": "application/json", "Accept": "application/json",
            "Accept-Encoding": "identity", "User-Agent": _AGENT, "Connection": "close",
        }  # fmt: skip
        try:
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            if response.status != 200:
                raise self._silent(say("it answered HTTP %(status)s", status=response.status))
            return self._read(response, end)
        except (OSError, HTTPException) as error:
            if time.monotonic() >= end:
                raise TimeoutError from error
            raise

    def _read(self, response: HTTPResponse, end: float) -> bytes:
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise self._odd("it is packed")
        parts, size = [], 0
        while block := response.read1(_BLOCK):
            parts.append(block)
            size += len(block)
            if size > _LARGEST_ANSWER:
                raise self._odd(say("it has more than %(most)s bytes", most=_LARGEST_ANSWER))
        if time.monotonic() >= end:
            raise TimeoutError
        if response.length:
            raise self._odd("it ended too early")
        return b"".join(parts)

    def _silent(self, why: str | Message) -> Unavailable:
        host = urlsplit(self.address).hostname or ""
        return Unavailable(say("The service at %(host)s gave no answer: %(why)s.", host=host,
                               why=why))  # fmt: skip

    def _odd(self, why: str | Message) -> Unavailable:
        host = urlsplit(self.address).hostname or ""
        what = "The service at %(host)s gave an answer that cannot be used: %(why)s."
        return Unavailable(say(what, host=host, why=why))


def hosts_of(listed: str) -> tuple[str, ...]:
    """The hosts in a setting, with commas or spaces between.

    >>> hosts_of("Glosses.example.org, 127.0.0.1:9000")
    ('glosses.example.org', '127.0.0.1:9000')
    """
    return tuple(listed.lower().replace(",", " ").split())


def checked(address: str, hosts: Sequence[str]) -> SplitResult:
    """The parts of an address that may be asked, as far as it can be told without its name.

    Raises:
        Invalid: with what is wrong with it.
    """
    try:
        place = urlsplit(address.strip())
        port, host = place.port, (place.hostname or "").rstrip(".")
    except ValueError as error:
        raise _refused("This is no address.") from error
    if len(address) > LONGEST_ADDRESS or bad_characters(address) or not address.isascii():
        raise _refused("This is no address.")
    if any(one.isspace() for one in address.strip()) or place.scheme not in ("https", "http"):
        raise _refused("The address has to begin with https://.")
    if place.username is not None or place.password is not None or place.fragment:
        raise _refused("Leave user, password and “#…” out of the address.")
    is_secret = place.scheme == "https"
    written = f"[{host}]" if ":" in host else host
    named = written if is_secret and port in (None, 443) else f"{written}:{port or 80}"
    if not host or named not in hosts:
        if not hosts:
            raise _refused("This server asks no services: its administrators have listed none.")
        what = "“%(host)s” is not among the hosts that this server asks: %(known)s."
        raise _refused(say(what, host=named[:80], known=", ".join(hosts)))
    if not is_secret and not _is_local(host):
        raise _refused("The address has to begin with https://.")
    return place


def resolved(place: SplitResult, hosts: Sequence[str]) -> str:
    """The number of a host, of which each that it has may be asked.

    Raises:
        OSError: it has none.
        ValueError: one of them lies inside a network, and is not on the list itself.
    """
    port = place.port or (443 if place.scheme == "https" else 80)
    host = (place.hostname or "").rstrip(".")
    rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    found = list(dict.fromkeys(str(row[4][0]) for row in rows))
    listed = {urlsplit(f"//{one}").hostname for one in hosts}
    for one in found:
        may = one in listed or (host in _LOCAL_NAMES and ipaddress.ip_address(one).is_loopback)
        if not may and not is_public(one):
            raise ValueError(f"{host} leads into a closed network")
    return found[0]


def is_public(number: str) -> bool:
    """Whether an address is one of the open internet, and hides none that is not.

    >>> [is_public(one) for one in ("93.184.215.14", "10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::1")]
    [True, False, False, False]
    """
    try:
        address = ipaddress.ip_address(number.partition("%")[0])
    except ValueError:
        return False
    return all(one.is_global and not one.is_multicast for one in _held(address))


def _held(address: _Address) -> list[_Address]:
    """An address with those that it stands for."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    inner: list[_Address] = [one for one in (address.sixtofour, *(address.teredo or ())) if one]
    if address in _NAT64:
        return [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
    return [address, *inner]


def _is_local(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host in _LOCAL_NAMES


def _connect(place: SplitResult, number: str, seconds: float) -> HTTPConnection:
    host = (place.hostname or "").rstrip(".")
    if place.scheme == "http":
        return _Plain(host, place.port or 80, number, seconds)
    return _Secret(host, place.port or 443, number, seconds)


class _Plain(HTTPConnection):
    """HTTP to a number that was looked up before."""

    def __init__(self, host: str, port: int, number: str, seconds: float) -> None:
        super().__init__(host, port, timeout=seconds)
        self._number, self._seconds = number, seconds

    def connect(self) -> None:
        """Connects to that number."""
        self.sock = socket.create_connection((self._number, self.port), self._seconds)


class _Secret(HTTPSConnection):
    """HTTPS to a number that was looked up before, under the name of its host."""

    def __init__(self, host: str, port: int, number: str, seconds: float) -> None:
        self._tls = ssl.create_default_context()
        super().__init__(host, port, timeout=seconds, context=self._tls)
        self._number, self._seconds = number, seconds

    def connect(self) -> None:
        """Connects to that number."""
        plain = socket.create_connection((self._number, self.port), self._seconds)
        try:
            self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise


def _shut(connected: socket.socket) -> None:
    with suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)


def _sent(number: int, line: Mapping[str, Any]) -> Body:
    return {
        "id": str(number),
        "words": [word["form"] for word in line["words"]],
        "translations": dict(line.get("translations") or {}),
    }


def _is_label(label: object) -> bool:
    return isinstance(label, str) and len(label) <= LONGEST and not bad_characters(label)


def _is_text(label: object) -> bool:
    return isinstance(label, str) and not bad_characters(label)


def _labels_of(guesses: Sequence[Body]) -> list[str]:
    return [
        text
        for guess in guesses
        for alternatives in (*guess["words"], guess.get("line", []))
        for one in alternatives
        for text in ([one["label"]] if "label" in one else [
            morph[key] for morph in one["morphs"] for key in ("form", "gloss", "joint")
        ])
    ]  # fmt: skip


def _reason(error: BaseException) -> str | Message:
    if isinstance(error, TimeoutError):
        return say("it took too long")
    if isinstance(error, socket.gaierror):
        return say("nobody knows its name")
    if isinstance(error, ssl.SSLError):
        return say("its certificate is not trusted")
    return str(error)[:200] or type(error).__name__


def _refused(what: str | Message) -> Invalid:
    return Invalid(Problem("address", what))
