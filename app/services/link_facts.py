"""What a project says of a sense that helps to link it, taken from its record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.domain.concepts import Facts
from app.domain.parts import restriction
from app.domain.text import plain, plains
from app.domain.word_classes import word_class

Content = Mapping[str, Any]


def facts_of_entry(
    entry: Content, items: Mapping[str, Content], tags: Mapping[str, str]
) -> Iterator[Facts]:
    """The facts of each sense of an entry, subsenses after the sense above them.

    What readers of the sense may be kept from, closed examples and other closed senses, is no fact:
    reasons quote facts.

    Args:
        items: the items of the project's lists by id.
        tags: BCP 47 tags of the writing systems by code.
    """
    senses = list(_senses(entry.get("senses", ())))
    glosses = {sense["id"]: plains(sense.get("gloss") or {}) for sense in _open(senses)}
    notes = tuple(text for note in entry.get("notes", ()) for text in plains(note["text"]))
    for sense in senses:
        others = tuple(t for one, texts in glosses.items() if one != sense["id"] for t in texts)
        yield _facts(sense, items, tags, notes if len(senses) == 1 else (), others)


def _facts(
    sense: Content,
    items: Mapping[str, Content],
    tags: Mapping[str, str],
    notes: tuple[str, ...],
    others: tuple[str, ...],
) -> Facts:
    category = items.get(sense.get("pos") or "", {})
    further = [_texts(one.get("text") or {}, tags) for one in sense.get("further_glosses", ())]
    return Facts(
        sense["id"],
        (*_texts(sense.get("gloss") or {}, tags), *(text for texts in further for text in texts)),
        _texts(sense.get("definition") or {}, tags),
        word_class(*_labels(category)),
        str(category.get("code", "")),
        _is_proper(sense, _labels(category)),
        tuple(
            label
            for domain in sense.get("domains", ())
            for label in _labels(items.get(domain, {}))[:1]
        ),
        tuple(plains(sense.get("scientific_name") or {})),
        (*(t for note in sense.get("notes", ()) for t in plains(note.get("text") or {})), *notes),
        tuple(
            text
            for example in _open(sense.get("examples", ()))
            for translation in example.get("translations", ())
            for text in plains(translation.get("text") or {})
        ),
        others,
    )


def _open(found: Iterable[Content]) -> list[Content]:
    """Those of some parts that all read who read what they are in, with no closed part above."""
    closed = {
        part.get("id")
        for one in found
        if restriction(one.get("access"))
        for part in _senses((one,))
    }
    return [one for one in found if one.get("id") not in closed]


def _is_proper(sense: Content, labels: list[str]) -> bool:
    """Whether names are meant: by the part of speech, or by glosses that begin with a capital."""
    texts = plains(sense.get("gloss") or {})
    if any("prop" in label.lower() for label in labels):
        return True
    return bool(texts) and all(text[0].isupper() and not text.isupper() for text in texts)


def _senses(senses: Any) -> Iterator[Content]:
    for sense in senses:
        yield sense
        yield from _senses(sense.get("senses", ()))


def _labels(item: Content) -> list[str]:
    """Code, names and abbreviations of an item."""
    texts = [*plains(item.get("name") or {}), *plains(item.get("abbreviation") or {})]
    return [text for text in (str(item.get("code", "")), *texts) if text]


def _texts(text: Content, tags: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((tags.get(ws, ws), plain(value)) for ws, value in text.items() if plain(value))
