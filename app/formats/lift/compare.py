"""What differs between two LIFT files, whatever wrote them.

Elements, attributes and text are compared. White space between elements, comments, and the
sequence of elements with different names mean nothing; the sequence of senses, subsenses and
examples does; other elements of one name are compared as a bag.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

from lxml import etree

from app.formats.xml import Element, parse

_ORDERED = {"sense", "subsense", "example"}
_WORDS = {"text", "span"}
_KEYS = ("id", "guid", "lang", "tag", "type", "name", "ref", "href", "value")
_SHOWN = 60


def differences(file_a: Path, file_b: Path) -> list[str]:
    """Each difference as a path and what stands there in one file and in the other.

    Works for `.lift`, `.lift-ranges` and `.ldml` files alike.

    Raises:
        Unreadable: a file is broken.
    """
    name = _root_name(file_a)
    return list(_Comparison().compare(f"/{name}", parse(file_a, name), parse(file_b, name)))


def _root_name(path: Path) -> str:
    return {".lift": "lift", ".ldml": "ldml"}.get(path.suffix, "lift-ranges")


class _Comparison:
    def __init__(self) -> None:
        self._digests: dict[Element, bytes] = {}

    def compare(self, path: str, one: Element, other: Element) -> Iterator[str]:
        if self._digest(one) == self._digest(other):
            return
        for name in dict.fromkeys(map(str, (*one.keys(), *other.keys()))):
            if one.get(name) != other.get(name):
                yield f"{path}/@{name}: {_show(one.get(name))} / {_show(other.get(name))}"
        if one.tag in _WORDS:
            if _inner(one) != _inner(other):
                yield f"{path}: {_show(_inner(one))} / {_show(_inner(other))}"
            return
        if _loose_text(one) != _loose_text(other):
            yield f"{path}/text(): {_show(_loose_text(one))} / {_show(_loose_text(other))}"
        for tag in dict.fromkeys(str(child.tag) for el in (one, other) for child in el):
            left, right = one.findall(tag), other.findall(tag)
            pairs = zip_all(left, right) if tag in _ORDERED else self._pairs(left, right)
            for place, (a, b) in enumerate(pairs, 1):
                yield from self._pair(path, tag, place, a, b)

    def _pair(
        self, path: str, tag: str, place: int, one: Element | None, other: Element | None
    ) -> Iterator[str]:
        present = one if one is not None else other
        assert present is not None
        key = next((value for k in _KEYS if (value := present.get(k)) is not None), str(place))
        inner = f"{path}/{tag}[{key}]"
        if one is not None and other is not None:
            yield from self.compare(inner, one, other)
        else:
            where = "only in the first" if other is None else "only in the second"
            content = etree.tostring(present, encoding="unicode", with_tail=False)
            yield f"{inner}: {where}: {_show(content)}"

    def _pairs(
        self, left: list[Element], right: list[Element]
    ) -> list[tuple[Element | None, Element | None]]:
        """What is left of two bags, paired by what names it."""
        have = Counter(map(self._digest, right))
        missing = []
        for el in left:
            if have[self._digest(el)]:
                have[self._digest(el)] -= 1
            else:
                missing.append(el)
        extra: list[Element] = []
        for el in reversed(right):
            if have[self._digest(el)]:
                have[self._digest(el)] -= 1
                extra.insert(0, el)
        pairs: list[tuple[Element | None, Element | None]] = []
        for el in list(missing):
            match = next((e for e in extra if _name(e) == _name(el)), None)
            if match is not None:
                pairs.append((el, match))
                missing.remove(el)
                extra.remove(match)
        return pairs + zip_all(missing, extra)

    def _digest(self, el: Element) -> bytes:
        found = self._digests.get(el)
        if found is None:
            found = self._digests[el] = self._make_digest(el)
        return found

    def _make_digest(self, el: Element) -> bytes:
        parts = [repr((el.tag, sorted(el.items()))).encode()]
        if el.tag in _WORDS:
            parts.append(_inner(el).encode())
        else:
            parts.append(_loose_text(el).encode())
            groups: dict[str, list[bytes]] = {}
            for child in el:
                groups.setdefault(str(child.tag), []).append(self._digest(child))
            for tag in sorted(groups):
                digests = groups[tag] if tag in _ORDERED else sorted(groups[tag])
                parts += [tag.encode(), *digests]
        return blake2b(b"\0".join(parts), digest_size=16).digest()


def zip_all(
    left: list[Element], right: list[Element]
) -> list[tuple[Element | None, Element | None]]:
    """Pairs by place; None where one list is shorter."""
    size = max(len(left), len(right))
    padding: list[Element | None] = [None] * size
    return list(zip((left + padding)[:size], (right + padding)[:size], strict=True))


def _name(el: Element) -> tuple[str | None, ...]:
    return tuple(el.get(key) for key in _KEYS[:6])


def _inner(el: Element) -> str:
    """Text and spans inside, in their sequence, written in one way only."""
    pieces = [el.text or ""]
    for child in el:
        pieces.append(f"<{child.tag} {sorted(child.items())}>{_inner(child)}</>")
        pieces.append(child.tail or "")
    return "".join(pieces)


def _loose_text(el: Element) -> str:
    pieces = [el.text, *(child.tail for child in el)]
    return " ".join(" ".join(piece.split()) for piece in pieces if piece and piece.strip())


def _show(value: str | None) -> str:
    if value is None:
        return "nothing"
    return f"“{value}”" if len(value) <= _SHOWN else f"“{value[:_SHOWN]}…”"
