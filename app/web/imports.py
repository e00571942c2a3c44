"""Bringing files in and taking them out: upload, preview, confirm; export and download."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from flask import Blueprint, flash, jsonify, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.domain.errors import Invalid, NotFound, Problem
from app.domain.messages import say
from app.domain.roles import Action
from app.formats import FORMATS
from app.formats.base import is_readable
from app.formats.blocks.shape import HEAD
from app.formats.standard_format import FORMATS as STANDARD
from app.formats.table import TABLES
from app.services import imports as service
from app.services import jobs, mappings, marker_maps, model_batch, model_fill
from app.services.formats import choose_format
from app.store import files
from app.store import jobs as records
from app.store.bulk import conflicts_of
from app.store.database import Document
from app.web.context import desk, parts
from app.web.rules import rule
from app.web.texts import error_of, translate
from app.web.waiting import as_job

bp = Blueprint("imports", __name__)
Page = str | Response | tuple[str, int]
_WRITTEN = ("export", "backup", model_batch.KIND)  # jobs that make a file for whoever asked
_WITH_MARKERS = ("", *(one.id for one in STANDARD))
OUTCOMES = ("new", "changed", "conflict", "deleted", "tombstone", "unchanged")


@bp.get("/<slug>/exchange")
@rule(Action.EXPORT)
def index(slug: str) -> Page:
    """Import and export, and what was done of both lately."""
    readable = [one for one in FORMATS if is_readable(one)]
    return render_template(
        "exchange/index.html",
        formats=FORMATS,
        readable=readable,
        read_names=[
            ("", _("As name and content tell")),
            *((one.id, translate(one.name)) for one in readable),
        ],
        table_names=[(one.id, one.name) for one in TABLES],
        columns=_targets(),
        jobs=_recent(),
    )


@bp.post("/<slug>/imports")
@rule(Action.IMPORT)
def upload(slug: str) -> Page:
    """Takes a file and starts reading it; nothing is changed yet."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Invalid(Problem("file", _("Choose a file first.")))
    chosen = choose_format(sent.filename, request.form.get("format", ""))
    head = sent.stream.read(HEAD)
    sent.stream.seek(0)
    kept = service.upload(desk(), cast(Any, sent.stream), sent.filename)
    if chosen.id in {one.id for one in TABLES} and mappings.find_table(sent.filename) is chosen:
        return redirect(url_for("imports.columns", slug=slug, file=kept))
    named = request.form.get("format", "")  # what a zip file is shows when it is read
    if named in _WITH_MARKERS and marker_maps.is_standard(sent.filename, head):
        return redirect(url_for("imports.markers", slug=slug, file=kept))
    return as_job("preview", file=kept, format=named, name=sent.filename)


@bp.get("/<slug>/imports/map/<file>")
@rule(Action.IMPORT)
def columns(slug: str, file: str) -> Page:
    """Which column of an uploaded table is which field."""
    return _columns_page(mappings.describe(desk(), file, parts().settings.tmp), file)


@bp.post("/<slug>/imports/map/<file>")
@rule(Action.IMPORT)
def map_columns(slug: str, file: str) -> Page:
    """Starts reading a table with the columns as they were chosen."""
    found = mappings.describe(desk(), file, parts().settings.tmp)
    keys = [request.form.get(f"column-{place}", "") for place in range(1, len(found.headings) + 1)]
    try:
        chosen = mappings.choose(desk(), found.headings, keys)
    except Invalid as error:
        what = translate(error.problems[0].what)
        return _columns_page(replace(found, keys=keys), file, what), 422
    return as_job(
        "preview", file=file, format=found.format, name=found.name, options={"map": chosen}
    )


@bp.get("/<slug>/imports/markers/<file>")
@rule(Action.IMPORT)
def markers(slug: str, file: str) -> Page:
    """Which marker of an uploaded file in Standard Format is which field."""
    return _markers_page(marker_maps.describe(desk(), file, parts().settings.tmp), file)


