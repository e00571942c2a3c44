"""Tables come in, once and again, and go out."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import pytest

from app.domain.errors import Invalid, Unreadable
from app.services import exports, imports
from app.services.desk import open_desk
from app.store.database import Document
from tests.factories import item_id, make_desk, make_store, save_entry

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("LIFE_TEST_DATA") or ROOT / ".." / "shared" / "data").resolve()
REAL = {"sena": "lift/sena/Sena.lift", "biatah": "lift/biatah/biatah.lift"}


@pytest.fixture
def desk(database):
    return make_desk(make_store(database))


def save(tmp_path, text, name="words.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def run(desk, path, mapping=None, **options):
    if mapping is not None:
        options["map"] = json.dumps(mapping)
    change = imports.preview(desk, path, options=options)
    imports.confirm(desk, change["_id"])
    return change["report"]


def outcomes(report):
    return {k: n for k, n in report["counts"].items() if k.startswith("entry/")}


def entries(desk) -> list[Document]:
    wanted = {"project": desk.project_id, "deleted": {"$ne": True}}
    return sorted(desk.store.entries.find(wanted), key=lambda one: one["_id"])


def write(desk, path, **options):
    exports.write(open_desk(desk.store, desk.actor, desk.project_id), path, options=options)
    return path


def table(path):
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def rewrite(path, rows):
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


WORDS = """Headword,Part of speech,Gloss (en),Semantic domain,Dialect
nyumba,Noun,house,1 Home; 2 Work,north
kupita,Verb,pass,,south
kupita,Verb,enter,,
"""


def test_headings_are_understood_and_the_rest_is_kept_as_own_fields(desk, tmp_path):
    report = run(desk, save(tmp_path, WORDS))
    house, go = entries(desk)
    assert outcomes(report) == {"entry/new": 2}
    assert house["lemma"] == {"seh": "nyumba"}
    (sense,) = house["senses"]
    assert sense["gloss"] == {"en": "house"}
    assert sense["pos"] == item_id(desk, "parts-of-speech", "Noun")
    assert sense["domains"] == [item_id(desk, "semantic-domains", c) for c in ("1 Home", "2 Work")]
    assert [s["gloss"] for s in go["senses"]] == [{"en": "pass"}, {"en": "enter"}]
    assert [(f["type"], f["text"]) for f in house["fields"]] == [("Dialect", {"en": "north"})]
    assert desk.store.fields.find_one({"project": desk.project_id, "code": "Dialect"})


def test_a_second_import_doubles_nothing(desk, tmp_path):
    path = save(tmp_path, WORDS)
    run(desk, path)
    before = entries(desk)
    assert outcomes(run(desk, path)) == {"entry/unchanged": 2}
    other = save(tmp_path, WORDS, "the same (1).csv")
    assert outcomes(run(desk, other)) == {"entry/unchanged": 2}
    assert entries(desk) == before


def test_the_second_import_brings_what_changed_in_the_file_and_keeps_what_changed_here(
    desk, tmp_path
):
    run(desk, save(tmp_path, WORDS))
    house = entries(desk)[0]
    desk.store.entries.update_one(
        {"_id": house["_id"]}, {"$set": {"senses.0.definition": {"en": "a building"}}}
    )
    changed = WORDS.replace(",house,", ",home,").replace("kupita,Verb,enter,,\n", "")
    assert outcomes(run(desk, save(tmp_path, changed)))["entry/changed"] == 1
    sense = entries(desk)[0]["senses"][0]
    assert (sense["gloss"], sense["definition"]) == ({"en": "home"}, {"en": "a building"})
    assert len(entries(desk)[1]["senses"]) == 2  # leaving a row out deletes nothing


def test_both_changed_the_same_cell(desk, tmp_path):
    run(desk, save(tmp_path, WORDS))
    house = entries(desk)[0]
    desk.store.entries.update_one(
        {"_id": house["_id"]}, {"$set": {"senses.0.gloss": {"en": "hut"}}}
    )
    report = run(desk, save(tmp_path, WORDS.replace(",house,", ",home,")))
    assert outcomes(report)["entry/conflict"] == 1
    assert entries(desk)[0]["senses"][0]["gloss"] == {"en": "hut"}


def test_rows_are_found_by_their_id_whatever_their_lemma(desk, tmp_path):
    run(desk, save(tmp_path, "ID,lx,ge\n1,moto,fire\n2,maji,water\n"))
    report = run(desk, save(tmp_path, "ID,lx,ge\n2,madzi,water\n1,moto,fire\n3,moto,heat\n"))
    assert outcomes(report) == {"entry/changed": 1, "entry/unchanged": 1, "entry/new": 1}, report
    assert [one["lemma"]["seh"] for one in entries(desk)] == ["moto", "madzi", "moto"]


def test_the_same_numbers_of_another_file_are_other_entries(desk, tmp_path):
    run(desk, save(tmp_path, "ID,lx,ge\n1,moto,fire\n"))
    report = run(desk, save(tmp_path, "ID,lx,ge\n1,maji,water\n", "others.csv"))
    assert outcomes(report) == {"entry/new": 1}
    assert [one["lemma"]["seh"] for one in entries(desk)] == ["moto", "maji"]


def test_homonyms_stay_apart(desk, tmp_path):
    words = "lx,hm,ge\npita,1,pass\npita,2,enter\nmoto,,fire\npita,1,go by\n"
    path = save(tmp_path, words)
    run(desk, path)
    assert len(entries(desk)) == 4
    assert outcomes(run(desk, path)) == {"entry/unchanged": 4}


def test_an_entry_made_here_is_filled_and_never_overwritten(desk, tmp_path):
    save_entry(desk, "moto", "fire")
    save_entry(desk, "maji", "water")
    report = run(desk, save(tmp_path, "lx,ge,ps,de\nmoto,fire,Noun,flames\nmaji,well,Noun,\n"))
    assert outcomes(report) == {"entry/changed": 1, "entry/new": 1}
    fire = entries(desk)[0]["senses"][0]
    assert (fire["definition"], "pos" in fire) == ({"en": "flames"}, True)


@pytest.mark.parametrize(
    ("name", "tables"),
    [("sena", ("sense.csv", "entry.xlsx")), ("biatah", ("entry.csv", "sense.xlsx"))],
    ids=REAL,
)
def test_a_real_dictionary_goes_out_and_in_unchanged(desk, tmp_path, name, tables):
    if not (DATA / REAL[name]).is_file():
        pytest.skip(f"no sample data at {DATA}; set LIFE_TEST_DATA")
    run(desk, DATA / REAL[name])
    count = len(entries(desk))
    for table_name in tables:
        rows = table_name.partition(".")[0]
        report = run(desk, write(desk, tmp_path / table_name, rows=rows))
        found = outcomes(report)
        odd = {key: report["examples"].get(key.split("/")[1], [])[:3] for key in found}
        assert found == {"entry/unchanged": count}, (table_name, odd)


def test_cells_changed_in_an_export_change_those_fields_only(desk, tmp_path):
    entry = save_entry(
        desk, "nyumba", "house", citation={"seh": "nyumba-cf"}, notes=[{"id": "n_1", "type": "x"}]
    )
    path = write(desk, tmp_path / "out.csv")
    (row,) = table(path)
    row["gloss.en"] = "home"
    row["citation.seh"] = ""
    assert outcomes(run(desk, rewrite(path, [row]))) == {"entry/changed": 1}
    (after,) = entries(desk)
    assert after["senses"][0] == {**entry["senses"][0], "gloss": {"en": "home"}}
    assert not after.get("citation") and after["notes"] == entry["notes"]


def test_an_export_goes_into_another_project_and_back_without_doubling(desk, tmp_path):
    save_entry(desk, "nyumba", "house")
    path = write(desk, tmp_path / "out.csv")
    other = make_desk(desk.store, slug="other")
    assert outcomes(run(other, path)) == {"entry/new": 1}
    assert outcomes(run(other, path)) == {"entry/unchanged": 1}
    assert outcomes(run(desk, path)) == {"entry/unchanged": 1}


def test_an_entry_without_senses_has_one_row(desk, tmp_path):
    save_entry(desk, "moto", senses=[])
    (row,) = table(write(desk, tmp_path / "out.csv", columns="lemma.seh, gloss.en"))
    assert row == {"lemma.seh": "moto", "gloss.en": ""}
    run(desk, tmp_path / "out.csv")
    assert not entries(desk)[0].get("senses")


def test_what_cannot_be_said_is_refused_before_anything_is_kept(desk, tmp_path):
    for wrong in ("1", "[1]", "{", '{"lx": 1}', '{"lx": "no.such"}', '{"lx":"lemma","ge":"lemma"}'):
        with pytest.raises(Invalid):
            imports.preview(desk, save(tmp_path, "lx,ge\na,b\n"), options={"map": wrong})
    with pytest.raises(Unreadable):
        imports.preview(desk, save(tmp_path, "lx,ge\na,b\nc\n"))
    with pytest.raises(Invalid):
        write(desk, tmp_path / "out.csv", columns="nonsense")
    assert desk.store.changes.count_documents({"cause": "import"}) == 0


def test_the_mapping_says_what_columns_are(desk, tmp_path):
    path = save(tmp_path, "a,b,c,d\nmoto,fire,x,y\n")
    run(desk, path, {"a": "lemma.seh", "b": "gloss.pt", "c": "own:Remark", "d": "skip"})
    (entry,) = entries(desk)
    assert entry["senses"][0]["gloss"] == {"pt": "fire"}
    assert [one["type"] for one in entry["fields"]] == ["Remark"]
    project = open_desk(desk.store, desk.actor, desk.project_id).project
    assert "pt" in [ws["id"] for ws in project["writing_systems"]]
