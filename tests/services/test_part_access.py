"""Senses, examples, pictures and recordings with readers of their own: who sees them, and where.

What is closed is written with the word "secret"; nobody but its readers may meet it anywhere.
"""

from __future__ import annotations

import io
import itertools
import json

import pytest

from app.domain import parts
from app.domain.diff import FieldChange
from app.domain.errors import Conflict, Invalid, NotAllowed, NotFound
from app.domain.ids import new_id
from app.domain.project import PARTS_OF_SPEECH, RELATION_TYPES
from app.domain.roles import GUEST, Role
from app.services import (
    bulk_edit,
    comments,
    duplicates,
    exports,
    history,
    imports,
    lexicon,
    live,
    media,
    projects,
)
from app.services.bulk_edit import Operation
from app.services.clock import utc_now
from app.services.desk import open_desk
from app.store import rows
from app.store.access import Scope, readable_rows
from app.store.envelope import content_of
from app.store.integrity import check
from app.store.listing import Query
from tests.factories import item_id, make_desk, make_entry, make_store, save_entry

ELDERS = {"level": "groups", "groups": ["elders"]}
MEMBERS = {"level": "members"}


@pytest.fixture
def store(database):
    return make_store(database)


@pytest.fixture
def desk(store):
    made = make_desk(store)
    store.projects.update_one({}, {"$set": {"groups": ["elders", "team", "a", "b", "c", "d", "e"]}})
    return open_desk(store, made.actor, "sena")


@pytest.fixture
def editor(store, desk):
    return make_desk(store, role=Role.EDITOR, name="Ed")


@pytest.fixture
def elder(store, desk):
    made = make_desk(store, role=Role.EDITOR, name="Elder")
    store.members.update_one({"user": made.actor.id}, {"$set": {"groups": ["elders"]}})
    return open_desk(store, made.actor, "sena")


def change(desk, entry, path, before, after, **facts):
    made = FieldChange(tuple(path), before, after, **facts)
    return lexicon.save(desk, entry["id"], [made], base_rev=None, change_id=new_id("x"))


def sense(gloss, **facts):
    return {"id": new_id("s"), "gloss": {"en": gloss}, **facts}


def example(words, **facts):
    return {"id": new_id("x"), "form": {"seh": words}, **facts}


@pytest.fixture
def entry(desk):
    """An open sense with a closed example, and a closed sense with a picture and a subsense."""
    return save_entry(
        desk,
        "moto",
        senses=[
            sense("fire", examples=[example("moto ukali"), example("secret words", access=ELDERS)]),
            sense(
                "secret rite",
                access=ELDERS,
                definition={"en": "a secret thing"},
                pos=item_id(desk, PARTS_OF_SPEECH, "Verb"),
                senses=[sense("secret within")],
                pictures=[{"id": new_id("m"), "href": "secret.png"}],
            ),
        ],
    )


def words_of(desk, entry):
    return json.dumps(lexicon.get(desk, entry["id"]), default=str)


def test_only_its_readers_read_a_closed_part(desk, editor, elder, entry):
    assert "secret" not in words_of(editor, entry)
    assert "moto ukali" in words_of(editor, entry)
    for reader in (desk, elder):
        assert content_of(lexicon.get(reader, entry["id"])) == entry
    assert "secret" not in json.dumps(lexicon.get_many(editor, [entry["id"]]), default=str)


@pytest.mark.parametrize("mode", ["start", "inside", "regex"])
@pytest.mark.parametrize("typed", ["secret", "rite", "within", "thing"])
def test_a_closed_part_is_found_by_its_readers_only(desk, editor, elder, entry, typed, mode):
    for reader, found in ((desk, 1), (elder, 1), (editor, 0)):
        assert len(lexicon.list_page(reader, Query(typed, mode)).rows) == found
        assert lexicon.count(reader, Query(typed, mode))[0] == found
        assert len(lexicon.list_page(reader, Query("fire", mode)).rows) == 1