@bp.post("/<slug>/imports/markers/<file>")
@rule(Action.IMPORT)
def map_markers(slug: str, file: str) -> Page:
    """Starts reading a file in Standard Format with the markers as they were chosen."""
    found = marker_maps.describe(desk(), file, parts().settings.tmp)
    format_id = found.markers.format
    uses = {
        marker: marker_maps.use_of(
            request.form.get(f"field-{place}", ""),
            request.form.get(f"ws-{place}", ""),
            request.form.get(f"encoding-{place}", ""),
            format_id,
        )
        for place, marker in enumerate(found.markers.markers, 1)
        if f"field-{place}" in request.form
    }
    said = {
        "record": request.form.get("record", ""),
        "encoding": request.form.get("encoding", ""),
        "markers": uses,
    }
    try:
        chosen = marker_maps.choose(desk(), found, said)
    except Invalid as error:
        return _markers_page(found, file, error.problems, said), 422
    return as_job("preview", file=file, format=format_id, name=found.name, options={"map": chosen})


@bp.get("/<slug>/jobs/<job>")
@rule(Action.READ)
def watch(slug: str, job: str) -> Page:
    """How far a job is; leads on to its result when it is done."""
    found = jobs.get(desk(), job)
    if request.headers.get("Accept") == "application/json":
        facts = {key: found.get(key) for key in ("state", "done", "total")}
        said = {"phase": translate(found.get("phase")), "error": error_of(found)}
        return jsonify(**facts, **said)
    if found["state"] == "done":
        return redirect(_result(slug, found))
    return render_template("exchange/job.html", job=found)


@bp.post("/<slug>/jobs/<job>/cancel")
@rule(Action.READ)
def cancel(slug: str, job: str) -> Page:
    """Stops a job."""
    jobs.cancel(desk(), job)
    return redirect(url_for("imports.watch", slug=slug, job=job))


@bp.get("/<slug>/imports/<change>")
@rule(Action.IMPORT)
def preview(slug: str, change: str) -> Page:
    """What an import would do, or has done."""
    found = service.get_prepared(desk(), change)
    left = conflicts_of(desk().store, change) if found["state"] == "done" else []
    counts = found["report"]["counts"]
    met = {key.partition("/")[2] for key, number in counts.items() if number}
    return render_template(
        "exchange/preview.html",
        change=found,
        report=found["report"],
        outcomes=[one for one in OUTCOMES if one in met],
        left=left,
    )


@bp.post("/<slug>/imports/<change>/confirm")
@rule(Action.IMPORT)
def confirm(slug: str, change: str) -> Page:
    """Carries an import out."""
    service.get_prepared(desk(), change)
    return as_job("import", change=change)


@bp.post("/<slug>/imports/<change>/discard")
@rule(Action.IMPORT)
def discard(slug: str, change: str) -> Page:
    """Forgets an import that was only looked at."""
    service.discard(desk(), change)
    flash(_("Nothing was changed."), "done")
    return redirect(url_for("imports.index", slug=slug))


@bp.post("/<slug>/exports")
@rule(Action.EXPORT)
def export(slug: str) -> Page:
    """Starts writing the project to a file."""
    chosen = choose_format("", request.form.get("format", ""))
    suffix = request.form.get("suffix") or chosen.suffixes[0]
    if suffix not in chosen.suffixes:
        raise Invalid(Problem("suffix", _("The format has no such file name.")))
    options = {
        key.removeprefix("option."): ",".join(filter(None, values))
        for key, values in request.form.lists()
        if re.fullmatch(r"option\.[a-z]+", key) and any(values)
    }
    name = f"{desk().project['slug']}{suffix}"
    return as_job("export", format=chosen.id, name=name, options=options)


@bp.get("/<slug>/exports/<job>")
@rule(Action.EXPORT)
def exported(slug: str, job: str) -> Page:
    """An export or a backup that is ready."""
    found = _written(job)
    return render_template("exchange/export.html", job=found, result=found["result"])


@bp.get("/<slug>/exports/<job>/file")
@rule(Action.EXPORT)
def download(slug: str, job: str) -> Page:
    """The file of an export or a backup, for whoever asked for it."""
    found = _written(job)
    stored = files.open_file(desk().store, desk().project_id, found["result"]["file"])
    return send_file(
        cast(Any, stored), as_attachment=True, download_name=found["result"]["name"], max_age=0
    )


