"""Each fence, tried as the present user and as one without rights."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from app.processes import fence, landlock, trials
from app.processes.trials import Result
from app.settings import REPOSITORY

NOBODY = 61000
COMMAND = [sys.executable, "-P", "-m", "app.processes.trials"]
FENCES = {
    "user", "network", "reading", "writing", "processes", "others", "memory", "file size", "time",
}  # fmt: skip

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the fences are of Linux")


def failing(results):
    """What does not hold, beside files where the system has no Landlock."""
    bad = {one.fence: one.why for one in results if not one.holds}
    if not landlock.version():
        assert "Landlock" in bad.pop("reading") and "Landlock" in bad.pop("writing")
    return bad


def test_all_hold_for_who_runs_this():
    results = trials.try_all()
    assert {one.fence for one in results} == FENCES
    assert failing(results) == {}


@pytest.fixture(scope="module")
def python():
    """Python where a user without rights may start it; one of root's own is copied, in part."""
    if fence._is_open_to_all([sys.base_prefix]):
        yield sys.executable, {}
        return
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        for path in ("bin", "lib", "app"):
            (Path(folder) / path).mkdir()
        program = Path(folder) / "bin" / "python3"
        shutil.copyfile(Path(sys.executable).resolve(), program)
        program.chmod(0o755)
        for shared in Path(sys.base_prefix, "lib").glob("libpython*.so*"):
            shutil.copyfile(shared, Path(folder) / "lib" / shared.name)
        without = shutil.ignore_patterns("site-packages", "test", "config-*", "idlelib")
        library = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        shutil.copytree(
            Path(sys.base_prefix, "lib", library), Path(folder, "lib", library), ignore=without
        )
        yield str(program), {"LD_LIBRARY_PATH": f"{folder}/lib"}


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_all_hold_for_a_user_without_rights(python):
    program, more = python
    said = subprocess.run(
        [program, *COMMAND[1:]], cwd="/", env={**trials.clean_environment(), **more}, user=NOBODY,
        group=NOBODY, extra_groups=[], capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    results = [Result(**one) for one in json.loads(said.stdout)]
    assert {one.fence for one in results} == FENCES
    assert failing(results) == {}


def run(code, folder):
    """Runs code behind a fence around a folder."""
    start = (
        "import json, sys\n"
        "from app.processes.fence import Fence, enter\n"
        "missing = enter(Fence(**json.loads(sys.argv[1])))\n"
    )
    told = json.dumps({"folder": str(folder), "memory": 512, "seconds": 5})
    return subprocess.run(
        [sys.executable, "-P", "-c", start + code, told], cwd=REPOSITORY,
        env=trials.clean_environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_what_was_not_imported_before_can_be_and_folders_above_are_closed(tmp_path):
    closed = tmp_path / "closed"
    inside = closed / "model"
    inside.mkdir(parents=True)
    (inside / "model.json").write_text("{}")
    closed.chmod(0o700)
    said = run(
        "import decimal, sqlite3, unicodedata, xml.etree.ElementTree\n"
        "import pathlib; print(pathlib.Path('model.json').read_text(), missing)",
        inside,
    )
    if landlock.version():
        assert said.stdout == "{} ()\n", said.stderr


def test_without_landlock_it_says_so(tmp_path):
    said = run("print(missing)", tmp_path)
    code = "import app.processes.landlock as one; one.version = lambda: 0\n"
    without = subprocess.run(
        [sys.executable, "-P", "-c", code + (
            "from app.processes.fence import Fence, enter\n"
            f"print([one.fence for one in enter(Fence({str(tmp_path)!r}))])"
        )],
        cwd=REPOSITORY, env=trials.clean_environment(), capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert "files" in without.stdout, without.stderr
    assert said.returncode == 0


def test_a_trial_tells_a_fence_that_does_not_hold(tmp_path):
    """The trials themselves can fail: without a fence each finds something."""
    place = tmp_path
    (place / "outside").mkdir()
    (place / "outside" / "open").write_bytes(b"x")
    for name in ("network", "reading", "processes", "others", "memory"):
        code = (
            "import os, sys; from pathlib import Path; from app.processes import trials\n"
            f"os.chdir({str(place)!r}); print(trials._TRIALS[{name!r}](Path({str(place)!r})))"
        )
        said = subprocess.run(
            [sys.executable, "-P", "-c", code], cwd=REPOSITORY, env=trials.clean_environment(),
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert "It could" in said.stdout, (name, said)
