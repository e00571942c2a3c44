"""XML that nobody can trust, read safely: no entities, no network, no document types.

Source: OWASP XML External Entity Prevention; libxml2 parser options.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from pathlib import Path
from typing import Any
from xml.parsers import expat

from lxml import etree

from app.domain.errors import Unreadable

Element = etree._Element
_CHUNK = 1 << 16
_COUNT = etree.XPath("count(descendant-or-self::*) + count(descendant-or-self::*/@*)")
_BAD = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _Root(Exception):
    """The prolog is over; carries the name of the outermost element."""


def check_prolog(path: Path, root: str) -> None:
    """Looks at a file up to its outermost element.

    Raises:
        Unreadable: there is no such file, it is no XML, it declares entities, or its outermost
            element has another name.
    """
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise Unreadable(
            "The file declares entities in a DOCTYPE, which can hide an attack. "
            "Remove the DOCTYPE and try again.",
            path.name,
            parser.CurrentLineNumber,
            parser.CurrentColumnNumber + 1,
        )

    def start(name: str, _: object) -> None:
        raise _Root(name)

    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = start
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
    except _Root as found:
        name = str(found)
        if name != root:
            what = f"The outermost element is <{name}>, where <{root}> was expected."
            raise Unreadable(what, path.name, parser.CurrentLineNumber, 1) from None
    except expat.ExpatError as error:
        what = _sentence(expat.ErrorString(error.code) or str(error))
        raise Unreadable(what, path.name, error.lineno, error.offset + 1) from error
    except (LookupError, ValueError, UnicodeError) as error:
        raise Unreadable(_sentence(f"unknown encoding ({error})"), path.name, 1, 1) from error
    except OSError as error:
        raise Unreadable("The file cannot be opened.", path.name) from error


def iter_elements(path: Path, tags: tuple[str, ...]) -> Generator[tuple[str, Element], None, None]:
    """Starts and ends of the elements with these names, comments and instructions left out.

    Raises:
        Unreadable: the XML breaks, with the place.
    """
    try:
        with path.open("rb") as file:
            yield from etree.iterparse(
                file,
                events=("start", "end"),
                tag=tags,
                load_dtd=False,
                no_network=True,
                resolve_entities=False,
                remove_comments=True,
                remove_pis=True,
            )
    except etree.XMLSyntaxError as error:
        raise unreadable(error, path.name) from error


def parse(path: Path, root: str) -> Element:
    """A small file as a tree.

    Raises:
        Unreadable: the file is broken, declares entities or has another outermost element.
    """
    check_prolog(path, root)
    try:
        return etree.parse(str(path), _parser()).getroot()
    except etree.XMLSyntaxError as error:
        raise unreadable(error, path.name) from error


def parse_piece(content: str) -> Element:
    """An element kept as residue."""
    return etree.fromstring(content, _parser())


def count(element: Element) -> int:
    """How many elements and attributes there are in it, itself included."""
    return int(_COUNT(element))  # type: ignore[arg-type]


def without_bad_characters(value: object) -> object:
    """The same content without characters that XML cannot hold."""
    if isinstance(value, str):
        return _BAD.sub("", value)
    if isinstance(value, dict):
        return {key: without_bad_characters(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_bad_characters(inner) for inner in value]
    return value


def attributes_of(element: Element) -> list[tuple[str, str]]:
    """Names (with namespace in braces) and values of an element's attributes."""
    return element.items()  # type: ignore[return-value]


def line_of(element: Element) -> int:
    """The line at which an element starts; 0 if that is not known."""
    line: Any = element.sourceline
    return int(line or 0)


def unreadable(error: etree.XMLSyntaxError, file: str) -> Unreadable:
    """What lxml says, as our error."""
    line, column = error.position
    message = error.msg or "it is empty"
    log: Any = error.error_log
    if not line and len(log):
        message, line, column = log[-1].message, log[-1].line, log[-1].column
    message = re.sub(r", line \d+, column \d+.*", "", message).strip()
    return Unreadable(_sentence(message), file, line or 0, max(column or 0, 0))


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )


def _sentence(message: str) -> str:
    lower = message.lower()
    if any(word in lower for word in ("utf-8", "encoding", "invalid", "bytes", "char 0x")):
        return (
            "The file holds bytes that do not fit its encoding or are no XML; "
            f"save it as UTF-8 ({message})."
        )
    if "end of data" in lower or "no element" in lower or "unclosed" in lower:
        return f"The file is cut off: it ends before its last element does ({message})."
    return f"The XML is broken here ({message})."
