"""The sample project stays an example of every odd thing that an entry can hold."""

from __future__ import annotations

import pytest

from app.domain.interlinear import written_gloss
from app.domain.roles import SYSTEM, Role
from app.formats.lift import LIFT
from app.formats.lift.compare import differences
from app.services import accounts, exports, imports, projects, sample
from app.services.clock import utc_now
from app.services.desk import open_desk
from app.services.history import activity
from app.store.indexes import ensure_indexes
from app.store.rows import iter_senses
from tests.formats.memory import load

PATH = sample._FILE


@pytest.fixture(scope="module")
def contents():
    return load(LIFT, PATH)


@pytest.fixture(scope="module")
def entries(contents):
    """Entries by the id that the file gives them."""
    return {entry["sources"][0]["id"]: entry for entry in contents.entries()}


@pytest.fixture(scope="module")
def senses(entries):
    return [s for entry in entries.values() for s in iter_senses(entry.get("senses", ()))]


def codes(contents, list_code):
    return {i["id"]: i["code"] for i in contents.records["item"].values() if i["list"] == list_code}


def targets(contents, entries, code):
    """Pairs of entries (ids of the file) that a relation of a type ties."""
    names = {entry["id"]: name for name, entry in entries.items()}
    types = codes(contents, "relation-types")
    return {
        tuple(names.get(member.get("entry")) for member in relation["members"])
        for relation in contents.records["relation"].values()
        if types[relation["type"]] == code
    }


def test_it_reads_without_problems_and_comes_back_as_it_was(contents, tmp_path):
    assert contents.problems == []
    assert list(LIFT.write(contents, tmp_path / "out.lift", {})) == []
    assert differences(PATH, tmp_path / "out.lift") == []


def test_size_and_tombstone(contents):
    assert 45 <= len(contents.entries()) <= 60
    assert len(contents.deleted["entry"]) == 1


def test_writing_systems(contents, entries):
    systems = {ws.id: ws for ws in contents.project.writing_systems}
    assert {"swh", "swh-Arab", "swh-fonipa", "en", "fr", "ar", "fa", "pt", "la"} <= set(systems)
    assert {ws for ws, one in systems.items() if one.direction == "rtl"} == {"swh-Arab", "ar", "fa"}
    assert len([e for e in entries.values() if "swh-Arab" in e["lemma"]]) >= 8
    assert len([e for e in entries.values() if e.get("pronunciations")]) >= 30


def test_glosses_and_definitions_in_two_languages(senses):
    assert len([s for s in senses if {"en", "fr"} <= s.get("gloss", {}).keys()]) >= 40
    assert any("fr" in s.get("definition", {}) for s in senses)


def test_homographs_are_numbered(entries):
    for lemma in ("kaa", "paa"):
        numbers = [e["homograph"] for e in entries.values() if e["lemma"]["swh"] == lemma]
        assert numbers == [1, 2, 3]


def test_plurals_and_allomorphs(contents, entries):
    plural = entries["kitabu"]["forms"][0]
    assert (plural["paradigm"], plural["form"]["swh"]) == ("plural", "vitabu")
    morphs = codes(contents, "morph-types")
    allomorphs = entries["m-"]["forms"]
    assert [form["form"]["swh"] for form in allomorphs] == ["mu-", "mw-"]
    assert all(morphs[form["morph_type"]] == "prefix" for form in allomorphs)
    assert allomorphs[1]["environments"] == ["/_a", "/_e", "/_i"]


def test_affixes(contents, entries):
    morphs = codes(contents, "morph-types")
    affixes = {
        name for name, e in entries.items() if morphs[e["morph_type"]] in ("prefix", "suffix")
    }
    assert affixes == {
        *("m-", "wa-", "ki-", "vi-", "-sha", "-wa", "ni-", "a-", "-ta-", "-na-", "-li-")
    }
    assert entries["-sha"]["senses"][0]["pos_traits"][0]["value"] == "derivational affix"


def test_compounds_derivations_and_opposites(contents, entries):
    components = targets(contents, entries, "_component-lexeme")
    assert {("mwanafunzi", "mwana"), ("mwanafunzi", "funza"), ("mfanyakazi", "kazi")} <= components
    assert ("mpishi", "pika") in targets(contents, entries, "baseform")
    assert ("mtoto", "mwana") in targets(contents, entries, "Synonym")
    assert ("-kubwa", "-dogo") in targets(contents, entries, "Antonym")
    assert ("mtoto", None) in targets(contents, entries, "Antonym")  # names what is not there
    assert targets(contents, entries, "Part") | targets(contents, entries, "Whole")


def test_nested_subsenses(entries):
    hit = entries["piga"]["senses"][0]
    assert [sense["gloss"]["fr"] for sense in hit["senses"]] == ["téléphoner", "photographier"]
    assert hit["senses"][0]["senses"]


def test_examples_with_translations_and_reference(contents, senses):
    kinds = codes(contents, "translation-types")
    full = [
        example
        for sense in senses
        for example in sense.get("examples", ())
        if example.get("source")
        and {kinds[t["type"]] for t in example["translations"]}
        == {"Free translation", "Literal translation"}
    ]
    assert len(full) >= 3


def test_etymologies(entries):
    found = [y for e in entries.values() for y in e.get("etymologies", ())]
    assert {y["source"] for y in found} == {"Arabic", "Persian", "English", "Portuguese"}
    assert entries["kitabu"]["etymologies"][0]["form"] == {"ar": "كتاب"}
    assert entries["meza"]["etymologies"][0]["form"] == {"pt": "mesa"}


