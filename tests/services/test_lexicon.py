"""What people do with entries: permission, rule, store."""

from __future__ import annotations

import unicodedata

import pytest

from app.domain.diff import FieldChange
from app.domain.errors import Invalid, NotAllowed, NotFound
from app.domain.ids import new_id
from app.domain.project import PARTS_OF_SPEECH, RELATION_TYPES, STATUSES
from app.domain.roles import GUEST, Role
from app.services import bulk_edit, duplicates, history, lexicon, projects
from app.services.bulk_edit import Operation
from app.services.desk import open_desk
from app.store import changes
from app.store.changes import Op
from app.store.history import state_at
from app.store.listing import Query
from tests.factories import item_id, make_desk, make_entry, make_store, save_entry


@pytest.fixture
def store(database):
    return make_store(database)


@pytest.fixture
def desk(store):
    return make_desk(store)


def lemmas(desk, text="", **facts):
    return [row["lemma"] for row in lexicon.list_page(desk, Query(text, **facts)).rows]


def fill(desk, *words):
    for word in words:
        lemma, _, gloss = word.partition("=")
        save_entry(desk, lemma, gloss or "g")


def change(desk, entry, path, before, after):
    return lexicon.save(
        desk,
        entry["id"],
        [FieldChange(path, before, after)],
        base_rev=None,
        change_id=new_id("x"),
    )


def test_the_list_is_in_the_order_of_the_alphabet_and_pages_by_key(desk):
    fill(desk, "b", "a", "á", "c")
    assert lemmas(desk) == ["a", "á", "b", "c"]
    first = lexicon.list_page(desk, Query(), limit=2)
    assert first.more
    last = first.rows[-1]
    rest = lexicon.list_page(desk, Query(), after=last["key"])
    assert [row["lemma"] for row in rest.rows] == ["b", "c"]


def test_an_own_alphabet_changes_the_order_and_the_headings(desk):
    fill(desk, "nga", "na", "nya", "ba")
    systems = [dict(ws) for ws in desk.project["writing_systems"]]
    systems[0]["collation"] = {"kind": "alphabet", "letters": "ny\nng\nn\nb\na"}
    projects.save_settings(desk, {"writing_systems": systems}, 1, new_id("x"))
    assert lemmas(desk) == ["nya", "nga", "na", "ba"]
    headings = [(found.letter, found.before) for found in lexicon.headings(desk)]
    assert headings == [("ny", 0), ("ng", 1), ("n", 2), ("b", 3)]
    fill(desk, "nyb")
    assert lemmas(desk)[:2] == ["nyb", "nya"]


def test_icu_rules_change_the_order_and_the_headings(desk):
    fill(desk, "nga", "na", "nz", "Nya", "ba")
    systems = [dict(ws) for ws in desk.project["writing_systems"]]
    systems[0]["collation"] = {"kind": "icu", "rules": "&n < ng < ny"}
    projects.save_settings(desk, {"writing_systems": systems}, 1, new_id("x"))
    assert lemmas(desk) == ["ba", "na", "nz", "nga", "Nya"]
    headings = [(found.letter, found.before) for found in lexicon.headings(desk)]
    assert headings == [("B", 0), ("N", 1), ("Ng", 3), ("Ny", 4)]
    assert lexicon.list_page(desk, Query(), letter="Ny").rows[0]["lemma"] == "Nya"
    desk = open_desk(desk.store, desk.actor, "sena")
    systems[0]["collation"] = {"kind": "icu", "rules": "&n < ng [reorder Grek]"}
    projects.save_settings(desk, {"writing_systems": systems}, 2, new_id("x"))
    assert lemmas(desk) == ["ba", "na", "nga", "Nya", "nz"]


def test_a_place_of_the_list_is_found_through_its_letter(desk):
    fill(desk, *(f"{letter}{n:02d}" for letter in "abc" for n in range(30)))
    page = lexicon.list_page(desk, Query(), at=45, limit=1)
    assert page.rows[0]["lemma"] == "b15"
    assert lexicon.list_page(desk, Query(), letter="C", limit=1).rows[0]["lemma"] == "c00"


