"""The REST API under `/api/v1`: projects, entries, changes, import and export as JSON.

A request carries a personal token (`Authorization: Bearer …`) or a browser's session. Errors are
problem+json (RFC 9457). An entry's ETag is its revision: a change names it in `If-Match`.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, cast

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domain import diff
from app.domain.corpus_query import LINES, read
from app.domain.diff import FieldChange
from app.domain.errors import Invalid, Problem
from app.domain.ids import new_id
from app.domain.messages import say
from app.domain.roles import Action
from app.services import (
    concordance,
    entry_suggestions,
    guesses,
    history,
    jobs,
    lexicon,
    list_merging,
    model_guesses,
    pointers,
    projects,
    text_lines,
)
from app.services.predict import Predict
from app.store.changes import current_seq
from app.store.database import Document
from app.store.envelope import content_of
from app.web.api_answers import (
    accepted,
    change_id,
    earlier_change,
    limit_of_page,
    require_match,
    tagged,
    told,
)
from app.web.auth import actor_of_request
from app.web.bodies import field_changes_of, json_body
from app.web.concordance import after_of, token_of
from app.web.context import desk, enqueue, parts, store
from app.web.lexicon import query_of
from app.web.openapi import make_document
from app.web.rules import rule

bp = Blueprint("api", __name__, url_prefix="/api/v1")


@bp.get("/openapi.json")
@rule("anyone")
def openapi() -> ResponseReturnValue:
    """The description of this API."""
    return jsonify(make_document(request.host_url.rstrip("/")))


@bp.get("/docs")
@rule("anyone")
def docs() -> ResponseReturnValue:
    """The description, to read and try."""
    return render_template("api/docs.html")


@bp.get("/projects")
@rule("user")
def list_projects() -> ResponseReturnValue:
    """The projects of the caller."""
    found = projects.projects_of(store(), actor_of_request())
    return jsonify(items=[_project(one) for one in found])


@bp.post("/projects")
@rule("user")
def add_project() -> ResponseReturnValue:
    """Makes a project."""
    body = json_body()
    made = projects.create_project(
        store(),
        actor_of_request(),
        slug=str(body.get("slug") or projects.suggest_slug(store(), str(body.get("title", "")))),
        title=str(body.get("title", "")),
        language=str(body.get("language", "")),
        analysis=[str(tag) for tag in body.get("analysis", ["en"])],
    )
    stored = store().projects.find_one({"_id": made}) or {}
    answer = jsonify(_project(stored))
    answer.headers["Location"] = url_for("api.get_project", slug=stored["slug"])
    return answer, 201


@bp.get("/projects/<slug>")
@rule(Action.READ)
def get_project(slug: str) -> ResponseReturnValue:
    """A project with its settings and the number of its last change."""
    facts = content_of(desk().project) | {"seq": current_seq(store(), desk().project_id)}
    return tagged(jsonify(facts), desk().project)


@bp.patch("/projects/<slug>")
@rule(Action.SETTINGS)
def patch_project(slug: str) -> ResponseReturnValue:
    """Changes what is said of a project, if it is still of the revision in `If-Match`."""
    require_match(desk().project)
    body = json_body()
    unknown = sorted(body.keys() - set(_SETTINGS))
    if unknown:
        raise Invalid(
            Problem(unknown[0], say("Send fields out of %(what)s.", what=", ".join(_SETTINGS)))
        )
    if "languages" in body:
        body["languages"] = _languages(body["languages"])
    projects.save_settings(desk(), body, desk().project["rev"], change_id())
    stored = store().projects.find_one({"_id": desk().project_id}) or {}
    return tagged(jsonify(content_of(stored)), stored)


@bp.get("/projects/<slug>/items")
@rule(Action.READ)
def list_items(slug: str) -> ResponseReturnValue:
    """The items of the project's lists."""
    wanted = request.args.get("list") or None
    return jsonify(items=[content_of(one) for one in projects.list_items(desk(), wanted)])


@bp.get("/projects/<slug>/items/<item>/uses")
@rule(Action.LISTS)
def item_uses(slug: str, item: str) -> ResponseReturnValue:
    """How many records hold an item, by kind: what merging it would change."""
    return jsonify(dict(list_merging.uses_of(desk(), item).counts))


@bp.post("/projects/<slug>/items/<item>/merge")
@rule(Action.LISTS)
def merge_item(slug: str, item: str) -> ResponseReturnValue:
    """Merges an item into another one of its list, as a job."""
    into = str(json_body().get("into", ""))
    for one in (item, into):
        list_merging.get(desk(), one)
    return accepted(
        slug, jobs.ask(desk(), enqueue, "merge-items", item=item, into=into, id=change_id())
    )


