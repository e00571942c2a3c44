"""Asking the mirror: how far it is, queries in SPARQL, all of its graphs.

The mirror is another process (`python -m app mirror`). Where it does not answer, whoever asks says
so and goes on without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.errors import Unavailable
from app.domain.roles import Action
from app.processes.calling import Way, token_of
from app.rdf.syntax import prefixes
from app.services import linked_data
from app.services.desk import Desk
from app.settings import Settings
from app.store.mongod import socket_path

NAME, SOCKET = "mirror", "mirror.sock"
_SHORT = 0.7  # seconds that a page waits for what it can do without
_LONGER = 15.0  # seconds beyond the limit of a query
_LONGEST = 3600.0  # seconds that making anew may take


@dataclass(frozen=True)
class Position:
    """How far the mirror is in a project.

    Attributes:
        seq: number of the last change that it holds.
        current: number of the project's last change.
        building: it is being made.
    """

    seq: int
    current: int
    building: bool

    @property
    def is_current(self) -> bool:
        """Whether it holds everything."""
        return not self.building and self.seq >= self.current


@dataclass(frozen=True)
class Answer:
    """What a query found.

    Attributes:
        media_type: of the body.
        rows: how many rows or triples it has.
        more: whether there were more than the limit.
        body: in blocks; raises `Unavailable` where it ends too early.
    """

    media_type: str
    rows: int
    more: bool
    body: Iterator[bytes]


@dataclass(frozen=True)
class Mirror:
    """The way to the mirror."""

    settings: Settings

    def is_there(self) -> bool:
        """Whether the mirror answers."""
        try:
            return bool(self._ask("hello", {}, _SHORT)["there"])
        except Unavailable:
            return False

    def position(self, desk: Desk) -> Position | None:
        """How far the view of the asker is; None where the mirror does not answer."""
        asked = {"project": desk.project_id, "view": linked_data.view_of(desk.scope)}
        try:
            return Position(**self._ask("position", asked, _SHORT))
        except Unavailable:
            return None

    def query(
        self,
        desk: Desk,
        query: str,
        *,
        rows_type: str,
        graph_type: str,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
        rows: int | None = None,
        prefixes: dict[str, str] | None = None,
    ) -> Answer:
        """Answers a SPARQL query over what the asker may read.

        Args:
            rows_type: media type for rows and truth values; `graph_type`: for triples.

        Raises:
            Invalid: it is no query, not one that reads, or came to a limit (`code` is `limit`).
            Unavailable: the mirror does not answer, or has too much to do.
        """
        desk.require(Action.READ)
        asked = {
            "project": desk.project_id,
            "view": linked_data.view_of(desk.scope),
            "query": query,
            "rows_type": rows_type,
            "graph_type": graph_type,
            "default_graphs": list(default_graphs),
            "named_graphs": list(named_graphs),
            "rows": rows,
            "prefixes": prefixes or {},
        }
        return self._open("query", asked, self.settings.sparql_seconds + _LONGER)

    def dump(self, desk: Desk, media_type: str = "application/n-quads") -> Answer:
        """All graphs that the asker may read; a syntax without graphs has the triples of all.

        Raises:
            Unavailable: the mirror does not answer.
        """
        desk.require(Action.READ)
        base = linked_data.base_of(desk.store, desk.project)
        asked = {
            "project": desk.project_id,
            "view": linked_data.view_of(desk.scope),
            "media_type": media_type,
            "prefixes": prefixes(base),
        }
        return self._open("dump", asked, _LONGEST)

    def rebuild(self, project: str) -> list[str]:
        """Makes all views of a project anew; returns their names.

        Raises:
            Unavailable: the mirror does not answer.
        """
        return list(self._ask("rebuild", {"project": project}, _LONGEST)["made"])

    def check(self, project: str) -> list[str]:
        """The views of a project that were not what its records give; they are now.

        Raises:
            Unavailable: the mirror does not answer.
        """
        return list(self._ask("check", {"project": project}, _LONGEST)["wrong"])

    def _ask(self, name: str, asked: dict[str, Any], seconds: float) -> dict[str, Any]:
        return self._way.ask(name, asked, seconds)

    def _open(self, name: str, asked: dict[str, Any], seconds: float) -> Answer:
        said, body = self._way.open(name, asked, seconds)
        media_type = str(said.get("type", ""))
        return Answer(media_type, int(said.get("rows", 0)), bool(said.get("more")), body)

    @property
    def _way(self) -> Way:
        return Way(
            socket_path(self.settings, SOCKET),
            self.settings.mirror_url,
            token_of(self.settings.secret_key, NAME),
            subject="query",
            silence="The mirror of the linked data does not answer.",
        )
