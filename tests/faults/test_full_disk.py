"""A disk that fills up for real: what is there stays readable, and nothing is half-written.

The data folder lies on a small file system of its own, in a mount namespace.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pymongo.errors import PyMongoError

from app.domain.roles import SYSTEM, Role
from app.services import accounts, backup, imports, jobs
from app.services.accounts import NewAccount, register
from app.services.clock import utc_now
from app.services.desk import open_desk
from app.settings import Settings
from app.store import members
from app.store.database import connect
from app.store.mongod import socket_path, socket_uri
from tests.factories import make_project, save_entry
from tests.faults.programs import Program, call, free_port, wait_for, write_lift

MB = 10**6
LEAST = 100 * MB
COUNT = 4000
MOUNT = 'mount -t tmpfs -o size="$1" none "$2" && shift 2 && exec "$@"'


def small_disk(folder, size):
    """The beginning of a command that runs the rest with a small disk in a folder."""
    for unshare in (["unshare", "-rm"], ["unshare", "-m"]):
        begin = [*unshare, "sh", "-c", MOUNT, "sh", str(size), str(folder)]
        with contextlib.suppress(FileNotFoundError):
            if subprocess.run([*begin, "true"], capture_output=True, check=False).returncode == 0:
                return begin
    return pytest.skip(
        "A FULL DISK WAS NOT TESTED: this machine permits no mount in a namespace (unshare -rm)"
    )


class Disk:
    """The data folder of a server on a small disk, seen from outside of its namespace."""

    def __init__(self, settings, program, link):
        self.settings, self.port = settings, settings.port
        self.folder = Path(f"/proc/{program.process.pid}/root{settings.data}")
        self.log = settings.data.parent / "log.txt"
        link.symlink_to(f"/proc/{program.process.pid}/root{socket_path(settings)}")
        self.store = connect(socket_uri(link), settings.database)
        self.token = ""

    def leave(self, free):
        """Fills the disk but for so many bytes."""
        with (self.folder / "ballast").open("ab") as file:
            more = shutil.disk_usage(self.folder).free - (free or 5 * MB)
            os.posix_fallocate(file.fileno(), 0, file.tell() + more)
        if not free:
            self.stuff()

    def stuff(self):
        """Takes what room there is, to the last byte, while others write too."""
        with (self.folder / "ballast").open("ab", buffering=0) as file:
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(4096))

    def has_ended(self):
        """Whether the server has told that the database ended: it waits for room, or is back."""
        self.stuff()
        said = self.log.read_text()
        return "is full" in said or "was started again" in said

    def make_room(self):
        (self.folder / "ballast").unlink()

    def call(self, method, path, body=None, **headers):
        headers |= {"Authorization": f"Bearer {self.token}"}
        return call(self.port, method, f"/api/v1/projects/sena{path}", body, headers)

    def worker(self):
        """The process of the worker."""
        ours = f"LIFE_DATA={self.settings.data}".encode()
        for place in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # it has ended
                command = (place / "cmdline").read_bytes().split(b"\0")
                if command[-3:-1] == [b"app", b"worker"] and ours in (
                    place / "environ"
                ).read_bytes().split(b"\0"):
                    return int(place.name)
        return pytest.fail("there is no worker")

    def mongod(self):
        """The process of the database, if it lives."""
        number = int((self.folder / "db" / "mongod.lock").read_text() or 0)
        return number if number and Path(f"/proc/{number}").exists() else None


@pytest.fixture
def disk(tmp_path):
    """A whole server whose data lie on a disk of 700 MB, with a project and an entry in it."""
    settings = Settings(data=tmp_path / "data", port=free_port(), min_free=LEAST)
    settings.data.mkdir()
    begin = small_disk(settings.data, 700 * MB)
    log = tmp_path / "log.txt"
    with Program(settings, [*begin, sys.executable, "-m", "app", "serve"], log=log) as program:
        wait_for(lambda: call(settings.port, "GET", "/healthz")[0] == 200, but=(OSError,))
        made = Disk(settings, program, tmp_path / "db.sock")
        yield furnish(made)
        made.store.client.close()
        program.process.send_signal(signal.SIGTERM)
        program.process.wait(30)


def furnish(disk):
    project = make_project(disk.store)
    new = NewAccount("ann", "Ann", "", "correct horse battery")
    account = register(disk.store, new, True, utc_now())
    members.put(disk.store, project, account["_id"], Role.OWNER, by=SYSTEM, at=utc_now())
    actor = accounts.actor_of(account)
    disk.token = accounts.make_token(disk.store, actor, "t", ["read", "write"], None, utc_now())
    save_entry(open_desk(disk.store, SYSTEM, "sena"), "early")
    return disk


@pytest.fixture
def lift(tmp_path):
    return write_lift(tmp_path / "words.lift", COUNT)


def job_of(disk, answer):
    status, said = answer
    assert status == 202, said
    return said["id"]


def ended(disk, job):
    """A job once it has come to an end."""
    states = ("done", "failed", "cancelled")
    find = lambda: disk.store.jobs.find_one({"_id": job, "state": {"$in": states}})  # noqa: E731
    return wait_for(find, 90, but=(PyMongoError,))


def words(disk):
    status, said = disk.call("GET", "/entries?limit=3")
    assert status == 200
    return [entry["lemma"]["seh"] for entry in said["items"]]


def applied(disk, change):
    return disk.store.change_parts.count_documents({"change": change, "applied": True})


@contextlib.contextmanager
def confirmed(disk, change):
    """Asks for an import and holds it in the middle: the worker stands still in the block.

    It does so until a job looks again how much room there is.
    """
    worker = disk.worker()
    job = job_of(disk, disk.call("POST", f"/imports/{change}/confirm"))
    wait_for(lambda: applied(disk, change) >= 1)
    os.kill(worker, signal.SIGSTOP)
    stopped = time.monotonic()
    try:
        yield job
        wait_for(lambda: time.monotonic() - stopped > jobs._BEAT)
    finally:
        os.kill(worker, signal.SIGCONT)


def test_an_import_into_a_disk_that_fills_up(disk, lift):
    desk = open_desk(disk.store, SYSTEM, "sena")
    change = imports.preview(desk, lift)["_id"]

    # nearly full: the import stops while there is room to take it back
    with confirmed(disk, change) as job:
        disk.leave(LEAST // 2)
    failed = ended(disk, job)
    assert failed["state"] == "failed"
    assert "MB left, and this needs 100 MB" in failed["error"]
    assert words(disk) == ["early"]
    assert disk.store.entries.count_documents({}) == 1
    assert disk.store.rows.count_documents({}) == 1
    assert disk.store.changes.find_one({"_id": change})["state"] == "prepared"
    status, said = disk.call("POST", "/entries", {"lemma": {"seh": "late"}})
    assert (status, "read-only" in said["detail"]) == (503, True)
    upload = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.lift"\r\n\r\n'
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    status, said = disk.call("POST", "/imports", upload + b"x\r\n--b--\r\n", **form)
    assert (status, "read-only" in said["detail"]) == (503, True)
    disk.make_room()

    # full to the last byte, by somebody else: the database dies, and comes back with room
    with confirmed(disk, change) as job:
        dead = disk.mongod()
        disk.leave(0)
    with contextlib.suppress(PyMongoError):
        disk.store.client.admin.command("fsync")
    wait_for(lambda: disk.mongod() != dead)
    wait_for(disk.has_ended)
    disk.make_room()
    result = ended(disk, job)
    assert result["state"] in ("done", "failed")
    state = disk.store.changes.find_one({"_id": change})["state"]
    assert (result["state"], state) in (("done", "done"), ("failed", "prepared"))
    if state == "prepared":
        assert disk.store.entries.count_documents({}) == 1
        assert ended(disk, job_of(disk, disk.call("POST", f"/imports/{change}/confirm")))
    assert disk.store.entries.count_documents({}) == COUNT + 1
    assert disk.call("POST", "/entries", {"lemma": {"seh": "late"}})[0] == 201
    assert words(disk)[:2] == ["early", "late"]
    assert backup.check(disk.store, SYSTEM) == []
