"""`python -m app model`: training models, reading their figures, taking them along."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import click

from app.commands import model_uploads, model_use
from app.commands.terminal import Progress, json_option, opened, show
from app.domain.errors import Invalid, NotFound
from app.domain.ids import new_id
from app.domain.messages import say
from app.domain.roles import SYSTEM
from app.services import model_training, models
from app.services.desk import Desk, open_desk
from app.services.model_data import Choice
from app.services.model_wishes import Wish
from app.store.database import Document

_LEARNT = {
    "field": "lines or texts", "sense": "glosses, parts of speech and domains",
    "translation": "translated lines",
}  # fmt: skip
_MEASURED = {"line": "lines", "value": "first proposals"}


@click.group()
def model() -> None:
    """Train models on a project's texts, and look after them."""


for _command in (*model_uploads.COMMANDS, *model_use.COMMANDS):
    model.add_command(_command)


@model.command("list")
@click.argument("slug")
@json_option
def list_(slug: str, as_json: bool) -> None:
    """List the models of the project SLUG, and what there is to learn from."""
    with opened() as (_, store):
        benches = models.benches(open_desk(store, SYSTEM, slug))
    lines, told = [], []
    for bench in benches:
        amount = bench.amount
        assert amount is not None  # the command line may train
        missing = f", {amount.missing} more are needed" if amount.missing else ""
        more = " or more" if amount.more else ""
        what = _LEARNT.get(bench.task.target, "sentences")
        if amount.more and amount.lines < bench.least:
            more, missing = "", ", among the first that were looked at"
        lines.append(f"{bench.task.name}: {amount.lines}{more} {what} to learn from{missing}")
        lines += [f"  {_line(one)}" for one in bench.models]
        told.append(
            {
                "task": bench.task.name,
                "sentences": amount.lines,
                "missing": amount.missing,
                "models": [_facts(one) for one in bench.models],
            }
        )
    show({"tasks": told}, lines, as_json)


@model.command()
@click.argument("slug")
@click.option("--task", default="gloss", show_default=True, help="What it is to do.")
@click.option("--engine", default="", help="How it learns; the best one where left out.")
@click.option("--set", "settings", multiple=True, help="Option of the task, as name=value.")
@click.option("--text", "texts", multiple=True, help="Id of a text to learn from (again); all.")
@click.option("--name", default="", help="What it is called.")
@click.option("--version-of", default="", help="Id of a model of which it is a further version.")
@click.option("--curve/--no-curve", default=True, help="Measure what fewer sentences would give.")
@json_option
def train(
    slug: str,
    task: str,
    engine: str,
    settings: tuple[str, ...],
    texts: tuple[str, ...],
    name: str,
    version_of: str,
    curve: bool,
    as_json: bool,
) -> None:
    """Train a model on the texts of the project SLUG."""
    if wrong := next((one for one in settings if "=" not in one), None):
        raise Invalid(f"“{wrong}” is no option; write it as name=value.")
    options = dict(one.split("=", 1) for one in settings)
    with opened() as (joined, store):
        desk = open_desk(store, SYSTEM, slug)
        wish = Wish(task, engine, options, Choice(texts), name, version_of, curve=curve)
        progress = Progress(joined)
        made = model_training.train_now(desk, wish, progress, joined.tmp)
        progress.end()
        _show_report(desk, models.get(desk, made), as_json)


@model.command()
@click.argument("slug")
@click.argument("model_id", metavar="MODEL")
@json_option
def report(slug: str, model_id: str, as_json: bool) -> None:
    """Show the figures of MODEL, by its id."""
    with opened() as (_, store):
        desk = open_desk(store, SYSTEM, slug)
        _show_report(desk, models.get(desk, model_id), as_json)


@model.command()
@click.argument("slug")
@click.argument("model_id", metavar="MODEL")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@json_option
def export(slug: str, model_id: str, file: Path, as_json: bool) -> None:
    """Write MODEL, by its id, to FILE."""
    if not file.absolute().parent.is_dir():
        raise NotFound(f"There is no folder {file.parent} to write into.")
    if file.exists():
        raise Invalid(f"There is a file {file} already.")
    with opened() as (_, store):
        desk = open_desk(store, SYSTEM, slug)
        _, stream = models.open_archive(desk, models.get(desk, model_id))
        with file.open("xb") as out:
            shutil.copyfileobj(stream, out)
    show({"file": str(file)}, [f"Wrote {file}."], as_json)


@model.command()
@click.argument("slug")
@click.argument("model_id", metavar="MODEL")
@json_option
def delete(slug: str, model_id: str, as_json: bool) -> None:
    """Delete MODEL, by its id; it can be brought back from the page of models."""
    with opened() as (_, store):
        desk = open_desk(store, SYSTEM, slug)
        found = models.get(desk, model_id)
        if found["project"] != desk.project_id:
            raise NotFound(say("There is no model %(model)s in this project.", model=model_id))
        models.delete(desk, model_id, change_id=new_id("x"))
    show({"deleted": model_id}, [f"Deleted {_line(found)}."], as_json)


@model.command()
@click.argument("slug")
@click.argument("model_id", metavar="MODEL")
@click.option("--public", is_flag=True, help="With everybody.")
@click.option("--project", "projects", multiple=True, help="With a project, by its slug (again).")
@click.option("--person", "people", multiple=True, help="With a person, by user name (again).")
@click.option("--licence", default="", help="SPDX name or address, under which they may use it.")
@json_option
def share(
    slug: str,
    model_id: str,
    public: bool,
    projects: tuple[str, ...],
    people: tuple[str, ...],
    licence: str,
    as_json: bool,
) -> None:
    """Say who else may use MODEL, by its id; who is left out may not any more."""
    with opened() as (_, store):
        desk = open_desk(store, SYSTEM, slug)
        models.share(
            desk,
            model_id,
            public=public,
            slugs=" ".join(projects),
            people=" ".join(people),
            licence=licence,
            change_id=new_id("x"),
        )
    told = [*(["everybody"] if public else []), *projects, *people]
    line = f"Shared with {', '.join(told)}." if told else "Shared with nobody."
    show({"shared": told}, [line], as_json)


def _show_report(desk: Desk, found: Document, as_json: bool) -> None:
    told = {**_facts(found), "report": models.report(desk, found)}
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, default=str))
    else:
        click.echo(models.card(desk, found))


def _facts(found: Document) -> dict[str, object]:
    keys = ("name", "task", "engine", "version", "options", "measures", "learnt_from", "size")
    return {"id": found["_id"], **{key: found.get(key) for key in keys}}


def _line(found: Document) -> str:
    main = next(iter(found.get("measures", ())), None)
    of = _MEASURED.get(main["name"], "words") if main else ""
    share = f", {main['value']:.1%} of {of} (lookup {main['baseline']:.1%})" if main else ""
    if main and main["name"] == "chrf":
        share = f", chrF {100 * main['value']:.1f} (word by word {100 * main['baseline']:.1f})"
    mark = ", guesses" if found.get("is_default") else ""
    return f"{found['_id']}  {found['name']}, version {found.get('version', 1)}{share}{mark}"
