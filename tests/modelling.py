"""A small made-up language, glossed: enough of it to learn from, the same at each run."""

from __future__ import annotations

import random

from app.domain.ids import new_id
from app.domain.interlinear import make_words
from app.store import changes
from app.store.changes import Op

STEMS = {"mbwa": "dog", "paka": "cat", "samaki": "fish", "ndege": "bird", "punda": "donkey",
         "simba": "lion", "nyoka": "snake", "kuku": "hen"}  # fmt: skip
VERBS = {"la": "eat", "ona": "see", "fuata": "follow", "penda": "love", "piga": "hit",
         "uma": "bite", "kuta": "meet", "shika": "hold"}  # fmt: skip
PREFIXES = {"a": "3SG", "wa": "3PL", "ni": "1SG", "u": "2SG", "tu": "1PL", "m": "2PL"}
TENSES = {"na": "PRS", "li": "PST", "ta": "FUT", "me": "PRF"}


def make_line(number: int, seed: int = 1) -> dict[str, str]:
    """A sentence with its glosses and translation."""
    draw = random.Random(f"{seed} {number}")
    one, other = draw.sample(sorted(STEMS), 2)
    verb, person, tense = (draw.choice(sorted(each)) for each in (VERBS, PREFIXES, TENSES))
    return {
        "line": f"{one} {person}{tense}{verb} {other}",
        "morphs": f"{one} {person}-{tense}-{verb} {other}",
        "gloss": f"{STEMS[one]} {PREFIXES[person]}-{TENSES[tense]}-{VERBS[verb]} {STEMS[other]}",
        "translation": f"the {STEMS[one]} {VERBS[verb]}s the {STEMS[other]}",
    }


def add_lines(desk, count=60, texts=1, first=0, **facts):
    """Adds texts with glossed lines to a project; returns the ids of the lines."""
    made = []
    for place in range(texts):
        text = new_id("t")
        numbers = range(first + place * count // texts, first + (place + 1) * count // texts)
        content = {"id": text, "title": {"en": f"Text {place + 1}"}, **facts.get("text", {})}
        ops = [Op("text", text, "create", content)]
        for number in numbers:
            told = make_line(number)
            words = make_words(told["line"], "seh", told["morphs"], told["gloss"], "en")
            line = {
                "id": new_id("l"),
                "text": text,
                "rank": f"{number:06}",
                "baseline": {"seh": told["line"]},
                "words": words,
                "translation": {"en": told["translation"]},
                **facts.get("line", {}),
            }
            made.append(line["id"])
            ops.append(Op("utterance", line["id"], "create", line))
        changes.commit(desk.store, desk.project_id, desk.actor, "edit", ops, change_id=new_id("x"))
    return made


def add_bare_lines(desk, said, ids=(), **facts):
    """Adds a text with lines that nobody has glossed; returns their ids, given or new."""
    text = new_id("t")
    ops = [Op("text", text, "create", {"id": text, "title": {"en": "Bare"}})]
    for number, line in enumerate(said):
        content = {
            "id": ids[number] if ids else new_id("l"),
            "text": text,
            "rank": f"{number:06}",
            "baseline": {"seh": line},
            "words": make_words(line, "seh"),
            **facts,
        }
        ops.append(Op("utterance", content["id"], "create", content))
    changes.commit(desk.store, desk.project_id, desk.actor, "edit", ops, change_id=new_id("x"))
    return [op.id for op in ops[1:]]


def add_model(desk, **facts):
    """Adds the record of a model that guesses, without files; returns its id."""
    made = {"id": new_id("a"), "name": "G", "task": "gloss", "engine": "ranker", "is_default": True}
    made |= {"learnt_from": {"seq": 1, "gloss_ws": "en"}, "access": {"level": "members"}, **facts}
    made.setdefault("series", made["id"])
    ops = [Op("model", made["id"], "create", made)]
    changes.commit(desk.store, desk.project_id, desk.actor, "model", ops, change_id=new_id("x"))
    return made["id"]
