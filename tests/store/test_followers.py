"""Followers: whatever happens to records, and whenever they are killed, they equal a rebuild."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from pymongo import DeleteMany, InsertOne, UpdateOne

from app.domain.diff import FieldChange
from app.domain.errors import Conflict
from app.domain.ids import new_id
from app.domain.roles import SYSTEM
from app.services.clock import utc_now
from app.store import bulk, catching_up, changes, erase, followers
from app.store.changes import Op
from tests.factories import make_desk


class Lengths:
    """Derives a document an utterance, and how many words the project has of each spelling."""

    name = "lengths"
    version = 1
    kinds = frozenset({"utterance"})
    collections = ("lengths", "length_counts")

    def __init__(self, die_after=None):
        self.left = die_after

    def follow(self, store, project, touched, session):
        ids = list(touched["utterance"])
        mine = {"project": project, "_id": {"$in": ids}}
        counts = Counter()
        for had in store.lengths.find(mine, session=session):
            counts.subtract(had["words"])
        writes = [DeleteMany(mine)]
        query = followers.live(store, project, session) | {"_id": {"$in": ids}}
        for found in store.utterances.find(query, session=session):
            words = found["baseline"]["seh"].split()
            counts.update(words)
            document = {"_id": found["_id"], "project": project, "words": words}
            writes.append(InsertOne(document))
        store.lengths.bulk_write(writes, session=session)
        for word, count in counts.items():
            if count:
                key = {"_id": f"{project}:{word}"}
                more = {"$inc": {"n": count}, "$set": {"project": project}}
                store.length_counts.bulk_write([UpdateOne(key, more, upsert=True)], session=session)
        store.length_counts.delete_many({"project": project, "n": 0}, session=session)
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Killed


class Killed(Exception):
    """The process ends here."""


@pytest.fixture
def desk(store):
    return make_desk(store)


@pytest.fixture
def small(monkeypatch):
    """Transactions and parts of two records, so that little is enough to be in the middle."""
    monkeypatch.setattr(catching_up, "BATCH", 2)
    monkeypatch.setattr(bulk, "PART_RECORDS", 3)


def catch_up(desk, follower=None, **more):
    return followers.catch_up(desk.store, desk.project_id, (follower or Lengths(),), **more)


def derived(desk):
    return {
        name: {one["_id"]: one for one in desk.store[name].find({"project": desk.project_id})}
        for name in Lengths.collections
    }


def assert_equals_rebuild(desk):
    catch_up(desk)
    before = derived(desk)
    followers.rebuild(desk.store, desk.project_id, Lengths())
    assert before == derived(desk)
    at = followers.position(desk.store, desk.project_id, "lengths")
    assert at.is_current and at.seq == changes.current_seq(desk.store, desk.project_id)
    return before["lengths"]


def commit(desk, *ops, cause="edit", **more):
    return changes.commit(
        desk.store, desk.project_id, desk.actor, cause, ops, change_id=new_id("x"), **more
    )


def line(text):
    content = {"id": new_id("l"), "baseline": {"seh": text}}
    return Op("utterance", content["id"], "create", content)


def say(desk, text):
    op = line(text)
    commit(desk, op)
    return op.id


def edited(desk, record, text):
    had = desk.store.utterances.find_one({"_id": record})["baseline"]["seh"]
    return Op("utterance", record, changes=(FieldChange(("baseline", "seh"), had, text),))


def staged(desk, ops):
    change = bulk.prepare(desk.store, desk.project_id, desk.actor, "bulk", change_id=new_id("x"))
    bulk.stage(desk.store, change, ops)
    bulk.ready(desk.store, change)
    return change["_id"]


def erase_line(desk, record):
    erase.erase(
        desk.store,
        desk.project_id,
        SYSTEM,
        "utterance",
        record,
        reason="r",
        change_id=new_id("x"),
        now=utc_now(),
    )


def test_it_starts_with_what_is_there(desk):
    record = say(desk, "nyumba ikulu")
    seq = catch_up(desk)
    assert seq == changes.current_seq(desk.store, desk.project_id)
    assert derived(desk)["lengths"][record]["words"] == ["nyumba", "ikulu"]


def test_edits_deletions_and_their_undoing_come_through(desk):
    kept, gone = say(desk, "a b"), say(desk, "c")
    catch_up(desk)
    commit(desk, edited(desk, kept, "a b d"))
    deleted = commit(desk, Op("utterance", gone, "delete"))
    catch_up(desk)
    assert derived(desk)["lengths"].keys() == {kept}
    assert derived(desk)["length_counts"].keys() == {f"{desk.project_id}:{word}" for word in "abd"}
    commit(desk, *bulk.undo_ops(desk.store, deleted.change), cause="undo")
    assert assert_equals_rebuild(desk).keys() == {kept, gone}


def test_what_an_unfinished_import_brings_waits_for_its_end(desk, small):
    change = staged(desk, [line(f"w{n}") for n in range(10)])
    seen = []
    bulk.apply(
        desk.store,
        change,
        lambda _done, _total: (catch_up(desk), seen.append(len(derived(desk)["lengths"]))),
    )
    assert seen and not any(seen)
    assert len(assert_equals_rebuild(desk)) == 10


@pytest.mark.parametrize("rebuilt", [False, True])
def test_what_a_large_change_did_before_it_was_taken_back_does_not_stay(desk, small, rebuilt):
    lines = [say(desk, f"old{n}") for n in range(8)]
    catch_up(desk)
    change = staged(desk, [edited(desk, one, "new") for one in lines])

    def interrupt(done, _total):
        if done == 2:
            if rebuilt:
                followers.clear(desk.store, (Lengths(),), desk.project_id)
            say(desk, "meanwhile")
            commit(desk, edited(desk, lines[0], "new and more"))
            catch_up(desk)
            assert derived(desk)["lengths"][lines[0]]["words"] == ["new", "and", "more"]
            raise Conflict("the disk is full")

    with pytest.raises(Conflict):
        bulk.apply(desk.store, change, interrupt)
    assert followers.behind(desk.store, (Lengths(),)) >= {desk.project_id}
    catch_up(desk)
    words = assert_equals_rebuild(desk)
    assert words[lines[1]]["words"] == ["old1"]


def test_erasing_leaves_nothing_derived_at_once(desk):
    kept, gone = say(desk, "a"), say(desk, "zibwiriri")
    catch_up(desk)
    follower = Lengths()
    followers.forget(desk.store, desk.project_id, (follower,), {})
    desk.store.utterances.delete_one({"_id": gone})
    followers.forget(desk.store, desk.project_id, (follower,), {gone: "utterance"})
    assert derived(desk)["lengths"].keys() == {kept}
    assert derived(desk)["length_counts"].keys() == {f"{desk.project_id}:a"}


def test_another_version_is_made_anew(desk):
    record = say(desk, "a b")
    catch_up(desk)
    newer = Lengths()
    newer.version = 2
    desk.store.lengths.update_one({"_id": record}, {"$set": {"words": ["of old"]}})
    assert followers.behind(desk.store, (newer,)) == {desk.project_id}
    catch_up(desk, newer)
    assert derived(desk)["lengths"][record]["words"] == ["a", "b"]


def test_check_tells_what_was_wrong_and_mends_it(desk):
    record = say(desk, "a b")
    assert followers.check(desk.store, desk.project_id, Lengths())
    desk.store.lengths.update_one({"_id": record}, {"$set": {"words": ["wrong"]}})
    assert not followers.check(desk.store, desk.project_id, Lengths())
    assert followers.check(desk.store, desk.project_id, Lengths())


def test_two_never_work_at_one_project_at_once(desk):
    class Nested(Lengths):
        def follow(self, store, project, touched, session):
            super().follow(store, project, touched, session)
            assert followers.catch_up(store, project, (Lengths(),)) < changes.current_seq(
                store, project
            )
            looked.append(True)

    looked = []
    catch_up(desk)
    say(desk, "a")
    catch_up(desk, Nested())
    assert looked == [True]
    assert_equals_rebuild(desk)


def test_one_that_lost_its_lease_derives_nothing_twice(desk):
    """As when a machine sleeps in the middle: the checkpoint decides, not the clock."""

    class Slow(Lengths):
        def follow(self, store, project, touched, session):
            super().follow(store, project, touched, session)
            if not self.slept:
                self.slept = True
                store.follower_leases.delete_many({})

    say(desk, "a a")
    catch_up(desk)
    say(desk, "a b")
    slow = Slow()
    slow.slept = False
    catch_up(desk, slow)
    assert_equals_rebuild(desk)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_and_whenever_it_is_killed_it_equals_a_rebuild(desk, small, seed):
    chance = random.Random(seed)
    lines = [say(desk, f"w{n}") for n in range(4)]
    made = []

    def live():
        mine = {"project": desk.project_id, "deleted": {"$ne": True}}
        return [one["_id"] for one in desk.store.utterances.find(mine, {"_id": 1})]

    def some(most):
        known = live()
        return chance.sample(known, min(len(known), chance.randint(1, most)))

    def word():
        return " ".join(chance.choices("abc", k=chance.randint(1, 3)))

    def fail(done, _total):
        follow()
        if done == 2:
            raise Conflict("stop")

    def follow():
        try:
            catch_up(desk, Lengths(chance.choice([None, 0, 1, 3])))
        except Killed:
            desk.store.follower_leases.delete_many({})  # its time has run out

    def step():
        kind = chance.choice(["edit", "many", "broken", "delete", "undo", "erase", "import"])
        if kind == "edit":
            commit(desk, *(edited(desk, one, word()) for one in some(3)), strict=False)
        elif kind == "many":
            bulk.apply(desk.store, staged(desk, [edited(desk, one, word()) for one in some(9)]))
        elif kind == "broken":
            ops = [line(word()) for _ in range(4)] + [edited(desk, o, word()) for o in some(9)]
            with pytest.raises(Conflict):
                bulk.apply(desk.store, staged(desk, ops), fail)
        elif kind == "import":
            change = staged(desk, [line(word()) for _ in range(chance.randint(4, 9))])
            made.append(bulk.apply(desk.store, change, lambda _done, _total: follow()))
        elif kind == "delete":
            made.append(commit(desk, *(Op("utterance", one, "delete") for one in some(2))).change)
        elif kind == "undo" and made:
            back = list(bulk.undo_ops(desk.store, made.pop()))
            known = {one["_id"] for one in desk.store.utterances.find({}, {"_id": 1})}
            commit(desk, *(op for op in back if op.id in known), cause="undo", strict=False)
        elif kind == "erase" and live():
            erase_line(desk, live()[0])

    for _ in range(25):
        step()
        if not live():
            lines.append(say(desk, "again"))
        if chance.random() < 0.6:
            follow()
    assert_equals_rebuild(desk)
