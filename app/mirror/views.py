"""The views that are kept: one folder each, with its graphs, until nobody asks for it any more.

What everybody may read can be sent to a SPARQL server as well; then its folder has the facts only.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.domain.ids import new_id
from app.mirror.follower import PORTION, Mirror
from app.mirror.graphs import Digest, DiskGraphs, Graphs
from app.mirror.remote import RemoteGraphs
from app.services.linked_data import EVERYTHING, PUBLIC
from app.store import followers, projects
from app.store.database import Store
from app.store.followers import Position

FORGOTTEN = 7 * 24 * 3600.0  # seconds after which a view is let go that nobody has asked for
GROUP = " mirror"  # with it the groups of followers begin, each of which waits for no others
SENT = "sent"  # the view of everybody on a SPARQL server
_BACKUP_EVERY = 1.0  # seconds


@dataclass
class _Copy:
    """A copy of a view's graphs.

    Attributes:
        writes: of the graphs when it was made.
        made: when, by the clock of the process.
    """

    path: Path
    writes: int
    made: float
    readers: int = 0


class Kept:
    """A view of a project that follows the log.

    Attributes:
        name: what it is called: the view, or `sent`.
        view: whose readers it is for.
        working: held by whoever catches up with it.
        is_whole: it holds all that there was a moment ago, as far as this process knows.
    """

    _portion = PORTION

    def __init__(
        self, folder: Path, project: str, name: str, view: str, graphs: Graphs, place: str
    ) -> None:
        self.folder, self.project, self.name, self.view = folder, project, name, view
        self._graphs, self._place = graphs, place
        self._about = folder / "about.json"
        self.working = threading.Lock()
        self.is_whole = False
        known = json.loads(self._about.read_text()) if self._about.exists() else {}
        self.asked_at = time.time() if not known else self._about.stat().st_mtime
        if known and known.get("place", "") == place:
            self._make_mirror(str(known["generation"]))
        else:
            self.begin_anew()

    def begin_anew(self) -> None:
        """Has everything be derived anew when it is next caught up with."""
        self.is_whole = False
        generation = new_id("g")
        said = {
            "project": self.project, "view": self.name, "place": self._place,
            "generation": generation,
        }  # fmt: skip
        new = self._about.with_suffix(".new")
        new.write_text(json.dumps(said))
        new.replace(self._about)
        self._make_mirror(generation)

    def position(self, store: Store) -> Position:
        """How far it is."""
        return followers.position(store, self.project, self.mirror.name)

    def flush(self) -> None:
        """Has everything that was written be on the disk."""

    def digest(self) -> Digest:
        """What can be compared of its graphs."""
        return self._graphs.digest()

    def remove(self, store: Store) -> None:
        """Removes everything of it on this machine."""
        mine = {"project": self.project, "name": self.mirror.name}
        store.followers.delete_many(mine)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _make_mirror(self, generation: str) -> None:
        facts = self.folder / "facts.json"
        self.mirror = Mirror(
            self.project, self.view, self._graphs, facts, generation, name=self.name,
            portion=self._portion,
        )  # fmt: skip


class SentView(Kept):
    """What everybody may read of a project, on a SPARQL server."""

    _portion = followers.BATCH  # a transaction waits for the server

    def __init__(self, folder: Path, project: str, sent_to: tuple[str, str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        graphs = RemoteGraphs(*sent_to, folder / "sent.json")
        self._remote = graphs
        super().__init__(folder, project, SENT, PUBLIC, graphs, _hashed(sent_to[0]))

    def take_back(self, store: Store) -> None:
        """Removes it, on the server too.

        Raises:
            Unavailable: the server does not answer; nothing is removed here.
        """
        self._remote.clear()
        self.remove(store)


class View(Kept):
    """One view of a project, in a folder."""

    def __init__(self, folder: Path, project: str, view: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.graphs = DiskGraphs(folder / "graphs")
        self._copies: list[_Copy] = []
        self._copying = threading.Lock()
        super().__init__(folder, project, view, view, self.graphs, "")

    def note_asked(self) -> None:
        """Notes that somebody asked for it."""
        self.asked_at = time.time()
        os.utime(self._about)

    def is_forgotten(self) -> bool:
        """Whether nobody has asked for it for long."""
        return self.view != EVERYTHING and time.time() - self.asked_at > FORGOTTEN

    def flush(self) -> None:
        """Has everything that was written be on the disk."""
        self.graphs.flush()

    @contextmanager
    def copy(self) -> Iterator[Path]:
        """A copy for readers, which stays while the block runs.

        It is of a second ago at most if something was written since the last.
        """
        with self._copying:
            copy = self._fresh_copy()
            copy.readers += 1
        try:
            yield copy.path
        finally:
            with self._copying:
                copy.readers -= 1

    def _fresh_copy(self) -> _Copy:
        """The last copy, or a new one; older ones go that nobody reads any more."""
        now = time.monotonic()
        last = self._copies[-1] if self._copies else None
        if last and (last.writes == self.graphs.writes or now - last.made < _BACKUP_EVERY):
            return last
        path = self.folder / "copies" / f"{os.getpid()}-{new_id('o')}"
        self._copies.append(_Copy(path, self.graphs.backup(path), now))
        for old in [one for one in self._copies[:-1] if not one.readers]:
            shutil.rmtree(old.path, ignore_errors=True)
            self._copies.remove(old)
        return self._copies[-1]

    def remove(self, store: Store) -> None:
        """Removes everything of it."""
        self.graphs.close()
        super().remove(store)


class Views:
    """All views that are kept on this machine, and those that it sends."""

    def __init__(self, root: Path, sent_to: tuple[str, str] = ("", "")) -> None:
        """Opens what is kept.

        Args:
            sent_to: addresses for updates and queries of the SPARQL server that has what
                everybody may read; empty where there is none.
        """
        self._root, self._sent_to = root, sent_to
        self._known: dict[tuple[str, str], View] = {}
        self._sent: dict[str, SentView] = {}
        self._making = threading.Lock()
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for about in sorted(root.glob("*/*/about.json")):
            said = json.loads(about.read_text())
            shutil.rmtree(about.parent / "copies", ignore_errors=True)
            if said["view"] == SENT:
                self._sent[said["project"]] = SentView(about.parent, said["project"], sent_to)
            else:
                self.get(str(said["project"]), str(said["view"]))

    def get(self, project: str, view: str) -> View:
        """A view; made if it is not kept yet."""
        key = (project, view)
        with self._making:
            if key not in self._known:
                self._known[key] = View(self.folder_of(self._root, project, view), project, view)
            return self._known[key]

    @staticmethod
    def folder_of(root: Path, project: str, view: str) -> Path:
        """Where a view is kept."""
        return root / project / _hashed(view)

    def of(self, project: str) -> list[View]:
        """The views of a project that are kept here."""
        return [one for one in list(self._known.values()) if one.project == project]

    def all_of(self, project: str) -> list[View | SentView]:
        """The views of a project, also the one that is sent."""
        sent = self._sent.get(project)
        return [*self.of(project), *([sent] if sent is not None else [])]

    def keep(self, store: Store) -> Iterator[View]:
        """All views; those of projects that are gone, or that are forgotten, are let go.

        Of each project all that there is, is kept.
        """
        there = {str(one["_id"]) for one in projects.find_all(store)}
        for project in sorted(there):
            self.get(project, EVERYTHING)
        for key, one in list(self._known.items()):
            if one.project not in there or one.is_forgotten():
                del self._known[key]
                one.remove(store)
            else:
                yield one

    def keep_sent(self, store: Store) -> list[SentView]:
        """The views that are sent: one of each project that everybody may read.

        Where there is no server any more, nothing is removed there: nobody could say where.

        Raises:
            Unavailable: something is to be removed, and the server does not answer.
        """
        found = projects.find_all(store) if self._sent_to[0] else []
        public = {str(one["_id"]) for one in found if one.get("visibility") == "public"}
        for project in sorted(public - self._sent.keys()):
            folder = self.folder_of(self._root, project, SENT)
            self._sent[project] = SentView(folder, project, self._sent_to)
        for project in sorted(self._sent.keys() - public):
            if self._sent_to[0]:
                self._sent[project].take_back(store)
            else:
                self._sent[project].remove(store)
            del self._sent[project]
        return list(self._sent.values())

    def sent(self) -> list[SentView]:
        """The views that are sent, as `keep_sent` knew them last."""
        return list(self._sent.values())


def _hashed(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:16]
