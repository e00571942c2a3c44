"""The texts of a project as glossed examples, one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.domain import project as lists
from app.domain.leipzig import labels_in
from app.domain.text import first_plain
from app.formats.base import Contents
from app.formats.examples import Example, make_example
from app.formats.text_setting import TextSetting

Content = Mapping[str, Any]
_UNSAFE = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True)
class Line:
    """An utterance as an example.

    Attributes:
        number: its label, else its place in its text.
    """

    number: str
    example: Example
    utterance: Content


class Texts:
    """The texts that are written, and the labels that their glosses use."""

    def __init__(self, contents: Contents, options: Mapping[str, str]) -> None:
        self.setting = TextSetting(contents, options)
        self.used: dict[str, None] = {}
        items = contents.iter_records("item")
        self._names = {
            item["code"]: first_plain(item.get("name") or {}, (self.setting.gloss_ws,))
            for item in items
            if item["list"] == lists.GLOSS_ABBREVIATIONS
        }

    def texts(self) -> Iterator[tuple[str, Content]]:
        """Each text with its title."""
        for text in self.setting.texts():
            yield self.setting.title(text) or "–", text

    def lines(self, text: Content, place: int) -> Iterator[Line]:
        """The utterances of a text as examples.

        Args:
            place: of the text, for the labels of its examples.
        """
        setting = self.setting
        name = _UNSAFE.sub("-", self.setting.title(text)).strip("-").lower() or "text"
        for at, utterance in enumerate(setting.utterances(text), 1):
            example = make_example(
                utterance,
                setting.ws,
                setting.gloss_ws,
                language=setting.system.tag,
                direction=setting.system.direction,
                reference=str(utterance.get("source") or ""),
            )
            for _, gloss in example.columns:
                self.used.update(dict.fromkeys(labels_in(gloss)))
            number = str(utterance.get("label") or at)
            yield Line(number, replace(example, label=f"ex:{place}-{name}-{at}"), utterance)

    def abbreviations(self) -> list[tuple[str, str]]:
        """The labels that were used and are in the project's list, with what they mean."""
        found = [(one, self._names.get(one, "")) for one in sorted(self.used)]
        return [(label, name) for label, name in found if name]
