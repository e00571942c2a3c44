"""The dataset into which a project is written: the one that was read, or a new one."""

from __future__ import annotations

import copy
import csv
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import langcodes

from app.domain.project import Language, Project, WritingSystem
from app.formats.cldf.fields import Field, describe
from app.formats.cldf.languages import Languages, tag_of
from app.formats.cldf.laying import Dict
from app.formats.cldf.laying import sheet_of as make_sheet
from app.formats.cldf.metadata import TERMS, Table, tables_of
from app.formats.cldf.outputs import Output
from app.formats.cldf.reader import FILE, METADATA, ROLES, TABLE, dataset_key, main_language

_BAD = re.compile(r"[^A-Za-z0-9_-]+")
_ISO = re.compile(r"[a-z]{3}")
_GLOTTOCODE = re.compile(r"[a-z0-9]{4}[1-9][0-9]{3}")
_URLS = {"entry": "entries.csv", "sense": "senses.csv", "example": "examples.csv",
         "text": "contributions.csv", "language": "languages.csv"}  # fmt: skip
_ROLES = {url: role for role, url in _URLS.items()}
_TERMS = {"entry": "EntryTable", "sense": "SenseTable", "example": "ExampleTable",
          "text": "ContributionTable", "language": "LanguageTable"}  # fmt: skip
_KEYS = re.compile(r"@\w+\s*\{\s*([^,\s]+)\s*,")


@dataclass
class Skeleton:
    """What is known of a dataset before its records are written.

    Attributes:
        key: what names it.
        metadata: its metadata, without the tables that are written anew.
        files: tables and sources that are written as they came, by name.
        languages: rows of a new table of languages; empty where one came.
    """

    key: str
    name: str
    metadata: Dict
    languages: Languages
    systems: dict[str, str]
    tags: dict[str, str]
    tables: list[Table] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    rows: list[dict[str, str]] = field(default_factory=list)
    main: str = ""

    def output(self, role: str) -> Output:
        """A table to be written: as it came, or new."""
        found = next((one for one in self.tables if one.role == role), None)
        if found is None:
            found = _new_table(role, self.main, self.languages.analysis, self.tags)
        sheet = make_sheet(found, self.systems)
        raw = copy.deepcopy(found.raw)
        if found in self.tables:
            return Output(sheet, found.url, raw)
        raw["url"] = self._url(role)
        for key in raw["tableSchema"].get("foreignKeys", ()):
            key["reference"]["resource"] = self._url(_ROLES[key["reference"]["resource"]])
        return Output(sheet, raw["url"], raw, is_new=True)

    def _url(self, role: str) -> str:
        """The file of a table: its own, or one that no other table has."""
        known = {one.url: one.role for one in self.tables}
        own = next((url for url, played in known.items() if played == role), "")
        return own or (_URLS[role] if _URLS[role] not in known else f"project-{_URLS[role]}")

    @property
    def sources(self) -> set[str]:
        """The keys of the sources that came with it."""
        told = self.files.get(str(self.metadata.get("dc:source") or ""), "")
        return set(_KEYS.findall(told))


def kept_skeleton(document: Mapping[str, Any], project: Project) -> Skeleton:
    """The dataset that a source document keeps."""
    kept = {one["at"]: one["content"] for one in document.get("residue", ())}
    metadata = json.loads(kept[METADATA])
    made = _skeleton(dataset_key(metadata, document.get("producer", "")), metadata, project)
    made.name = str(document.get("producer") or made.name)
    made.tables = tables_of(metadata, made.name)
    for at, text in kept.items():
        for prefix in (TABLE, FILE):
            if at.startswith(prefix):
                made.files[at.removeprefix(prefix)] = text
    for table in made.tables:
        if table.role == "language" and table.url in made.files:
            columns = {one.term: one.name for one in table.columns if one.term}
            rows = csv.DictReader(io.StringIO(made.files[table.url]), strict=True)
            made.languages.add(rows, columns)
    return made


def new_skeleton(project: Project) -> Skeleton:
    """A new dataset for a project."""
    tag = next((ws.tag for ws in project.writing_systems if ws.analysis and not ws.vernacular), "")
    metadata: Dict = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": tag or "en"}],
        "rdf:ID": project.id,
        "rdf:type": "http://www.w3.org/ns/dcat#Distribution",
        "dialect": {"commentPrefix": None},
        "dc:title": project.title,
        "tables": [],
    }
    told = {"dc:description": project.description, "dc:license": project.licence,
            "dc:bibliographicCitation": project.citation}  # fmt: skip
    metadata |= {key: value for key, value in told.items() if value}
    made = _skeleton(project.id, metadata, project)
    made.main = next((ws.id for ws in project.writing_systems if ws.vernacular), "und")
    _add_languages(made, project)
    return made


def _skeleton(key: str, metadata: Dict, project: Project) -> Skeleton:
    by_tag = {ws.tag.lower(): ws.id for ws in project.writing_systems}
    by_tag |= {ws.id.lower(): ws.id for ws in project.writing_systems}
    tags = {ws.id: ws.tag for ws in project.writing_systems}

    def find(tag: str) -> str:
        return by_tag.get(tag.lower(), tag)

    analysis = find(main_language(metadata))
    systems = _Found(find)
    systems[""] = analysis
    return Skeleton(key, "cldf-metadata.json", metadata, Languages(find, analysis), systems, tags)


