"""The views that are kept: one folder each, with its graphs, until nobody asks for it any more."""

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
from app.mirror.follower import Mirror
from app.mirror.graphs import DiskGraphs
from app.services.linked_data import EVERYTHING
from app.store import followers, projects
from app.store.database import Store
from app.store.followers import Position

FORGOTTEN = 7 * 24 * 3600.0  # seconds after which a view is let go that nobody has asked for
GROUP = " mirror"  # followers of this group wait for no others
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


class View:
    """One view of a project, in a folder."""

    def __init__(self, folder: Path, project: str, view: str) -> None:
        self.folder, self.project, self.view = folder, project, view
        folder.mkdir(parents=True, exist_ok=True)
        self._about = folder / "about.json"
        known = json.loads(self._about.read_text()) if self._about.exists() else {}
        self.graphs = DiskGraphs(folder / "graphs")
        self.asked_at = time.time() if not known else self._about.stat().st_mtime
        self._copies: list[_Copy] = []
        self._copying = threading.Lock()
        self.working = threading.Lock()  # held by whoever catches up with it
        if known:
            self._make_mirror(str(known["generation"]))
        else:
            self.begin_anew()

    def begin_anew(self) -> None:
        """Has everything be derived anew when it is next caught up with."""
        generation = new_id("g")
        said = {"project": self.project, "view": self.view, "generation": generation}
        new = self._about.with_suffix(".new")
        new.write_text(json.dumps(said))
        new.replace(self._about)
        self._make_mirror(generation)

    def note_asked(self) -> None:
        """Notes that somebody asked for it."""
        self.asked_at = time.time()
        os.utime(self._about)

    def is_forgotten(self) -> bool:
        """Whether nobody has asked for it for long."""
        return self.view != EVERYTHING and time.time() - self.asked_at > FORGOTTEN

    def position(self, store: Store) -> Position:
        """How far it is."""
        return followers.position(store, self.project, self.mirror.name)

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
        mine = {"project": self.project, "name": self.mirror.name}
        store.followers.delete_many(mine)
        self.graphs.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _make_mirror(self, generation: str) -> None:
        facts = self.folder / "facts.json"
        self.mirror = Mirror(self.project, self.view, self.graphs, facts, generation)


class Views:
    """All views that are kept on this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[tuple[str, str], View] = {}
        self._making = threading.Lock()
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for about in sorted(root.glob("*/*/about.json")):
            said = json.loads(about.read_text())
            shutil.rmtree(about.parent / "copies", ignore_errors=True)
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
        return root / project / hashlib.sha256(view.encode()).hexdigest()[:16]

    def of(self, project: str) -> list[View]:
        """The views of a project."""
        return [one for one in list(self._known.values()) if one.project == project]

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
