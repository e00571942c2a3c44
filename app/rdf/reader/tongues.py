"""From language tags and IRIs of a file to the writing systems and ids of a project."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any, Protocol
from urllib.parse import unquote

import pyoxigraph as ox

from app.domain.ids import id_of, is_id, new_id
from app.rdf.reader.source import Node, Source, Subject
from app.rdf.tags import UNKNOWN, phonetic

Content = dict[str, Any]


class Names(Protocol):
    """Through what a reader turns codes of a file into ids of the project.

    `app.formats.base.Names` is one.
    """

    def item(self, list_code: str, code: str) -> str:
        """The id of the item with this code in this list, made if there is none."""

    def labelled_item(self, list_code: str, label: str) -> str:
        """The same by code, name or short form."""

    def writing_system(self, tag: str, *, vernacular: bool = False, analysis: bool = False) -> str:
        """The project's code for a language tag, made if there is none."""


class Tongues:
    """The writing systems of a file and the ids of its things.

    Attributes:
        own: the writing systems that our own description of a project names; none in others'.
    """

    def __init__(self, source: Source, names: Names) -> None:
        self.source, self.names = source, names
        self.own = [_writing_system(node) for node in _described(source)]
        self._codes: dict[str, str] = {one["literal"]: one["id"] for one in self.own}
        for one in self.own:
            self._codes.setdefault(phonetic(one["literal"]), one["id"])
        self._blank: dict[str, str] = {}

    def code(self, tag: str, *, vernacular: bool = False) -> str:
        """The code of a writing system."""
        tag = tag.lower()
        found = self._codes.get(tag)
        if found is not None:
            return found
        return self.names.writing_system(
            tag or UNKNOWN, vernacular=vernacular, analysis=not vernacular
        )

    def text(
        self, literals: Iterable[ox.Literal], *, vernacular: bool = False, joined: str = ""
    ) -> Content:
        """Literals as a text; of several in one language the first, or all joined."""
        made: Content = {}
        for one in literals:
            if not one.value:
                continue
            code = self.code(one.language or "", vernacular=vernacular)
            if code not in made:
                made[code] = one.value
            elif joined and one.value != made[code]:
                made[code] += joined + one.value
        return made

    def id(self, key: Subject, letter: str) -> str:
        """The id of a thing: its own where it is of our making, else one made of its IRI."""
        if isinstance(key, ox.BlankNode):
            return self._blank.setdefault(f"{letter}{key.value}", new_id(letter))
        name = _last(key)
        if is_id(name):
            return name
        return id_of(uuid.uuid5(uuid.NAMESPACE_URL, key.value), letter)


def is_own(key: Subject) -> bool:
    """Whether a thing is of our making: its id is in its IRI."""
    return isinstance(key, ox.NamedNode) and is_id(_last(key))


def _last(key: ox.NamedNode) -> str:
    return unquote(key.value.replace("/", "#").rpartition("#")[2])


def _described(source: Source) -> list[Node]:
    found = [source.node(key) for key in source.of_type("life:WritingSystem")]
    return sorted(found, key=lambda one: one.number("life:place") or 0)


def _writing_system(node: Node) -> Content:
    """A writing system as the model has it, and the tag of its literals as `literal`."""
    made: Content = {"id": node.said("skos:notation"), "tag": node.said("life:writtenTag")}
    made |= {"name": node.said("rdfs:label"), "abbreviation": node.said("life:abbreviation")}
    made |= {"direction": node.said("life:direction") or "ltr", "literal": node.said("life:tag")}
    made["vernacular"] = node.said("life:vernacular") == "true"
    made["analysis"] = node.said("life:analysisLanguage") == "true"
    return made
