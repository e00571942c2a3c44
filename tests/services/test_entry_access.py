"""Who may read an entry, as it is set in the editor."""

from __future__ import annotations

import pytest

from app.domain.diff import FieldChange
from app.domain.errors import Invalid, NotAllowed, NotFound
from app.domain.ids import new_id
from app.domain.roles import Role
from app.services import lexicon
from app.services.desk import open_desk
from tests.factories import make_desk, make_store, save_entry


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
