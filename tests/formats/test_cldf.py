"""CLDF datasets are read and written, row by row."""

from __future__ import annotations

import json
import zipfile

import pytest

from app.domain.errors import Invalid, NotFound, Unreadable
from app.domain.interlinear import written_gloss, written_morphs
from app.formats.base import Names
from app.formats.cldf import CLDF
from app.formats.cldf.compare import differences
from app.services.formats import choose_format
from tests.formats.datasets import (
    DICTIONARY,
    TEXTS,
    complaints,
    described,
    metadata,
    real_datasets,
    rows,
    save,
)
from tests.formats.memory import load

COUNTS = {
    "lapollaqiang": {"text": 6, "utterance": 1276},
    "lgr": {"utterance": 35},
    "daakaka": {"entry": 2167, "utterance": 761},
    "kalamang": {"entry": 2737, "utterance": 102},
}
SENSES = {"daakaka": 2229, "kalamang": 2757}


@pytest.mark.parametrize(
    "path", real_datasets("cldf-igt/lapollaqiang", "cldf-igt/lgr", "cldf-dictionary/daakaka")
)
def test_a_real_dataset_comes_back_as_it_was(path, tmp_path):
    contents = load(CLDF, path)
    assert contents.problems == []
    counts = {kind: len(found) for kind, found in contents.records.items() if kind in KINDS}
    assert counts == COUNTS[path.name]
    senses = sum(len(one.get("senses", ())) for one in contents.entries())
    assert senses == SENSES.get(path.name, 0)
    out = tmp_path / "out.cldf.zip"
    assert CLDF.write(contents, out, {}) == []
    assert differences(path, out) == []
    assert complaints(out) == []


KINDS = ("text", "utterance", "entry")


def test_a_dictionary_is_entries_with_senses_and_examples(tmp_path):
    contents = load(CLDF, save(tmp_path, DICTIONARY))
    nyama, enda = contents.entries()
    assert nyama["lemma"] == {"seh": "nyama"}
    noun = contents.item("parts-of-speech", "n")["id"]
    assert [(one["gloss"]["en"], one["pos"]) for one in nyama["senses"]] == [
        ("animal", noun),
        ("meat", noun),
    ]
    glossed, plain = nyama["senses"][0]["examples"]
    line = contents.records["utterance"][glossed["utterance"]]
    assert line["translation"] == {"en": "Animals."}
    assert plain["form"] == {"seh": "nyama yetu"}
    assert "pos" not in enda["senses"][0]


def test_a_text_is_lines_with_words_and_morphs(tmp_path):
    contents = load(CLDF, save(tmp_path, TEXTS))
    first, second = contents.iter_records("text")
    assert (first["title"], second["title"]) == ({"en": "One"}, {"en": "Two"})
    line = next(contents.iter_utterances(first["id"]))
    told = [
        (written_morphs(one["analyses"][0]), written_gloss(one["analyses"][0]))
        for one in line["words"]
        if "analyses" in one
    ]
    assert told == [("mwana", "child"), ("a-enda", "CL1-go")]


def test_glosses_that_are_not_as_many_as_the_words_are_told_and_kept(tmp_path):
    odd = {"examples": TEXTS["examples"].replace("child\tCL1-go", "child")}
    path = save(tmp_path, TEXTS | odd)
    contents = load(CLDF, path)
    assert [one.what for one in contents.problems] == ["Example “1” has 2 words and 1 glosses."]
    CLDF.write(contents, tmp_path / "out.cldf.zip", {})
    assert differences(path, tmp_path / "out.cldf.zip") == []


def test_pieces_with_their_joins_are_one_word_and_spaces_stay(tmp_path):
    odd = "1,seh,ona=ni kwe.,ona\t=ni\tkwe\t.,see; look\t=PL\there\t.,,1,\n"
    head = TEXTS["examples"].split("\n")[0]
    path = save(tmp_path, TEXTS | {"examples": f"{head}\n{odd}"})
    contents = load(CLDF, path)
    (line,) = contents.records["utterance"].values()
    told = [written_gloss(a) for word in line["words"] for a in word.get("analyses", ())]
    assert told == ["see; look=PL", "here"]
    CLDF.write(contents, tmp_path / "out.cldf.zip", {})
    assert differences(path, tmp_path / "out.cldf.zip") == []


def test_what_points_nowhere_is_told(tmp_path):
    odd = {
        "senses": DICTIONARY["senses"] + "S9,lost,nobody,\n",
        "examples": DICTIONARY["examples"] + "X9,seh,lost,,,,S8\n",
    }
    told = [one.what for one in load(CLDF, save(tmp_path, DICTIONARY | odd)).problems]
    assert told == [
        "The sense “S9” is of an entry “nobody” that is not there.",
        "The example “X9” is of a sense that is not there.",
    ]


def new_dataset(contents, tmp_path, **options):
    """A project without a dataset of its own, written."""
    contents.records.pop("document", None)
    out = tmp_path / "new.cldf.zip"
    assert CLDF.write(contents, out, options) == []
    assert complaints(out) == []
    return out