def test_a_place_of_the_list_counts_what_its_reader_sees(store, desk):
    for n in range(30):
        save_entry(desk, f"a{n:02d}", access={"level": "groups", "groups": ["elders"]})
    fill(desk, *(f"{letter}{n:02d}" for letter in "ab" for n in range(40, 70)))
    viewer = make_desk(store, role=Role.VIEWER, name="Vic")
    seen = lemmas(viewer)
    for at in (0, 5, 29, 30, 45):
        page = lexicon.list_page(viewer, Query(), at=at, limit=1)
        assert page.rows[0]["lemma"] == seen[at]


@pytest.mark.parametrize("typed", ["nyu", "NYU", "nyú", unicodedata.normalize("NFD", "nyú")])
def test_search_finds_beginnings_of_words_without_regard_to_marks(desk, typed):
    fill(desk, "nyúmba=house", "kinyumba", "nyama=meat")
    assert lemmas(desk, typed) == ["nyúmba"]


def test_search_looks_into_glosses_and_definitions(desk):
    save_entry(desk, "a", "water pot", sense={"definition": {"en": "vessel for carrying"}})
    fill(desk, "b=pot")
    assert lemmas(desk, "pot") == ["a", "b"]
    assert lemmas(desk, "pot wat") == ["a"]
    assert lemmas(desk, "carrying") == ["a"]
    assert lemmas(desk, "arrying") == []
    assert lemmas(desk, "arrying", mode="inside") == ["a"]


def test_case_and_marks_count_when_asked(desk):
    fill(desk, "nyúmba=House", "nyumba=house")
    assert lemmas(desk, "nyú", exact=True) == ["nyúmba"]
    assert lemmas(desk, "hou", exact=True) == ["nyumba"]


def test_search_by_regular_expression(desk):
    fill(desk, "mtu", "watu", "kitu")
    assert lemmas(desk, "^(m|ki)tu$", mode="regex") == ["kitu", "mtu"]
    with pytest.raises(Invalid, match="regular expression"):
        lemmas(desk, "(", mode="regex")


@pytest.mark.parametrize("typed", ["(", "[z", "*", "$where", "z\\", ".", "'"])
def test_what_is_typed_is_never_a_pattern_by_itself(desk, typed):
    fill(desk, "abc")
    assert lemmas(desk, typed) == lemmas(desk, typed, mode="inside") == []


def test_filters(desk):
    noun = item_id(desk, PARTS_OF_SPEECH, "Noun")
    save_entry(desk, "a", sense={"pos": noun})
    fill(desk, "b")
    assert lemmas(desk, only={"pos": noun}) == ["a"]
    assert lemmas(desk, only={"missing": "pos"}) == ["b"]
    assert lexicon.count(desk, Query(only={"pos": noun})) == (1, False)


def test_typed_text_is_kept_in_the_projects_normal_form(desk):
    entry = save_entry(desk)
    change(desk, entry, ("citation", "seh"), None, unicodedata.normalize("NFD", "é"))
    assert lexicon.get(desk, entry["id"])["citation"]["seh"] == "é"


def test_an_item_that_the_project_does_not_have_is_refused(desk):
    entry = save_entry(desk)
    with pytest.raises(Invalid, match="no item"):
        change(desk, entry, ("status",), None, new_id("i"))


@pytest.mark.parametrize("path", [("id",), ("sources",), ("residue",), ("rev",), ("deleted",), ()])
def test_what_is_not_content_cannot_be_changed(desk, path):
    entry = save_entry(desk)
    with pytest.raises(Invalid):
        change(desk, entry, path, None, "x")


@pytest.mark.parametrize("text", ["x", {"text": "x", "spans": [{"start": 0, "end": 1}]}])
def test_a_writing_system_that_the_project_does_not_have_is_refused(desk, text):
    with pytest.raises(Invalid, match="no writing system zz"):
        lexicon.add(desk, make_entry(ws="zz"), new_id("x"))
    entry = save_entry(desk)
    sense = entry["senses"][0]["id"]
    for path, value in (
        (("citation",), {"zz": text}),
        (("senses", sense, "gloss", "zz"), text),
        (("senses", sense, "notes", new_id("n")), {"text": {"zz": text}}),
    ):
        with pytest.raises(Invalid, match="no writing system zz"):
            change(desk, entry, path, None, value)