def test_lists_filters_and_letters_show_each_entry_once(desk, editor, elder, entry):
    verb = item_id(desk, PARTS_OF_SPEECH, "Verb")
    for reader, gloss in ((desk, "fire; secret rite; secret within"), (editor, "fire")):
        (row,) = lexicon.list_page(reader, Query()).rows
        assert row["gloss"] == gloss
        assert lexicon.rows_of(reader, entry["id"]) == [row]
        assert [(h.letter, h.count) for h in lexicon.headings(reader)] == [("M", 1)]
        assert lexicon.list_page(reader, Query(), at=0).rows == [row]
    assert len(lexicon.list_page(elder, Query(only={"pos": verb})).rows) == 1
    assert lexicon.list_page(editor, Query(only={"pos": verb})).rows == []
    assert len(lexicon.list_page(editor, Query(only={"missing": "definition"})).rows) == 1


def test_rows_follow_the_access(desk, editor, entry):
    closed = entry["senses"][1]["id"]
    shown = entry["senses"][0]["examples"][1]["id"]
    change(desk, entry, ("senses", closed, "access"), ELDERS, None)
    assert len(lexicon.list_page(editor, Query("rite")).rows) == 1
    assert "secret words" not in words_of(editor, entry)
    path = ("senses", entry["senses"][0]["id"], "examples", shown, "access")
    change(desk, entry, path, ELDERS, None)
    assert desk.store.rows.count_documents({}) == 1
    change(desk, entry, path, None, MEMBERS)
    assert desk.store.rows.count_documents({}) == 2
    assert list(check(desk.store, desk.project)) == []
    lexicon.delete(desk, entry["id"], change_id=new_id("x"))
    assert desk.store.rows.count_documents({}) == 0


def test_a_guest_sees_what_is_open_to_members_not(store, desk, editor):
    save_entry(desk, "moto", senses=[sense("fire"), sense("secret", access=MEMBERS)])
    projects.save_settings(desk, {"visibility": "public"}, 1, new_id("x"))
    guest = open_desk(store, GUEST, "sena")
    assert [row["gloss"] for row in lexicon.list_page(guest, Query()).rows] == ["fire"]
    assert [row["gloss"] for row in lexicon.list_page(editor, Query()).rows] == ["fire; secret"]
    assert lexicon.list_page(guest, Query("secret")).rows == []


GROUPS = [None, {"level": "public"}, MEMBERS, ELDERS, {"level": "groups", "groups": ["team"]}]


@pytest.mark.parametrize("accesses", list(itertools.product(GROUPS, repeat=2)))
def test_each_reader_has_one_row_and_it_is_what_they_see(store, desk, accesses):
    outer, inner = accesses
    first = sense("one", access=outer, senses=[sense("two", access=inner)])
    saved = save_entry(desk, "moto", senses=[sense("open"), first, sense("three", access=inner)])
    everything = store.entries.find_one({"_id": saved["id"]})
    orders = rows.orders_in_use(store, desk.project_id)["orders"]
    scopes = [Scope(desk.project_id, everything=True), Scope(desk.project_id)]
    for groups in ([], ["elders"], ["team"], ["elders", "team"], ["strangers"]):
        scopes.append(Scope(desk.project_id, member=True, groups=frozenset(groups)))
    for scope in scopes:
        (row,) = store.rows.find({"entry": saved["id"]} | readable_rows(scope))
        shown = parts.redacted(everything, scope.permits)
        (expected,) = rows.make_rows({**shown, "_id": saved["id"]} | _opened(shown), orders)
        assert row["glosses"] == expected["glosses"]


def _opened(entry):
    """The same entry without accesses, so that it has one row."""
    return {"senses": [_open(one) for one in entry["senses"]]}


def _open(part):
    left = {key: value for key, value in part.items() if key != "access"}
    return left | {"senses": [_open(one) for one in part.get("senses", ())]}


@pytest.mark.parametrize("name", ["x.csv", "x.xlsx", "x.lift", "x.life.json"])
def test_exports_hold_what_their_reader_sees(desk, editor, elder, entry, tmp_path, name):
    for reader, held in ((elder, True), (editor, False)):
        path = tmp_path / reader.actor.name / name
        path.parent.mkdir()
        exports.write(reader, path)
        back = imports_of(path, desk) if name.endswith("xlsx") else path.read_text()
        assert ("secret" in back) is held
        assert "fire" in back