def _written(job: str) -> Document:
    """A job that has written a file for whoever looks for it now.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = jobs.get(desk(), job)
    if found["kind"] not in _WRITTEN or found["state"] != "done":
        raise NotFound(_("There is no such export; start it again."))
    if found["actor"] != desk().actor.id:
        raise NotFound(_("This export is somebody else's; start your own."))
    if found["kind"] == "backup":
        desk().require(Action.BACKUP)
    return found


def _targets() -> list[tuple[str, str]]:
    """What a column of a table can hold, in words."""
    return [(key, translate(label)) for key, label in mappings.targets_of(desk())]


def _columns_page(found: mappings.Columns, file: str, error: str = "") -> str:
    choices = _targets()
    known = {key for key, _words in choices}
    for place, key in enumerate(found.keys):
        if key.startswith("own:") or not key:
            found.keys[place] = mappings.OWN
        elif key not in known and key != "skip" and key != mappings.OWN:
            choices.append((key, key))
            known.add(key)
    return render_template(
        "exchange/map.html", table=found, file=file, choices=choices, error=error
    )


def _markers_page(
    found: marker_maps.Markers,
    file: str,
    problems: Sequence[Problem] = (),
    said: Mapping[str, Any] | None = None,
) -> str:
    """The markers with what each is; as it was chosen, where that could not be."""
    uses = {one: vars(use) for one, use in found.markers.markers.items()}
    for marker, use in (said or {}).get("markers", {}).items():
        uses[marker] = {"field": "", "ws": "", "type": "", "encoding": "", **use}
    fields = [
        (key, translate(label))
        for key, label in marker_maps.fields_of(desk(), found.markers.format)
    ]
    chosen = {one: _field_key(use) for one, use in uses.items()}
    known = {key for key, _label in fields}
    named = dict.fromkeys([*chosen.values(), *(f"own:{one}" for one in uses)])
    own = say("Own field")
    fields += [
        (key, translate(say("%(field)s: %(type)s", field=own, type=key.removeprefix("own:"))))
        if key.startswith("own:")
        else (key, key)
        for key in named
        if key not in known
    ]
    systems = dict.fromkeys(
        [*marker_maps.systems_of(desk()), *(use["ws"] for use in uses.values())]
    )
    return render_template(
        "exchange/markers.html",
        found=found,
        file=file,
        uses=uses,
        chosen=chosen,
        fields=fields,
        systems=[("", "–"), *((one, one) for one in systems if one)],
        records=[(one, f"\\{one}") for one in uses],
        record=(said or {}).get("record") or found.markers.record,
        encoding=(said or {}).get("encoding") or found.markers.encoding,
        encodings=[(one, one) for one in marker_maps.ENCODINGS],
        problems=[(one.where.removeprefix("map."), translate(one.what)) for one in problems],
    )


def _field_key(use: Mapping[str, str]) -> str:
    return f"{use['field']}:{use['type']}" if use.get("type") else use["field"]


def _recent() -> list[Document]:
    kinds = ("preview", "import", *_WRITTEN)
    found = records.find_all(desk().store, desk().project_id)
    own = [job for job in found if job["kind"] in kinds]
    return [job for job in own if job["kind"] not in _WRITTEN or job["actor"] == desk().actor.id]


def _result(slug: str, job: Document) -> str:
    if job["kind"] == "preview":
        return url_for("imports.preview", slug=slug, change=job["result"]["change"])
    if job["kind"] == "import":
        return url_for("imports.preview", slug=slug, change=job["result"]["change"])
    if job["kind"] == "bulk":
        return url_for("bulk.preview", slug=slug, change=job["result"]["change"])
    if job["kind"] in (model_fill.KIND, model_fill.CARRY_OUT):
        return url_for("model_use.filled", slug=slug, change=job["result"]["change"])
    if job["kind"] in _WRITTEN:
        return url_for("imports.exported", slug=slug, job=job["_id"])
    if job["kind"] == jobs.LINK:
        return url_for("links.index", slug=slug)
    if job["kind"] == "train":
        return url_for("models.show", slug=slug, model=job["result"]["model"])
    if job["kind"] == "release":
        return url_for("publish.index", slug=slug)
    if entry := job["arguments"].get("entry"):
        return url_for("lexicon.show", slug=slug, entry=entry)
    return url_for("projects.activity", slug=slug)
