"""`model upload`: a model from outside, looked through, tried, and accepted if that is said."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import click

from app.commands.terminal import Progress, json_option, opened, show
from app.domain.errors import Invalid, NotFound
from app.domain.roles import SYSTEM
from app.ml.external import hosts_of
from app.services import model_checks, model_trials, model_uploads
from app.services.clock import utc_now
from app.services.desk import Desk, open_desk
from app.services.model_trials import Wanted
from app.services.model_uploads import Offer, Sent
from app.store import jobs
from app.store.database import Document

Work = Callable[[Desk, Document, Progress, Path], dict[str, Any]]


@click.command()
@click.argument("slug")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--service", default="", help="Address of a model that runs elsewhere, for FILES.")
@click.option("--task", default="", help="What it is to do; the first that it can where left out.")
@click.option("--name", default="", help="What it is called; as its file where left out.")
@click.option(
    "--means",
    "pairs",
    multiple=True,
    help="What a label is called here, as label=label (again); case apart that is seen.",
)
@click.option(
    "--others", type=click.Choice(["leave", "keep"]), default=None,
    help="What becomes of labels that the project does not have; they are kept of models of LiFE.",
)  # fmt: skip
@click.option("--set", "settings", multiple=True, help="Option of the task, as name=value (again).")
@click.option("--prefix", default="", help="What stands before each text of a model of texts.")
@click.option("--source", default="", help="How such a model calls the language that it reads.")
@click.option("--gives", default="", help="How it calls the language that it writes.")
@click.option("--language", "languages", multiple=True, help="Language tag (again).")
@click.option("--licence", default="", help="SPDX name or address.")
@click.option("--accept", is_flag=True, help="Keep it as a model; else it is only tried.")
@json_option
def upload(
    slug: str,
    files: tuple[Path, ...],
    service: str,
    task: str,
    name: str,
    pairs: tuple[str, ...],
    others: str | None,
    settings: tuple[str, ...],
    prefix: str,
    source: str,
    gives: str,
    languages: tuple[str, ...],
    licence: str,
    accept: bool,
    as_json: bool,
) -> None:
    """Try a model from outside, in FILES or by --service, on sentences of the project SLUG.

    Without --accept nothing of it is kept.
    """
    if wrong := next((one for one in (*pairs, *settings) if "=" not in one), None):
        raise Invalid(f"“{wrong}” is no pair; write it as label=label.")
    if missing := next((one for one in files if not one.is_file()), None):
        raise NotFound(f"There is no file {missing}.")
    if bool(service) == bool(files):
        raise Invalid("Name the files of a model, or the address of one with --service.")
    with opened() as (joined, store):
        desk, progress = open_desk(store, SYSTEM, slug), Progress(joined)
        if service:
            hosts = hosts_of(joined.model_hosts)
            job = model_uploads.ask_service(desk, service, hosts, lambda _: None)
        else:
            job = _received(desk, files)
        try:
            _work(desk, job, model_checks.carry_out, progress, joined.tmp)
            offer = model_uploads.get(desk, job)
            if not offer.tasks:
                raise Invalid(
                    "It is an encoder and labels nothing yet: bring it in on the page, where it "
                    "waits for trainings that begin with it."
                )
            does = task or offer.tasks[0].name
            means = dict(one.rsplit("=", 1) for one in pairs)
            wanted = Wanted(
                name or (files[0].stem if files else offer.facts["made_of"]),
                does, others or offer.others, dict(one.split("=", 1) for one in settings),
                {**model_uploads.proposal(offer, does), **means}, "", languages, licence,
                {"prefix": prefix, "source": source, "gives": gives},
            )  # fmt: skip
            trial = model_trials.try_it(desk, offer, wanted, lambda _: None)
            _work(desk, trial, model_trials.carry_out, progress, joined.tmp)
            offer = model_uploads.get(desk, job)
            made = model_trials.accept(desk, offer) if accept else ""
        finally:
            progress.end()
            if not model_uploads.is_decided(desk, job):
                model_uploads.withdraw(desk, job)
    _show(offer, made, as_json)


def _received(desk: Desk, files: tuple[Path, ...]) -> str:
    with ExitStack() as stack:
        sent = [Sent(one.name, cast(Any, stack.enter_context(one.open("rb")))) for one in files]
        return model_uploads.receive(desk, sent, lambda _: None)


def _work(desk: Desk, job: str, work: Work, progress: Progress, scratch: Path) -> None:
    """Does the work of a job here and now."""
    found = jobs.claim(desk.store, job, utc_now())
    assert found is not None
    try:
        result = work(desk, found, progress, scratch)
    except BaseException as error:
        jobs.update(desk.store, job, state="failed", error=str(error), ended=utc_now())
        raise
    jobs.update(desk.store, job, state="done", result=result, ended=utc_now())


def _show(offer: Offer, made: str, as_json: bool) -> None:
    assert offer.trial is not None
    result = offer.trial["result"]
    told = {
        "model": made or None, "kind": offer.facts["kind"], "made_of": offer.facts["made_of"],
        "warnings": [str(one) for one in offer.warnings], "sentences": result["tried"],
        "measures": result["measures"], "odd": result["odd"],
    }  # fmt: skip
    lines = [f"{told['kind']}: {told['made_of']}", *told["warnings"]]
    lines += [_figure(one) for one in result["measures"]]
    if not result["tried"]:
        lines.append("Nobody has confirmed a sentence that it could be measured on.")
    lines += [f"not in the project: {label} ({count} times)" for label, count, _ in result["odd"]]
    lines.append(f"Accepted as {made}." if made else "It was tried only; --accept keeps it.")
    show(told, lines, as_json)


def _figure(one: dict[str, Any]) -> str:
    beside = f" (lookup {one['baseline']:.3f})" if "baseline" in one else ""
    return f"{one['name']}: {one['value']:.3f}{beside}"


COMMANDS = (upload,)
