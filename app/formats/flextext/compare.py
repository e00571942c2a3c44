"""What differs between two flextext files, whatever wrote them.

Elements, attributes and text are compared in their sequence; white space between elements, comments
and the sequence of attributes mean nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from app.formats.xml import Element, attributes_of, parse


def differences(file_a: Path, file_b: Path) -> list[str]:
    """Each difference as a path and what stands there in one file and in the other.

    Raises:
        Unreadable: a file is broken.
    """
    return list(_compare("/document", parse(file_a, "document"), parse(file_b, "document")))


def _compare(path: str, one: Element, other: Element) -> Iterator[str]:
    left, right = dict(attributes_of(one)), dict(attributes_of(other))
    for name in dict.fromkeys((*left, *right)):
        if left.get(name) != right.get(name):
            yield f"{path}/@{name}: {left.get(name)!r} / {right.get(name)!r}"
    if _text(one) != _text(other):
        yield f"{path}: {_text(one)!r} / {_text(other)!r}"
    children, others = list(one), list(other)
    for place in range(max(len(children), len(others))):
        a = children[place] if place < len(children) else None
        b = others[place] if place < len(others) else None
        inner = f"{path}/{(a if a is not None else b).tag}[{place + 1}]"  # type: ignore[union-attr]
        if a is not None and b is not None and a.tag == b.tag:
            yield from _compare(inner, a, b)
        else:
            yield f"{inner}: {_show(a)} / {_show(b)}"


def _text(el: Element) -> str:
    if not len(el):
        return el.text or "" if el.tag == "item" else (el.text or "").strip()
    pieces = [el.text, *(child.tail for child in el)]
    return " ".join(" ".join(piece.split()) for piece in pieces if piece and piece.strip())


def _show(el: Element | None) -> str:
    return "nothing" if el is None else str(etree.tostring(el, encoding="unicode"))[:80]
