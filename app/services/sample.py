"""The sample project: a small lexicon of Swahili to play in, which is also the tutorial."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.domain.roles import SYSTEM
from app.services import imports, projects
from app.services.desk import open_desk
from app.store import projects as stored
from app.store.database import Store

SLUG = "swahili-sample"
_FILE = Path(__file__).parent / "samples" / "swahili.lift"


def ensure_sample(store: Store, say: Callable[[str], None]) -> None:
    """Loads the sample project unless it is there; anybody may read it."""
    if stored.find(store, SLUG) is not None:
        return
    projects.create_project(
        store,
        SYSTEM,
        slug=SLUG,
        title="Swahili sample",
        language="swh",
        description="A small lexicon to play in: change what you like.",
    )
    desk = open_desk(store, SYSTEM, SLUG)
    change = imports.preview(desk, _FILE, name=_FILE.name)
    imports.confirm(desk, change["_id"])
    say(f"Loaded the sample project, /{SLUG}")
