"""A worker that is killed in the middle of a job: the job goes on in the next one, or is undone."""

from __future__ import annotations

import pytest

from app.domain.ids import new_id
from app.domain.roles import SYSTEM, Role
from app.services import bulk_edit, imports, jobs, lexicon
from app.services.accounts import NewAccount, register
from app.services.bulk_edit import Operation
from app.services.clock import utc_now
from app.services.desk import open_desk
from app.services.scratch import clear, scratch_folder
from app.store import bulk, members, records
from app.store import jobs as job_records
from app.store.changes import Op
from app.store.listing import Query
from app.store.migrations import migrate
from app.worker import attendance
from app.worker.tasks import make_enqueue
from tests.factories import make_entry, make_project, make_store
from tests.faults.programs import wait_for, worker, write_lift

COUNT = 3000


@pytest.fixture
def desk(database):
    """The desk of an owner with an account, as jobs need it."""
    store = make_store(database)
    migrate(store)
    project = make_project(store)
    new = NewAccount("ann", "Ann", "", "correct horse battery")
    account = register(store, new, True, utc_now())
    members.put(store, project, account["_id"], Role.OWNER, by=SYSTEM, at=utc_now())
    actor = jobs.actor_of_account(store, account["_id"])
    return open_desk(store, actor, "sena")


@pytest.fixture
def lift(tmp_path):
    return write_lift(tmp_path / "words.lift", COUNT)


def ask(desk, settings, kind, **arguments):
    return jobs.ask(desk, make_enqueue(settings), kind, **arguments)


def job(desk, job_id):
    return desk.store.jobs.find_one({"_id": job_id})


def kill_and_go_on(desk, settings, job_id, begun):
    """Kills the worker of a job once it has begun to write; another one takes over."""
    with worker(settings) as first:
        wait_for(begun)
        first.kill()
    found = job(desk, job_id)
    assert found["state"] == "running"
    with worker(settings):
        wait_for(lambda: job(desk, job_id)["state"] not in ("running", "waiting"))
    return job(desk, job_id)


def applied(desk, change):
    return desk.store.change_parts.count_documents({"change": change, "applied": True})


def test_an_import_goes_on_in_the_next_worker(desk, settings, lift):
    change = imports.preview(desk, lift)["_id"]
    asked = ask(desk, settings, "import", change=change)
    ended = kill_and_go_on(desk, settings, asked, lambda: applied(desk, change) >= 1)
    assert (ended["state"], ended["tries"]) == ("done", 2)
    assert records.count(desk.store, desk.scope, "entry") == COUNT
    assert desk.store.rows.count_documents({}) == COUNT
    assert sum(found.count for found in lexicon.headings(desk)) == COUNT
    assert desk.store.changes.find_one({"_id": change})["state"] == "done"


def test_a_bulk_edit_goes_on_in_the_next_worker(desk, settings):
    entries = [make_entry(f"w{n}", "old") for n in range(COUNT)]
    made = bulk.prepare(desk.store, desk.project_id, desk.actor, "import", change_id=new_id("x"))
    bulk.stage(desk.store, made, (Op("entry", one["id"], "create", one) for one in entries))
    bulk.ready(desk.store, made)
    bulk.apply(desk.store, made["_id"])
    operation = Operation("replace", "gloss", "en", value="new", find="old")
    change = bulk_edit.prepare(desk, Query(), operation)
    assert bulk_edit.is_large(change)
    asked = ask(desk, settings, "bulk", change=change["_id"])
    ended = kill_and_go_on(desk, settings, asked, lambda: applied(desk, change["_id"]) >= 1)
    assert ended["state"] == "done"
    glosses = [one["senses"][0]["gloss"]["en"] for one in desk.store.entries.find()]
    assert glosses == ["new"] * COUNT
    assert {one["rev"] for one in desk.store.entries.find()} == {2}


def test_reading_a_file_begins_anew_in_the_next_worker(desk, settings, lift):
    with lift.open("rb") as stream:
        kept = imports.upload(desk, stream, "words.lift")
    asked = ask(desk, settings, "preview", file=kept, name="words.lift")
    read = desk.store.change_parts.count_documents
    ended = kill_and_go_on(desk, settings, asked, lambda: read({}) >= 1)
    assert ended["state"] == "done"
    (change,) = desk.store.changes.find({"cause": "import"})
    assert (change["_id"], change["state"]) == (ended["result"]["change"], "prepared")
    assert change["records"] > COUNT
    # the second one, killed at the end of its block, has left its own; the first one's is gone
    assert clear(settings.tmp) == 1


def test_a_job_that_ends_every_worker_is_given_up_and_taken_back(desk, settings, lift):
    change = imports.preview(desk, lift)["_id"]
    asked = ask(desk, settings, "import", change=change)

    class Killed(BaseException):
        pass

    def kill(_part, _parts):
        raise Killed

    with pytest.raises(Killed):
        bulk.apply(desk.store, change, kill)
    assert applied(desk, change) == 1
    broken = {"state": "running", "worker": "w_gone", "tries": jobs.MOST_TRIES}
    desk.store.jobs.update_one({"_id": asked}, {"$set": broken})
    assert jobs.mend(desk.store, ["w_gone"], "w_here", []) == []
    ended = job(desk, asked)
    assert ended["state"] == "failed"
    assert "given up" in ended["error"]
    assert desk.store.entries.count_documents({}) == 0
    assert desk.store.changes.find_one({"_id": change})["state"] == "prepared"


def test_only_what_nobody_is_at_is_put_back(desk):
    now = utc_now()
    facts = {
        "mine": {"worker": "w_here"},
        "left": {"worker": "w_here"},
        "gone": {"worker": "w_gone"},
        "elsewhere": {"worker": "w_there"},
        "silent": {"worker": "w_there", "beat": now - 2 * job_records.STALE},
    }
    named = {}
    for name, more in facts.items():
        one = job_records.add(desk.store, desk.project_id, desk.actor.id, "export", now)
        running = {"state": "running", "tries": 1, **more}
        desk.store.jobs.update_one({"_id": one}, {"$set": running})
        named[one] = name
    back = jobs.mend(desk.store, ["w_gone"], "w_here", [k for k, v in named.items() if v == "mine"])
    assert {named[one] for one in back} == {"left", "gone", "silent"}
    assert set(back) == set(job_records.waiting(desk.store))


def test_a_worker_is_there_while_its_lock_is_held(settings):
    with attendance.sign_on(settings):
        assert attendance.find_gone(settings) == []
    (gone,) = attendance.find_gone(settings)
    attendance.forget(settings, [gone])
    assert attendance.find_gone(settings) == []


def test_a_folder_that_somebody_is_at_is_not_cleared_away(tmp_path):
    with scratch_folder(tmp_path) as folder:
        (tmp_path / "work-left").mkdir()
        assert clear(tmp_path) == 1
        assert folder.is_dir()
    assert list(tmp_path.iterdir()) == []