def test_domains_scientific_names_and_reversals(contents, entries, senses):
    domains = codes(contents, "semantic-domains")
    assert "1.6 Animal" in {domains[d] for sense in senses for d in sense.get("domains", ())}
    assert any(item.get("parent") in domains for item in contents.records["item"].values())
    assert entries["kuku"]["senses"][0]["scientific_name"]["la"] == "Gallus gallus domesticus"
    assert entries["ndizi"]["senses"][0]["scientific_name"]["la"] == "Musa"
    assert any(r.get("main") for sense in senses for r in sense.get("reversals", ()))


def test_notes_by_type_and_statuses(contents, entries, senses):
    kinds = codes(contents, "note-types")
    parts = [*entries.values(), *senses]
    notes = {kinds[note["type"]] for part in parts for note in part.get("notes", ())}
    assert {"grammar", "sociolinguistics", "encyclopedic", "phonology", "anthropology"} <= notes
    statuses = codes(contents, "statuses")
    used = {statuses[entry["status"]] for entry in entries.values()}
    assert used == {"draft", "checked", "approved"}


def test_own_field(contents, entries):
    definition = next(iter(contents.records["field"].values()))
    assert (definition["code"], definition.get("levels", ["entry"])) == ("noun-class", ["entry"])
    assert entries["kitabu"]["fields"][0]["text"] == {"en": "7/8"}


def test_spans_inside_a_note(entries):
    note = entries["kitabu"]["notes"][0]["text"]["en"]
    spans = note["spans"]
    assert {span.get("ws") for span in spans} == {None, "ar", "swh"}
    assert {span.get("style") for span in spans} == {None, "emphasis"}
    assert any(span.get("href") for span in spans)
    inner = next(span for span in spans if span.get("ws") == "ar")
    assert note["text"][inner["start"] : inner["end"]] == "كتاب"


def test_proverb_ideophone_annotation_and_unknown_trait(contents, entries):
    morphs, pos = codes(contents, "morph-types"), codes(contents, "parts-of-speech")
    proverb = entries["haraka-haraka-haina-baraka"]
    assert morphs[proverb["morph_type"]] == "phrase"
    assert proverb["annotations"][0]["who"] == "Ana"
    assert pos[entries["chubwi"]["senses"][0]["pos"]] == "Ideophone"
    assert entries["ndizi"]["senses"][0]["traits"][0]["name"] == "elicited-with"


def test_it_is_loaded_once_into_a_real_store(database):
    ensure_indexes(database)
    said = []
    sample.ensure_sample(database, said.append)
    sample.ensure_sample(database, said.append)
    assert said == ["Loaded the sample project, /swahili-sample"]
    desk = open_desk(database, SYSTEM, sample.SLUG)
    live = {"project": desk.project_id, "deleted": {"$ne": True}}
    assert 45 <= database.entries.count_documents(live) <= 60
    assert database.entries.count_documents({"deleted": True}) == 1
    assert database.rows.count_documents({}) == database.entries.count_documents(live)
    assert {ws["id"] for ws in desk.project["writing_systems"]} >= {"swh", "swh-Arab", "fr"}
    causes = [change["cause"] for change in activity(desk)]
    assert causes[-2:] == ["import", "create"]
    assert database.utterances.count_documents({}) == 12


@pytest.mark.parametrize("before", [True, False])
def test_who_registers_first_can_open_it(database, before):
    ensure_indexes(database)
    new = accounts.NewAccount("ann", "Ann", "", "correct horse battery")
    if before:
        made = accounts.register(database, new, True, utc_now())
    sample.ensure_sample(database, lambda _: None)
    if not before:
        made = accounts.register(database, new, True, utc_now())
    desk = open_desk(database, accounts.actor_of(made), sample.SLUG)
    assert desk.role is Role.OWNER


def test_the_whole_sample_goes_through_json(database, tmp_path):
    ensure_indexes(database)
    sample.ensure_sample(database, lambda _: None)
    desk = open_desk(database, SYSTEM, sample.SLUG)
    assert exports.write(desk, tmp_path / "one.life.json") == []
    projects.create_project(database, SYSTEM, slug="other", title="Other", language="swh")
    other = open_desk(database, SYSTEM, "other")
    change = imports.preview(other, tmp_path / "one.life.json")
    assert [p for p in change["report"]["problems"] if p["severity"] == "error"] == []
    imports.confirm(other, change["_id"])
    here, there = _texts_of(desk), _texts_of(other)
    assert here == there
    entries = {e["_id"] for e in database.entries.find({"project": other.project_id})}
    pointers = {
        morph["entry"]
        for line in database.utterances.find({"project": other.project_id})
        for word in line["words"]
        for analysis in word.get("analyses", ())
        for morph in analysis["morphs"]
        if "entry" in morph
    }
    assert pointers and pointers <= entries
    again = imports.preview(other, tmp_path / "one.life.json")
    counts = again["report"]["counts"]
    assert counts["utterance/unchanged"] == 12 and counts["text/unchanged"] == 1


def _texts_of(desk):
    """The lines of all texts as they are read, without ids."""
    lines = desk.store.utterances.find({"project": desk.project_id}).sort("rank")
    return [
        [(w["form"], [written_gloss(one) for one in w.get("analyses", ())]) for w in line["words"]]
        for line in lines
    ]
