"""Starts a program that ends when the process that started it ends, however that ends.

Run as `python -m app.processes.child PARENT PROGRAM ARGUMENT...`.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1  # from <linux/prctl.h>


def wrapped(command: Sequence[str]) -> list[str]:
    """The command that runs `command` and ends it when this process ends."""
    return [sys.executable, "-m", "app.processes.child", str(os.getpid()), *command]


def main(arguments: Sequence[str]) -> None:
    """Ties this process to its parent and becomes the program."""
    parent, command = int(arguments[0]), list(arguments[1:])
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the process that started this one has ended")
    os.execvp(command[0], command)  # noqa: S606  the program was chosen by our own code


if __name__ == "__main__":
    main(sys.argv[1:])
