"""Backups and restores that are killed in the middle, and the commands that make them."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

from app.settings import REPOSITORY
from app.store import files, restore
from tests import commands
from tests.store.backups import back_up, contents, fill


@contextmanager
def command(settings, *arguments):
    """A command of the program that is killed at the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app", *map(str, arguments)],
        cwd=REPOSITORY,
        env={**os.environ, **settings.environ()},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()


def run(settings, *arguments):
    done = commands.run(*map(str, arguments), **settings.environ())
    return done.returncode, done.stdout + done.stderr


def wait_for(condition, process):
    while not (found := condition()):
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.002)
    return found


def heavy(store):
    """A server whose backup takes a while: files that do not compress."""
    desk = fill(store)
    for number in range(4):
        files.put(store, desk.project_id, io.BytesIO(os.urandom(8 << 20)), f"{number}.wav")
    return desk


def test_a_killed_backup_leaves_no_backup_and_can_be_repeated(settings, store, tmp_path):
    heavy(store)
    path = tmp_path / "b.life.tar"
    with command(settings, "backup", path) as process:
        wait_for(lambda: any(p.stat().st_size > 1 << 20 for p in tmp_path.glob(".*.part")), process)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not path.exists()
    assert len(list(tmp_path.glob(".*.part"))) == 1
    code, said = run(settings, "backup", path)
    assert (code, said.count("Wrote 2 projects")) == (0, 1), said
    assert list(tmp_path.glob(".*.part")) == []
    with restore.open_archive(path) as archive:
        assert len(archive.manifest.projects) == 2


def test_a_killed_restore_says_so_and_can_be_repeated(settings, mongo_uri, store, other, tmp_path):
    heavy(other)
    path = tmp_path / "b.life.tar"
    back_up(other, path)
    with command(settings, "restore", path) as process:
        wait_for(lambda: store["blobs.chunks"].find_one({}, {"_id": 1}), process)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert store.accounts.find_one({}) is None
    code, said = run(settings, "check")
    assert code == 1
    assert said.startswith("Unavailable: A restore was broken off")
    code, said = run(settings, "restore", path)
    assert code == 0, said
    assert "Took back what an earlier restore had left" in said
    base = ("server", "base")  # which each start notes
    assert {key: one for key, one in contents(store).items() if key != base} == contents(other)
    assert run(settings, "check") == (0, "Everything is as it should be.\n")


def test_a_killed_restore_can_be_cleared(settings, store, other, tmp_path):
    fill(other)
    path = tmp_path / "b.life.tar"
    back_up(other, path)
    store.meta.insert_one({"_id": restore.MARK, "project": None})
    store.entries.insert_one({"_id": "e_1", "project": "p_1"})
    assert run(settings, "prepare")[0] == 1
    assert run(settings, "restore", "--clear")[0] == 0
    assert contents(store).keys() == {("server", "base")}  # which each start notes
    assert run(settings, "prepare")[0] == 0


def test_the_commands(settings, store, other, tmp_path):
    fill(store)
    path = tmp_path / "b.life.tar"
    code, said = run(settings, "backup", path, "--project", "sena", "--json")
    assert code == 0, said
    assert json.loads(said)["projects"][0]["slug"] == "sena"
    assert run(settings, "restore", path)[1].startswith("Conflict: The project “Sena”")
    assert run(settings, "restore", tmp_path / "no")[1].startswith("Invalid: There is no file")
    store.letters.update_many({}, {"$inc": {"count": 1}})
    code, said = run(settings, "check", "sena")
    assert code == 1
    assert all(line.startswith("sena: letter") for line in said.splitlines())
    assert run(settings, "check", "sena", "--repair")[0] == 0
    assert run(settings, "check", "nowhere") == (1, "NotFound: There is no project “nowhere”.\n")
