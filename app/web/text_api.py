"""The texts of the API: reading them, adding one, changing and glossing their utterances."""

from __future__ import annotations

from flask import jsonify, request, url_for
from flask.typing import ResponseReturnValue

from app.domain.errors import Invalid, Problem
from app.domain.roles import Action
from app.services import glossing, text_lines, text_writing, texts
from app.web.api import bp
from app.web.api_answers import change_id, earlier_change, limit_of_page, tagged, told
from app.web.bodies import field_changes_of, json_body
from app.web.context import desk
from app.web.rules import rule

__all__ = ["bp"]


@bp.get("/projects/<slug>/texts")
@rule(Action.READ)
def list_texts(slug: str) -> ResponseReturnValue:
    """The texts by title, each with how many words it has and how many are glossed."""
    return jsonify(
        items=[
            told(one.text)
            | {"counts": {"utterances": one.utterances, "words": one.words, "glossed": one.glossed}}
            for one in texts.list_texts(desk())
        ]
    )


@bp.post("/projects/<slug>/texts")
@rule(Action.ADD)
def add_text(slug: str) -> ResponseReturnValue:
    """Adds a text that was typed."""
    earlier = earlier_change()
    if earlier:
        made = str(earlier["ops"][0]["id"])
    else:
        facts = json_body()
        typed = str(facts.pop("typed", ""))
        made = text_writing.write(desk(), facts, typed, change_id=change_id())
    stored = texts.get(desk(), made)
    answer = tagged(jsonify(told(stored)), stored)
    answer.headers["Location"] = url_for("api.get_text", slug=slug, text=made)
    return answer, 201


@bp.get("/projects/<slug>/texts/<text>")
@rule(Action.READ)
def get_text(slug: str, text: str) -> ResponseReturnValue:
    """What is known of a text."""
    stored = texts.get(desk(), text)
    return tagged(jsonify(told(stored)), stored).make_conditional(request)


@bp.get("/projects/<slug>/texts/<text>/utterances")
@rule(Action.READ)
def list_utterances(slug: str, text: str) -> ResponseReturnValue:
    """Utterances in their order; `next` leads to those after them."""
    texts.get(desk(), text)
    limit = limit_of_page()
    found = texts.utterances(desk(), text, after=request.args.get("after", ""), limit=limit)
    following = None
    if found.more:
        last = found.utterances[-1]["_id"]
        following = url_for("api.list_utterances", slug=slug, text=text, after=last, limit=limit)
    return jsonify(items=[told(one) for one in found.utterances], next=following)


@bp.get("/projects/<slug>/utterances/<line>")
@rule(Action.READ)
def get_utterance(slug: str, line: str) -> ResponseReturnValue:
    """An utterance with its words and their analyses."""
    stored = text_lines.get(desk(), line)
    return tagged(jsonify(told(stored)), stored).make_conditional(request)


@bp.patch("/projects/<slug>/utterances/<line>")
@rule(Action.EDIT_OWN)
def patch_utterance(slug: str, line: str) -> ResponseReturnValue:
    """Changes fields beside the words: each change has a path, the value seen and the new one."""
    if not earlier_change():
        text_lines.save(desk(), line, field_changes_of(json_body()), change_id=change_id())
    stored = text_lines.get(desk(), line)
    return tagged(jsonify(told(stored)), stored)


@bp.post("/projects/<slug>/utterances/<line>/words/<word>")
@rule(Action.EDIT_OWN)
def add_analysis(slug: str, line: str, word: str) -> ResponseReturnValue:
    """Makes an analysis the chosen one of a word; what a person had chosen stays beside it."""
    if not earlier_change():
        analysis = json_body().get("analysis")
        if not isinstance(analysis, dict):
            raise Invalid(Problem("analysis", "Send the analysis as an object."))
        glossing.take(desk(), line, word, analysis, change_id=change_id())
    stored = text_lines.get(desk(), line)
    return tagged(jsonify(told(stored)), stored)
