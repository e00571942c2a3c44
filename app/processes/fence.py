"""What a process gives up before it touches what nobody vouches for, for good.

On Linux: its user where that is root, memory, processes and programs, the network, almost all
files, and the calls of the system that nothing in it needs. `app.processes.trials` proves each by
trying it. Where a system has less, `enter` says what is missing and why.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
import sysconfig
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app.processes import landlock, seccomp

APPLICATION = Path(__file__).resolve().parent.parent
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # of <linux/sched.h>
_SET_PARENT_DEATH, _NO_NEW_PRIVILEGES = 1, 38  # of <linux/prctl.h>
_KEEP_RIGHTS, _RIGHTS_VERSION, _READ_ANYTHING = 8, 0x20080522, 1 << 2  # capabilities(7)
# Numbers for users that no system gives to people or programs: those of systemd's passing users.
_FIRST_USER, _USERS = 61184, 4096
_SYSTEM = (
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib"),
    *("/etc/ld.so.cache", "/etc/localtime", "/usr/share/zoneinfo"),
    *("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random"),
    "/proc/self",  # what libraries are where in its own memory
    *("/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu", "/sys/devices/system/node"),
    *("/sys/fs/cgroup/cpu.max", "/sys/fs/cgroup/cpu/cpu.cfs_quota_us"),
    "/sys/fs/cgroup/cpu/cpu.cfs_period_us",
)


@dataclass(frozen=True)
class Fence:
    """What a process may still have.

    Attributes:
        folder: where it works, and what it may read beside the program; it is its working folder,
            so that relative paths lead there also where folders above are closed to it.
        scratch: a folder, or nothing, in which it may write.
        also: further folders that it may read: modules of engines that are not the program's.
        memory: MiB of addresses.
        seconds: of processor time; 0 for no limit.
        threads: that it may start.
        largest_file: bytes of a file that it writes.
        open_files: at once.
        nice: how far it stands behind others, 0 to 19.
    """

    folder: str
    scratch: str = ""
    also: tuple[str, ...] = ()
    memory: int = 2048
    seconds: int = 0
    threads: int = 64
    largest_file: int = 256 << 20
    open_files: int = 256
    nice: int = 0


@dataclass(frozen=True)
class Missing:
    """A fence that could not be put up.

    Attributes:
        fence: `user`, `network`, `files` or `calls`.
        why: as one sentence.
    """

    fence: str
    why: str


def enter(fence: Fence) -> tuple[Missing, ...]:
    """Gives everything up; returns what could not be.

    Only for a process with one thread, before it reads anything foreign.

    Raises:
        OSError: the folders are not there.
    """
    os.chdir(fence.folder)
    os.nice(fence.nice)
    limit(fence.memory, fence.largest_file)
    _set_limit(resource.RLIMIT_NOFILE, fence.open_files)
    if fence.seconds:
        resource.setrlimit(resource.RLIMIT_CPU, (fence.seconds, fence.seconds + 1))
    if sys.platform != "linux":
        why = f"Only Linux has what is needed; this is {sys.platform}."
        return tuple(Missing(one, why) for one in ("user", "network", "files", "calls"))
    return tuple(_leave(fence))


def limit(memory: int, largest_file: int) -> None:
    """Limits memory (MiB of addresses) and the size of files (bytes); no core is written."""
    _set_limit(resource.RLIMIT_AS, memory << 20)
    _set_limit(resource.RLIMIT_FSIZE, largest_file)
    _set_limit(resource.RLIMIT_CORE, 0)


def leave_network() -> bool:
    """Gives the network up: by a namespace of its own, else by a filter on calls of the system."""
    return _new_network() or seccomp.refuse_sockets()


def program_paths() -> tuple[str, ...]:
    """The files that Python and the program are made of, and no others of the repository."""
    paths = {sysconfig.get_path(one) for one in ("stdlib", "platstdlib", "purelib", "platlib")}
    shared = {f"{base}/lib" for base in (sys.prefix, sys.base_prefix, sys.base_exec_prefix)}
    return (*sorted(paths | shared), str(APPLICATION), *_SYSTEM)


def _leave(fence: Fence) -> list[Missing]:
    """Leaves user, network, files and calls, in the order in which each still can be."""
    parent = os.getppid()
    rules = _rules(fence)
    apart = _new_network()
    _limit_threads(fence.threads, shared=os.getuid() != 0 and not apart)
    missing = [
        *_trying("user", lambda: _leave_user(fence.scratch)),
        *_trying("files", lambda: _enforce(rules)),
    ]
    _end_with(parent)
    if not seccomp.refuse_almost_everything():
        missing.append(Missing("calls", "The system cannot filter its calls (seccomp)."))
        if not apart:
            missing.append(Missing("network", "The system has no namespaces and no filters."))
    return missing


def _rules(fence: Fence) -> landlock.Ruleset | None:
    if not landlock.version():
        return None
    rules = landlock.Ruleset()
    writable = [fence.scratch] if fence.scratch else []
    rules.allow([*program_paths(), fence.folder, *fence.also], writable)
    return rules


def _enforce(rules: landlock.Ruleset | None) -> None:
    if rules is None:
        raise OSError("the system has no Landlock (Linux 5.13 or later, with lsm=landlock)")
    rules.enforce()


def _new_network() -> bool:
    """Whether this process now stands in a network of its own that leads nowhere."""
    system = _system()
    if system.unshare(_NEW_NETWORK) == 0:
        return True
    return bool(system.unshare(_NEW_USER | _NEW_NETWORK) == 0)


def _leave_user(scratch: str) -> None:
    """Becomes nobody where this is root; limits on processes do not hold root.

    Where the program itself lies in a folder of root's, the right to read anything is kept: what
    can be read is for Landlock to say then, and it has to be there.
    """
    system, kept = _system(), 0
    if os.geteuid() == 0:
        if not _is_open_to_all(program_paths()):
            if not landlock.version():
                raise OSError("the program lies in a folder that only root may read")
            kept = _READ_ANYTHING
        user = _FIRST_USER + os.getpid() % _USERS
        if scratch:
            os.chown(scratch, user, user)
        system.prctl(_KEEP_RIGHTS, 1, 0, 0, 0)
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    header = (ctypes.c_uint32 * 2)(_RIGHTS_VERSION, 0)
    if system.capset(header, (ctypes.c_uint32 * 6)(kept, kept, 0, 0, 0, 0)):
        raise OSError("rights of root could not be given up")
    if system.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        raise OSError("programs that give rights could not be given up")


def _is_open_to_all(paths: Iterable[str]) -> bool:
    there = [path for path in map(Path, paths) if path.exists()]
    return all(one.stat().st_mode & 0o001 for path in there for one in path.parents)


def _limit_threads(threads: int, *, shared: bool) -> None:
    """Limits threads; where the user's other processes count too, beside those."""
    _set_limit(resource.RLIMIT_NPROC, threads + 1 + (_tasks_of(os.getuid()) if shared else 0))


def _tasks_of(user: int) -> int:
    tasks = 0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if process.stat().st_uid == user:
                tasks += len(list((process / "task").iterdir()))
    return tasks


def _end_with(parent: int) -> None:
    """Ends with the process that started this one; another user has to say so again."""
    _system().prctl(_SET_PARENT_DEATH, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the process that started this one has ended")


def _trying(name: str, step: Callable[[], None]) -> list[Missing]:
    try:
        step()
    except OSError as error:
        return [Missing(name, f"{error.strerror or error}.")]
    return []


def _set_limit(which: int, most: int) -> None:
    _, hard = resource.getrlimit(which)
    value = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(which, (value, value))


def _system() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
