"""Small CLDF datasets of our own, where the shared real ones lie, and whether one is valid."""

from __future__ import annotations

import csv
import io
import json
import logging
import tempfile
import warnings
import zipfile
from pathlib import Path

import pytest

from tests.formats.samples import DATA, MISSING

TERMS = "http://cldf.clld.org/v1.0/terms.rdf#"
REAL = ("cldf-igt/lapollaqiang", "cldf-igt/lgr", "cldf-dictionary/daakaka",
        "cldf-dictionary/kalamang")  # fmt: skip
KINDS = {"languages": "LanguageTable", "entries": "EntryTable", "senses": "SenseTable",
         "examples": "ExampleTable", "contributions": "ContributionTable"}  # fmt: skip
COLUMN_TERMS = {"ID": "id", "Name": "name", "Glottocode": "glottocode", "Headword": "headword",
                "ISO639P3code": "iso639P3code", "Language_ID": "languageReference",
                "Part_Of_Speech": "partOfSpeech", "Description": "description",
                "Entry_ID": "entryReference", "Primary_Text": "primaryText",
                "Analyzed_Word": "analyzedWord", "Gloss": "gloss", "Comment": "comment",
                "Translated_Text": "translatedText", "Source": "source",
                "Contribution_ID": "contributionReference",
                "Meta_Language_ID": "metaLanguageReference"}  # fmt: skip
POINTERS = {"Language_ID": "languages", "Entry_ID": "entries", "Sense_IDs": "senses",
            "Contribution_ID": "contributions", "Text_ID": "texts"}  # fmt: skip
SEPARATORS = {"Analyzed_Word": "\t", "Gloss": "\t", "Sense_IDs": " ; "}
LANGUAGES = "ID,Name,Glottocode,ISO639P3code\nseh,Sena,sena1262,seh\n"
DICTIONARY = {
    "languages": LANGUAGES,
    "entries": "ID,Language_ID,Headword,Part_Of_Speech,Tone\n"
    "nyama,seh,nyama,n,LH\nenda,seh,enda,,\n",
    "senses": "ID,Description,Entry_ID,Emoji\nS1,animal,nyama,x\nS2,meat,nyama,\nS3,go,enda,\n",
    "examples": "ID,Language_ID,Primary_Text,Analyzed_Word,Gloss,Translated_Text,Sense_IDs\n"
    "X1,seh,Wanyama.,wa-nyama,PL-animal,Animals.,S1\n"
    "X2,seh,nyama yetu,,,our meat,S2 ; S1\n",
}
TEXTS = {
    "languages": LANGUAGES,
    "texts": "ID,Title\n1,One\n2,Two\n",
    "examples": "ID,Language_ID,Primary_Text,Analyzed_Word,Gloss,Translated_Text,Text_ID,Page\n"
    "1,seh,Mwana aenda.,mwana\ta-enda,child\tCL1-go,A child goes.,1,7\n"
    "2,seh,Ona!,ona,see,See!,1,\n"
    "3,seh,Mwana,mwana,child,,2,\n",
}


def save(folder, tables, name="sample.cldf.zip", **facts):
    """A dataset in a zip file."""
    path = folder / name
    with zipfile.ZipFile(path, "w") as archive:
        for table, text in tables.items():
            archive.writestr(f"{table}.csv", text)
        archive.writestr("cldf-metadata.json", json.dumps(metadata(tables, **facts)))
    return path


def metadata(tables, **facts):
    """The metadata of tables."""
    kind = "Dictionary" if "entries" in tables else "Generic"
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "dc:conformsTo": TERMS + kind,
        "rdf:ID": "sample",
        "tables": [_table(name, text) for name, text in tables.items()],
        **facts,
    }


def _table(name, text):
    header = next(csv.reader(io.StringIO(text)))
    own = {"senses": {"Gloss": "", "Name": ""}, "texts": dict.fromkeys(header, "")}.get(name, {})
    columns = [_column(one, own.get(one, COLUMN_TERMS.get(one, ""))) for one in header]
    keys = [
        {
            "columnReference": [one],
            "reference": {"resource": f"{POINTERS[one]}.csv", "columnReference": ["ID"]},
        }
        for one in header
        if one in POINTERS
    ]
    made = {"url": f"{name}.csv", "tableSchema": {"columns": columns, "foreignKeys": keys}}
    made["tableSchema"]["primaryKey"] = ["ID"]
    return made | ({"dc:conformsTo": TERMS + KINDS[name]} if name in KINDS else {})


def _column(name, term):
    made = {"name": name, "datatype": "string"}
    made |= {"propertyUrl": TERMS + term} if term else {}
    return made | ({"separator": SEPARATORS[name]} if _has_several(name, term) else {})


def _has_several(name, term):
    return name == "Sense_IDs" or (name in SEPARATORS and term != "")


def rows(path, table):
    """The rows of a table of a dataset in a zip file."""
    with zipfile.ZipFile(path) as archive:
        return list(csv.DictReader(io.StringIO(archive.read(f"{table}.csv").decode())))


def described(path):
    """The metadata of a dataset in a zip file."""
    with zipfile.ZipFile(path) as archive:
        name = next(one for one in archive.namelist() if one.endswith("-metadata.json"))
        return json.loads(archive.read(name))


def complaints(path):
    """What the validator of CLDF says against a dataset in a zip file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the validator's own
        from pycldf import Dataset

        log = logging.Logger("cldf")
        told = _Told()
        log.addHandler(told)
        with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
            found = next(Path(folder).glob("*-metadata.json"))
            valid = Dataset.from_metadata(found).validate(log)
    return [] if valid else told.lines or ["invalid"]


class _Told(logging.Handler):
    def __init__(self):
        super().__init__()
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


def real_datasets(*names):
    """Real datasets as parameters, all without names; each skipped where it is not there."""
    skip = pytest.mark.skip(reason=MISSING)
    return [
        pytest.param(DATA / one, id=one, marks=() if (DATA / one).is_dir() else skip)
        for one in names or REAL
    ]
