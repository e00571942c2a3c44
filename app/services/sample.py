"""The sample project: a small lexicon of Swahili with a text, which is also the tutorial."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from app.domain import interlinear
from app.domain.ids import new_id
from app.domain.project import GENRES, MORPH_TYPES
from app.domain.roles import SYSTEM
from app.services import accounts, imports, people, projects, texts
from app.services.clock import utc_now
from app.services.desk import Desk, open_desk
from app.services.linking import Linker
from app.store import projects as stored
from app.store.database import Store

SLUG = "swahili-sample"
_FILE = Path(__file__).parent / "samples" / "swahili.lift"
_TEXTS = Path(__file__).parent / "samples" / "swahili-texts.json"
_WS, _GLOSS = "swh", "en"
Content = dict[str, Any]


def ensure_sample(store: Store, say: Callable[[str], None]) -> None:
    """Loads the sample project unless it is there; the first administrator owns it."""
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
    add_texts(desk)
    accounts.adopt_projects(store, utc_now())
    say(f"Loaded the sample project, /{SLUG}")


def add_texts(desk: Desk) -> None:
    """Adds the sample's text, its speaker and a sentence on its own, tied to the lexicon."""
    told = json.loads(_TEXTS.read_text(encoding="utf-8"))
    linker = Linker(desk)
    speaker = _add_speaker(desk, told["person"])
    paragraphs = [{"id": new_id("b")} for _ in told["paragraphs"]]
    genres = {item["code"]: item["_id"] for item in projects.list_items(desk, GENRES)}
    types = projects.list_items(desk, MORPH_TYPES)
    infix = next(item["_id"] for item in types if item["code"] == "infix")
    text = {
        **told["text"],
        "notes": _with_ids(told["text"]["notes"]),
        "genre": genres[told["text"]["genre"]],
        "speakers": [speaker],
        "paragraphs": paragraphs,
    }
    lines = [
        {**_utterance(linker, line, infix), "paragraph": paragraph["id"], "speaker": speaker}
        for paragraph, found in zip(paragraphs, told["paragraphs"], strict=True)
        for line in found
    ]
    texts.add(desk, text, lines, change_id=new_id("x"))
    for line in told["alone"]:
        texts.add_utterance(desk, _utterance(linker, line, infix), change_id=new_id("x"))


def _add_speaker(desk: Desk, facts: Content) -> str:
    person = people.add(desk, facts, change_id=new_id("x"))
    people.save_consent(desk, person, people.PURPOSES, given="2026-11-01", change_id=new_id("x"))
    return person


def _utterance(linker: Linker, told: Content, infix: str) -> Content:
    """An utterance from the lines of the sample.

    Args:
        infix: what that type of morph is called in the project's list.
    """
    facts = {"origin": "person"}
    words = interlinear.make_words(
        told["line"], _WS, told["morphs"], told["gloss"], _GLOSS, facts=facts
    )
    spoken = [word for word in words if word.get("type") != "punctuation"]
    for place, language in told.get("language", {}).items():
        spoken[int(place) - 1]["language"] = language
    for analysis, word in _further(told, spoken):
        word["analyses"].append(analysis)
    if "circumfix" in told:
        _make_circumfix(spoken[told["circumfix"]["word"]], *told["circumfix"]["morphs"])
    for place, pieces in told.get("pieces", {}).items():
        spoken[int(place)]["analyses"][0]["morphs"] = [_piece(piece) for piece in pieces]
    for word, (start, end) in zip(spoken, told.get("times", ()), strict=False):
        word["time"] = {"start": start, "end": end}
    for morph in _infixes(words):
        morph["type"] = infix
    linker.link(words)
    kept = ("translation", "literal", "time", "source")
    made = {"baseline": {_WS: told["line"]}, "words": words}
    made |= {key: told[key] for key in kept if key in told}
    made["notes"] = _with_ids(told.get("notes", []))
    made["groups"] = [_group(linker, group, spoken) for group in told.get("groups", ())]
    return {key: value for key, value in made.items() if value}


def _further(told: Content, spoken: list[Content]) -> Iterator[tuple[Content, Content]]:
    """Analyses beside the chosen one: a person's, and a suggestion."""
    for origin, name in (("person", "rivals"), ("lexicon", "suggested")):
        for one in told.get(name, ()):
            word = spoken[one["word"]]
            made = interlinear.make_analysis(
                one["morphs"], one["gloss"], word["form"][_WS], _WS, _GLOSS
            )
            sure = {"confidence": one["confidence"]} if "confidence" in one else {}
            yield {**made, "origin": origin, **sure}, word


def _make_circumfix(word: Content, first: int, last: int) -> None:
    """Makes two morphs of a word one morph in two pieces."""
    morphs = word["analyses"][0]["morphs"]
    begin, end = morphs[first], morphs.pop(last)
    begin["parts"] = [*begin["parts"], *end["parts"]]
    begin["form"] = {_WS: f"{begin['form'][_WS]}…{end['form'][_WS]}"}


def _infixes(words: list[Content]) -> Iterator[Content]:
    for word in words:
        for analysis in word.get("analyses", ()):
            yield from (morph for morph in analysis["morphs"] if morph.get("left") == "<>")


def _piece(told: Content) -> Content:
    """A morph of which the sample says where it stands in its word."""
    made: Content = {"id": new_id("m"), "ws": _WS, "form": {_WS: told["form"]}}
    made["gloss"] = {_GLOSS: told["gloss"]}
    made["parts"] = [{"start": start, "end": end} for start, end in told["parts"]]
    return made | {side: told[side] for side in ("left", "right") if side in told}


def _group(linker: Linker, told: Content, spoken: list[Content]) -> Content:
    group = {"id": new_id("g"), "type": told["type"]}
    group["members"] = [spoken[place]["id"] for place in told["words"]]
    if "gloss" in told:
        group["gloss"] = told["gloss"]
    if "entry" in told:
        group |= linker.entry_of(told["entry"])
    return group


def _with_ids(notes: list[Content]) -> list[Content]:
    return [{"id": new_id("n"), **note} for note in notes]
