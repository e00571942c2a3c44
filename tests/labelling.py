"""Words and lines with labels, added to a made-up project."""

from __future__ import annotations

import copy

from app.domain import diff
from app.domain.ids import new_id
from app.domain.project import PARTS_OF_SPEECH
from app.store import changes
from app.store.changes import Op
from app.store.envelope import content_of
from tests.factories import item_id


def change_lines(desk, lines, change):
    """Changes the content of lines as a person would; `change` gets the number and content."""
    ops = []
    for number, line in enumerate(lines):
        before = content_of(desk.store.utterances.find_one({"_id": line}))
        after = copy.deepcopy(before)
        change(number, after)
        ops.append(Op("utterance", line, changes=diff.diff(before, after)))
    changes.commit(desk.store, desk.project_id, desk.actor, "edit", ops, change_id=new_id("x"))


def add_categories(desk, lines, categories=("Noun", "Verb", "Noun")):
    """Gives the words of glossed lines parts of speech of the project."""
    items = [item_id(desk, PARTS_OF_SPEECH, one) for one in categories]

    def change(_number, line):
        words = [word for word in line["words"] if word.get("type") != "punctuation"]
        for word, item in zip(words, items, strict=False):
            word["analyses"][0]["pos"] = item

    change_lines(desk, lines, change)