def imports_of(path, desk):
    from openpyxl import load_workbook

    return str([[cell.value for cell in row] for row in load_workbook(path).active.iter_rows()])


def seen_in_log(reader, entry):
    steps = [step.fields for step in history.of_record(reader, "entry", entry["id"])]
    listed = history.activity(reader)
    single = [history.get_visible(reader, one["_id"]) for one in listed]
    events = list(live.events_since(reader, 0))
    return json.dumps([steps, listed, single, events], default=str)


def test_the_log_shows_what_a_closed_part_held_to_its_readers(desk, editor, elder, entry):
    closed = entry["senses"][1]["id"]
    change(elder, entry, ("senses", closed, "gloss", "en"), "secret rite", "secret feast")
    for reader, held in ((desk, True), (elder, True), (editor, False)):
        assert ("secret" in seen_in_log(reader, entry)) is held
        assert (closed in seen_in_log(reader, entry)) is held
        assert "moto ukali" in seen_in_log(reader, entry)


def test_what_was_closed_later_is_hidden_in_earlier_changes(desk, editor, elder):
    entry = save_entry(desk, "moto", senses=[sense("fire"), sense("secret one")])
    closed = entry["senses"][1]["id"]
    change(desk, entry, ("senses", closed, "gloss", "en"), "secret one", "secret two")
    assert "secret" in seen_in_log(editor, entry)
    change(desk, entry, ("senses", closed, "access"), None, ELDERS)
    assert "secret" not in seen_in_log(editor, entry)
    whole = lexicon.get(desk, entry["id"])["senses"][1]
    left = entry["senses"][0]["id"]
    change(desk, entry, ("senses", closed), whole, None, member=True, left=left)
    assert "secret" not in seen_in_log(editor, entry)
    assert "secret" in seen_in_log(elder, entry)
    lexicon.delete(desk, entry["id"], change_id=new_id("x"))
    assert "secret" not in seen_in_log(editor, entry)
    last = history.activity(desk)[1]
    lexicon.restore(desk, entry["id"], change_id=new_id("x"))
    history.undo(desk, [last["_id"]], change_id=new_id("x"))
    assert lexicon.get(desk, entry["id"])["senses"][1]["access"] == ELDERS
    change(desk, entry, ("senses", closed, "access"), ELDERS, None)
    assert "secret" in seen_in_log(editor, entry)


def test_comments_on_a_closed_part_are_for_its_readers(desk, editor, elder, entry):
    path = ("senses", entry["senses"][1]["id"], "gloss", "en")

    def say(who, text, path):
        return comments.add(
            who, "entry", entry["id"], text, utc_now(), path=path, change_id=new_id("x")
        )

    say(elder, "secret remark", path)
    say(elder, "open remark", ("lemma", "seh"))
    for reader, number in ((desk, 2), (elder, 2), (editor, 1)):
        assert len(comments.threads_on(reader, "entry", entry["id"])) == number
        assert len(comments.threads_of(reader)) == number
        assert comments.count_open(reader, entry["id"]) == number
    with pytest.raises(Invalid, match="not there"):
        say(editor, "x", path)


def test_relations_of_a_closed_sense_are_for_its_readers(desk, editor, elder, entry):
    other = save_entry(desk, "other")
    kind = projects.save_item(desk, RELATION_TYPES, "like", {"en": "like"})
    made = lexicon.relate(
        elder, entry["id"], entry["senses"][1]["id"], kind, other["id"], change_id=new_id("x")
    )
    for reader, number in ((desk, 1), (elder, 1), (editor, 0)):
        assert len(lexicon.relations_of(reader, other["id"])) == number
        assert (made in seen_in_log(reader, entry)) is bool(number)
    with pytest.raises(NotFound):
        lexicon.unrelate(editor, made, change_id=new_id("x"))
    with pytest.raises(Invalid):
        lexicon.relate(
            editor, entry["id"], entry["senses"][1]["id"], kind, other["id"], change_id=new_id("x")
        )


PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32


