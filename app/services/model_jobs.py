"""Jobs that ask models: what they guess as a file, and what would be filled in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.services import model_batch, model_fill
from app.services.desk import Desk
from app.services.model_guesses import Asked
from app.services.scratch import scratch_folder
from app.store import files
from app.store.database import Document

Beat = Callable[[str, int, int], None]


def guess(desk: Desk, job: Document, beat: Beat, scratch: Path, predict: Asked) -> dict[str, Any]:
    """Writes what a model says of texts to a file, kept for the asker."""
    asked = job["arguments"]
    chosen = (asked["model"], asked["texts"], asked["format"])
    with scratch_folder(scratch) as folder:
        path = folder / asked["name"]
        warnings = model_batch.write(desk, predict, *chosen, path, beat)
        with path.open("rb") as stream:
            kept = files.put(
                desk.store, desk.project_id, stream, path.name, use="export", actor=desk.actor.id
            )
        return {"file": kept, "name": path.name, "warnings": warnings}


def fill(desk: Desk, job: Document, beat: Beat, _scratch: Path, predict: Asked) -> dict[str, Any]:
    """Works out what would be filled in; goes on with nothing that was broken off."""
    asked, change_id = job["arguments"], f"x{job['_id'][1:]}"
    known = desk.store.changes.find_one({"_id": change_id, "state": "prepared"}, {"_id": 1})
    if known is None:  # else it was broken off after its end
        chosen = (asked["texts"], float(asked["certainty"]))
        model_fill.prepare(desk, predict, *chosen, beat, change_id=change_id)
    return {"change": change_id}
