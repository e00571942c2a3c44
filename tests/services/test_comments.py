"""Comments: who may write, read, resolve and delete them."""

from __future__ import annotations

import json

import pytest

from app.domain.errors import Invalid, NotAllowed, NotFound
from app.domain.ids import new_id
from app.domain.roles import GUEST, SYSTEM, Role
from app.services import comments, exports, history, live, projects
from app.services.clock import utc_now
from app.services.desk import open_desk
from tests.factories import make_desk, make_store, save_entry

SECRET = {"level": "groups", "groups": ["elders"]}


@pytest.fixture
def store(database):
    return make_store(database)


@pytest.fixture
def desk(store):
    return make_desk(store)


def say(desk, entry, text="Is this right?", **facts):
    return comments.add(desk, "entry", entry["id"], text, utc_now(), change_id=new_id("x"), **facts)


def test_a_comment_is_a_change_like_any_other_and_its_answers_follow_it(store, desk):
    entry = save_entry(desk)
    path = ("senses", entry["senses"][0]["id"], "gloss", "en")
    first = say(desk, entry, path=path)
    commenter = make_desk(store, role=Role.COMMENTER, name="Com")
    answer = say(commenter, entry, " Yes. ", reply_to=first)
    say(desk, entry, "Good.", reply_to=answer)  # an answer to an answer is one to the first
    (thread,) = comments.threads_on(desk, "entry", entry["id"])
    assert (thread.path, thread.first.text) == (path, "Is this right?")
    assert [one.text for one in thread.answers] == ["Yes.", "Good."]
    change = store.changes.find_one({"ops.id": first})
    assert (change["cause"], change["actor"]) == ("comment", desk.actor.id)
    assert comments.count_open(desk, entry["id"]) == 1


def test_a_thread_is_resolved_and_opened_again(store, desk):
    entry = save_entry(desk)
    first = say(desk, entry)
    answer = say(desk, entry, "Yes", reply_to=first)
    comments.set_resolved(make_desk(store, role=Role.COMMENTER), answer, True, change_id="x_1")
    assert comments.count_open(desk, entry["id"]) == 0
    assert comments.threads_of(desk) == []
    (thread,) = comments.threads_of(desk, everything=True)
    assert thread.resolved
    assert len(thread.answers) == 1
    comments.set_resolved(desk, first, False, change_id="x_2")
    assert comments.count_open(desk, entry["id"]) == 1


def test_one_deletes_ones_own_comment_only_and_answers_keep_their_place(store, desk):
    entry = save_entry(desk)
    other = make_desk(store, role=Role.EDITOR, name="Ed")
    first = say(desk, entry, "mine")
    say(other, entry, "answer", reply_to=first)
    with pytest.raises(NotAllowed):
        comments.delete(other, first, change_id=new_id("x"))
    comments.delete(desk, first, change_id=new_id("x"))
    (thread,) = comments.threads_on(desk, "entry", entry["id"])
    assert (thread.first.deleted, thread.first.text) == (True, "")
    assert [one.text for one in thread.answers] == ["answer"]


def test_viewers_read_comments_and_write_none(store, desk):
    entry = save_entry(desk)
    first = say(desk, entry)
    viewer = make_desk(store, role=Role.VIEWER)
    assert comments.threads_on(viewer, "entry", entry["id"])
    with pytest.raises(NotAllowed):
        say(viewer, entry)
    with pytest.raises(NotAllowed):
        comments.set_resolved(viewer, first, True, change_id=new_id("x"))


def test_a_comment_on_a_hidden_entry_is_hidden_everywhere(store, desk, tmp_path):
    hidden, open_ = save_entry(desk, access=SECRET), save_entry(desk)
    secret = say(desk, hidden, "hidden words")
    say(desk, open_, "open words")
    editor = make_desk(store, role=Role.EDITOR)
    assert [one.first.text for one in comments.threads_of(editor)] == ["open words"]
    assert comments.count_open(editor, hidden["id"]) == 0
    for ask in (
        lambda: comments.threads_on(editor, "entry", hidden["id"]),
        lambda: comments.get(editor, secret),
        lambda: say(editor, hidden),
        lambda: say(editor, open_, reply_to=secret),
        lambda: comments.set_resolved(editor, secret, True, change_id=new_id("x")),
    ):
        with pytest.raises(NotFound):
            ask()
    assert secret not in str(history.activity(editor))
    assert secret not in str(list(live.events_since(editor, 0)))
    exports.write(editor, tmp_path / "out.life.json")
    said = [one["text"] for one in json.loads((tmp_path / "out.life.json").read_text())["comments"]]
    assert said == ["open words"]
    store.members.update_one({"user": editor.actor.id}, {"$set": {"groups": ["elders"]}})
    assert comments.get(open_desk(store, editor.actor, "sena"), secret)


def test_guests_of_a_public_project_read_no_comments(store, desk):
    entry = save_entry(desk)
    comment = say(desk, entry)
    projects.save_settings(desk, {"visibility": "public"}, 1, new_id("x"))
    guest = open_desk(store, GUEST, "sena")
    assert comments.count_open(guest, entry["id"]) == 0
    with pytest.raises(NotAllowed):
        comments.threads_of(guest)
    assert comment not in str(history.activity(guest))
    assert comments.threads_of(open_desk(store, SYSTEM, "sena"))


@pytest.mark.parametrize("text", ["", " \n", "a\x00b", "x" * 10_001])
def test_text_that_says_nothing_or_breaks_things_is_refused(desk, text):
    with pytest.raises(Invalid):
        say(desk, save_entry(desk), text)


def test_comments_are_on_records_of_this_project_and_not_on_comments(store, desk):
    entry = save_entry(desk)
    comment = say(desk, entry)
    other = make_desk(store, slug="other")
    for kind, record in (("comment", comment), ("nothing", entry["id"]), ("entry", new_id("e"))):
        with pytest.raises(NotFound):
            comments.add(desk, kind, record, "x", utc_now(), change_id=new_id("x"))
    with pytest.raises(NotFound):
        say(other, entry)


@pytest.mark.parametrize("made", [None, "", "yesterday", "2020-01-02", "2020-01-02T03:04:05Z"])
def test_a_comment_from_elsewhere_may_have_any_date(store, desk, made):
    entry = save_entry(desk)
    comment = say(desk, entry)
    store.comments.update_one({"_id": comment}, {"$set": {"created": made}})
    (thread,) = comments.threads_on(desk, "entry", entry["id"])
    assert (thread.first.created is not None) == bool(made and made[0] == "2")
    assert thread.first.created is None or thread.first.created.tzinfo