@bp.delete("/projects/<slug>/items/<item>")
@rule(Action.LISTS)
def delete_item(slug: str, item: str) -> ResponseReturnValue:
    """Deletes an item that nothing holds."""
    list_merging.delete(desk(), item)
    return "", 204


@bp.get("/projects/<slug>/entries")
@rule(Action.READ)
def list_entries(slug: str) -> ResponseReturnValue:
    """Entries in the order of the alphabet; `next` leads to those after them."""
    limit = limit_of_page()
    after = request.args.get("after", "")
    page = lexicon.list_page(desk(), query_of(request.args), after=after, limit=limit)
    entries = lexicon.get_many(desk(), [row["entry"] for row in page.rows])
    following = None
    if page.more:
        arguments = {**request.args.to_dict(), "after": page.rows[-1]["key"]}
        following = url_for("api.list_entries", slug=slug, **cast(Any, arguments))
    return jsonify(items=[told(one) for one in entries], next=following, partial=page.partial)


@bp.get("/projects/<slug>/occurrences")
@rule(Action.READ)
def list_occurrences(slug: str) -> ResponseReturnValue:
    """What a query finds in the texts; `next` leads to what comes after it."""
    query = read(request.args)
    after = after_of(request.args.get("after", ""))
    found = concordance.search(desk(), query, after=after, limit=limit_of_page())
    following = None
    if found.after:
        arguments = {**request.args.to_dict(), "after": token_of(found.after)}
        following = url_for("api.list_occurrences", slug=slug, **cast(Any, arguments))
    return jsonify(
        items=[asdict(one) for one in found.finds],
        next=following,
        count=found.count,
        more=found.more,
        partial=found.partial or found.cut,
    )


@bp.get("/projects/<slug>/frequencies")
@rule(Action.READ)
def list_frequencies(slug: str) -> ResponseReturnValue:
    """What stands on a line of the texts, the commonest first."""
    line = next((one for one in LINES if one == request.args.get("line")), LINES[0])
    after = after_of(request.args.get("after", ""))
    start = (int(after[0]), after[1]) if after and after[0].isdigit() else None
    found, more, partial = concordance.frequencies(desk(), line, after=start)
    following = None
    if more:
        token = token_of((str(found[-1][1]), found[-1][0]))
        following = url_for("api.list_frequencies", slug=slug, line=line, after=token)
    items = [{"form": form, "count": count} for form, count in found]
    return jsonify(items=items, next=following, partial=partial)


@bp.post("/projects/<slug>/entries")
@rule(Action.ADD)
def add_entry(slug: str) -> ResponseReturnValue:
    """Adds an entry."""
    earlier = earlier_change()
    made = earlier["ops"][0]["id"] if earlier else lexicon.add(desk(), json_body(), change_id())
    stored = lexicon.get(desk(), made)
    answer = tagged(jsonify(told(stored)), stored)
    answer.headers["Location"] = url_for("api.get_entry", slug=slug, entry=made)
    return answer, 201


@bp.get("/projects/<slug>/entries/<entry>")
@rule(Action.READ)
def get_entry(slug: str, entry: str) -> ResponseReturnValue:
    """An entry; a merged one leads to the entry that it is part of, a deleted one is gone."""
    stored = lexicon.get(desk(), entry, deleted=True)
    if stored.get("merged_into"):
        return redirect(url_for("api.get_entry", slug=slug, entry=stored["merged_into"]), 301)
    if stored.get("deleted"):
        return jsonify(title="Deleted", status=410, detail="This entry was deleted."), 410
    answer = tagged(jsonify(told(stored)), stored)
    return answer.make_conditional(request)


@bp.put("/projects/<slug>/entries/<entry>")
@rule(Action.EDIT_OWN)
def put_entry(slug: str, entry: str) -> ResponseReturnValue:
    """Replaces an entry's content, if it is still of the revision in `If-Match`."""
    stored = lexicon.get(desk(), entry)
    if earlier_change():
        return tagged(jsonify(told(stored)), stored)
    require_match(stored)
    body = {key: value for key, value in json_body().items() if key not in _ENVELOPE}
    before = content_of(stored)
    kept = {key: before[key] for key in _FIXED if key in before}
    wanted = diff.diff(before, {**body, **kept})
    return _saved(entry, wanted, stored["rev"])


