"""Which column of a table is which field: chosen by a person, remembered for the next file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.domain.errors import Invalid, NotFound
from app.domain.project import WritingSystem
from app.domain.roles import Action
from app.formats.table import TABLES, TableFormat, choose_columns
from app.formats.table.columns import Systems, targets
from app.services import imports
from app.services.desk import Desk
from app.services.projects import own_fields
from app.services.scratch import scratch_folder
from app.store import files

OWN = "own"
_MAX_SIZE = 64 << 20  # of a workbook that is looked into while a person waits


@dataclass(frozen=True)
class Columns:
    """The columns of an uploaded table.

    Attributes:
        name: the file's name.
        format: id of its format.
        rows: the first rows.
        keys: for each heading the key remembered or guessed; `own:NAME` for an own field.
    """

    name: str
    format: str
    headings: list[str]
    rows: list[list[str]]
    keys: list[str]


def find_table(name: str) -> TableFormat | None:
    """The table format that a file's name tells, if it is a table."""
    return next((one for one in TABLES if name.lower().endswith(one.suffixes)), None)


def describe(desk: Desk, file_id: str, folder: Path) -> Columns:
    """The columns of a table that this person has uploaded.

    Args:
        folder: where temporary files may lie.

    Raises:
        NotFound: there is no such file any more, or it is somebody else's.
        Unreadable: the file is broken, or a workbook too large to be looked into.
    """
    desk.require(Action.IMPORT)
    stored = files.open_file(desk.store, desk.project_id, file_id)
    facts = stored.metadata or {}
    table = find_table(stored.filename or "")
    if facts.get("use") != "upload" or facts.get("actor") != desk.actor.id or table is None:
        raise NotFound("This file is not there any more; choose it again.")
    with scratch_folder(folder) as scratch:
        path = imports.fetch(desk, file_id, scratch)
        headings, rows, guesses = table.columns_of(path, _systems(desk), _MAX_SIZE)
    kept = desk.store.mappings.find_one({"_id": _key(desk, headings)}) or {}
    keys = dict(zip(headings, guesses, strict=True)) | dict(kept.get("keys", ()))
    return Columns(path.name, table.id, headings, rows, [keys[one] for one in headings])


def choose(desk: Desk, headings: Sequence[str], keys: Sequence[str]) -> str:
    """Checks and remembers a mapping; returns it as the option `map` of an import.

    Args:
        keys: for each heading a key, `own` for an own field of that name, or `skip`.

    Raises:
        Invalid: with what cannot be.
    """
    desk.require(Action.IMPORT)
    if len(keys) != len(headings):
        raise Invalid("The file has changed meanwhile; look at its columns again.")
    chosen = {
        heading: f"own:{heading}" if key == OWN else key
        for heading, key in zip(headings, keys, strict=True)
    }
    choose_columns(headings, chosen, _systems(desk))
    kept = {"project": desk.project_id, "keys": list(map(list, chosen.items()))}
    desk.store.mappings.replace_one({"_id": _key(desk, headings)}, kept, upsert=True)
    return json.dumps(chosen, ensure_ascii=False)


def targets_of(desk: Desk) -> list[tuple[str, str]]:
    """The fields that a column can go into, each with words for it: own fields at the end."""
    found = targets(_writing_systems(desk))
    ws = _systems(desk).analysis
    for definition in own_fields(desk):
        code = definition["code"]
        for level in definition.get("levels") or ("entry",):
            if level in ("entry", "sense") and "," not in code:
                prefix = "sense." if level == "sense" else ""
                found.append((f"{prefix}field.{code}.{ws}", f"{code} ({ws})"))
    return found


def _writing_systems(desk: Desk) -> list[WritingSystem]:
    return [WritingSystem.model_validate(ws) for ws in desk.project.get("writing_systems", ())]


def _systems(desk: Desk) -> Systems:
    return Systems.of(_writing_systems(desk))


def _key(desk: Desk, headings: Sequence[str]) -> str:
    digest = hashlib.sha256("\x1f".join(headings).encode()).hexdigest()
    return f"{desk.project_id}:{digest[:32]}"
