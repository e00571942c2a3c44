"""The queue carries a job's id from one process to another, as JSON."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

from app.settings import REPOSITORY, Settings
from app.worker.queue import make_queue
from app.worker.tasks import make_enqueue

CONSUME = """
import sys
from pathlib import Path
from app.settings import Settings
from app.worker.tasks import consume

def run(settings, job_id):
    if job_id == "j_bad":
        raise ValueError("a job that fails")
    (settings.tmp / job_id).write_text("ran")

consume(Settings(data=Path(sys.argv[1])), run)
"""


@pytest.fixture
def settings(tmp_path):
    return Settings(data=tmp_path / "data")


def register(queue, ran):
    @queue.task(name="run_job")
    def run_job(job_id):
        ran.append(job_id)

    return run_job


def test_a_call_goes_from_one_process_to_another_in_order(settings):
    ran = []
    register(make_queue(settings), [])("j_1")
    register(make_queue(settings), [])("j_2")
    reading = make_queue(settings)
    register(reading, ran)
    while (task := reading.dequeue()) is not None:
        reading.execute(task)
    assert ran == ["j_1", "j_2"]


def test_what_lies_in_the_queue_is_json(settings):
    register(make_queue(settings), [])("j_ʃ")
    with closing(sqlite3.connect(settings.data / "queue.db")) as connection:
        (data,) = connection.execute("select data from task").fetchone()
    assert json.loads(bytes(data))["args"] == ["j_ʃ"]


def test_an_argument_without_json_form_is_refused(settings):
    with pytest.raises(TypeError):
        register(make_queue(settings), [])(object())


def test_redis_is_used_where_its_address_is_set(settings):
    queue = make_queue(Settings(data=settings.data, redis_url="redis://127.0.0.1:1/0"))
    assert type(queue).__name__ == "RedisHuey"
    assert not settings.data.exists()


def test_the_worker_runs_jobs_survives_a_failing_one_and_ends_when_told(settings):
    settings.make_folders()
    enqueue = make_enqueue(settings)
    process = subprocess.Popen(
        [sys.executable, "-c", CONSUME, str(settings.data)],
        cwd=REPOSITORY,
        stderr=subprocess.DEVNULL,
    )
    try:
        for job_id in ("j_1", "j_bad", "j_2"):
            enqueue(job_id)
        deadline = time.monotonic() + 30
        while not ((settings.tmp / "j_1").exists() and (settings.tmp / "j_2").exists()):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.02)
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(30)
    assert code == 0
