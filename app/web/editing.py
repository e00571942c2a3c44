"""What the script of the entry editor asks for: each answer is the entry as it is now."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, jsonify
from werkzeug.wrappers import Response as BaseResponse

from app.domain.roles import Action
from app.services import entry_suggestions, history, lexicon
from app.services.predict import Predict
from app.web.bodies import change_id_of, field_changes_of, json_body
from app.web.context import desk, parts
from app.web.entry_parts import render_editor, render_rows
from app.web.rules import rule
from app.web.texts import describe_path, translate

bp = Blueprint("editing", __name__)


@bp.post("/<slug>/lexicon/<entry>/changes")
@rule(Action.EDIT_OWN)
def save(slug: str, entry: str) -> BaseResponse:
    """Saves changes of fields; answers with the entry as it is now."""
    body = json_body()
    done = lexicon.save(
        desk(),
        entry,
        field_changes_of(body),
        base_rev=body.get("rev"),
        change_id=change_id_of(body),
    )
    stored = lexicon.get(desk(), entry)
    change = done.change["_id"] if done.change else None
    found = lexicon.rows_of(desk(), entry)
    row = render_rows(desk(), found)
    return jsonify(html=render_editor(desk(), stored), rev=stored["rev"], change=change, row=row)


@bp.get("/<slug>/lexicon/<entry>/suggestions")
@rule(Action.EDIT_OWN)
def suggest(slug: str, entry: str) -> BaseResponse:
    """What empty fields of the entry may be, the likeliest first."""
    found = entry_suggestions.suggest(desk(), Predict(parts().settings), entry)
    told = [asdict(one) for one in found]
    for offer in (offer for field in told for offer in field["offers"]):
        offer["reason"] = translate(offer["reason"])
    return jsonify(fields=told, waiting=entry_suggestions.is_waiting(desk()))


@bp.post("/<slug>/lexicon/<entry>/undo")
@rule(Action.EDIT_OWN)
def undo(slug: str, entry: str) -> BaseResponse:
    """Takes a step of an entry's history back."""
    body = json_body()
    done = history.undo(
        desk(), [str(one) for one in body.get("undo", ())], change_id=change_id_of(body)
    )
    stored = lexicon.get(desk(), entry, deleted=True)
    return jsonify(
        html=render_editor(desk(), stored),
        rev=stored["rev"],
        change=done.change["_id"] if done.change else None,
        conflicts=[
            {
                "path": list(found.path),
                "label": describe_path(found.path),
                "base": found.base,
                "mine": found.mine,
                "theirs": found.theirs,
                "reason": found.reason,
            }
            for found in done.conflicts
        ],
    )


@bp.post("/<slug>/lexicon/<entry>/relations")
@rule(Action.EDIT_OWN)
def relate(slug: str, entry: str) -> BaseResponse:
    """Relates an entry or a sense to another entry."""
    body = json_body()
    part = body.get("part")
    lexicon.relate(
        desk(),
        entry,
        part if part != entry else None,
        str(body.get("type", "")),
        str(body.get("other", "")),
        change_id=change_id_of(body),
    )
    return jsonify(html=render_editor(desk(), lexicon.get(desk(), entry)))


@bp.post("/<slug>/lexicon/<entry>/relations/<relation>/delete")
@rule(Action.EDIT)
def unrelate(slug: str, entry: str, relation: str) -> BaseResponse:
    """Deletes a relation."""
    lexicon.unrelate(desk(), relation, change_id=change_id_of(json_body()))
    return jsonify(html=render_editor(desk(), lexicon.get(desk(), entry)))
