"""Processes in which models are trained and run: what they do, and how they end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from app.domain.errors import Invalid, NotFound
from app.ml import engines, running
from app.ml.data import Line, Word, write_lines
from app.ml.running import Failed, Room, Stopped, Training
from app.processes import landlock
from app.processes.fence import Fence
from app.processes.talking import Ended
from app.settings import REPOSITORY
from tests.faults.programs import wait_for

ENGINES = str(Path(__file__).parent / "engines")
LINES = [Line("l1", words=(Word("nyumba"), Word("moja"))), Line("l2", words=(Word("moto"),))]
SMALL = Room(memory=512, seconds=20, disk=8 << 20)


@pytest.fixture
def train(tmp_path):
    """Trains with the engine that does harm; a model, or nothing at all, is there then."""
    work, into = tmp_path / "work", tmp_path / "model"
    work.mkdir()
    (tmp_path / "lines").write_text("".join(write_lines(LINES)))

    def run(options, stop=lambda: False, room=SMALL):
        told = []
        before = set(tmp_path.iterdir())
        try:
            training = Training("hostile", tmp_path / "lines", options, room=room, also=(ENGINES,))
            facts = running.carry_out(training, into, work, lambda *note: told.append(note), stop)
        except Exception:
            assert set(tmp_path.iterdir()) == before
            raise
        return facts, told, into

    return run


def test_a_model_is_trained_and_kept(train):
    facts, told, into = train({"seed": 7})
    assert facts == {"told": {"lines": 2, "seed": 7}}
    assert told == [(0.1, "reading"), (0.9, "nearly there")]
    assert json.loads((into / "model.json").read_text()) == {"lines": 2, "seed": 7}


@pytest.mark.parametrize(
    ("does", "reason", "told"),
    [
        ("hog", "memory", "more than 512 MiB of memory"),
        ("loop", "seconds", "longer than 2 s"),
        ("fork_bomb", "processes", "tried to start other processes"),
        ("call_home", "network", "tried to reach the network"),
        ("read_disk", "files", "files that are closed to it"),
        ("write_disk", "files", "files that are closed to it"),
        ("fill_disk", "disk", "more than 8 MiB"),
        ("crash", "died", "ended by itself"),
        ("leave", "died", "ended by itself"),
        ("babble", "babble", "no answer"),
        ("fail", "failed", "some name"),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="the fences are of Linux")
def test_what_takes_too_much_is_ended_and_named(train, does, reason, told):
    if does in ("read_disk", "write_disk") and not landlock.version():
        pytest.skip("the system has no Landlock")
    room = Room(memory=512, seconds=2 if does == "loop" else 20, disk=8 << 20)
    with pytest.raises(Failed, match=told) as caught:
        train({"does": does}, room=room)
    assert caught.value.reason == reason


def test_what_is_wrong_with_the_data_is_said(train):
    with pytest.raises(Invalid, match="one label only"):
        train({"does": "refuse"})


def test_a_training_leaves_plain_files_only(train, tmp_path):
    with pytest.raises(Failed, match="closed to it" if landlock.version() else "no file"):
        train({"save": "link"})
    made = tmp_path / "made"
    made.mkdir()
    for bad in (
        lambda path: path.symlink_to("/etc/passwd"),
        lambda path: path.mkdir(),
        lambda path: os.link(__file__, path),
        lambda path: os.mkfifo(path),
    ):
        bad(made / "weights.safetensors")
        with pytest.raises(Failed, match="no file"):
            running.collect(made, tmp_path / "into")
        assert not (tmp_path / "into").exists()
        (made / "weights.safetensors").rename(tmp_path / f"bad{len(list(tmp_path.iterdir()))}")
    with pytest.raises(Failed, match="no files"):
        running.collect(made, tmp_path / "into")
    made.rmdir()
    made.symlink_to("/etc")
    with pytest.raises(Failed, match="no model"):
        running.collect(made, tmp_path / "into")


def test_stopped_it_ends_in_less_than_two_seconds(train):
    stop, began = threading.Event(), []

    def told():
        if not began:
            began.append(time.monotonic())
            threading.Timer(1.0, stop.set).start()
        return stop.is_set()

    with pytest.raises(Stopped):
        train({"does": "loop"}, stop=told)
    assert time.monotonic() - began[0] - 1.0 < 2.0


def test_an_engine_is_one_of_those_that_are_known():
    assert engines.module_of("transformers") == "app.ml.outside_transformers"
    for name in ("os", "app.ml.child", "", "../x", "x" * 500):
        with pytest.raises(NotFound):
            engines.module_of(name)


START = """
import sys, time
from pathlib import Path
from app.ml.running import start
from app.processes.fence import Fence
talker = start("hostile", Fence(sys.argv[1], also=(sys.argv[2],)), Path(sys.argv[1] + ".log"))
print(talker.pid, flush=True)
talker._write(b'{"do": "load"}\\n', time.monotonic() + 9, lambda: False)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="of Linux")
def test_it_ends_with_the_process_that_started_it(tmp_path):
    (tmp_path / "model.json").write_text('{"load": "loop"}')
    parent = subprocess.Popen(
        [sys.executable, "-c", START, str(tmp_path), ENGINES], cwd=REPOSITORY, text=True,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    with parent:
        child = int(parent.stdout.readline())
        assert is_running(child)
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
    wait_for(lambda: not is_running(child))


def is_running(pid):
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_no_secret_of_ours_reaches_it(monkeypatch):
    monkeypatch.setenv("LIFE_SECRET_KEY", "known to nobody")
    monkeypatch.setenv("MONGODB_URI", "mongodb://somewhere")
    told = running.environment()
    assert not any("known" in one or "mongo" in one for one in told.values())
    assert told["HF_HUB_OFFLINE"] == "1" and told["HOME"] == "/nonexistent"


def test_what_it_says_beside_its_answers_goes_with_it(tmp_path):
    log = tmp_path.parent / f"{tmp_path.name}.log"
    talker = running.start("hostile", Fence(str(tmp_path), also=(ENGINES,)), log)
    assert log.exists()
    with pytest.raises(Ended) as caught:
        talker.ask({"do": "predict", "lines": [asdict(LINES[0])]}, 10, lambda: True)
    assert caught.value.reason == "stopped"
    assert not log.exists() and not talker.is_alive()