class _Found(dict[str, str]):
    """Writing systems by language tag."""

    def __init__(self, find: Any) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, tag: str) -> str:
        return str(self._find(tag))


def _add_languages(made: Skeleton, project: Project) -> None:
    """Rows for the languages of a project, and for those of its descriptions."""
    languages = list(project.languages)
    systems = [ws for ws in project.writing_systems if ws.vernacular] if not languages else []
    languages += [Language(id=ws.id, name=ws.name or ws.id, tag=ws.tag) for ws in systems]
    for one in languages or [Language(id="und", name=project.title)]:
        _add_language(made, one.tag or one.iso639_3 or one.id, one)
    for ws in project.writing_systems:
        if ws.analysis and ws.id not in made.languages.ids:
            _add_language(made, ws.tag, _described(ws))


def _add_language(made: Skeleton, tag: str, one: Language) -> None:
    told = _BAD.sub("-", one.id) or "und"
    if any(row["ID"] == told for row in made.rows):
        return
    row = {"ID": told, "Name": one.name, "Glottocode": "", "ISO639P3code": ""}
    if _GLOTTOCODE.fullmatch(one.glottocode):
        row["Glottocode"] = one.glottocode
    iso = one.iso639_3 or (langcodes.get(tag).to_alpha3() if langcodes.tag_is_valid(tag) else "")
    if _ISO.fullmatch(iso):
        row["ISO639P3code"] = iso
    made.rows.append(row)
    read = {"id": told, "name": one.name, "iso639P3code": row["ISO639P3code"],
            "glottocode": row["Glottocode"]}  # fmt: skip
    made.languages.name(told, tag_of(read))
    made.languages.ids.setdefault(made.languages.find(tag), told)


def _described(ws: WritingSystem) -> Language:
    return Language(id=ws.id, name=ws.name or langcodes.get(ws.tag).language or ws.id)


def _new_table(role: str, main: str, analysis: str, tags: Mapping[str, str]) -> Table:
    main, analysis = tags.get(main, main), tags.get(analysis, analysis)
    raw = [new_description(one, main, analysis) for one in (*sorted(ROLES), "language")]
    return next(one for one in tables_of({"tables": raw}, "") if one.role == role)


def new_description(role: str, main: str, analysis: str) -> Dict:
    """The description of a new table.

    Args:
        main: language tag of headwords and lines.
        analysis: of descriptions and translations.
    """
    columns = [describe(role, one, tag) for one, tag in _columns(role, main, analysis)]
    if role == "sense":
        columns.append({"name": f"Gloss_{analysis}", "datatype": "string", "lang": analysis})
    if role == "language":
        columns = LANGUAGE_COLUMNS
    keys = [
        {"columnReference": [name], "reference": {"resource": url, "columnReference": ["ID"]}}
        for name, url in _POINTERS.get(role, ())
    ]
    schema: Dict = {"columns": columns, "primaryKey": ["ID"]}
    return {
        "url": _URLS[role],
        "dc:conformsTo": TERMS + _TERMS[role],
        "tableSchema": schema | ({"foreignKeys": keys} if keys else {}),
    }


def _columns(role: str, main: str, analysis: str) -> list[tuple[Field, str]]:
    known = _COLUMNS.get(role, ())
    tags = {"main": main, "analysis": analysis, "": ""}
    return [(Field(name, which or None), tags[which]) for name, which in known]


_COLUMNS: dict[str, tuple[tuple[str, str], ...]] = {
    "entry": (("id", ""), ("language", ""), ("lemma", "main"), ("pos", "")),
    "sense": (("id", ""), ("description", "analysis"), ("entry", "")),
    "example": (("id", ""), ("language", ""), ("baseline", "main"), ("analyzed", ""),
                ("glosses", "analysis"), ("translation", "analysis"), ("meta", ""),
                ("conformance", ""), ("note", "analysis"), ("refs", ""), ("text", ""),
                ("position", "")),
    "text": (("id", ""), ("title", "analysis"), ("description", "analysis")),
}  # fmt: skip
_POINTERS = {
    "entry": (("Language_ID", "languages.csv"),),
    "sense": (("Entry_ID", "entries.csv"),),
    "example": (("Language_ID", "languages.csv"), ("Meta_Language_ID", "languages.csv"),
                ("Sense_IDs", "senses.csv"), ("Contribution_ID", "contributions.csv")),
}  # fmt: skip
LANGUAGE_COLUMNS: list[Dict] = [
    {"name": "ID", "required": True, "propertyUrl": f"{TERMS}id",
     "datatype": {"base": "string", "format": "[a-zA-Z0-9_\\-]+"}},
    {"name": "Name", "propertyUrl": f"{TERMS}name", "datatype": "string"},
    {"name": "Glottocode", "propertyUrl": f"{TERMS}glottocode",
     "datatype": {"base": "string", "format": "[a-z0-9]{4}[1-9][0-9]{3}"}},
    {"name": "ISO639P3code", "propertyUrl": f"{TERMS}iso639P3code",
     "datatype": {"base": "string", "format": "[a-z]{3}"}},
]  # fmt: skip