def test_control_characters_in_text_with_spans_are_refused(desk):
    entry = save_entry(desk)
    value = {"text": "a\0b", "spans": [{"start": 0, "end": 1}]}
    with pytest.raises(Invalid, match=r"U\+0000"):
        change(desk, entry, ("citation", "seh"), None, value)


def test_control_characters_are_refused(desk):
    with pytest.raises(Invalid, match=r"U\+0000"):
        lexicon.add(desk, make_entry("a\x00b"), new_id("x"))


@pytest.mark.parametrize("lemma", ["a.b", "a$b", "a/b", "😀", "\u0301", "a\u202eb", "'", "%00"])
def test_odd_lemmas_are_kept_as_they_are(desk, lemma):
    entry = save_entry(desk, lemma)
    assert lexicon.get(desk, entry["id"])["lemma"]["seh"] == lemma
    assert lemma in lemmas(desk)


def test_contributors_change_their_own_entries_until_they_are_approved(store, desk):
    contributor = make_desk(store, role=Role.CONTRIBUTOR, name="Con")
    theirs, own = save_entry(desk), save_entry(contributor)
    with pytest.raises(NotAllowed):
        change(contributor, theirs, ("citation", "seh"), None, "x")
    change(contributor, own, ("citation", "seh"), None, "x")
    approved = item_id(desk, STATUSES, "approved")
    change(desk, own, ("status",), None, approved)
    with pytest.raises(NotAllowed):
        change(contributor, own, ("citation", "seh"), "x", "y")


def test_a_status_of_fieldworks_approves_too(store, desk):
    contributor = make_desk(store, role=Role.CONTRIBUTOR, name="Con")
    own = save_entry(contributor)
    confirmed = new_id("i")
    content = {"id": confirmed, "list": STATUSES, "code": "Confirmed"}
    op = Op("item", confirmed, "create", content)
    changes.commit(store, desk.project_id, desk.actor, "edit", [op], change_id=new_id("x"))
    change(desk, own, ("status",), None, confirmed)
    with pytest.raises(NotAllowed):
        change(contributor, own, ("citation", "seh"), None, "x")


def test_commenters_and_viewers_only_read(store, desk):
    entry = save_entry(desk)
    for role in (Role.COMMENTER, Role.VIEWER):
        reader = make_desk(store, role=role)
        assert lexicon.get(reader, entry["id"])
        with pytest.raises(NotAllowed):
            change(reader, entry, ("citation", "seh"), None, "x")
        with pytest.raises(NotAllowed):
            lexicon.add(reader, make_entry(), new_id("x"))


def test_a_contributor_does_not_decide_who_may_read_a_new_entry(store, desk):
    contributor = make_desk(store, role=Role.CONTRIBUTOR)
    content = make_entry(access={"level": "public"})
    with pytest.raises(NotAllowed):
        lexicon.add(contributor, content, new_id("x"))
    assert lexicon.add(desk, content, new_id("x")) == content["id"]


def test_access_hides_an_entry_from_list_count_search_and_headings(store, desk):
    save_entry(desk, "secret", access={"level": "groups", "groups": ["elders"]})
    save_entry(desk, "inner", access={"level": "members"})
    save_entry(desk, "open", access={"level": "public"})
    save_entry(desk, "plain")
    viewer = make_desk(store, role=Role.VIEWER)
    assert lemmas(viewer) == ["inner", "open", "plain"]
    assert lemmas(viewer, "secret") == []
    assert [found.letter for found in lexicon.headings(viewer)] == ["I", "O", "P"]
    store.members.update_one({"user": viewer.actor.id}, {"$set": {"groups": ["elders"]}})
    elder = open_desk(store, viewer.actor, "sena")
    assert "secret" in lemmas(elder)
    with pytest.raises(NotFound):
        open_desk(store, GUEST, "sena")
    projects.save_settings(desk, {"visibility": "public"}, 1, new_id("x"))
    guest = open_desk(store, GUEST, "sena")
    assert lemmas(guest) == ["open", "plain"]
    assert sum(found.count for found in lexicon.headings(guest)) == 2


