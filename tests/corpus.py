"""Small corpora for tests of the concordance."""

from __future__ import annotations

from app.domain.ids import new_id
from app.domain.interlinear import make_words
from app.services import texts
from app.store import followers
from app.store.derived import find


def make_line(line, written="", glossed="", ws="seh", **facts):
    """The content of an utterance with its words."""
    return {
        "baseline": {ws: line},
        "words": make_words(line, ws, written or line, glossed, "en"),
        **facts,
    }


def add_text(desk, *lines, title="Nyama", **facts):
    """Adds a text; returns its id."""
    made = [line if isinstance(line, dict) else make_line(line) for line in lines]
    return texts.add(desk, {"title": {"seh": title}, **facts}, made, change_id=new_id("x"))


def follow(desk):
    """Brings the occurrences of a project up to date."""
    return followers.catch_up(desk.store, desk.project_id, (find("occurrences"),))
