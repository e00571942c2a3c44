"""How an element looked in its file, where that is not how its fields would be written.

An element is written from *parts*: its children, each with a key (what it holds, and in which
writing system or at which place). Where a file has them otherwise its residue says so:

- `@NAME`: an attribute that no field holds;
- `=NAME`: how the value of a field was written, for as long as it means the same;
- `!NAME`: an attribute that would be written and was not there; `!languages`: languages that a
  text uses and does not list;
- `.`: the children in their sequence, as XML in which `<_ k="gls" l="en"/>` stands for a part,
  with the element as it was written inside where it was written differently, and all else is kept
  as it was. `no="1"` is a part that was not there. Inside of a container `<_ n="3"/>` stands for
  three of its members.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, TypeVar

from lxml import etree

from app.formats.flextext.values import FORMAT, STATUS, UNSURE, Dict
from app.formats.xml import Element, attributes_of, count, parse_piece

Key = tuple[str, str]
Part = tuple[Key, Element]
Holds = Callable[[Key, "str | None"], bool]
SLOT = "_"
MEMBERS = {
    "paragraphs": "paragraph",
    "phrases": "phrase",
    "words": "word",
    "morphemes": "morph",
    "media-files": "media",
}
_T = TypeVar("_T")


def keep(at: str, content: str) -> Dict:
    """A piece of residue."""
    return {"format": FORMAT, "at": at, "content": content}


def residue_of(
    el: Element,
    taken: Mapping[Element, Key],
    canonical: Mapping[str, str],
    parts: Sequence[Part],
) -> list[Dict]:
    """What an element says beyond what its fields would give it, or says in other words.

    Args:
        taken: the key of each child that stands for a part.
        canonical: its attributes as they would be written, and `parts` its children.
    """
    kept = []
    for name, value in attributes_of(el):
        if name not in canonical:
            kept.append(keep(f"@{name}", value))
        elif canonical[name] != value:
            kept.append(keep(f"={name}", value))
    kept += [keep(f"!{name}", "") for name in canonical if name not in el.attrib]
    shape = shape_of(el, taken, parts)
    return kept if shape is None else [*kept, keep(".", shape)]


def attributes(residue: Iterable[Dict], canonical: Mapping[str, str]) -> dict[str, str]:
    """The attributes of an element, as they were written where they mean the same."""
    made = dict(canonical)
    for piece in residue:
        at, content = piece.get("at", ""), piece["content"]
        mark, name = at[:1], at[1:]
        if piece.get("format") != FORMAT:
            continue
        if mark == "@":
            made.setdefault(name, content)
        elif mark == "=" and name in made and _means(name, content, made[name]):
            made[name] = content
        elif mark == "!":
            made.pop(name, None)
    return made


def shape_of(el: Element, taken: Mapping[Element, Key], parts: Sequence[Part]) -> str | None:
    """The shape of an element; None where its parts, one after the other, are the same.

    Args:
        taken: the key of each child that stands for a part.
        parts: as they would be written.
    """
    own = dict(parts)
    alike = [taken.get(child) for child in el] == [key for key, _ in parts] and not _loose(el)
    if alike and all(_is_same(child, own[taken[child]]) for child in el):
        return None
    root = etree.Element(SLOT)
    root.text = _kept_text(el.text)
    for child in el:
        key = taken.get(child)
        made = deepcopy(child) if key is None else _slot(child, key, own.get(key))
        made.tail = _kept_text(child.tail)
        root.append(made)
    there = set(taken.values())
    for key, _ in parts:
        if key not in there:
            etree.SubElement(root, SLOT, {"k": key[0], "l": key[1], "no": "1"})
    return etree.tostring(root, encoding="unicode")


def leftover_in(residue: Iterable[Dict]) -> int:
    """How many elements and attributes of a file stand in residue."""
    found = 0
    for piece in residue:
        if piece["at"] == ".":
            found += sum(count(el) for el in parse_piece(piece["content"]) if el.tag != SLOT)
        elif piece["at"].startswith("@"):
            found += 1
    return found


def find_shape(residue: Iterable[Dict]) -> Element | None:
    """The shape that is kept of an element."""
    for piece in residue:
        if piece.get("format") == FORMAT and piece.get("at") == ".":
            return parse_piece(piece["content"])
    return None


def lay(parent: Element, parts: Sequence[Part], shape: Element | None, holds: Holds) -> None:
    """Puts the parts of an element, and what else stood in it, into it.

    Args:
        holds: whether a part that was written so still says what its field says; asked with None
            whether a part that was not there is still not to be written.
    """
    if shape is None:
        parent.extend([element for _, element in parts])
        return
    left = dict(parts)
    _settle_status(shape, parts, holds)
    parent.text = shape.text
    after: dict[Key, Element | None] = {}
    for piece in shape:
        if piece.tag != SLOT:
            parent.append(deepcopy(piece))
            continue
        key = (piece.get("k", ""), piece.get("l", ""))
        element = left.pop(key, None)
        if piece.get("no"):
            if element is not None and not holds(key, None):
                left[key] = element
            continue
        made = _written(element, piece[0] if len(piece) else None, key, holds)
        if made is not None:
            made.tail = piece.tail
            parent.append(made)
            after[key] = made
    _add(parent, parts, left, after)


def among(members: Iterable[_T], container: Element | None) -> Iterator[_T | Element]:
    """The members of a container with what stood between them."""
    coming = iter(members)
    for piece in container if container is not None else ():
        if piece.tag != SLOT:
            yield deepcopy(piece)
            continue
        for _ in range(int(piece.get("n", "0"))):
            if (member := next(coming, None)) is not None:
                yield member
    yield from coming


def container_shape(container: Element) -> Element:
    """A container with its attributes and, where it holds more than its members, their places."""
    made = etree.Element(container.tag, dict(attributes_of(container)))
    tag = MEMBERS.get(str(container.tag))
    texts = (container.text, *(child.tail for child in container))
    made.text = " ".join(text for text in texts if text and text.strip()) or None
    slot: Element | None = None
    odd = False
    for child in container:
        if child.tag in (tag, SLOT):
            number = int(child.get("n", "1")) if child.tag == SLOT else 1
            if slot is None:
                slot = etree.SubElement(made, SLOT, {"n": "0"})
            slot.set("n", str(int(slot.get("n", "0")) + number))
        else:
            odd = True
            slot = None
            copy = deepcopy(child)
            copy.tail = None
            made.append(copy)
    if not odd:
        for child in list(made):
            made.remove(child)
    return made


def _means(name: str, written: str, canonical: str) -> bool:
    """Whether an attribute that was written so is what its field says; a guid always is."""
    if name == "guid":
        return True
    return written.isdecimal() and canonical.isdecimal() and int(written) == int(canonical)


def _slot(child: Element, key: Key, canonical: Element | None) -> Element:
    made = etree.Element(SLOT, {"k": key[0], "l": key[1]})
    if canonical is None or not _is_same(child, canonical):
        template = deepcopy(child) if child.tag == "item" else container_shape(child)
        template.tail = None
        made.append(template)
    return made


def _written(element: Element | None, template: Element | None, key: Key, holds: Holds) -> Any:
    """A part as its file wrote it, as far as it says the same; None where it is gone."""
    if template is None:
        return element
    if element is None:
        return deepcopy(template) if _is_blank(template) else None
    for name, value in attributes_of(template):
        element.set(name, value)
    if element.tag != "item":
        members = list(element)
        for member in members:
            element.remove(member)
        element.text = template.text
        element.extend(list(among(members, template)))
    elif holds(key, template.text or ""):
        element.text = template.text
    return element


def _is_blank(template: Element) -> bool:
    """Whether an element said nothing that a field could have lost meanwhile."""
    if template.tag == "item":
        return not (template.text or "").strip() or template.text == UNSURE
    return not any(child.tag == SLOT for child in template)


def _settle_status(shape: Element, parts: Sequence[Part], holds: Holds) -> None:
    """Leaves what the file said of who made an analysis, or what is so now."""
    found = [el for el in shape.iter() if el.get(STATUS) is not None]
    still = bool(found) and holds((STATUS, ""), " ".join(str(el.get(STATUS)) for el in found))
    for el in [element for _, element in parts] if still else found:
        if STATUS in el.attrib:
            del el.attrib[STATUS]


def _add(
    parent: Element,
    parts: Sequence[Part],
    left: Mapping[Key, Element],
    after: dict[Key, Element | None],
) -> None:
    """Puts parts that the file did not have behind those that they follow."""
    before: Element | None = None
    for key, element in parts:
        if key in left:
            if before is not None:
                before.addnext(element)
            else:
                parent.insert(0, element)
        if key in left or key in after:
            before = element


def _is_same(one: Element, other: Element) -> bool:
    """Whether an element is written as another; of containers, as far as its members don't tell."""
    if one.tag != other.tag or dict(attributes_of(one)) != dict(attributes_of(other)):
        return False
    if one.tag == "item":
        return (one.text or "") == (other.text or "") and not len(one)
    return not len(one := container_shape(one)) and not one.text


def _kept_text(text: Any) -> str | None:
    return text if text and text.strip() else None


def _loose(el: Element) -> bool:
    return bool(_kept_text(el.text)) or any(_kept_text(child.tail) for child in el)
