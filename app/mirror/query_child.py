"""Answers queries over copies of the graphs, one after the other, until it is ended.

Run as `python -m app.mirror.query_child MEMORY ANSWER`: MiB of memory, and of one answer at most.
Each line of its input is a request in JSON, each line of its output the answer; what was found lies
in a file. It has no network of its own where the system lets it go without.
"""

from __future__ import annotations

import errno
import json
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from app.mirror.results import write_answer, write_rows
from app.processes import fence


def main(arguments: list[str]) -> None:
    """Answers until there is no more input."""
    _fence(int(arguments[0]), int(arguments[1]))
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
            large = getattr(error, "errno", None) == errno.EFBIG
            answer = {"error": "large" if large else "failed", "what": str(error)}
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


def _fence(memory: int, answer: int) -> None:
    """Limits memory and files, in MiB, and leaves the network."""
    fence.limit(memory, answer << 20)
    if sys.platform == "linux" and not fence.leave_network():
        sys.exit("no queries are answered: this process cannot be kept from the network")


if __name__ == "__main__":
    main(sys.argv[1:])
