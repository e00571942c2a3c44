"""The command line tells errors in one line and lists its commands."""

from __future__ import annotations

import os
import subprocess
import sys

from app.settings import REPOSITORY


def run(*arguments, **environ):
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=REPOSITORY,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_error_is_one_line_on_stderr_and_exit_code_1():
    done = run("serve", LIFE_PORT="many")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "SettingsError: LIFE_PORT: must be a whole number, not 'many'"
    ]


def test_help_lists_the_commands():
    done = run("--help")
    assert done.returncode == 0
    for command in ("serve", "worker", "prepare"):
        assert f"  {command} " in done.stdout
