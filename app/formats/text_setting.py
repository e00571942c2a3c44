"""What every format of texts asks of a project: its languages, the names of things, its texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.domain.errors import NotFound
from app.domain.project import WritingSystem
from app.domain.text import first_plain, plains
from app.formats.base import Contents, Names

Content = dict[str, Any]
UNKNOWN = "und"
GLOSSES = "en"


class TextSetting:
    """What a writer of texts needs to know of a project.

    Args:
        options: `ws`, the writing system of the words; `gloss`, the language of glosses and
            translations; `text`, id of the one text that is written; `document`, id of the source
            document whose texts are written.

    Attributes:
        ws, gloss_ws: codes; where none is chosen the project's first ones.
        system: the writing system of the words.
    """

    def __init__(self, contents: Contents, options: Mapping[str, str]) -> None:
        self.contents = contents
        systems = contents.project.writing_systems
        self.ws = options.get("ws") or first_system(systems, vernacular=True)
        self.gloss_ws = options.get("gloss") or first_system(systems, vernacular=False)
        self.systems = {ws.id: ws for ws in systems}
        self.system = self.systems.get(self.ws) or WritingSystem(id=self.ws, tag=self.ws)
        self.persons = {one["id"]: one.get("name", "") for one in contents.iter_records("person")}
        self._text, self._document = options.get("text", ""), options.get("document", "")

    def texts(self) -> Iterator[Content]:
        """The texts, and one with an empty id for the sentences that stand alone, if there are.

        Raises:
            NotFound: the text that was asked for is not there.
        """
        found = False
        for text in self.contents.iter_records("text"):
            if self._is_wanted(text):
                found = True
                yield text
        if self._text and not found:
            raise NotFound(f"There is no text {self._text} in this project.")
        if not self._text and not self._document and self._has_loose():
            yield {"id": "", "title": {GLOSSES: "Sentences"}}

    def utterances(self, text: Mapping[str, Any]) -> Iterator[Content]:
        """The utterances of a text in their order."""
        return self.contents.iter_utterances(text["id"] or None)

    def title(self, text: Mapping[str, Any]) -> str:
        """What a text is called."""
        texts = (text.get("title") or {}, text.get("abbreviation") or {})
        return next((one for each in texts if (one := first_plain(each, (self.ws,)))), "")

    def baseline(self, utterance: Mapping[str, Any]) -> str:
        """The line of an utterance."""
        return first_plain(utterance.get("baseline") or {}, (self.ws,))

    def told(self, text: Mapping[str, Any] | None) -> str:
        """A text in the language of glosses, else in another."""
        return first_plain(text or {}, (self.gloss_ws,))

    def _is_wanted(self, text: Mapping[str, Any]) -> bool:
        documents = [source.get("document") for source in text.get("sources", ())]
        return (not self._text or text["id"] == self._text) and (
            not self._document or self._document in documents
        )

    def _has_loose(self) -> bool:
        return next(iter(self.contents.iter_utterances(None)), None) is not None


def first_system(systems: Iterable[WritingSystem], *, vernacular: bool) -> str:
    """The project's first writing system of words, or of glosses."""
    known = list(systems)
    found = next((ws.id for ws in known if (ws.vernacular if vernacular else ws.analysis)), "")
    return found or (UNKNOWN if vernacular else GLOSSES)


def choose_systems(names: Names, options: Mapping[str, str], tag: str = "") -> tuple[str, str]:
    """The writing systems of words and of glosses of a file that does not tell them.

    Args:
        options: `ws` and `gloss`, where a person chose them.
        tag: the language that the name of the file tells.
    """
    known = list(names.writing_systems.values())
    ws = options.get("ws") or _of_language(known, tag) or tag
    ws = ws or first_system(known, vernacular=True)
    gloss = options.get("gloss") or first_system(known, vernacular=False)
    return names.writing_system(ws, vernacular=True), names.writing_system(gloss, analysis=True)


def label_of(item: Mapping[str, Any] | None) -> str:
    """What an item of a list is called in a file: its abbreviation, else its code."""
    if item is None:
        return ""
    return next(iter(plains(item.get("abbreviation") or {})), "") or str(item.get("code", ""))


def _of_language(known: Iterable[WritingSystem], tag: str) -> str:
    if not tag:
        return ""
    own = [ws for ws in known if ws.vernacular and ws.tag.lower().split("-")[0] == tag.lower()]
    return own[0].id if own else ""
