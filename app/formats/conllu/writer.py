"""Writing texts as CoNLL-U, sentence by sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from app.domain import project as lists
from app.domain.text import plains
from app.formats.base import Contents
from app.formats.conllu.columns import spaceless
from app.formats.conllu.reader import UNNAMED
from app.formats.conllu.sentences import words_of, write_comments, write_sentence
from app.formats.conllu.words import FORMAT, Categories, Content, Languages, residue_of
from app.formats.text_setting import TextSetting, label_of


class Writer:
    """Writes the texts of a project once."""

    def __init__(self, contents: Contents, options: Mapping[str, str]) -> None:
        self.setting = TextSetting(contents, options)
        known = [one for one in contents.iter_records("document") if one["format"] == FORMAT]
        wanted = options.get("document", "")
        self.documents = {one["id"]: one for one in known if not wanted or one["id"] == wanted}
        items = [
            item for item in contents.iter_records("item") if item["list"] == lists.PARTS_OF_SPEECH
        ]
        self.categories = Categories(
            {item["id"]: label_of(item) for item in items},
            {
                label: item["id"]
                for item in reversed(items)
                for text in (item.get("name") or {}, item.get("abbreviation") or {})
                for label in (*plains(text), item["code"])
            },
        )
        self.begun = False
        self.left_out = 0

    def write(self, path: Path) -> list[str]:
        """Writes the file; returns what could not be said."""
        newlines = {self._fact(one, "newline") for one in self.documents.values()}
        newline = "\r\n" if newlines == {"\r\n"} else "\n"
        with path.open("w", encoding="utf-8", newline=newline) as out:
            for number, text in enumerate(self.setting.texts(), 1):
                self._write(out, text, number)
            for document in self.documents.values():
                if end := self._fact(document, "end"):
                    out.write(f"{end}\n\n")
        what = f"Sentences without words are left out: {self.left_out:,}."
        return [what] if self.left_out else []

    def _write(self, out: TextIO, text: Content, number: int) -> None:
        languages = self._languages(text)
        paragraph, is_first = "", True
        for place, utterance in enumerate(self.setting.utterances(text), 1):
            if not words_of(utterance, languages.ws):
                self.left_out += 1
                continue
            facts = {"sent_id": f"{number}-{spaceless(utterance.get('label') or str(place))}"}
            if is_first and not (residue_of(text, UNNAMED) and not self.begun):
                facts["newdoc"] = self._name(text)
            is_first = False
            if (here := utterance.get("paragraph") or "") and here != paragraph:
                facts["newpar"] = ""
            paragraph = here
            facts["speaker_id"] = self.setting.persons.get(utterance.get("speaker") or "", "")
            lines = [
                *write_comments(utterance, languages, facts),
                *write_sentence(utterance, languages, self.categories),
            ]
            out.write("\n".join(lines) + "\n\n")
            self.begun = True

    def _name(self, text: Mapping[str, Any]) -> str:
        own = [one for one in text.get("sources", ()) if one["format"] == FORMAT]
        return next((one["id"] for one in own), "") or self.setting.title(text)

    def _languages(self, text: Mapping[str, Any]) -> Languages:
        """The languages of a text: those of the file that it came from, else as they are chosen."""
        document = next(self._own(text), None)
        ws = (self._fact(document, "ws") if document else "") or self.setting.ws
        system = self.setting.systems.get(ws)
        base = (system.tag if system else ws).split("-")[0]
        pos = self._fact(document, "pos") if document else ""
        return Languages(ws, self.setting.gloss_ws, f"{base}-Latn", pos or "upos")

    def _own(self, text: Mapping[str, Any]) -> Iterator[Content]:
        for source in text.get("sources", ()):
            if source.get("document") in self.documents:
                yield self.documents[source["document"]]

    def _fact(self, document: Mapping[str, Any], name: str) -> str:
        return next((str(one["content"]) for one in residue_of(document, name)), "")
