"""A small text, and what a test of losses changes in it."""

from __future__ import annotations

from app.domain.ids import new_id
from app.domain.interlinear import make_words
from app.domain.kinds import KINDS
from app.domain.project import WritingSystem
from tests.formats.memory import MemoryContents


def some_text():
    """A text of one utterance: ni-na-soma kitabu."""
    swahili = WritingSystem(id="sw", tag="sw", vernacular=True)
    contents = MemoryContents((swahili, WritingSystem(id="en", tag="en", analysis=True)))
    text = contents.add("text", {"id": new_id("t"), "title": {"en": "The hare"}})
    told = {
        "baseline": {"sw": "Ninasoma kitabu."},
        "words": make_words(
            "Ninasoma kitabu.", "sw", "Ni-na-soma kitabu", "1SG-PRS-read book", "en"
        ),
        "translation": {"en": "I read."},
        "label": "1",
    }
    contents.add("utterance", {"id": new_id("l"), "text": text["id"], "rank": "i", **told})
    return contents


def story(contents):
    return next(iter(contents.records["text"].values()))


def line(contents):
    return next(iter(contents.records["utterance"].values()))


def word(contents):
    return line(contents)["words"][0]


def analysis(contents):
    return word(contents)["analyses"][0]


def morph(contents):
    return analysis(contents)["morphs"][0]


def put(place, name, value):
    """A change of one field."""

    def change(contents):
        place(contents)[name] = value

    return change


def everything(contents):
    return story(contents), line(contents), word(contents), analysis(contents), morph(contents)


def own_field(contents):
    for one in everything(contents):
        one["fields"] = [{"id": new_id("o"), "type": "x", "text": {"en": "lost words"}}]
        one["traits"] = [{"id": new_id("t"), "name": "x", "value": "lost words"}]
        one["annotations"] = [{"id": new_id("a"), "name": "x", "value": "lost words"}]


def dates(contents):
    for one in everything(contents):
        one["created"] = one["modified"] = "lost words"


def spans(contents):
    link = {"start": 0, "end": 1, "href": "lost words"}
    line(contents)["translation"] = {"en": {"text": "I read.", "spans": [link]}}


def rival(contents):
    one = {"id": new_id("y"), "gloss": {"en": "lost words"}}
    word(contents)["analyses"].append(one)


def record(kind, /, **facts):
    """One more record of a kind."""

    def change(contents):
        contents.add(kind, {"id": new_id(KINDS[kind].letter), **facts})

    return change


def about_the_project(contents):
    contents.project = contents.project.model_copy(update={"description": "lost words"})
