"""Backups that the worker makes by itself."""

from __future__ import annotations

import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.services import backup as service
from app.store import migrations, restore
from app.worker.backups import schedule
from tests.factories import make_project, make_store

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def make(folder, *hours):
    folder.mkdir(exist_ok=True)
    for ago in hours:
        (folder / service.scheduled_name(NOW - timedelta(hours=ago))).write_text("")


def test_when_one_is_due(tmp_path):
    folder = tmp_path / "backups"
    assert not service.is_due(folder, 0, NOW)
    assert service.is_due(folder, 24, NOW)
    make(folder, 30, 23)
    (folder / "life-99999999T999999Z.mine").write_text("")
    assert not service.is_due(folder, 24, NOW)
    assert service.is_due(folder, 23, NOW)


def test_the_oldest_go_and_other_files_stay(tmp_path):
    make(tmp_path, 1, 2, 3, 4)
    (tmp_path / "mine.life.tar").write_text("")
    gone = service.prune(tmp_path, 2)
    assert [path.name for path in gone] == [
        service.scheduled_name(NOW - timedelta(hours=ago)) for ago in (4, 3)
    ]
    assert len(list(tmp_path.iterdir())) == 3


class Said(list):
    """Lines that were said; `first` is set by the first."""

    def __init__(self):
        super().__init__()
        self.first = threading.Event()

    def __call__(self, line):
        self.append(line)
        self.first.set()


def test_the_worker_makes_one_that_can_be_restored_and_prunes(settings, database):
    migrations.migrate(make_store(database))
    make_project(database)
    wanted = replace(settings, backup_every=1, backup_keep=2)
    make(settings.backups, 5, 6)
    said = Said()
    with schedule(wanted, say=said, every=0.05):
        assert said.first.wait(60)
    assert "Deleted" in said[0]
    assert len(said) == 1
    old, new = sorted(settings.backups.iterdir())
    assert old.name == service.scheduled_name(NOW - timedelta(hours=5))
    with restore.open_archive(new) as archive:
        assert [held.slug for held in archive.manifest.projects] == ["sena"]


def test_none_are_made_unless_wanted(settings):
    said = Said()
    with schedule(settings, say=said, every=0.01):
        assert not any(thread.name == "backups" for thread in threading.enumerate())
    assert said == []


def test_a_failure_is_said(settings):
    said = Said()
    wanted = replace(settings, backup_every=1)
    failing = (sys.executable, "-c", "import sys; print('no room'); sys.exit(3)")
    with schedule(wanted, failing, said, 60):
        assert said.first.wait(60)
    assert said == [f"The backup failed (exit code 3): no room; see {settings.log / 'backup.log'}"]


def test_one_at_work_ends_with_the_worker(settings, tmp_path):
    begun = tmp_path / "begun"
    endless = f"import pathlib, time; pathlib.Path({str(begun)!r}).touch(); time.sleep(600)"
    said = Said()
    with schedule(replace(settings, backup_every=1), (sys.executable, "-c", endless), said, 60):
        while not begun.exists():
            assert not said
    assert "exit code -15" in said[0]
