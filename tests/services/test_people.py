"""Persons and their consent."""

from __future__ import annotations

import io

import pytest

from app.domain.errors import Invalid, NotAllowed, NotFound
from app.domain.ids import new_id
from app.domain.roles import GUEST, Role
from app.services import history, people, projects, quotas
from app.services.desk import open_desk
from app.store import records, usage
from tests.factories import make_desk, make_store


@pytest.fixture
def store(database):
    return make_store(database)


@pytest.fixture
def desk(store):
    return make_desk(store)


def add(desk, name="Maria", **facts):
    return people.add(desk, {"name": name, **facts}, change_id=new_id("x"))


def agree(desk, person, *purposes, **facts):
    return people.save_consent(desk, person, purposes, change_id=new_id("x"), **facts)


def make_guest(desk):
    projects.save_settings(desk, {"visibility": "public"}, 1, new_id("x"))
    return open_desk(desk.store, GUEST, "sena")


def test_a_person_is_added_changed_deleted_and_all_of_it_is_in_the_log(desk):
    person = add(desk, " Maria ", languages=["seh", " ", "seh", "por"], note="b. 1950")
    stored = people.get(desk, person)
    assert (stored["name"], stored["languages"]) == ("Maria", ["seh", "por"])
    people.save(desk, person, {"name": "Maria L."}, base_rev=1, change_id=new_id("x"))
    stored = people.get(desk, person)
    assert stored["name"] == "Maria L."
    assert "note" not in stored
    people.delete(desk, person, change_id=new_id("x"))
    assert people.find_all(desk) == []
    actions = [op["action"] for change in history.activity(desk) for op in change["ops"]]
    assert actions[:3] == ["delete", "update", "create"]


def test_consents_are_recorded_corrected_and_withdrawn(desk):
    person = add(desk)
    first = agree(desk, person, "show", "keep", given="2020-05-01", proof="tape 3, 1:20")
    (consent,) = people.get(desk, person)["consents"]
    assert consent["purposes"] == ["keep", "show"]
    agree(desk, person, "keep", consent=first)
    assert not people.agreed_to(people.get(desk, person), "show")
    people.withdraw_consent(desk, person, first, change_id=new_id("x"))
    assert not people.agreed_to(people.get(desk, person), "keep")
    with pytest.raises(NotFound):
        agree(desk, person, "keep", consent=first)


@pytest.mark.parametrize(
    "facts",
    [{"given": "1.5.2020"}, {"given": "9999-01-01"}, {"scope": "a\x00"}, {"proof": "x" * 10_001}],
)
def test_a_consent_with_something_wrong_is_refused(desk, facts):
    with pytest.raises(Invalid):
        agree(desk, add(desk), "keep", **facts)


@pytest.mark.parametrize("purposes", [(), ("sell",), ("keep", "sell")])
def test_a_consent_is_to_known_purposes(desk, purposes):
    with pytest.raises(Invalid):
        agree(desk, add(desk), *purposes)


@pytest.mark.parametrize("facts", [{"name": " "}, {"label": "a\x00"}, {"note": "\x00"}])
def test_a_person_with_something_wrong_is_refused(desk, facts):
    with pytest.raises(Invalid):
        people.add(desk, {"name": "Maria", **facts}, change_id=new_id("x"))


def test_names_are_for_members_and_labels_for_who_agreed_to_be_shown(store, desk):
    shown, hidden, unlabelled = add(desk, label="M."), add(desk, "Jo", label="J."), add(desk, "Al")
    agree(desk, shown, "show")
    agree(desk, hidden, "keep", "publish", "train")
    agree(desk, unlabelled, "show")
    viewer = make_desk(store, role=Role.VIEWER)
    assert [one["name"] for one in people.find_all(viewer)] == ["Al", "Jo", "Maria"]
    guest = make_guest(desk)
    assert [one.label for one in people.find_public(guest)] == ["M."]
    for ask in (people.find_all, people.export_rows, lambda at: people.get(at, shown)):
        with pytest.raises(NotAllowed):
            ask(guest)
    assert list(records.iterate(store, guest.scope, "person")) == []
    assert records.count(store, guest.scope, "person") == 0
    assert "Maria" not in str(history.activity(guest))


@pytest.mark.parametrize("role", [Role.CONTRIBUTOR, Role.COMMENTER, Role.VIEWER])
def test_lower_roles_change_no_persons(store, desk, role):
    person, other = add(desk), make_desk(store, role=role)
    for change in (
        lambda: add(other),
        lambda: people.save(other, person, {"name": "x"}, base_rev=1, change_id=new_id("x")),
        lambda: people.delete(other, person, change_id=new_id("x")),
        lambda: agree(other, person, "keep"),
        lambda: people.keep_proof(other, io.BytesIO(b"x"), "x.pdf"),
    ):
        with pytest.raises(NotAllowed):
            change()


def test_a_proof_is_kept_where_there_is_room(store, desk):
    person = add(desk)
    proof = people.keep_proof(desk, io.BytesIO(b"signed"), "form.pdf")
    consent = agree(desk, person, "keep", proof=proof)
    assert people.open_proof(desk, person, consent).read() == b"signed"
    with pytest.raises(NotFound):
        people.open_proof(desk, person, agree(desk, person, "keep", proof="in the cupboard"))
    usage.set_quota(store, desk.project_id, 1)
    with pytest.raises(Invalid, match="room"):
        people.keep_proof(desk, io.BytesIO(b"more"), "form.pdf")
    stream = io.BytesIO(b"abc")
    usage.set_quota(store, desk.project_id, None)
    quotas.require_room_for(desk, stream)
    assert stream.tell() == 0


def test_a_table_of_persons_holds_no_formula(desk):
    add(desk, "=1+1", label="@x")
    assert people.export_rows(desk)[1][1:3] == ["'=1+1", "'@x"]
