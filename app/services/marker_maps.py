r"""Which marker of a file in Standard Format is which field: chosen by a person, kept for the next.

A mapping is kept by project, format and the marker with which records begin.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.domain import project as lists
from app.domain.errors import NotFound
from app.domain.messages import say
from app.domain.project import WritingSystem
from app.domain.roles import Action
from app.formats.base import Format
from app.formats.blocks.shape import is_blocks
from app.formats.standard_format import FORMATS, presets
from app.formats.standard_format.lines import Scan, scan
from app.formats.standard_format.mapping import (
    MEANINGS,
    OWN,
    MarkerMap,
    Systems,
    Use,
    parse_map,
)
from app.services.desk import Desk
from app.services.scratch import scratch_folder
from app.store import files, records

ENCODINGS = (
    "utf-8", "cp1252", "latin-1", "cp1250", "cp1251", "cp1253", "cp1254", "cp1256", "iso8859-2",
    "mac-roman", "cp437", "cp850",
)  # fmt: skip
_IDS = frozenset(one.id for one in FORMATS)


@dataclass(frozen=True)
class Markers:
    """The markers of an uploaded file.

    Attributes:
        name: the file's name.
        markers: what each is, as it was kept or is guessed.
        counts: how often each occurs.
        values: the first values of each.
        wrong: lines that are not UTF-8, each with its marker.
        mixed: other lines are UTF-8.
    """

    name: str
    markers: MarkerMap
    counts: Mapping[str, int]
    values: Mapping[str, list[str]]
    wrong: list[tuple[int, str]]
    mixed: bool


def is_standard(name: str, head: bytes = b"") -> bool:
    """Whether a file's name tells that it is in Standard Format, and its beginning nothing else."""
    endings = tuple(ending for one in FORMATS for ending in one.suffixes)
    return name.lower().endswith(endings) and not is_blocks(head)


def describe(desk: Desk, file_id: str, folder: Path) -> Markers:
    """The markers of a file that this person has uploaded.

    Args:
        folder: where temporary files may lie.

    Raises:
        NotFound: there is no such file any more, or it is somebody else's.
        Unreadable: the file is no text, or no marker of it begins a record.
    """
    desk.require(Action.IMPORT)
    stored = files.open_file(desk.store, desk.project_id, file_id)
    facts, name = stored.metadata or {}, stored.filename or ""
    if facts.get("use") != "upload" or facts.get("actor") != desk.actor.id or not is_standard(name):
        raise NotFound("This file is not there any more; choose it again.")
    with scratch_folder(folder) as scratch:
        path = scratch / (Path(name).name or "upload")
        with path.open("wb") as out:
            while block := stored.read(1 << 20):
                out.write(block)
        found = scan(path)
    format_id = presets.format_of(found)
    markers = _kept_or_guessed(desk, found, format_id, path.name)
    return Markers(path.name, markers, found.markers, found.values, found.wrong, bool(found.other))


def choose(desk: Desk, found: Markers, said: Mapping[str, Any]) -> str:
    """Checks and keeps a mapping; returns it as the option `map` of an import.

    Args:
        said: as `app.formats.standard_format.mapping` has it.

    Raises:
        Invalid: with everything that cannot be.
    """
    desk.require(Action.IMPORT)
    chosen = parse_map(json.dumps(said), found.markers.format, found.markers)
    _keep(desk, chosen)
    return chosen.to_json()


def with_kept(
    desk: Desk, chosen: Format, path: Path, options: Mapping[str, str]
) -> Mapping[str, str]:
    """The options of an import with the mapping that is kept; the one that is used is kept.

    Raises:
        Unreadable: the file is no text, or no marker of it begins a record.
        Invalid: the mapping cannot be.
    """
    if chosen.id not in _IDS:
        return options
    if options.get("map"):
        guessed = presets.guess(scan(path), chosen.id, _systems(desk), path.name)
        _keep(desk, parse_map(options["map"], chosen.id, guessed))
        return options
    markers = _kept_or_guessed(desk, scan(path), chosen.id, path.name)
    _keep(desk, markers)  # so that it stays the same when the project has other languages
    return {**options, "map": markers.to_json()}


def fields_of(desk: Desk, format_id: str) -> list[tuple[str, str]]:
    """What a marker can be, each with words for it; with types after a colon."""
    found: list[tuple[str, str]] = []
    for name, meaning in MEANINGS[format_id].items():
        if name == OWN:
            continue
        kinds = _types(desk, name) if meaning.typed else []
        if not meaning.typed or name in ("note", "entry_note"):
            found.append((name, say(meaning.label)))
        found += [
            (f"{name}:{kind}", say("%(field)s: %(type)s", field=say(meaning.label), type=kind))
            for kind in kinds
        ]
    return found


def systems_of(desk: Desk) -> list[str]:
    """The codes of the project's writing systems."""
    return [ws.id for ws in _writing_systems(desk)]


def use_of(field: str, ws: str, encoding: str, format_id: str) -> dict[str, str]:
    """What a marker is, from the choices on a page."""
    name, _, kind = field.partition(":")
    meaning = MEANINGS[format_id].get(name)
    use = Use(name, ws if meaning and meaning.has_ws else "", kind, encoding)
    return {key: value for key, value in vars(use).items() if value}


def _types(desk: Desk, name: str) -> list[str]:
    list_code = {
        "note": lists.NOTE_TYPES,
        "entry_note": lists.NOTE_TYPES,
        "relation": lists.RELATION_TYPES,
    }.get(name)
    if list_code is None:
        return ["singular", "plural"]
    items = records.iterate(desk.store, desk.scope, "item")
    return [one["code"] for one in items if one["list"] == list_code]


def _kept_or_guessed(desk: Desk, found: Scan, format_id: str, file: str) -> MarkerMap:
    guessed = presets.guess(found, format_id, _systems(desk), file)
    kept = desk.store.mappings.find_one({"_id": _key(desk, format_id, guessed.record)})
    if kept is None:
        return guessed
    known = json.loads(kept["map"])
    known["markers"] = {
        one: use for one, use in known.get("markers", {}).items() if one in guessed.markers
    }
    if known.get("record") not in guessed.markers:
        return guessed
    return parse_map(json.dumps(known), format_id, guessed)


def _keep(desk: Desk, chosen: MarkerMap) -> None:
    kept = {"project": desk.project_id, "map": chosen.to_json()}
    key = _key(desk, chosen.format, chosen.record)
    desk.store.mappings.replace_one({"_id": key}, kept, upsert=True)


def _key(desk: Desk, format_id: str, record: str) -> str:
    return f"{desk.project_id}:{format_id}:{record}"


def _systems(desk: Desk) -> Systems:
    return Systems.of(_writing_systems(desk))


def _writing_systems(desk: Desk) -> list[WritingSystem]:
    return [WritingSystem.model_validate(ws) for ws in desk.project.get("writing_systems", ())]
