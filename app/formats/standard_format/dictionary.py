"""Reading and writing dictionaries: record by record, relations when all entries are known."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import astuple
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from app.domain.errors import Unreadable
from app.domain.ids import new_id
from app.domain.project import RELATION_TYPES, ListItem
from app.domain.records import Trait
from app.domain.text import plains
from app.formats.base import Contents, Found, FoundFile, FoundProblem, FoundRecord, Names
from app.formats.standard_format.document import Document, write_lines
from app.formats.standard_format.entry_draft import Draft
from app.formats.standard_format.entry_parts import (
    Link,
    Setting,
    entry_parts,
    sections_of,
)
from app.formats.standard_format.entry_reader import EntryReader
from app.formats.standard_format.lines import Field, read_fields, records, tidy
from app.formats.standard_format.references import Occurrences, References
from app.formats.standard_format.shape import Line, Seen, lay, leftover_in, residue_of
from app.formats.standard_format.values import Dict, Labels

FORMAT = "mdf"
COMPONENT = "_component-lexeme"
_SYMMETRIC = frozenset({"Compare", "Synonym", "Antonym"})
_INSIDE = "se"  # marks a relation to a subentry that is written inside of its main entry
_INVERSE = {"Main": "minor entry"}


class DictionaryReader:
    """Reads one file once."""

    def __init__(self, document: Document, names: Names) -> None:
        self.document, self.names = document, names
        self.entries = EntryReader(names, document.markers)
        self.setting = Setting(document.markers, self.entries.labels)
        self._files: set[str] = set()
        self._relations: dict[Any, Dict] = {}
        self._made: list[Dict] = []

    def read(self) -> Iterator[Found]:
        """The document, its entries, then relations."""
        document, markers = self.document, self.document.markers
        fields = read_fields(document.path, markers.encoding_of, document.scan)
        groups = records(fields, frozenset({markers.record}))
        yield from document.open(next(groups))
        number = 0
        with closing(References()) as self.references, closing(Occurrences()) as self.occurrences:
            for group in groups:
                number += 1
                yield from self._record(group)
            yield from self._relate()
        if not number:
            what = f"No record begins with \\{markers.record}."
            raise Unreadable(what, document.path.name, 1)

    def _record(self, group: list[Field]) -> Iterator[Found]:
        drafts = self.entries.read(group)
        main = drafts[0]
        for draft in drafts:
            yield from draft.problems
            for one in draft.stated:
                self.references.state(one)
        yield self._entry(main)
        for draft in drafts[1:]:
            if draft.bare:
                piece = json.dumps(
                    [draft.content, draft.line, [astuple(one) for one in draft.seen]]
                )
                lemma = next(iter(plains(draft.content["lemma"])))
                self.references.add_bare(main.content["id"], lemma, draft.line, piece)
            else:
                head = draft.seen[0].marker
                yield self._entry(draft, head=head)
                self._inside(main.content["id"], draft.content["id"])
        yield from self._pictures(drafts)

    def _entry(self, draft: Draft, head: str = "") -> FoundRecord:
        content = draft.content
        links = [Link(one.part, one.code, one.target) for one in draft.stated]
        inside = [tidy(one.raw) for one in draft.seen if one.key == "subentry"]
        parts = entry_parts(content, self.setting, links, inside, head=head, known=True)
        residue = residue_of(FORMAT, draft.seen, parts, list(sections_of(content)))
        if residue:
            content["residue"] = residue
        content["sources"] = [self._source(content)]
        forms = [*plains(content.get("lemma", {})), *plains(content.get("citation", {}))]
        self.references.add(content["id"], forms, content.get("homograph"))
        leftover = leftover_in(draft.seen)
        return FoundRecord("entry", content, draft.line, None, len(draft.seen) - leftover, leftover)

    def _source(self, content: Dict) -> Dict:
        lemma = next(iter(plains(content.get("lemma", {}))), "")
        number = content.get("homograph")
        key = lemma if number is None else f"{lemma}\x1f{number}"
        source: Dict = {"format": FORMAT, "document": self.document.id, "id": key}
        if before := self.occurrences.add(key):
            source["occurrence"] = before
        return source

    def _pictures(self, drafts: Iterable[Draft]) -> Iterator[Found]:
        """The files of pictures that lie beside the dictionary."""
        folder = self.document.path.parent.resolve()
        for draft in drafts:
            for sense in draft.content.get("senses", ()):
                for picture in sense.get("pictures", ()):
                    href = picture["href"]
                    path = (folder / PurePosixPath(href.replace("\\", "/"))).resolve()
                    if href not in self._files and path.is_relative_to(folder) and path.is_file():
                        self._files.add(href)
                        yield FoundFile(href, path)

    def _relate(self) -> Iterator[Found]:
        for main, target, line, piece in self.references.iter_bare():
            known = self.references.find(target)
            if known is None or known == main:
                content, _, seen = json.loads(piece)
                draft = Draft(content, line, [Seen(*one) for one in seen])
                yield self._entry(draft, head=draft.seen[0].marker)
                known = content["id"]
                self._inside(main, known)
            else:
                self._relation(COMPONENT, (main, "", ""), (known, "", target))
        for one in self.references.iter_stated():
            there = self.references.find(one.target)
            if there is None:
                what = f"“{one.target}” is no entry of this file: the reference is kept as it is."
                yield FoundProblem(one.line, what, "note")
            at, to = (one.entry, one.part, ""), (there, "", one.target)
            self._relation(one.code, at, to)
        yield from (FoundRecord("relation", relation) for relation in self._made)

    def _inside(self, main: str, entry: str) -> None:
        self._relation(COMPONENT, (main, "", ""), (entry, "", ""), inside=True)

    def _relation(
        self,
        code: str,
        at: tuple[str, str, str],
        to: tuple[str | None, str, str],
        *,
        inside: bool = False,
    ) -> None:
        """Notes a relation; one that both ends state is one."""
        ends = (at[:2], to[:2] if to[0] else to)
        key = (code, frozenset(ends))
        known = self._relations.get(key) if code in _SYMMETRIC else None
        if known is not None and self._again(known, at, to):
            return
        members = [_member(*at), _member(*to)]
        said = {"id": new_id("w"), "at": members[0]["id"], "to": members[1]["id"]}
        relation: Dict = {
            "id": new_id("r"),
            "type": self._type(code),
            "members": members,
            "statements": [said],
            "sources": [{"format": FORMAT, "document": self.document.id}],
        }
        if inside:
            relation["residue"] = [{"format": FORMAT, "at": f"!{_INSIDE}", "content": ""}]
        self._relations[key] = relation
        self._made.append(relation)

    def _again(
        self, known: Dict, at: tuple[str, str, str], to: tuple[str | None, str, str]
    ) -> bool:
        """Notes that the other end states a relation too; tells whether it had not."""
        ends = {(one.get("entry"), one.get("part", "")): one for one in known["members"]}
        one, other = ends.get((at[0], at[1])), ends.get((to[0], to[1]))
        if one is None or other is None or one is other or other.get("label"):
            return False
        other["label"] = to[2]
        known["statements"].append({"id": new_id("w"), "at": one["id"], "to": other["id"]})
        return True

    def _type(self, code: str) -> str:
        known = self.names.find_item(RELATION_TYPES, code)
        if known is not None:
            return known
        kind = "symmetric" if code in _SYMMETRIC else "pair"
        traits = [Trait(id=new_id("t"), name="relation-kind", value=kind)]
        if code == COMPONENT or code in _INVERSE:
            inverse = _INVERSE.get(code, "complex form")
            traits.append(Trait(id=new_id("t"), name="inverse-name", value=inverse))
        item = ListItem(id=new_id("i"), list=RELATION_TYPES, code=code, traits=tuple(traits))
        return self.names.add_item(item)


class DictionaryWriter:
    """Writes the entries of a project once."""

    def __init__(self, contents: Contents, document: Document, chosen: str = "") -> None:
        self.contents, self.document, self.chosen = contents, document, chosen
        items = {item["id"]: item for item in contents.iter_records("item")}
        codes = {one: item["code"] for one, item in items.items()}
        labels = Labels(codes, {one: item.get("abbreviation") or {} for one, item in items.items()})
        self.setting = Setting(document.markers, labels)
        self.warnings: list[str] = []
        self._links: dict[str, list[Link]] = defaultdict(list)
        self._inside: dict[str, list[str]] = defaultdict(list)
        self._mains: dict[str, str] = {}

    def write(self, path: Path) -> list[str]:
        """Writes the file; returns what could not be said."""
        with closing(References()) as self.references, closing(_Kept()) as self.kept:
            self._collect()
            with self.document.create(path) as out:
                self._write(out)
        told = ", ".join(f"{what}: {n:,}" for what, n in self.setting.unsaid.items())
        if told:
            self.warnings.append(
                f"The mapping has no marker for these, which are left out: {told}."
            )
        return [*self.warnings, *self.document.warnings()]

    def _write(self, out: BinaryIO) -> None:
        for entry in self.contents.iter_records("entry"):
            if entry["id"] in self._mains or not self._wanted(entry):
                continue
            write_lines(out, self._lines(entry), self.document)

    def _wanted(self, entry: Dict) -> bool:
        if not self.chosen:
            return True
        return any(one.get("document") == self.chosen for one in entry.get("sources", ()))

    def _lines(self, entry: Dict, head: str = "") -> list[Line]:
        subs = self._subentries(entry["id"])
        names = [next(iter(plains(sub.get("lemma", {}))), "") for sub in subs]
        bare = [link.target for link in self._links[entry["id"]] if link.code == COMPONENT]
        links = [link for link in self._links[entry["id"]] if link.code != COMPONENT]
        known = any(one.get("format") == FORMAT for one in entry.get("sources", ()))
        parts = entry_parts(entry, self.setting, links, [*names, *bare], head=head, known=known)
        lines = lay(FORMAT, entry.get("residue", ()), parts, sections_of(entry))
        lines[0] = (head or self.setting.markers.record, lines[0][1])
        if not subs:
            return lines
        inner = dict(zip(names, subs, strict=True))
        marker = next((one.marker for one in parts if one.key == "subentry"), "se")
        made: list[Line] = []
        for line in lines:
            sub = inner.pop(tidy(line[1]), None) if line[0] == marker else None
            made += [line] if sub is None else self._lines(sub, line[0])
        return made

    def _subentries(self, entry: str) -> list[Dict]:
        found = [self.kept.get(one) for one in self._inside.get(entry, ())]
        return [one for one in found if one is not None]

    def _collect(self) -> None:
        """Reads how entries are called, which stand inside of others, and the relations."""
        types = self.setting.labels.codes
        named: set[str] = set()
        for relation in self.contents.iter_records("relation"):
            if any(one.get("at") == f"!{_INSIDE}" for one in relation.get("residue", ())):
                ends = [member.get("entry") for member in relation.get("members", ())]
                if len(ends) == 2 and all(ends):
                    self._mains.setdefault(ends[1], ends[0])
        there = set()
        for entry in self.contents.iter_records("entry"):
            there.add(entry["id"])
            forms = [*plains(entry.get("lemma", {})), *plains(entry.get("citation", {}))]
            self.references.add(entry["id"], forms, entry.get("homograph"))
            if entry["id"] in self._mains:
                self.kept.add(entry)
        self._mains = {
            one: main
            for one, main in self._mains.items()
            if main in there and main not in self._mains
        }
        for one, main in self._mains.items():
            self._inside[main].append(one)
        for relation in self.contents.iter_records("relation"):
            self._state(relation, types.get(relation["type"], ""), named)

    def _state(self, relation: Dict, code: str, named: set[str]) -> None:
        members = {member["id"]: member for member in relation.get("members", ())}
        if any(one.get("at") == f"!{_INSIDE}" for one in relation.get("residue", ())):
            ends = [member.get("entry") for member in members.values()]
            if len(ends) == 2 and self._mains.get(ends[1] or "") == ends[0]:
                return
        said = [(one["at"], one["to"]) for one in relation.get("statements", ())]
        for at, to in said or list(pairwise(members)):
            one, other = members.get(at), members.get(to)
            if one is None or other is None or not one.get("entry"):
                continue
            target: str | None = other.get("label", "")
            if other.get("entry"):
                target = self.references.label(other["entry"], other.get("label", ""))
            if not target:
                self.warnings.append(
                    f"A relation “{code}” was left out: it leads to an entry that is not part of "
                    "this export."
                )
                continue
            self._links[one["entry"]].append(Link(one.get("part") or "", code, target))


class _Kept:
    """Subentries until their main entries are written, on the disk."""

    def __init__(self) -> None:
        self._known = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._known.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
            "CREATE TABLE kept (entry PRIMARY KEY, content) WITHOUT ROWID; BEGIN"
        )

    def close(self) -> None:
        """Lets the database go."""
        self._known.close()

    def add(self, entry: Dict) -> None:
        """Keeps an entry."""
        row = (entry["id"], json.dumps(entry, default=str))
        self._known.execute("INSERT INTO kept VALUES (?, ?)", row)

    def get(self, entry: str) -> Dict | None:
        """An entry that was kept."""
        found = self._known.execute("SELECT content FROM kept WHERE entry = ?", (entry,)).fetchone()
        return json.loads(found[0]) if found else None


def _member(entry: str | None, part: str, label: str) -> Dict:
    """An end of a relation; one that is not known has its label only."""
    told = {"entry": entry, "part": part, "label": label}
    return {"id": new_id("b"), **{key: value for key, value in told.items() if value}}