def test_a_relation_is_shown_at_both_ends(desk):
    part, whole = save_entry(desk, "mkono"), save_entry(desk, "mwili")
    kind = item_id(desk, RELATION_TYPES, "Part")
    made = lexicon.relate(desk, part["id"], None, kind, whole["id"], change_id=new_id("x"))
    (seen,) = lexicon.relations_of(desk, part["id"])
    (back,) = lexicon.relations_of(desk, whole["id"])
    assert (seen.label, seen.others[0][1]) == ("Part", "mwili")
    assert (back.label, back.others[0][1]) == ("Whole", "mkono")
    lexicon.unrelate(desk, made, change_id=new_id("x"))
    assert lexicon.relations_of(desk, part["id"]) == []


def test_history_is_told_in_steps_and_undone_as_one(desk):
    entry = save_entry(desk, gloss="a")
    path = ("senses", entry["senses"][0]["id"], "gloss", "en")
    change(desk, entry, path, "a", "b")
    change(desk, entry, path, "b", "c")
    step, made = history.of_record(desk, "entry", entry["id"])
    assert made.action == "create"
    assert [(one["before"], one["after"]) for one in step.fields] == [("a", "c")]
    history.undo(desk, step.changes, change_id=new_id("x"))
    assert lexicon.get(desk, entry["id"])["senses"][0]["gloss"]["en"] == "a"

    undone, *_ = history.of_record(desk, "entry", entry["id"])
    assert [(one["before"], one["after"]) for one in undone.fields] == [("c", "a")]
    whole = desk.store.entries.find_one({"_id": entry["id"]})
    states = [state_at(desk.store, desk.project_id, whole, seq) for seq in (2, 3, 4, 5)]
    assert [one["senses"][0]["gloss"]["en"] for one in states] == ["a", "b", "c", "a"]
    history.undo(desk, undone.changes, change_id=new_id("x"))
    assert lexicon.get(desk, entry["id"])["senses"][0]["gloss"]["en"] == "c"


def test_a_bulk_change_is_shown_first_and_undone_as_one(desk):
    fill(desk, "a=small dog", "b=dog", "c=cat")
    operation = Operation("replace", "gloss", "en", "hound", "dog")
    prepared = bulk_edit.prepare(desk, Query(), operation)
    assert prepared["records"] == 2
    shown = [one["changes"][0]["after"] for one in prepared["preview"]]
    assert shown == ["small hound", "hound"]
    assert lemmas(desk, "hound") == []
    bulk_edit.confirm(desk, prepared["_id"], leave=[prepared["preview"][0]["entry"]])
    assert lemmas(desk, "hound") == ["b"]
    history.undo(desk, [prepared["_id"]], change_id=new_id("x"))
    assert lemmas(desk, "dog") == ["a", "b"]


def test_a_bulk_change_of_a_thousand_entries_is_undone_to_equal_content(desk):
    entries = [make_entry(f"w{n}", f"old {n}") for n in range(1000)]
    for start in (0, 500):
        ops = [Op("entry", e["id"], "create", e) for e in entries[start : start + 500]]
        changes.commit(desk.store, desk.project_id, desk.actor, "edit", ops, change_id=new_id("x"))
    before = {e["_id"]: e["senses"] for e in desk.store.entries.find()}
    operation = Operation("replace", "gloss", "en", r"new-\1", r"old (\d+)", as_regex=True)
    prepared = bulk_edit.prepare(desk, Query(), operation)
    bulk_edit.confirm(desk, prepared["_id"])
    assert desk.store.entries.find_one({"_id": entries[7]["id"]})["senses"][0]["gloss"] == {
        "en": "new-7"
    }
    history.undo(desk, [prepared["_id"]], change_id=new_id("x"))
    assert {e["_id"]: e["senses"] for e in desk.store.entries.find()} == before


@pytest.mark.parametrize(
    "operation",
    [
        Operation("set", "gloss", "xx", "v"),
        Operation("set", "nothing", "en", "v"),
        Operation("set", "status", "", "no item"),
        Operation("replace", "gloss", "en", "v", "(", as_regex=True),
        Operation("replace", "gloss", "en", "v", ""),
        Operation("add", "gloss", "en", "v"),
    ],
)
def test_a_bulk_change_that_makes_no_sense_is_refused(desk, operation):
    fill(desk, "a=x")
    with pytest.raises(Invalid):
        bulk_edit.prepare(desk, Query(), operation)
    assert desk.store.changes.count_documents({"cause": "bulk"}) == 0


