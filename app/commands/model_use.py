"""Commands that put models to work: filling in what they guess, guesses as a file."""

from __future__ import annotations

from pathlib import Path

import click

from app.commands.terminal import Progress, json_option, opened, show
from app.domain.errors import Invalid, NotFound
from app.domain.ids import new_id
from app.domain.roles import SYSTEM
from app.services import model_batch, model_comparison, model_fill, models
from app.services.desk import open_desk
from app.services.model_uploads import TRANSLATE
from app.services.predict import Predict


@click.command()
@click.argument("slug")
@click.option("--text", "texts", multiple=True, help="Id of a text to fill in (again); all.")
@click.option(
    "--certainty", type=float, default=model_fill.USUAL, show_default=True,
    help="How sure a guess has to be: "
    + ", ".join(f"{one:g}" for one in model_fill.CERTAINTIES) + ".",
)  # fmt: skip
@click.option("--yes", is_flag=True, help="Fill in; without it only what would be is shown.")
@json_option
def fill(slug: str, texts: tuple[str, ...], certainty: float, yes: bool, as_json: bool) -> None:
    """Fill in guesses where nobody has said anything in the texts of the project SLUG.

    Where the project has a model that guesses, the server, or `predict`, has to run.
    """
    with opened() as (joined, store):
        desk = open_desk(store, SYSTEM, slug)
        progress = Progress(joined)
        change = model_fill.prepare(
            desk, Predict(joined.with_secret()), texts, certainty, progress, change_id=new_id("x")
        )
        if yes:
            change = model_fill.carry_out(desk, change["_id"], progress)
        else:
            model_fill.discard(desk, change["_id"])
        progress.end()
    levels = model_fill.levels(change)
    told = {
        "change": change["_id"] if yes else None,
        "open": change["fill"]["open"],
        "words": model_fill.filled(change).words,
        "levels": [vars(one) for one in levels],
    }
    lines = [f"{one.least:.0%}: {one.words} words in {one.texts} texts" for one in levels]
    done = "filled in" if yes else "would be filled in; --yes does it"
    lines.append(f"{told['words']} of {told['open']} words {done}.")
    show(told, lines, as_json)


@click.command()
@click.argument("slug")
@click.argument("model_id", metavar="MODEL")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--text", "texts", multiple=True, help="Id of a text (again); all.")
@click.option("--format", "form", default="csv", show_default=True,
              type=click.Choice(tuple(model_batch.FORMATS)), help="What is written.")  # fmt: skip
@json_option
def guess(
    slug: str, model_id: str, file: Path, texts: tuple[str, ...], form: str, as_json: bool
) -> None:
    """Write what MODEL, by its id, says of texts of the project SLUG to FILE.

    The server, or `predict`, has to run.
    """
    if not file.absolute().parent.is_dir():
        raise NotFound(f"There is no folder {file.parent} to write into.")
    if file.exists():
        raise Invalid(f"There is a file {file} already.")
    with opened() as (joined, store):
        desk = open_desk(store, SYSTEM, slug)
        progress = Progress(joined)
        predict = Predict(joined.with_secret())
        try:
            warnings = model_batch.write(desk, predict, model_id, texts, form, file, progress)
        except BaseException:
            file.unlink(missing_ok=True)
            raise
        progress.end()
    show({"file": str(file), "warnings": warnings}, [*warnings, f"Wrote {file}."], as_json)


@click.command()
@click.argument("slug")
@click.argument("model_id", metavar="MODEL")
@click.argument("other_id", metavar="OTHER")
@json_option
def compare(slug: str, model_id: str, other_id: str, as_json: bool) -> None:
    """Compare MODEL with OTHER, by their ids, on the sentences that both were measured on."""
    with opened() as (_, store):
        desk = open_desk(store, SYSTEM, slug)
        pair = models.get(desk, model_id), models.get(desk, other_id)
        found = model_comparison.compare(desk, *pair)
    if found.kind == "none" or not found.words:
        lines = ["They were measured on different sentences; their figures are not to be compared."]
    else:
        right = f"{found.one_right} and {found.other_right} of {found.words} words right"
        if pair[0]["task"] == TRANSLATE:
            mean = [100 * one / found.words for one in (found.one_right, found.other_right)]
            right = f"chrF {mean[0]:.1f} and {mean[1]:.1f} on average of a sentence"
        lines = [
            f"{right}, in {found.seen} sentences that both were measured on.",
            f"Difference {found.difference:+.1%} (95 %: {found.low:+.1%} to {found.high:+.1%}).",
        ]
    if found.kind == "some":
        lines.append("Each was measured on others too: their whole figures are no comparison.")
    show(dict(model_comparison.told(found)), lines, as_json)


COMMANDS = (fill, guess, compare)