def test_a_closed_picture_is_given_to_its_readers(store, desk, editor, elder):
    file = media.keep_media(desk, io.BytesIO(PNG), "secret.png")
    assert media.open_media(editor, file)  # it is shown nowhere yet
    picture = {"id": new_id("m"), "href": "p.png", "file": file, "access": ELDERS}
    entry = save_entry(desk, "moto", senses=[sense("fire", pictures=[picture])])
    for reader in (desk, elder):
        assert media.open_media(reader, file).read() == PNG
    for reader in (editor, make_desk(store, role=Role.VIEWER)):
        with pytest.raises(NotFound):
            media.open_media(reader, file)
    path = ("senses", entry["senses"][0]["id"], "pictures", picture["id"], "access")
    change(desk, entry, path, ELDERS, None)
    assert media.open_media(editor, file).read() == PNG


def test_who_cannot_see_a_part_changes_the_rest_around_it(desk, editor, entry):
    first = entry["senses"][0]["id"]
    change(editor, entry, ("senses", first, "gloss", "en"), "fire", "flame")
    added = sense("new")
    change(editor, entry, ("senses", added["id"]), None, added, member=True, left=first)
    change(editor, entry, ("senses", "#"), [first, added["id"]], [added["id"], first])
    found = lexicon.get(desk, entry["id"])["senses"]
    glosses = [one["gloss"]["en"] for one in found]
    assert sorted(glosses) == ["flame", "new", "secret rite"]
    assert found[glosses.index("secret rite")] == entry["senses"][1]
    assert found[glosses.index("flame")]["examples"] == entry["senses"][0]["examples"]


def test_who_cannot_see_a_part_neither_changes_nor_removes_it(desk, editor, entry):
    first, closed = entry["senses"]
    seen = lexicon.get(editor, entry["id"])
    with pytest.raises(Invalid):
        change(editor, entry, ("senses", closed["id"], "gloss", "en"), "secret rite", "x")
    with pytest.raises(Invalid):
        change(editor, entry, ("senses", closed["id"], "access"), ELDERS, None)
    with pytest.raises(Invalid):
        change(editor, entry, ("senses", closed["id"]), closed, None, member=True)
    with pytest.raises(NotAllowed, match="may not see"):
        change(editor, entry, ("senses", first["id"]), seen["senses"][0], None, member=True)
    for before in (seen["senses"], entry["senses"], None):
        with pytest.raises((NotAllowed, Conflict)):
            change(editor, entry, ("senses",), before, [sense("all")])
    with pytest.raises(NotAllowed):
        lexicon.delete(editor, entry["id"], change_id=new_id("x"))
    twin = save_entry(desk, "moto")
    for into, other in ((twin, entry), (entry, twin)):
        with pytest.raises(NotAllowed):
            duplicates.merge(editor, into["id"], other["id"], change_id=new_id("x"))
    prepared = bulk_edit.prepare(editor, Query(), Operation("delete"))
    assert prepared["records"] == 1
    assert content_of(lexicon.get(desk, entry["id"])) == entry


def test_bulk_changes_leave_closed_parts_alone(desk, editor, entry):
    prepared = bulk_edit.prepare(editor, Query(), Operation("set", "gloss", "en", "x"))
    assert "secret" not in json.dumps(prepared["preview"])
    bulk_edit.confirm(editor, prepared["_id"])
    found = [one["gloss"]["en"] for one in lexicon.get(desk, entry["id"])["senses"]]
    assert found == ["x", "secret rite"]
    with pytest.raises(NotFound):
        bulk_edit.get_prepared(editor, bulk_edit.prepare(desk, Query(), Operation("delete"))["_id"])


def test_undoing_leaves_closed_parts_alone(desk, editor, elder, entry):
    first, closed = entry["senses"]
    made = [
        FieldChange(("senses", one["id"], "gloss", "en"), one["gloss"]["en"], "secret new")
        for one in (first, closed)
    ]
    done = lexicon.save(elder, entry["id"], made, base_rev=None, change_id=new_id("x"))
    undone = history.undo(editor, [done.change["_id"]], change_id=new_id("x"))
    assert undone.conflicts == []
    found = [one["gloss"]["en"] for one in lexicon.get(desk, entry["id"])["senses"]]
    assert found == ["fire", "secret new"]
    created = history.activity(desk)[-3 if len(history.activity(desk)) > 4 else -2]
    history.undo(editor, [created["_id"]], change_id=new_id("x"))
    assert not lexicon.get(desk, entry["id"]).get("deleted")


