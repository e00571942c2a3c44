"""Models at work in the API: filling in what they guess."""

from __future__ import annotations

from typing import Any

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from app.domain.errors import Invalid, Problem
from app.domain.roles import Action
from app.services import model_fill, next_line
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
    return accepted(slug, model_fill.ask(desk(), _texts(body), float(certainty), enqueue))


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


@bp.get("/projects/<slug>/utterances/next")
@rule(Action.EDIT_OWN)
def next_utterance(slug: str) -> ResponseReturnValue:
    """The sentence to gloss next, with why; none where all are done."""
    passed = request.args.getlist("passed")[:_MOST_PASSED]
    found = next_line.find(desk(), Predict(parts().settings), now().date(), passed)
    if found is None:
        return jsonify(utterance=None)
    return jsonify(utterance=told(found.line), by=found.by, score=found.score, why=str(found.why))


_MOST_PASSED = 200


def _texts(body: dict[str, Any]) -> list[str]:
    chosen = body.get("texts", [])
    if not isinstance(chosen, list) or not all(isinstance(one, str) for one in chosen):
        raise Invalid(Problem("texts", "Send a list of ids."))
    return chosen
