"""Filters that have the system refuse some of its calls to this process from now on.

Source: Linux, seccomp(2), <linux/filter.h>, <linux/seccomp.h>; tables of calls of x86-64 and arm64.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from collections.abc import Iterable

# Machine: number of its architecture for filters, which column below has its calls.
_MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
_LOAD, _IF_EQUAL, _IF_SET, _IF_FROM, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_ALLOW, _REFUSE, _UNKNOWN = 0x7FFF0000, 0x00050001, 0x00050026  # EPERM, ENOSYS
_OTHER_NUMBERING = 0x40000000  # of the ABI x32, which has the same calls under other numbers
_ARCHITECTURE, _NUMBER, _FIRST = 4, 0, 16  # where these stand in what a filter sees
_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2
_THREAD = 0x00010000  # CLONE_THREAD
_SET_PARENT_DEATH = 1

Numbers = tuple[int | None, int | None]
SOCKETS: dict[str, Numbers] = {"socket": (41, 198)}
_ANYTHING: dict[str, Numbers] = {
    **SOCKETS,
    # programs and processes
    "fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281),
    # other processes
    "kill": (62, 129), "tkill": (200, 130), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "pidfd_open": (434, 434), "pidfd_send_signal": (424, 424),
    "pidfd_getfd": (438, 438), "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "process_madvise": (440, 440), "process_mrelease": (448, 448),
    "kcmp": (312, 272), "setpriority": (141, 140), "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119), "sched_setparam": (142, 118), "sched_setattr": (314, 274),
    "ioprio_set": (251, 30), "migrate_pages": (256, 238), "move_pages": (279, 239),
    # memory that no limit counts
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194),
    "shmat": (30, 196), "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180),
    # what may be done to files that cannot be opened
    "truncate": (76, 45), "chmod": (90, None), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, None), "lchown": (94, None), "fchownat": (260, 54), "setxattr": (188, 5),
    "lsetxattr": (189, 6), "setxattrat": (463, 463), "removexattr": (197, 14),
    "lremovexattr": (198, 15), "removexattrat": (466, 466), "utime": (132, None),
    "utimes": (235, None), "futimesat": (261, None), "utimensat": (280, 88),
    "inotify_add_watch": (254, 27), "fanotify_init": (300, 262), "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    # the system
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "unshare": (272, 97), "setns": (308, 268), "open_tree": (428, 428), "move_mount": (429, 429),
    "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "mount_setattr": (442, 442), "add_key": (248, 217), "request_key": (249, 218),
    "keyctl": (250, 219), "bpf": (321, 280), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
}  # fmt: skip
_CLONE, _CLONE3 = (56, 220), (435, 435)
_TGKILL, _PRLIMIT, _PRCTL = (234, 131), (302, 261), (157, 167)

Step = tuple[int, int, int, int]


def refuse_sockets() -> bool:
    """Has every new socket be refused; tells whether the system does."""
    column = _column()
    return column is not None and _install(_refusing(_numbers(SOCKETS, column)))


def refuse_almost_everything() -> bool:
    """Leaves computing, threads, memory, and files that may be opened; tells whether that holds.

    No socket, no process, no program, no signal to others, no memory outside of the limits.
    """
    column = _column()
    if column is None:
        return False
    me = os.getpid()
    steps = [
        *_refusing(_numbers(_ANYTHING, column)),
        *_with(_CLONE[column], _FIRST, (_IF_SET, 1, 0, _THREAD)),
        *((_IF_EQUAL, 0, 1, _CLONE3[column]), (_RETURN, 0, 0, _UNKNOWN)),  # clone is tried then
        *_with(_TGKILL[column], _FIRST, (_IF_EQUAL, 1, 0, me)),
        *_with(_PRLIMIT[column], _FIRST, (_IF_EQUAL, 1, 0, 0)),
        *_with(_PRCTL[column], _FIRST, (_IF_EQUAL, 0, 1, _SET_PARENT_DEATH)),
    ]
    return _install(steps)


def _column() -> int | None:
    known = _MACHINES.get(platform.machine())
    return None if known is None else known[1]


def _numbers(calls: dict[str, Numbers], column: int) -> list[int]:
    return [number for one in calls.values() if (number := one[column]) is not None]


def _refusing(numbers: Iterable[int]) -> list[Step]:
    steps: list[Step] = []
    for number in numbers:
        steps += [(_IF_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE)]
    return steps


def _with(number: int, argument: int, test: Step) -> list[Step]:
    """Steps for a call that is allowed for some arguments; `test` skips the refusal then."""
    return [
        (_IF_EQUAL, 0, 4, number),
        (_LOAD, 0, 0, argument),
        test,
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    ]


def _install(steps: list[Step]) -> bool:
    architecture, _ = _MACHINES[platform.machine()]
    whole: list[Step] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_IF_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _REFUSE),
        (_LOAD, 0, 0, _NUMBER),
        (_IF_FROM, 0, 1, _OTHER_NUMBERING),
        (_RETURN, 0, 0, _REFUSE),
        *steps,
        (_RETURN, 0, 0, _ALLOW),
    ]
    code = b"".join(struct.pack("HBBI", *step) for step in whole)
    kept = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(whole), ctypes.addressof(kept))
    system = ctypes.CDLL(None, use_errno=True)
    if system.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return False
    return bool(system.prctl(_SECCOMP, _FILTER, ctypes.byref(program), 0, 0) == 0)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))
