"""Landlock: leaves this process the files below some paths, and no others.

Source: Linux, landlock(7) and <linux/landlock.h>.
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # numbers of the calls, the same on all machines
_ASK_VERSION, _BENEATH = 1, 1
_NO_NEW_PRIVILEGES = 38
_WRITE_FILE, _READ_FILE, _READ_FOLDER, _TRUNCATE = 1 << 1, 1 << 2, 1 << 3, 1 << 14
_OF_FILES = 0b111 | _TRUNCATE | 1 << 15
_READ = _READ_FILE | _READ_FOLDER
# files and folders: made, removed, moved
_WRITE = _READ | _WRITE_FILE | _TRUNCATE | 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8 | 1 << 13
# Version: how many rights to files it knows, to the network, of scopes (signals, sockets).
_KNOWN = {1: (13, 0, 0), 2: (14, 0, 0), 3: (15, 0, 0), 4: (15, 2, 0), 5: (16, 2, 0), 6: (16, 2, 2)}


def version() -> int:
    """Which Landlock the system has; 0 where it has none."""
    found = _system().syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION))
    return max(int(found), 0)


class Ruleset:
    """What may still be opened. Paths are looked up when they are added, not later."""

    def __init__(self) -> None:
        """Begins with nothing.

        Raises:
            OSError: the system has no Landlock.
        """
        files, network, scopes = _KNOWN[min(version() or 1, max(_KNOWN))]
        self._files = (1 << files) - 1
        handled = _Handled(self._files, (1 << network) - 1, (1 << scopes) - 1)
        size = ctypes.c_size_t(24 if scopes else 16 if network else 8)
        self._descriptor = _checked(_system().syscall(_CREATE, ctypes.byref(handled), size, 0))

    def allow(self, readable: Iterable[str], writable: Iterable[str] = ()) -> None:
        """Lets the paths be read, and the others be written too; what is not there is left out."""
        for rights, paths in ((_READ, readable), (_WRITE, writable)):
            for path in paths:
                with _opened(path) as descriptor:
                    if descriptor is not None:
                        self._add(descriptor, rights & self._files)

    def enforce(self) -> None:
        """Leaves everything else; there is no way back.

        Raises:
            OSError: the system refuses.
        """
        _checked(_system().prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
        _checked(_system().syscall(_RESTRICT, self._descriptor, 0))
        os.close(self._descriptor)

    def _add(self, descriptor: int, rights: int) -> None:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= _OF_FILES
        rule = _Rule(rights, descriptor)
        _checked(_system().syscall(_ADD, self._descriptor, _BENEATH, ctypes.byref(rule), 0))


@contextmanager
def _opened(path: str) -> Iterator[int | None]:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _system() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


class _Handled(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scopes", ctypes.c_uint64),
    )


class _Rule(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("rights", ctypes.c_uint64), ("descriptor", ctypes.c_int32))