@pytest.mark.parametrize("name", ["x.lift", "x.life.json", "x.csv"])
def test_an_import_by_who_cannot_see_them_keeps_closed_parts(desk, editor, entry, tmp_path, name):
    path = tmp_path / name
    exports.write(editor, path)
    path.write_text(path.read_text().replace("fire", "flame"))
    confirmed = imports.preview(editor, path)
    imports.confirm(editor, confirmed["_id"])
    live_ones = list(desk.store.entries.find({"deleted": {"$ne": True}, "_id": entry["id"]}))
    (found,) = live_ones
    assert found["senses"][1] == entry["senses"][1]
    assert found["senses"][0]["examples"] == entry["senses"][0]["examples"]


LIFT = """<lift version="0.13"><entry id="a">
<lexical-unit><form lang="seh"><text>moto</text></form></lexical-unit>
<sense id="s1"><gloss lang="en"><text>{one}</text></gloss></sense>{two}</entry></lift>
"""
TWO = '<sense id="s2"><gloss lang="en"><text>secret {}</text></gloss></sense>'


def test_a_file_that_lacks_or_changes_a_closed_sense_leaves_it(desk, editor, tmp_path):
    path = tmp_path / "words.lift"

    def run(who, one, two):
        path.write_text(LIFT.format(one=one, two=two))
        imports.confirm(who, imports.preview(who, path)["_id"])
        found = desk.store.entries.find_one({"sources.id": "a"})
        return found, [each["gloss"]["en"] for each in found["senses"]]

    entry, _ = run(desk, "fire", TWO.format("x"))
    made = FieldChange(("senses", entry["senses"][1]["id"], "access"), None, ELDERS)
    lexicon.save(desk, entry["_id"], [made], base_rev=None, change_id=new_id("x"))
    assert run(editor, "flame", "")[1] == ["flame", "secret x"]
    assert run(editor, "heat", TWO.format("y"))[1] == ["heat", "secret x"]
    assert run(desk, "heat", TWO.format("z"))[1] == ["heat", "secret z"]


def test_who_decides_and_with_what(store, desk, editor, elder, entry):
    first = entry["senses"][0]["id"]
    contributor = make_desk(store, role=Role.CONTRIBUTOR)
    own = save_entry(contributor, "own")
    at = ("senses", own["senses"][0]["id"], "access")
    with pytest.raises(NotAllowed):
        change(contributor, own, at, None, MEMBERS)
    closed = sense("x", access=MEMBERS)
    with pytest.raises(NotAllowed):
        change(contributor, own, ("senses", closed["id"]), None, closed, member=True)
    with pytest.raises(NotAllowed):
        lexicon.add(contributor, make_entry(sense={"access": MEMBERS}), new_id("x"))
    for wrong in ({"level": "groups", "groups": ["strangers"]}, {"level": "groups"}, "members"):
        with pytest.raises(Invalid):
            change(desk, entry, ("senses", first, "access"), None, wrong)
    with pytest.raises(Invalid, match="you would lose"):
        change(editor, entry, ("senses", first, "access"), None, ELDERS)
    with pytest.raises(Invalid, match="as a whole"):
        change(desk, entry, ("senses", first, "access", "level"), None, "members")
    change(elder, entry, ("senses", first, "access"), None, ELDERS)
    assert "fire" not in words_of(editor, entry)


def test_more_sets_of_groups_than_rows_can_tell_apart_are_refused(desk):
    senses = [sense(g, access={"level": "groups", "groups": [g]}) for g in "abcde"]
    with pytest.raises(Invalid, match="4 different sets"):
        lexicon.add(desk, make_entry() | {"senses": senses}, new_id("x"))
    made = lexicon.add(desk, make_entry() | {"senses": senses[:4]}, new_id("x"))
    with pytest.raises(Invalid, match="4 different sets"):
        change(desk, {"id": made}, ("senses", senses[4]["id"]), None, senses[4], member=True)
