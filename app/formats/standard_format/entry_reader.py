"""From the fields of a record to an entry and its subentries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from app.domain import project as lists
from app.domain.ids import new_id
from app.domain.text import plain
from app.formats.base import FoundProblem, Names
from app.formats.standard_format.entry_draft import Draft, Stated, close, give_up, settle_types
from app.formats.standard_format.entry_parts import BORROWED, COMMENT
from app.formats.standard_format.lines import Field
from app.formats.standard_format.mapping import DICTIONARY, SKIP, MarkerMap, Use
from app.formats.standard_format.shape import Seen
from app.formats.standard_format.values import Dict, Labels, parse_date, read_styles

# what says enough of a sense that a new number begins another one
_TELLING = ("gloss", "definition", "examples")
_KNOWN_TYPES = {
    "cf": "Compare", "syn": "Synonym", "ant": "Antonym", "synonym": "Synonym",
    "antonym": "Antonym", "main": "Main",
}  # fmt: skip


class EntryReader:
    """Reads records; items of lists are found or made."""

    def __init__(self, names: Names, markers: MarkerMap) -> None:
        self.names, self.markers = names, markers
        self.labels = Labels({}, names.short, names)
        self._fields: dict[str, Callable[[Draft, Use, str], Seen | None]] = {
            "homograph": self._homograph,
            "modified": self._modified,
            "status": self._status,
            "pronunciation": self._pronunciation,
            "variant": self._variant,
            "variant_comment": self._variant_comment,
            "paradigm": self._paradigm,
            "etymology": self._etymology,
            "etymology_gloss": self._etymology_gloss,
            "etymology_source": self._etymology_source,
            "borrowed": self._borrowed,
            "number": self._number,
            "pos": self._pos,
            "gloss": self._gloss,
            "definition": self._sense_text,
            "scientific_name": self._sense_text,
            "lemma": self._entry_text,
            "citation": self._entry_text,
            "domain": self._domain,
            "reversal": self._reversal,
            "entry_note": self._noted,
            "note": self._noted,
            "own": self._own,
            "example": self._example,
            "example_translation": self._example_translation,
            "example_source": self._example_source,
            "picture": self._picture,
            "relation": self._relation,
            "relation_type": self._relation_type,
            "relation_target": self._relation_target,
        }

    def read(self, fields: Sequence[Field]) -> list[Draft]:
        """The entry of a record, and its subentries after it."""
        drafts = [self._begin(fields[0], self.markers.use(fields[0].marker))]
        for one in fields[1:]:
            use = self.markers.use(one.marker)
            main = drafts[0]
            if use.field == "subentry" and one.value:
                close(drafts[-1])
                drafts.append(self._begin(one, use))
                drafts[-1].slot = Seen("", "subentry", one.marker, one.raw)
                main.seen.append(drafts[-1].slot)
                continue
            if use.field == "modified" and len(drafts) > 1:
                self._field(main, one, use)
            else:
                self._field(drafts[-1], one, use)
        close(drafts[-1])
        for draft in drafts:
            settle_types(draft)
        for draft in drafts[1:]:
            if draft.bare:
                give_up(draft, drafts[0])
        return drafts

    def _begin(self, one: Field, use: Use) -> Draft:
        draft = Draft({"id": new_id("e")}, one.line)
        if one.value:
            draft.content["lemma"] = {use.ws: self._value(one.value)}
        else:
            draft.problems.append(FoundProblem(one.line, f"\\{one.marker} says no word."))
        key = f"lemma/{use.ws}" if one.value else "lemma/"
        draft.seen.append(Seen("", key, one.marker, one.raw))
        return draft

    def _field(self, draft: Draft, one: Field, use: Use) -> None:
        if use.field == SKIP:
            draft.skipped += 1
            return
        draft.at = one.line
        read = self._fields.get(use.field)
        seen = None
        if read is not None and one.value:
            seen = read(draft, use, one.value)
            draft.bare = draft.bare and seen is None
        elif read is not None and use.field not in ("number", "pos"):
            owner = self._owner_of_empty(draft, use)
            seen = Seen(owner, use.key, "", "")
        if seen is None:
            seen = Seen(self._owner(draft), "", "", "")
            if read is not None and one.value:
                draft.problems.append(_unfitting(one, use))
        seen.marker, seen.raw = one.marker, one.raw
        if use.field == "pos" and seen.key == "pos" and not seen.owner:
            draft.waiting = seen
        draft.seen.append(seen)

    def _owner(self, draft: Draft) -> str:
        """The member to which a field belongs that nothing is known of."""
        if draft.example is not None:
            return str(draft.example["id"])
        return str(draft.sense["id"]) if draft.sense is not None else ""

    def _owner_of_empty(self, draft: Draft, use: Use) -> str:
        level = DICTIONARY[use.field].level
        if level in ("sense", "any") and draft.sense is not None:
            return str(draft.sense["id"])
        return self._owner(draft) if level == "example" else ""

    def _value(self, value: str) -> Any:
        return read_styles(value, self.markers.styles)

    def _put(self, owner: Dict, name: str, use: Use, value: str) -> bool:
        """Puts a text into a field that has none yet in this writing system."""
        text = owner.setdefault(name, {})
        if plain(text.get(use.ws)):
            return False
        text[use.ws] = self._value(value)
        return True

    # --- of the entry

    def _entry_text(self, draft: Draft, use: Use, value: str) -> Seen | None:
        done = self._put(draft.content, use.field, use, value)
        return Seen("", use.key, "", "") if done else None

    def _homograph(self, draft: Draft, use: Use, value: str) -> Seen | None:
        if not (value.isascii() and value.isdigit() and len(value) < 9):
            return None
        if "homograph" in draft.content:
            return None
        draft.content["homograph"] = int(value)
        return Seen("", use.key, "", "")

    def _modified(self, draft: Draft, use: Use, value: str) -> Seen | None:
        date = parse_date(value)
        if not date or "modified" in draft.content:
            return None
        draft.content["modified"] = date
        return Seen("", use.key, "", "")

    def _status(self, draft: Draft, use: Use, value: str) -> Seen | None:
        if "status" in draft.content:
            return None
        draft.content["status"] = self.names.labelled_item(lists.STATUSES, value)
        return Seen("", use.key, "", "")

    def _pronunciation(self, draft: Draft, use: Use, value: str) -> Seen:
        one: Dict = {"id": new_id("u"), "form": {use.ws: self._value(value)}}
        draft.content.setdefault("pronunciations", []).append(one)
        return Seen(one["id"], use.key, "", "")

    def _variant(self, draft: Draft, use: Use, value: str) -> Seen:
        draft.variant = {"id": new_id("f"), "form": {use.ws: self._value(value)}}
        draft.content.setdefault("forms", []).append(draft.variant)
        return Seen(draft.variant["id"], use.key, "", "")

    def _variant_comment(self, draft: Draft, use: Use, value: str) -> Seen | None:
        if draft.variant is None:
            return None
        fields = draft.variant.setdefault("fields", [])
        if not fields:
            fields.append({"id": new_id("o"), "type": COMMENT})
        done = self._put(fields[0], "text", use, value)
        return Seen(draft.variant["id"], use.key, "", "") if done else None

    def _paradigm(self, draft: Draft, use: Use, value: str) -> Seen:
        one: Dict = {
            "id": new_id("f"),
            "form": {use.ws: self._value(value)},
            "paradigm": use.type,
        }
        draft.content.setdefault("forms", []).append(one)
        return Seen(str(one["id"]), use.key, "", "")

    def _etymology(self, draft: Draft, use: Use, value: str) -> Seen:
        here = draft.etymology
        if here is None or "form" in here:
            here = self._new_etymology(draft)
        self._put(here, "form", use, value)
        return Seen(here["id"], use.key, "", "")

    def _etymology_gloss(self, draft: Draft, use: Use, value: str) -> Seen:
        here = draft.etymology
        if here is None or use.ws in here.get("gloss", {}):
            here = self._new_etymology(draft)
        self._put(here, "gloss", use, value)
        return Seen(here["id"], use.key, "", "")

    def _etymology_source(self, draft: Draft, use: Use, value: str) -> Seen:
        here = draft.etymology
        if here is None or "source" in here:
            here = self._new_etymology(draft)
        here["source"] = value
        return Seen(here["id"], use.key, "", "")

    def _borrowed(self, draft: Draft, use: Use, value: str) -> Seen:
        kind = self.names.item(lists.ETYMOLOGY_TYPES, BORROWED)
        one = {"id": new_id("y"), "type": kind, "source": value}
        draft.content.setdefault("etymologies", []).append(one)
        return Seen(str(one["id"]), use.key, "", "")

    def _new_etymology(self, draft: Draft) -> Dict:
        draft.etymology = {"id": new_id("y")}
        draft.content.setdefault("etymologies", []).append(draft.etymology)
        return draft.etymology

    # --- of a sense

    def _number(self, draft: Draft, use: Use, value: str) -> Seen:
        here = draft.sense
        told = here is not None and any(here.get(name) for name in _TELLING)
        if here is None or draft.explicit or told:
            draft.example = None
            here = self._new_sense(draft)
        draft.explicit = True
        return Seen(here["id"], "number", "", "")

    def _pos(self, draft: Draft, use: Use, value: str) -> Seen:
        item = self.names.labelled_item(lists.PARTS_OF_SPEECH, value)
        here = draft.sense
        if here is not None and "pos" not in here:
            here["pos"] = item
            draft.grouped = not draft.explicit
            draft.pos = item if draft.grouped else None
            return Seen(here["id"], "pos", "", "")
        close(draft)
        draft.sense = draft.example = None
        draft.explicit = False
        draft.pos, draft.grouped = item, True
        return Seen("", "pos", "", "")

    def _new_sense(self, draft: Draft) -> Dict:
        sense: Dict = {"id": new_id("s")}
        if draft.pos and draft.grouped:
            sense["pos"] = draft.pos
        if draft.waiting is not None:
            draft.waiting.owner = sense["id"]
            draft.waiting = None
        draft.content.setdefault("senses", []).append(sense)
        draft.sense, draft.explicit = sense, False
        return sense

    def _here(self, draft: Draft) -> Dict:
        return draft.sense if draft.sense is not None else self._new_sense(draft)

    def _place(self, draft: Draft) -> tuple[Dict, str]:
        """Where a field belongs that both entries and senses have; with the owner."""
        if draft.sense is None and draft.waiting is None:
            return draft.content, ""
        here = self._here(draft)
        return here, here["id"]

    def _gloss(self, draft: Draft, use: Use, value: str) -> Seen:
        here = self._here(draft)
        if not self._put(here, "gloss", use, value):
            one = {"id": new_id("g"), "text": {use.ws: self._value(value)}}
            here.setdefault("further_glosses", []).append(one)
        return Seen(here["id"], use.key, "", "")

    def _sense_text(self, draft: Draft, use: Use, value: str) -> Seen | None:
        here = self._here(draft)
        done = self._put(here, use.field, use, value)
        return Seen(here["id"], use.key, "", "") if done else None

    def _domain(self, draft: Draft, use: Use, value: str) -> Seen | None:
        here = self._here(draft)
        item = self.names.labelled_item(lists.SEMANTIC_DOMAINS, value)
        if item in here.setdefault("domains", []):
            return None
        here["domains"].append(item)
        return Seen(here["id"], use.key, "", "")

    def _reversal(self, draft: Draft, use: Use, value: str) -> Seen:
        here = self._here(draft)
        one = {"id": new_id("v"), "form": {use.ws: self._value(value)}}
        here.setdefault("reversals", []).append(one)
        return Seen(here["id"], use.key, "", "")

    def _picture(self, draft: Draft, use: Use, value: str) -> Seen:
        here = self._here(draft)
        here.setdefault("pictures", []).append({"id": new_id("m"), "href": value})
        return Seen(here["id"], use.key, "", "")

    def _noted(self, draft: Draft, use: Use, value: str) -> Seen:
        here, owner = self._place(draft)
        if use.field == "entry_note":
            here, owner = draft.content, ""
        note: Dict = {"id": new_id("n")}
        if use.type:
            note["type"] = self.names.item(lists.NOTE_TYPES, use.type)
        note["text"] = {use.ws: self._value(value)}
        here.setdefault("notes", []).append(note)
        typed = f"note:{use.type}" if use.type else "note"
        return Seen(owner, f"{typed}/{use.ws}", "", "")

    def _own(self, draft: Draft, use: Use, value: str) -> Seen:
        here, owner = self._place(draft)
        one = {"id": new_id("o"), "type": use.type, "text": {use.ws: self._value(value)}}
        here.setdefault("fields", []).append(one)
        return Seen(owner, use.key, "", "")

    # --- of an example

    def _example(self, draft: Draft, use: Use, value: str) -> Seen:
        here = draft.example
        if here is None or here.get("form") or here.get("translations"):
            here = self._new_example(draft)
        self._put(here, "form", use, value)
        return Seen(here["id"], use.key, "", "")

    def _example_source(self, draft: Draft, use: Use, value: str) -> Seen:
        here = draft.example
        if here is None or here.get("form") or "source" in here:
            here = self._new_example(draft)
        here["source"] = value
        return Seen(here["id"], use.key, "", "")

    def _example_translation(self, draft: Draft, use: Use, value: str) -> Seen:
        here = draft.example if draft.example is not None else self._new_example(draft)
        translations = here.setdefault("translations", [])
        if not translations or use.ws in translations[-1]["text"]:
            translations.append({"id": new_id("l"), "text": {}})
        translations[-1]["text"][use.ws] = self._value(value)
        return Seen(here["id"], use.key, "", "")

    def _new_example(self, draft: Draft) -> Dict:
        draft.example = {"id": new_id("x")}
        self._here(draft).setdefault("examples", []).append(draft.example)
        return draft.example

    # --- relations

    def _relation(self, draft: Draft, use: Use, value: str) -> Seen:
        _, owner = self._place(draft)
        draft.stated.append(Stated(use.type, draft.content["id"], owner, value, draft.at))
        return Seen(owner, f"relation:{use.type}", "", "")

    def _relation_type(self, draft: Draft, use: Use, value: str) -> Seen:
        _, owner = self._place(draft)
        bare = value.rstrip(" =")
        draft.relation = _KNOWN_TYPES.get(bare.lower(), bare) or value
        return Seen(owner, f"relation_type:{draft.relation}", "", "")

    def _relation_target(self, draft: Draft, use: Use, value: str) -> Seen | None:
        if not draft.relation:
            return None
        return self._relation(draft, Use(type=draft.relation), value)


def _unfitting(one: Field, use: Use) -> FoundProblem:
    label = DICTIONARY[use.field].label
    what = f"\\{one.marker} “{one.value[:60]}” has no place as “{label}”: it is kept as it is."
    return FoundProblem(one.line, what)
