"""Who may read an entry, as it is set in the editor."""

from __future__ import annotations

import pytest

from app.domain.diff import FieldChange
from app.domain.errors import Invalid, NotAllowed, NotFound
from app.domain.ids import new_id
from app.domain.roles import Role
from app.services import exports, history, lexicon
from app.services.desk import open_desk
from app.store import changes, records
from app.store.changes import Op
from tests.factories import item_id, make_desk, make_store, save_entry


@pytest.fixture
def store(database):
    return make_store(database)


@pytest.fixture
def desk(store):
    made = make_desk(store)
    store.projects.update_one({}, {"$set": {"groups": ["elders", "team"]}})
    return open_desk(store, made.actor, "sena")


def set_access(desk, entry, access, before=None, path=("access",)):
    change = FieldChange(path, before, access)
    return lexicon.save(desk, entry["id"], [change], base_rev=None, change_id=new_id("x"))


def test_an_entry_is_given_to_groups_and_back_to_all(store, desk):
    entry, viewer = save_entry(desk), make_desk(store, role=Role.VIEWER)
    access = {"level": "groups", "groups": ["elders"]}
    set_access(desk, entry, access)
    with pytest.raises(NotFound):
        lexicon.get(viewer, entry["id"])
    set_access(desk, entry, None, access)
    assert lexicon.get(viewer, entry["id"])


@pytest.mark.parametrize(
    "access",
    [
        {"level": "groups"},
        {"level": "groups", "groups": ["strangers"]},
        {"level": "everybody"},
        {"level": "members", "who": 1},
        "members",
    ],
)
def test_an_access_that_nobody_has_is_refused(desk, access):
    with pytest.raises(Invalid):
        set_access(desk, save_entry(desk), access)


def test_access_is_set_as_a_whole(desk):
    with pytest.raises(Invalid):
        set_access(desk, save_entry(desk), "public", path=("access", "level"))


def test_nobody_shuts_themself_out_and_contributors_decide_nothing(store, desk):
    entry = save_entry(desk)
    editor = make_desk(store, role=Role.EDITOR)
    access = {"level": "groups", "groups": ["team"]}
    with pytest.raises(Invalid, match="you would lose"):
        set_access(editor, entry, access)
    store.members.update_one({"user": editor.actor.id}, {"$set": {"groups": ["team"]}})
    set_access(open_desk(store, editor.actor, "sena"), entry, access)
    contributor = make_desk(store, role=Role.CONTRIBUTOR)
    own = save_entry(contributor)
    with pytest.raises(NotAllowed):
        set_access(contributor, own, {"level": "members"})


SECRET = "zibwiriri"


def related(desk, type_code, *entries, hidden):
    """A relation as a source gives it, which calls the hidden entry by its name."""
    members = [
        {"id": new_id("z"), "entry": one["id"], "label": SECRET if one is hidden else "seen"}
        for one in entries
    ]
    said = [
        {"id": new_id("w"), "at": one["id"], "to": other["id"]}
        for one in members
        for other in members
        if one is not other
    ]
    content = {
        "id": new_id("r"),
        "type": item_id(desk, "relation-types", type_code),
        "members": members,
        "statements": said,
        "sources": [{"format": "lift", "id": f"{type_code}:seen {SECRET}"}],
    }
    op = Op("relation", content["id"], "create", content)
    changes.commit(desk.store, desk.project_id, desk.actor, "edit", [op], change_id=new_id("x"))
    return content["id"]


@pytest.fixture
def hidden(desk):
    entry = save_entry(desk, SECRET)
    set_access(desk, entry, {"level": "groups", "groups": ["elders"]})
    return entry


def test_a_relation_does_not_name_an_entry_that_may_not_be_read(store, desk, hidden):
    shown = save_entry(desk, "moto")
    related(desk, "Synonym", shown, hidden, hidden=hidden)
    viewer = make_desk(store, role=Role.VIEWER)
    assert [one.others[0][1] for one in lexicon.relations_of(desk, shown["id"])] == [SECRET]
    assert lexicon.relations_of(viewer, shown["id"]) == []
    assert list(records.iterate(store, viewer.scope, "relation")) == []
    assert records.count(store, viewer.scope, "relation") == 0
    assert SECRET not in str(history.activity(viewer))
    assert SECRET in str(history.activity(desk))


def test_a_relation_of_several_keeps_the_ends_that_may_be_read(store, desk, hidden):
    shown, other = save_entry(desk, "moto"), save_entry(desk, "maji")
    for type_code in ("Synonym", "Part"):
        related(desk, type_code, hidden, shown, other, hidden=hidden)
    related(desk, "Part", shown, hidden, other, hidden=hidden)
    viewer = make_desk(store, role=Role.VIEWER)
    assert len(lexicon.relations_of(desk, shown["id"])) == 3
    seen = lexicon.relations_of(viewer, shown["id"])  # parts are no parts without their whole
    assert [[end[1] for end in one.others] for one in seen] == [["maji"], ["maji"]]
    found = list(records.iterate(store, viewer.scope, "relation"))
    assert SECRET not in str(found)
    assert hidden["id"] not in str(found)
    assert all(len(one["statements"]) == 2 for one in found)


@pytest.mark.parametrize("name", ["words.lift", "words.life.json", "words.csv"])
def test_an_export_does_not_name_it_either(store, desk, hidden, name, tmp_path):
    shown, other = save_entry(desk, "moto"), save_entry(desk, "maji")
    related(desk, "Synonym", shown, hidden, hidden=hidden)
    related(desk, "Synonym", shown, hidden, other, hidden=hidden)
    exports.write(make_desk(store, role=Role.EDITOR), tmp_path / name)
    text = (tmp_path / name).read_text(encoding="utf-8")
    assert "moto" in text
    assert SECRET not in text
    assert hidden["id"] not in text


def test_a_reference_that_leads_nowhere_keeps_what_the_source_wrote(store, desk):
    shown = save_entry(desk, "moto")
    absent = {"id": None}
    relation = related(desk, "Synonym", shown, absent, hidden=absent)
    viewer = make_desk(store, role=Role.VIEWER)
    (seen,) = lexicon.relations_of(viewer, shown["id"])
    assert (seen.relation, seen.others) == (relation, ((None, SECRET, None),))