@bp.patch("/projects/<slug>/entries/<entry>")
@rule(Action.EDIT_OWN)
def patch_entry(slug: str, entry: str) -> ResponseReturnValue:
    """Changes fields: each change has a path, the value that was seen and the new one."""
    stored = lexicon.get(desk(), entry)
    if earlier_change():
        return tagged(jsonify(told(stored)), stored)
    if "If-Match" in request.headers:
        require_match(stored)
    return _saved(entry, field_changes_of(json_body()), None)


@bp.delete("/projects/<slug>/entries/<entry>")
@rule(Action.EDIT_OWN)
def delete_entry(slug: str, entry: str) -> ResponseReturnValue:
    """Deletes an entry, if it is still of the revision in `If-Match`.

    It is a job where thousands of lines of texts point at it.
    """
    if earlier_change():
        return "", 204
    stored = lexicon.get(desk(), entry)
    require_match(stored)
    change, rev = change_id(), stored["rev"]
    if pointers.are_many(desk(), entry):
        asked = jobs.ask(desk(), enqueue, "delete-entry", entry=entry, base_rev=rev, id=change)
        return accepted(slug, asked)
    lexicon.delete(desk(), entry, change_id=change, base_rev=rev)
    return "", 204


@bp.get("/projects/<slug>/entries/<entry>/suggestions")
@rule(Action.EDIT_OWN)
def list_suggestions(slug: str, entry: str) -> ResponseReturnValue:
    """What the empty glosses, parts of speech and domains of an entry may be."""
    found = entry_suggestions.suggest(desk(), Predict(parts().settings), entry)
    waiting = entry_suggestions.is_waiting(desk())
    return jsonify(fields=[asdict(one) for one in found], waiting=waiting)


@bp.get("/projects/<slug>/utterances/<line>/guesses")
@rule(Action.EDIT_OWN)
def list_guesses(slug: str, line: str) -> ResponseReturnValue:
    """How the words of an utterance without a confirmed analysis may be analysed, by word."""
    stored = text_lines.get(desk(), line)
    found = model_guesses.suggest(desk(), Predict(parts().settings), [stored])
    return jsonify(words=guesses.told(found[line]))


@bp.get("/projects/<slug>/changes")
@rule(Action.READ)
def list_changes(slug: str) -> ResponseReturnValue:
    """The project's changes, last first; `before` pages by number."""
    limit = min(limit_of_page(), 200)
    before = request.args.get("before", type=int)
    found = history.activity(desk(), before, limit)
    following = None
    if len(found) == limit:
        following = url_for("api.list_changes", slug=slug, before=found[-1]["seq"], limit=limit)
    return jsonify(items=[_change(one) for one in found], next=following)


@bp.get("/projects/<slug>/changes/<change>")
@rule(Action.READ)
def get_change(slug: str, change: str) -> ResponseReturnValue:
    """One change."""
    return jsonify(_change(history.get_visible(desk(), change)))


@bp.post("/projects/<slug>/changes/<change>/undo")
@rule(Action.EDIT_OWN)
def undo_change(slug: str, change: str) -> ResponseReturnValue:
    """Takes a change back; fields that were changed since are listed and stay."""
    done = history.undo(desk(), [change], change_id=change_id())
    return jsonify(
        change=done.change["_id"] if done.change else None,
        conflicts=[
            {"record": one.record, "path": list(one.path), "mine": one.mine, "theirs": one.theirs}
            for one in done.conflicts
        ],
    )


_ENVELOPE = ("rev", "owner")
_SETTINGS = (
    "slug", "title", "description", "languages", "licence", "citation", "visibility",
)  # fmt: skip
_FIXED = ("id", "sources", "created", "modified", "residue")


def _saved(entry: str, wanted: list[FieldChange], rev: int | None) -> ResponseReturnValue:
    lexicon.save(desk(), entry, wanted, base_rev=rev, change_id=change_id())
    stored = lexicon.get(desk(), entry)
    return tagged(jsonify(told(stored)), stored)


def _languages(sent: Any) -> list[Document]:
    """The object languages as they are sent; new ones get ids."""
    if not isinstance(sent, list) or not all(isinstance(one, dict) for one in sent):
        raise Invalid(Problem("languages", "Send a list of languages, each with a name."))
    return [{"id": new_id("l"), **one} for one in sent]


def _project(stored: Document) -> Document:
    shown = ("slug", "title", "description", "visibility", "licence", "citation", "languages")
    return {"id": stored["_id"], **{key: stored[key] for key in shown if key in stored}}


def _change(change: Document) -> Document:
    shown = ("seq", "actor", "actor_name", "cause", "label", "undoes", "records", "ops")
    facts = {key: change[key] for key in shown if key in change}
    return {"id": change["_id"], "time": change["time"].isoformat(), **facts}