def test_a_new_dictionary_is_valid_and_says_what_the_project_says(tmp_path):
    contents = load(CLDF, save(tmp_path, DICTIONARY))
    facts = {"licence": "CC-BY-4.0", "citation": "Ana 2026", "title": "Sena"}
    contents.project = contents.project.model_copy(update=facts)
    contents.entries()[0]["senses"][0]["gloss"]["pt"] = "animal (pt)"
    out = new_dataset(contents, tmp_path)
    told = described(out)
    assert told["dc:conformsTo"].endswith("#Dictionary")
    assert (told["dc:license"], told["dc:bibliographicCitation"]) == ("CC-BY-4.0", "Ana 2026")
    assert rows(out, "languages")[0] == {
        "ID": "seh", "Name": "seh", "Glottocode": "", "ISO639P3code": "seh"
    }  # fmt: skip
    assert rows(out, "senses")[0]["Gloss_pt"] == "animal (pt)"
    assert [one["Analyzed_Word"] for one in rows(out, "examples")] == ["", "wa-nyama"]
    back = load(CLDF, out)
    assert [one["lemma"] for one in back.entries()] == [{"seh": "nyama"}, {"seh": "enda"}]


def test_new_texts_are_a_corpus(tmp_path):
    contents = load(CLDF, save(tmp_path, TEXTS))
    out = new_dataset(contents, tmp_path)
    assert described(out)["dc:conformsTo"].endswith("#TextCorpus")
    assert [one["Position"] for one in rows(out, "examples")] == ["1", "2", "1"]
    levels = [one["LGR_Conformance"] for one in rows(out, "examples")]
    assert levels == ["MORPHEME_ALIGNED"] * 3


def test_texts_and_dictionary_may_be_written_apart(tmp_path):
    contents = load(CLDF, save(tmp_path, DICTIONARY))
    texts = load(CLDF, save(tmp_path, TEXTS, "texts.cldf.zip", **{"rdf:ID": "texts"}))
    for kind in ("text", "utterance"):
        contents.records.setdefault(kind, {}).update(texts.records[kind])
    both = new_dataset(contents, tmp_path)
    assert described(both)["dc:conformsTo"].endswith("#Generic")
    only = new_dataset(contents, tmp_path, module="dictionary")
    assert [one["url"] for one in described(only)["tables"]] == [
        "entries.csv", "senses.csv", "examples.csv", "languages.csv"
    ]  # fmt: skip
    assert len(rows(only, "examples")) == 2
    assert len(rows(new_dataset(contents, tmp_path, module="texts"), "examples")) == 4


def test_choices_that_are_none_are_refused(tmp_path):
    contents = load(CLDF, save(tmp_path, TEXTS))
    with pytest.raises(Invalid):
        CLDF.write(contents, tmp_path / "x.cldf.zip", {"module": "novel"})
    with pytest.raises(NotFound):
        CLDF.write(contents, tmp_path / "x.cldf.zip", {"document": "d_1"})


def test_a_zip_and_a_folder_are_known_by_what_is_in_them(tmp_path):
    path = save(tmp_path, TEXTS, "anything.zip")
    folder = tmp_path / "folder"
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    for one in (path, folder, folder / "cldf-metadata.json"):
        assert choose_format(one.name, path=one) is CLDF
        assert len(load(CLDF, one).records["utterance"]) == 3


def broken(tmp_path, change, **tables):
    told = metadata(TEXTS)
    change(told)
    path = tmp_path / "broken.cldf.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in (TEXTS | tables).items():
            archive.writestr(f"{name}.csv", text)
        archive.writestr("cldf-metadata.json", json.dumps(told))
    return path


def leads(url):
    def change(told):
        told["tables"][2]["url"] = url

    return change


@pytest.mark.parametrize(
    "url", ["../secret.csv", "/etc/passwd", "http://example.org/x.csv", "file:///etc/passwd", "x"]
)
def test_no_file_outside_is_opened_and_none_is_fetched(url, tmp_path):
    path = broken(tmp_path, leads(url))
    with pytest.raises(Unreadable, match="has no file"):
        load(CLDF, path)
    folder = tmp_path / "in" / "side"
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    (tmp_path / "in" / "secret.csv").write_text(TEXTS["examples"], encoding="utf-8")
    with pytest.raises(Unreadable, match="has no file"):
        load(CLDF, folder)


@pytest.mark.parametrize(
    ("table", "text", "line"),
    [
        ("examples", "ID,Language_ID\n1,seh,too many\n", 2),
        ("examples", "Language_ID\nseh\n", 1),
        ("examples", "ID,ID\n1,2\n", 1),
        ("examples", 'ID,Language_ID\n1,"open\n', 2),
    ],
)
def test_a_broken_table_is_refused_with_its_line(table, text, line, tmp_path):
    with pytest.raises(Unreadable) as told:
        load(CLDF, broken(tmp_path, lambda told: None, **{table: text}))
    assert (told.value.file, told.value.line) == (f"{table}.csv", line)


def test_what_is_no_dataset_is_refused(tmp_path):
    path = tmp_path / "x.cldf.zip"
    for name, text in (("readme", ""), ("x-metadata.json", "[]"), ("x-metadata.json", "{")):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name, text)
        with pytest.raises(Unreadable):
            list(CLDF.read(path, Names()))
