"""Models at work in the API: filling in what they guess."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from app.domain.errors import Invalid, Problem
from app.domain.roles import Action
from app.services import (
    model_batch,
    model_comparison,
    model_fill,
    model_renewal,
    model_translations,
    model_trying,
    models,
    next_line,
    text_lines,
)
from app.services.predict import Predict
from app.web.api_answers import accepted, told
from app.web.bodies import json_body
from app.web.context import desk, enqueue, now, parts
from app.web.models_api import bp
from app.web.rules import rule

__all__ = ["bp"]


@bp.post("/projects/<slug>/fills")
@rule(Action.BULK)
def add_fill(slug: str) -> ResponseReturnValue:
    """Works out, as a job, what guesses of some certainty would fill in."""
    body = json_body()
    certainty = body.get("certainty", model_fill.USUAL)
    if isinstance(certainty, bool) or not isinstance(certainty, int | float):
        raise Invalid(Problem("certainty", "Send a number."))
    return accepted(slug, model_fill.ask(desk(), _list("texts", body), float(certainty), enqueue))


@bp.get("/projects/<slug>/fills/<change>")
@rule(Action.BULK)
def get_fill(slug: str, change: str) -> ResponseReturnValue:
    """What would be filled in, or was, with examples."""
    found = model_fill.get_prepared(desk(), change)
    return jsonify(
        id=change,
        state=found["state"],
        certainty=found["fill"]["certainty"],
        texts=found["fill"]["texts"],
        model=found["fill"]["model"],
        words=model_fill.filled(found).words,
        open=found["fill"]["open"],
        left_out=model_fill.left_out(desk(), found),
        levels=[
            {"certainty": one.least, "words": one.words, "texts": one.texts}
            for one in model_fill.levels(found)
        ],
        examples=[
            {
                "utterance": one.line["_id"],
                "word": one.word,
                "form": one.form,
                "morphs": one.written,
                "gloss": one.gloss,
                "origin": one.origin,
                "confidence": one.confidence,
            }
            for _, each in model_fill.examples(desk(), found)
            for one in each
        ],
    )


@bp.post("/projects/<slug>/fills/<change>/confirm")
@rule(Action.BULK)
def confirm_fill(slug: str, change: str) -> ResponseReturnValue:
    """Fills in what was worked out, as a job."""
    return accepted(slug, model_fill.confirm(desk(), change, enqueue))


@bp.delete("/projects/<slug>/fills/<change>")
@rule(Action.BULK)
def discard_fill(slug: str, change: str) -> ResponseReturnValue:
    """Forgets what was worked out."""
    model_fill.discard(desk(), change)
    return "", 204


@bp.post("/projects/<slug>/models/<model>/try")
@rule(Action.EXPORT)
def try_model(slug: str, model: str) -> ResponseReturnValue:
    """What a model says of lines; after a tab a line may have its translation."""
    lines = _list("lines", json_body())
    found = models.get(desk(), model)
    said = model_trying.try_out(desk(), Predict(parts().settings), found, lines)
    return jsonify(
        lines=[
            {
                "text": one.text,
                "translation": one.translation,
                "words": [
                    {"form": form, "alternatives": [vars(each) for each in alternatives]}
                    for form, alternatives in one.words
                ],
                "alternatives": [vars(each) for each in one.line],
            }
            for one in said
        ]
    )


@bp.get("/projects/<slug>/utterances/<line>/translations")
@rule(Action.EDIT_OWN)
def list_translations(slug: str, line: str) -> ResponseReturnValue:
    """What the free translation of an utterance may be, `into` a language of translation."""
    stored, into = text_lines.get(desk(), line), request.args.get("into", "")
    found = model_translations.suggest(desk(), Predict(parts().settings), stored, into)
    return jsonify(
        translations=[{**asdict(one), "reason": str(one.reason)} for one in found],
        waiting=model_translations.is_waiting(desk()),
    )


@bp.get("/projects/<slug>/models/<model>/compare/<other>")
@rule(Action.READ)
def compare_models(slug: str, model: str, other: str) -> ResponseReturnValue:
    """Two models of one task, on the sentences that both were measured on."""
    pair = models.get(desk(), model), models.get(desk(), other)
    return jsonify(model_comparison.told(model_comparison.compare(desk(), *pair)))


@bp.get("/projects/<slug>/models/<model>/since")
@rule(Action.TRAIN)
def confirmed_since(slug: str, model: str) -> ResponseReturnValue:
    """How many sentences were confirmed since a model was trained."""
    found = model_renewal.since(desk(), models.get(desk(), model))
    if found is None:
        return jsonify(sentences=None, is_worth_it=False)
    return jsonify(sentences=found.new, more=found.more, is_worth_it=found.is_worth_it)


@bp.post("/projects/<slug>/models/<model>/guesses")
@rule(Action.EXPORT)
def add_guesses(slug: str, model: str) -> ResponseReturnValue:
    """Writes what a model says of texts to a file, as a job."""
    body = json_body()
    form = str(body.get("format", "csv"))
    return accepted(slug, model_batch.ask(desk(), model, _list("texts", body), form, enqueue))


@bp.get("/projects/<slug>/utterances/next")
@rule(Action.EDIT_OWN)
def next_utterance(slug: str) -> ResponseReturnValue:
    """The sentence to gloss next, with why; none where all are done."""
    passed = request.args.getlist("passed")[:_MOST_PASSED]
    found = next_line.find(desk(), Predict(parts().settings), now(), passed)
    if found is None:
        return jsonify(utterance=None)
    return jsonify(utterance=told(found.line), by=found.by, score=found.score, why=str(found.why))


_MOST_PASSED = 200


def _list(name: str, body: dict[str, Any]) -> list[str]:
    found = body.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise Invalid(Problem(name, "Send a list of strings."))
    return found
