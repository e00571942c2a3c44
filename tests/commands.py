"""Commands of `python -m app`, run in this process: one of its own takes half a second to start."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from unittest import mock

from app.__main__ import main


def run(*arguments, **environ):
    """What a command leaves: its exit status, and what it wrote to stdout and stderr."""
    out, told, status = io.StringIO(), io.StringIO(), 0
    with (
        mock.patch.dict(os.environ, environ),
        mock.patch.object(sys, "argv", ["app", *arguments]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(told),
    ):
        try:
            main()
        except SystemExit as end:
            status = end.code or 0
    return subprocess.CompletedProcess(arguments, status, out.getvalue(), told.getvalue())
