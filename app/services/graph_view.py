"""An entry and what it is tied to, laid out as a picture: senses around it, their ties outside.

Positions are in the units of the picture; the entry stands in the middle. Reading the nodes in
their order goes around the picture, each sense followed by what it is tied to.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from app.domain.text import first_plain
from app.services import lexicon
from app.services.desk import Desk
from app.store.database import Document
from app.store.rows import iter_senses

WIDTH, HEIGHT = 1000, 680
_CENTRE = (WIDTH / 2, HEIGHT / 2)
_INNER, _OUTER = 150.0, 285.0  # distances from the middle
_LABEL = 190  # of a label at most
_SQUASH = 0.92  # the picture is wider than high
_MOST = 60  # ties that are drawn; the list below the picture has all
Kind = Literal["entry", "sense", "word", "link"]


@dataclass(frozen=True)
class Node:
    """Something in the picture.

    Attributes:
        kind: the entry itself, a sense, another entry, or a concept elsewhere.
        label: what is read; `about`: how it is tied to what it hangs on.
        href: where it leads: for another entry its own picture.
        x, y: its place; `anchor` which side of its label is there.
    """

    kind: Kind
    label: str
    about: str = ""
    href: str = ""
    entry: str = ""
    x: float = 0.0
    y: float = 0.0
    anchor: str = "middle"
    near: tuple[float, float] = (0.0, 0.0)


@dataclass
class _Branch:
    """A sense, or the entry itself, with what is tied to it."""

    label: str
    sense: str
    ties: list[Node] = field(default_factory=list)


def neighbourhood(desk: Desk, entry: str) -> dict[str, Any]:
    """The picture of an entry: itself, nodes in reading order, and how many ties are not drawn.

    Raises:
        NotFound: there is no such entry.
    """
    stored = lexicon.get(desk, entry)
    branches = _branches(desk, stored)
    ties = sum(len(branch.ties) for branch in branches)
    drawn = list(_laid_out(_cut(branches)))
    return {
        "entry": stored,
        "name": _name(stored),
        "nodes": drawn,
        "branches": branches,
        "left": max(0, ties - _MOST),
        "centre": _CENTRE,
        "frame": _frame(drawn),
    }


def _branches(desk: Desk, entry: Document) -> list[_Branch]:
    whole = _Branch("", entry["_id"])
    branches = [whole]
    for number, sense in enumerate(iter_senses(entry.get("senses", ())), 1):
        said = first_plain(sense.get("gloss") or {}) or first_plain(sense.get("definition") or {})
        made = _Branch(said or str(number), sense["id"])
        made.ties += [
            Node("link", one.get("label") or one["target"], _NAMES[one["catalog"]], one["target"])
            for one in sense.get("links") or ()
            if one.get("status", "accepted") == "accepted" and one.get("target")
        ]
        branches.append(made)
    by_id = {branch.sense: branch for branch in branches}
    for relation in lexicon.relations_of(desk, entry["_id"]):
        branch = by_id.get(relation.at, whole)
        branch.ties += [
            Node("word", word, relation.label, "", other or "")
            for other, word, _part in relation.others
        ]
    return [branch for branch in branches if branch is not whole or branch.ties]


_NAMES = {
    "wordnet": "WordNet",
    "dbpedia": "DBpedia",
    "wikidata": "Wikidata",
    "concepticon": "Concepticon",
}


def _cut(branches: Sequence[_Branch]) -> list[_Branch]:
    """The branches with as many ties as are drawn, those of the first ones first."""
    left, made = _MOST, []
    for branch in branches:
        made.append(_Branch(branch.label, branch.sense, branch.ties[:left]))
        left -= len(made[-1].ties)
    return made


def _laid_out(branches: Sequence[_Branch]) -> list[Node]:
    """Each branch has as much of the circle as it has ties."""
    shares = [max(1, len(branch.ties)) for branch in branches]
    turn = 2 * math.pi / max(1, sum(shares))
    nodes: list[Node] = []
    at = -math.pi / 2 - turn * (shares[0] if shares else 0) / 2
    for branch, share in zip(branches, shares, strict=True):
        middle = at + turn * share / 2
        hub = (WIDTH / 2, HEIGHT / 2)
        if branch.label:
            hub = _place(middle, _INNER)
            nodes.append(_node(Node("sense", branch.label), hub, middle, _CENTRE))
        for number, tie in enumerate(branch.ties):
            angle = at + turn * (number + 0.5) * share / len(branch.ties)
            nodes.append(_node(tie, _place(angle, _OUTER), angle, hub))
        at += turn * share
    return nodes


def _frame(nodes: Sequence[Node]) -> tuple[int, int, int, int]:
    """What of the picture is used: left, top, width, height."""
    left, right = [_CENTRE[0] - 60], [_CENTRE[0] + 60]
    top, bottom = [_CENTRE[1] - 60], [_CENTRE[1] + 60]
    for node in nodes:
        left.append(node.x - (_LABEL if node.anchor == "end" else _LABEL / 2))
        right.append(node.x + (_LABEL if node.anchor == "start" else _LABEL / 2))
        top.append(node.y - 50)
        bottom.append(node.y + 50)
    x, y = int(min(left)), int(min(top))
    return x, y, int(max(right)) - x, int(max(bottom)) - y


def _node(node: Node, place: tuple[float, float], angle: float, near: tuple[float, float]) -> Node:
    across = math.cos(angle)
    anchor = (
        "middle"
        if node.kind == "sense" or abs(across) < 0.2
        else ("start" if across > 0 else "end")
    )
    return Node(
        node.kind, node.label, node.about, node.href, node.entry,
        round(place[0], 1), round(place[1], 1), anchor, near,
    )  # fmt: skip


def _place(angle: float, distance: float) -> tuple[float, float]:
    return (
        WIDTH / 2 + math.cos(angle) * distance,
        HEIGHT / 2 + math.sin(angle) * distance * _SQUASH,
    )


def _name(entry: Document) -> str:
    return first_plain(entry.get("citation") or {}) or first_plain(entry.get("lemma") or {})