SEEDED = [
    ("nyumba", "house", "nyúmba", "house"),  # marks
    ("café", "coffee", unicodedata.normalize("NFD", "café"), "coffee"),  # normal form
    ("mbuzi", "goat", "mbusi", "goat"),  # one letter
    ("kitabu", "book", "kitaabu", "book"),  # one letter more
    ("samaki", "fish of the sea", "samaki", "sea fish"),  # swapped gloss
    ("Mungu", "God", "mungu", "god"),  # case
]


def test_seeded_duplicates_are_found_and_different_words_are_not(desk):
    for one, gloss, other, same in SEEDED:
        save_entry(desk, one, gloss)
        save_entry(desk, other, same)
    fill(desk, "baba=father", "bata=duck", "kaa=crab", "kaa=sit", "mti=tree", "mtu=person")
    found = {
        frozenset((pair.one["lemma"], pair.other["lemma"]))
        for pair in duplicates.find_pairs(desk, least=0.6)
    }
    wanted = {frozenset((one, other)) for one, _, other, _ in SEEDED}
    assert found == wanted


def test_pairs_called_different_are_not_shown_again(desk):
    fill(desk, "kaa=sit", "kaa=sit")
    (pair,) = duplicates.find_pairs(desk)
    duplicates.set_apart(desk, pair.one["entry"], pair.other["entry"])
    assert duplicates.find_pairs(desk) == []


def test_merging_keeps_every_sense_form_and_pointer_and_is_undone_whole(desk):
    note = {"id": new_id("n"), "text": {"en": "remark"}}
    kept = save_entry(desk, "kaa", "sit", citation={"seh": "-kaa"})
    gone = save_entry(desk, "kàa", "live", notes=[note], homograph=2)
    third = save_entry(desk, "ishi")
    kind = item_id(desk, RELATION_TYPES, "Synonym")
    lexicon.relate(desk, third["id"], None, kind, gone["id"], change_id=new_id("x"))
    done = duplicates.merge(desk, kept["id"], gone["id"], change_id=new_id("x"))
    merged = lexicon.get(desk, kept["id"])
    glosses = [sense["gloss"]["en"] for sense in merged["senses"]]
    assert glosses == ["sit", "live"]
    texts = [one["text"]["en"] for one in merged["notes"]]
    assert "remark" in texts
    assert any("kàa" in text for text in texts)
    (related,) = lexicon.relations_of(desk, third["id"])
    assert related.others[0][0] == kept["id"]
    assert desk.store.entries.find_one({"_id": gone["id"]})["merged_into"] == kept["id"]
    history.undo(desk, [done.change["_id"]], change_id=new_id("x"))
    assert [s["gloss"]["en"] for s in lexicon.get(desk, kept["id"])["senses"]] == ["sit"]
    assert lexicon.get(desk, gone["id"])["homograph"] == 2
    (related,) = lexicon.relations_of(desk, third["id"])
    assert related.others[0][0] == gone["id"]


def test_a_part_of_a_tree_names_its_whole_and_not_the_other_parts(desk):
    room, wall, floor = (save_entry(desk, word) for word in ("room", "wall", "floor"))
    traits = [
        {"id": new_id("t"), "name": "relation-kind", "value": "tree"},
        {"id": new_id("t"), "name": "inverse-name", "value": "whole"},
    ]
    part = projects.save_item(desk, RELATION_TYPES, "has part", {"en": "part"})
    desk.store.items.update_one({"_id": part}, {"$set": {"traits": traits}})
    members = [{"id": new_id("z"), "entry": one["id"]} for one in (room, wall, floor)]
    relation = {"id": new_id("r"), "type": part, "members": members}
    op = Op("relation", relation["id"], "create", relation)
    changes.commit(desk.store, desk.project_id, desk.actor, "edit", [op], change_id=new_id("x"))

    def seen(entry):
        (related,) = lexicon.relations_of(desk, entry["id"])
        return related.label, [word for _, word, _ in related.others]

    assert seen(room) == ("part", ["wall", "floor"])
    assert seen(wall) == seen(floor) == ("whole", ["room"])


def test_marks_alone_are_found_too(desk):
    fill(desk, "-ni=LOC", "moto=fire")
    assert lemmas(desk, "-") == ["-ni"]
    assert lemmas(desk, ".") == []
