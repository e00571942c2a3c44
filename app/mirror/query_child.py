"""Answers queries over copies of the graphs, one after the other, until it is ended.

Run as `python -m app.mirror.query_child MEMORY`, with so many MiB of memory. Each line of its input
is a request in JSON, each line of its output the answer; what was found lies in a file. It has no
network of its own where the system lets it go without.
"""

from __future__ import annotations

import ctypes
import json
import platform
import resource
import struct
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from app.mirror.results import write_answer, write_rows

# Machine: number of its architecture for filters, number of the call socket(2).
_CALLS = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
_LOAD, _IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050001  # EPERM
_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # of <linux/sched.h>
_LARGEST_FILE = 512 << 20


def main(arguments: list[str]) -> None:
    """Answers until there is no more input."""
    _fence(int(arguments[0]) << 20)
    opened: tuple[str, ox.Store] | None = None
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            if opened is None or opened[0] != asked["store"]:
                opened = None
                opened = (asked["store"], ox.Store.read_only(asked["store"]))
            answer = _answer(opened[1], asked)
        except (SyntaxError, ValueError) as error:
            answer = {"error": "query", "what": str(error)}
        except (OSError, RuntimeError) as error:
            answer = {"error": "failed", "what": str(error)}
        except MemoryError:
            answer = {"error": "memory"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _answer(store: ox.Store, asked: dict[str, Any]) -> dict[str, Any]:
    default = [ox.NamedNode(one) for one in asked.get("default_graphs") or ()]
    named = [ox.NamedNode(one) for one in asked.get("named_graphs") or ()]
    chosen: dict[str, Any] = {}
    if default or named:  # the dataset is the one that the request describes
        chosen = {"default_graph": default, "named_graphs": named}
    else:
        chosen = {"use_default_graph_as_union": True}
    prefixes = asked.get("prefixes") or {}
    found = store.query(asked["query"], prefixes=prefixes, **chosen)
    most = int(asked["rows"])
    with Path(asked["out"]).open("wb") as out:
        if isinstance(found, ox.QueryBoolean):
            write_answer(bool(found), asked["rows_type"], out)
            return {"type": asked["rows_type"], "rows": 1, "more": False}
        if isinstance(found, ox.QuerySolutions):
            told, more = write_rows(found, asked["rows_type"], out, most)
            return {"type": asked["rows_type"], "rows": told, "more": more}
        triples = list(islice(found, most))
        media_type = asked["graph_type"]
        syntax = ox.RdfFormat.from_media_type(media_type)
        ox.serialize(triples, out, format=syntax, prefixes=prefixes)
        more = len(triples) == most and next(iter(found), None) is not None
        return {"type": media_type, "rows": len(triples), "more": more}


def _fence(memory: int) -> None:
    """Limits memory and files, and leaves the network."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST_FILE, _LARGEST_FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux" and not _leave_network():
        sys.exit("no queries are answered: this process cannot be kept from the network")


def _leave_network() -> bool:
    """Gives the network up: by a namespace of its own, else by a filter on calls of the system."""
    system = ctypes.CDLL(None, use_errno=True)
    if system.unshare(_NEW_NETWORK) == 0 or system.unshare(_NEW_USER | _NEW_NETWORK) == 0:
        return True
    return _refuse_sockets(system)


def _refuse_sockets(system: ctypes.CDLL) -> bool:
    """Has the system refuse every new socket from now on.

    Source: Linux, seccomp(2) and <linux/filter.h>.
    """
    known = _CALLS.get(platform.machine())
    if known is None:
        return False
    architecture, socket_call = known
    steps = [
        (_LOAD, 0, 0, 4),  # the architecture
        (_IF_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _REFUSE),
        (_LOAD, 0, 0, 0),  # the number of the call
        (_IF_EQUAL, 0, 1, socket_call),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    ]
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    kept = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(steps), ctypes.addressof(kept))
    if system.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return False
    return bool(system.prctl(_SECCOMP, _FILTER, ctypes.byref(program), 0, 0) == 0)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


if __name__ == "__main__":
    main(sys.argv[1:])
