"""Proves fences by trying, in processes of their own, what they are to prevent.

`python -m app.processes.trials` prints what holds for the user who runs it, as JSON.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from app.processes.fence import APPLICATION, Fence, enter

_LIMIT = 20.0  # seconds that a trial may take
_MEMORY = 256  # MiB
_LARGEST_FILE = 1 << 20
_THREADS, _MANY = 8, 1000  # what is allowed; others of the same user may count too
_HELD = "held"
_NO_NEW_PRIVILEGES_ASKED = 39  # PR_GET_NO_NEW_PRIVS


@dataclass(frozen=True)
class Result:
    """What came of a trial.

    Attributes:
        fence: its name.
        why: why it does not hold, as one sentence; empty where it does.
    """

    fence: str
    why: str = ""

    @property
    def holds(self) -> bool:
        """Whether what was tried was prevented."""
        return not self.why


@cache
def proven() -> tuple[Result, ...]:
    """The results of all trials, tried once in the life of this process."""
    return try_all()


def missing() -> str:
    """Why some fence does not hold, for each that does not; empty where all do."""
    return " ".join(f"{one.fence}: {one.why}" for one in proven() if not one.holds)


def try_all() -> tuple[Result, ...]:
    """Tries every fence as the present user; takes about two seconds."""
    with _place() as place:
        started = [(name, _start(name, place)) for name in _TRIALS]
        return tuple(Result(name, _came_of(name, process)) for name, process in started)


def clean_environment() -> dict[str, str]:
    """Variables for a process behind a fence: no secret, no address, nothing that finds more."""
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": "/nonexistent",
        "LOGNAME": "model",  # nobody looks it up in a list of users then
        "PYTHONPATH": str(APPLICATION.parent),
        "PYTHONDONTWRITEBYTECODE": "1",
        "MALLOC_ARENA_MAX": "2",  # each takes addresses, which are limited
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    }


# What is tried, behind the fence; each says what went wrong, or nothing.


def _user(_place: Path) -> str:
    for change in (os.setuid, os.setgid):
        with suppress(OSError):
            change(0)
            return "It could become root again."
    if 0 in (os.getuid(), os.geteuid()):
        return "It is root."
    asked = ctypes.CDLL(None).prctl(_NO_NEW_PRIVILEGES_ASKED, 0, 0, 0, 0)
    return "" if asked == 1 else "Programs could give it rights."


def _network(_place: Path) -> str:
    for family, name in ((socket.AF_INET, "internet"), (socket.AF_UNIX, "local")):
        with suppress(OSError):
            socket.socket(family, socket.SOCK_STREAM).close()
            return f"It could make a socket ({name})."
    return ""


def _reading(place: Path) -> str:
    for path in (
        place / "outside" / "open",
        Path("/etc/passwd"),
        Path(f"/proc/{os.getppid()}/environ"),
    ):
        with suppress(OSError):
            path.read_bytes()
            return f"It could read {path}."
    with suppress(OSError):
        list((place / "outside").iterdir())
        return "It could list a folder."
    return "" if Path("given").read_bytes() == b"given" else "It could not read its own folder."


def _writing(place: Path) -> str:
    outside = place / "outside" / "open"
    tries: Sequence[Callable[[], object]] = (
        lambda: (place / "outside" / "new").write_bytes(b"x"),
        lambda: outside.write_bytes(b"x"),
        lambda: Path("given").write_bytes(b"x"),
        lambda: outside.chmod(0o600),
        lambda: os.truncate(outside, 0),
        lambda: outside.unlink(),
        lambda: outside.rename("scratch/taken"),
        lambda: Path("/dev/shm/life-trial").write_bytes(b"x"),  # noqa: S108
    )
    for number, attempt in enumerate(tries):
        with suppress(OSError):
            attempt()
            return f"It could write outside ({number})."
    Path("scratch/own").write_bytes(b"x")
    return ""


def _processes(_place: Path) -> str:
    made = 0
    for _ in range(50):
        with suppress(OSError):
            if os.fork() == 0:
                time.sleep(2)
                os._exit(0)
            made += 1
    if made:
        return f"It could start {made} processes."
    with suppress(OSError):
        os.execv(sys.executable, [sys.executable, "-c", "print('started')"])  # noqa: S606
    return _threads()


def _threads() -> str:
    enough = threading.Event()
    threading.stack_size(1 << 16)
    started: list[threading.Thread] = []
    try:
        for _ in range(_MANY):
            started.append(threading.Thread(target=enough.wait, daemon=True))
            started[-1].start()
    except RuntimeError:
        return ""
    finally:
        enough.set()
    return f"It could start {_MANY} threads."


def _others(_place: Path) -> str:
    with suppress(OSError):
        os.kill(os.getppid(), 0)
        return "It could send signals to other processes."
    with suppress(OSError):
        resource.prlimit(os.getppid(), resource.RLIMIT_CORE, (0, 0))
        return "It could limit other processes."
    return ""


def _memory(_place: Path) -> str:
    with suppress(MemoryError):
        bytearray((_MEMORY + 16) << 20)
        return f"It could take more than {_MEMORY} MiB."
    with suppress(OSError):
        os.close(os.memfd_create("trial"))
        return "It could take memory that is not counted."
    return ""


def _file_size(_place: Path) -> str:
    written = 0
    with suppress(OSError), Path("scratch/large").open("wb", buffering=0) as out:
        for _ in range(64):
            written += out.write(bytes(_LARGEST_FILE // 16))
    return "" if written <= _LARGEST_FILE else f"It could write a file of {written} bytes."


def _time(_place: Path) -> str:
    while True:
        pass


_TRIALS: dict[str, Callable[[Path], str]] = {
    "user": _user,
    "network": _network,
    "reading": _reading,
    "writing": _writing,
    "processes": _processes,
    "others": _others,
    "memory": _memory,
    "file size": _file_size,
    "time": _time,
}


@contextmanager
def _place() -> Iterator[Path]:
    """A folder with what is given to a process, and what is beside it and open to everybody."""
    place = Path(tempfile.mkdtemp(prefix="life-trial-"))
    try:
        place.chmod(0o755)
        for name in _TRIALS:
            (place / name / "scratch").mkdir(parents=True)
            (place / name / "given").write_bytes(b"given")
        (place / "outside").mkdir()
        (place / "outside").chmod(0o777)
        (place / "outside" / "open").write_bytes(b"open to everybody")
        (place / "outside" / "open").chmod(0o666)
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _start(name: str, place: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "app.processes.trials", name, str(place)],
        cwd=place,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _came_of(name: str, process: subprocess.Popen[str]) -> str:
    """Why a fence does not hold, from what the process that tried said."""
    try:
        out, err = process.communicate(timeout=_LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return f"The trial did not end within {_LIMIT:g} s."
    if name == "time" and process.returncode < 0:
        return ""
    if process.returncode == 0 and out.strip() == _HELD:
        return ""
    return out.strip() or (err.strip().splitlines() or ["The trial failed."])[-1]


def _try(name: str, place: Path) -> str:
    """Tries one, behind a fence in this process."""
    missing = enter(
        Fence(
            folder=str(place / name),
            scratch=str(place / name / "scratch"),
            memory=_MEMORY,
            seconds=1 if name == "time" else 10,
            threads=_THREADS,
            largest_file=_LARGEST_FILE,
        )
    )
    what = _TRIALS[name](place)
    return " ".join([what, *(one.why for one in missing)]) if what else _HELD


def main(arguments: Sequence[str]) -> None:
    """Tries one behind a fence, or all of them."""
    if arguments:
        sys.stdout.write(_try(arguments[0], Path(arguments[1])) + "\n")
    else:
        sys.stdout.write(json.dumps([asdict(one) for one in try_all()]) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
