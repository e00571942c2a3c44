"""Reading an `entry` element into the content of a lexical entry.

Source: LIFT 0.13, `entry-content` and below.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from app.domain import project
from app.domain.ids import new_id
from app.formats.base import Names
from app.formats.lift.texts import ANALYSIS, NEITHER, VERNACULAR, Handler, TextReader
from app.formats.lift.values import Dialect, Dict
from app.formats.xml import Element, attributes_of, line_of


@dataclass(slots=True)
class Stated:
    """A relation as one end states it, before the other end is known.

    Attributes:
        type: code of the relation type.
        entry, part: where it is stated.
        ref: the other end as the file names it.
        content: the rest of the statement.
    """

    type: str
    entry: str
    part: str | None
    ref: str
    content: Dict
    line: int


class EntryReader(TextReader):
    """Reads entries; collects the relations that they state and the files that they name."""

    def __init__(self, names: Names, dialect: Dialect, file: str) -> None:
        super().__init__(names, dialect, file)
        self.stated: list[Stated] = []
        self.senses: list[tuple[str, str, int]] = []  # identifier in the file, our id, line
        self.files: list[str] = []
        self._entry_id = ""
        self._deleted = False
        self._plain_parts()
        self._sense_parts()
        self._entry_parts()

    def entry(self, el: Element) -> tuple[Dict, str | None]:
        """The content of an entry without its sources, and when it was deleted.

        `content` has `identifier` and `guid` as the file gives them, for the caller to take out.
        """
        content: Dict = {"id": new_id("e")}
        self._entry_id = content["id"]
        self.senses.clear()
        self.begin(el)
        deleted = el.get("dateDeleted")
        self._deleted = deleted is not None
        self.fill(content, el, _ENTRY, self._entry)
        content.pop("deleted", None)
        self.number(content, "homograph", "order")
        self._check_order(content.get("senses"))
        if self.senses:
            _mark_nameless(content)
        return content, deleted

    def _plain_parts(self) -> None:
        analysis = {"form": lambda out, el: self.form(out, el, "text", "form", ANALYSIS)}
        vernacular = {"form": lambda out, el: self.form(out, el, "form", "form", VERNACULAR)}
        self._note: dict[str, Handler] = {**analysis, **self.extensible}
        self._translation: dict[str, Handler] = {
            "form": lambda out, el: self.form(out, el, "text", "form", ANALYSIS, False)
        }
        self._media: dict[str, Handler] = {
            "label": lambda out, el: self.container(out, el, "label", "label", ANALYSIS, False)
        }
        self._relation: dict[str, Handler] = {
            "usage": lambda out, el: self.container(out, el, "usage", "usage", ANALYSIS),
            **self.extensible,
        }
        self._pronunciation: dict[str, Handler] = {
            **vernacular,
            "media": lambda out, el: self._file(out, "media", el),
            **self.extensible,
        }
        self._reversal: dict[str, Handler] = {
            "form": lambda out, el: self.form(out, el, "form", "form", ANALYSIS, False),
            "main": self._main,
            "grammatical-info": self._pos,
        }
        self._example: dict[str, Handler] = {
            **vernacular,
            "translation": self._translated,
            "note": self._noted,
            **self.extensible,
        }

    def _sense_parts(self) -> None:
        self._sense: dict[str, Handler] = {
            **self.extensible,
            "grammatical-info": self._pos,
            "gloss": self._gloss,
            "definition": lambda out, el: self.container(
                out, el, "definition", "definition", ANALYSIS
            ),
            "example": self._exemplified,
            "note": self._noted,
            "relation": self._related,
            "reversal": self._reversed,
            "illustration": lambda out, el: self._file(out, "pictures", el),
            "subsense": self._subsense,
            "trait": self._sense_trait,
            "field": self._sense_field,
        }

    def _entry_parts(self) -> None:
        self._form_parts: dict[str, Handler] = {
            "form": lambda out, el: self.form(out, el, "form", "form", VERNACULAR),
            **self.extensible,
            "trait": self._form_trait,
            "pronunciation": self._pronounced,
            "relation": self._related,
        }
        self._etymology: dict[str, Handler] = {
            "form": lambda out, el: self.form(out, el, "form", "form", NEITHER),
            "gloss": lambda out, el: self.form(out, el, "gloss", "gloss", ANALYSIS),
            **self.extensible,
        }
        self._entry: dict[str, Handler] = {
            **self.extensible,
            "lexical-unit": lambda out, el: self.container(
                out, el, "lemma", "lexical-unit", VERNACULAR
            ),
            "citation": lambda out, el: self.container(out, el, "citation", "citation", VERNACULAR),
            "pronunciation": self._pronounced,
            "variant": self._variant,
            "sense": self._subsense,
            "note": self._noted,
            "relation": self._related,
            "etymology": self._derived,
            "trait": self._entry_trait,
        }

    def _entry_trait(self, out: Dict, el: Element) -> bool:
        name, value = el.get("name"), el.get("value")
        if value and name == self.dialect.morph_type and "morph_type" not in out:
            out["morph_type"] = self.names.item(project.MORPH_TYPES, value)
        elif value and name == "status" and "status" not in out:
            out["status"] = self.names.item(project.STATUSES, value)
        else:
            return self.trait(out, el)
        self.plain_trait(out, el, f"trait[{name}]")
        return True

    def _form_trait(self, out: Dict, el: Element) -> bool:
        name, value = el.get("name"), el.get("value")
        if value and name == self.dialect.morph_type and "morph_type" not in out:
            out["morph_type"] = self.names.item(project.MORPH_TYPES, value)
        elif value and name == "paradigm" and "paradigm" not in out:
            out["paradigm"] = value
        elif value and name == "environment" and self._bare(el):
            out.setdefault("environments", []).append(value)
            return True
        else:
            return self.trait(out, el)
        self.plain_trait(out, el, f"trait[{name}]")
        return True

    def _sense_trait(self, out: Dict, el: Element) -> bool:
        value = el.get("value")
        if not value or el.get("name") != self.dialect.domain or not self._bare(el):
            return self.trait(out, el)
        out.setdefault("domains", []).append(self.names.item(project.SEMANTIC_DOMAINS, value))
        return True

    def _sense_field(self, out: Dict, el: Element) -> bool:
        key = self.dialect.field_key
        if el.get(key) != self.dialect.scientific_name or "scientific_name" in out:
            return self.own_field(out, el)
        simple = len(el) and len(el.keys()) == 1 and all(child.tag == "form" for child in el)
        if not simple or self.mixed:
            return self.own_field(out, el)
        path = f"field[{self.dialect.scientific_name}]"
        for child in el:
            if not self.form(out, child, "scientific_name", f"{path}/form", NEITHER):
                self.keep(out, path, child)
        return True

    def _bare(self, el: Element) -> bool:
        return not len(el) and len(el.keys()) == 2 and not self.mixed

    def _subsense(self, out: Dict, el: Element) -> bool:
        sense: Dict = {"id": new_id("s")}
        self.fill(sense, el, _SENSE, self._sense)
        self.number(sense, "order", "order")
        self._check_order(sense.get("senses"))
        if "source_id" in sense:
            self.senses.append((sense["source_id"], sense["id"], line_of(el)))
        out.setdefault("senses", []).append(sense)
        return True

    def _check_order(self, senses: list[Dict] | None) -> None:
        """Numbers of a file that are no sequence are kept as residue."""
        orders = [sense["order"] for sense in senses or () if "order" in sense]
        partly = 0 < len(orders) < len(senses or ())
        if partly or any(one >= other for one, other in pairwise(orders)):
            for sense in senses or ():
                if "order" in sense:
                    self.keep_attribute(sense, "", "order", str(sense.pop("order")))

    def _gloss(self, out: Dict, el: Element) -> bool:
        if self.form(out, el, "gloss", "gloss", ANALYSIS):
            return True
        simple = len(el) == 1 and len(el.keys()) == 1
        phrase: Dict = {"id": new_id("g")}
        leftover = self.leftover
        if not simple or not self.form(phrase, el, "text", "gloss", ANALYSIS, False):
            return False
        if "residue" in phrase:
            self.leftover = leftover
            return False
        out.setdefault("further_glosses", []).append(phrase)
        return True

    def _pos(self, out: Dict, el: Element) -> bool:
        value = el.get("value")
        if out.keys() & {"pos", "pos_traits"} or self.kept_at(out, "grammatical-info"):
            return False
        if value:
            out["pos"] = self.names.item(project.PARTS_OF_SPEECH, value)
        for name, attribute in attributes_of(el):
            if name != "value" or not value:
                self.keep_attribute(out, "grammatical-info", name, attribute)
        if self.mixed:
            self.keep_text(out, "grammatical-info", el)
        for child in el:
            if child.tag != "trait" or not self.trait_into(out, "pos_traits", child):
                self.keep(out, "grammatical-info", child)
        if not out.keys() & {"pos", "pos_traits"} and not self.kept_at(out, "grammatical-info"):
            self.leftover += 1
            self.remember(out, "grammatical-info", "")
        return True

    def _noted(self, out: Dict, el: Element) -> bool:
        note: Dict = {"id": new_id("n")}
        self.fill(note, el, _TYPE, self._note)
        self.item(note, "type", project.NOTE_TYPES)
        out.setdefault("notes", []).append(note)
        return True

    def _translated(self, out: Dict, el: Element) -> bool:
        translation: Dict = {"id": new_id("l")}
        for name, value in attributes_of(el):
            if name == "type":
                translation["type"] = value
            else:
                self.keep_attribute(translation, "", name, value)
        self.fill_parts(translation, el, self._translation)
        self.item(translation, "type", project.TRANSLATION_TYPES)
        out.setdefault("translations", []).append(translation)
        return True

    def _exemplified(self, out: Dict, el: Element) -> bool:
        example: Dict = {"id": new_id("x")}
        self.fill(example, el, {"source": "source"}, self._example)
        out.setdefault("examples", []).append(example)
        return True

    def _pronounced(self, out: Dict, el: Element) -> bool:
        pronunciation: Dict = {"id": new_id("u")}
        self.fill(pronunciation, el, {}, self._pronunciation)
        out.setdefault("pronunciations", []).append(pronunciation)
        return True

    def _file(self, out: Dict, key: str, el: Element) -> bool:
        href = el.get("href")
        if href is None:
            return False
        media: Dict = {"id": new_id("m")}
        if href:
            media["href"] = href
            self.files.append(href)
        for name, value in attributes_of(el):
            if name != "href":
                self.keep_attribute(media, "", name, value)
        self.fill_parts(media, el, self._media)
        out.setdefault(key, []).append(media)
        return True

    def _reversed(self, out: Dict, el: Element) -> bool:
        out.setdefault("reversals", []).append(self._reversal_of(el))
        return True

    def _main(self, out: Dict, el: Element) -> bool:
        if "main" in out:
            return False
        out["main"] = self._reversal_of(el)
        return True

    def _reversal_of(self, el: Element) -> Dict:
        reversal: Dict = {"id": new_id("v")}
        for name, value in attributes_of(el):
            if name == "type":
                reversal["type"] = value
            else:
                self.keep_attribute(reversal, "", name, value)
        self.fill_parts(reversal, el, self._reversal)
        return reversal

    def _variant(self, out: Dict, el: Element) -> bool:
        form: Dict = {"id": new_id("f")}
        self.fill(form, el, {"ref": "ref"}, self._form_parts)
        out.setdefault("forms", []).append(form)
        return True

    def _derived(self, out: Dict, el: Element) -> bool:
        etymology: Dict = {"id": new_id("y")}
        self.fill(etymology, el, {"type": "type", "source": "source"}, self._etymology)
        self.item(etymology, "type", project.ETYMOLOGY_TYPES)
        out.setdefault("etymologies", []).append(etymology)
        return True

    def _related(self, out: Dict, el: Element) -> bool:
        code, ref = el.get("type"), el.get("ref")
        if not code or ref is None or self._deleted:
            return False
        content: Dict = {"id": new_id("w")}
        self.fill(content, el, _RELATION, self._relation)
        self.number(content, "order", "order")
        del content["type"], content["ref"]
        part = out["id"] if out["id"] != self._entry_id else None
        line = line_of(el)
        self.stated.append(Stated(code, self._entry_id, part, ref, content, line))
        return True


def _mark_nameless(content: Dict) -> None:
    """Gives senses without id an empty one where others have one, so that they stay without."""
    for sense in content.get("senses", ()):
        sense.setdefault("source_id", "")
        _mark_nameless(sense)


_ENTRY = {"id": "identifier", "guid": "guid", "order": "homograph", "dateDeleted": "deleted"}
_SENSE = {"id": "source_id", "order": "order"}
_TYPE = {"type": "type"}
_RELATION = {"type": "type", "ref": "ref", "order": "order"}
