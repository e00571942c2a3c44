"""`python -m app import` and `export`: files in and out of a project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from app.commands.terminal import Progress, json_option, opened, show
from app.domain.errors import Invalid
from app.domain.roles import SYSTEM
from app.services import exports, imports
from app.services.desk import open_desk


@click.command("import")
@click.argument("slug")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", "format_id", default="", help="Format, if the name does not tell it.")
@click.option("--set", "settings", multiple=True, help="Option of the format, as name=value.")
@click.option(
    "--map",
    "map_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Which column or marker is which field, as a file in JSON.",
)
@click.option("--yes", is_flag=True, help="Carry it out; without it only the report is printed.")
@json_option
def import_(
    slug: str,
    file: Path,
    format_id: str,
    settings: tuple[str, ...],
    map_file: Path | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Show what FILE would bring to the project SLUG, and with --yes bring it."""
    if not file.exists():
        raise Invalid(f"There is no file {file}.")
    options = _options(settings, map_file)
    with opened() as (joined, store):
        desk = open_desk(store, SYSTEM, slug)
        progress = Progress(joined)
        change = imports.preview(
            desk, file, format_id=format_id, progress=progress, options=options
        )
        progress.end()
        done = False
        if yes:
            imports.confirm(desk, change["_id"], progress=progress)
            progress.end()
            done = True
        else:
            imports.discard(desk, change["_id"])
        show(
            {"imported": done, "report": change["report"]}, _lines(change["report"], done), as_json
        )


@click.command()
@click.argument("slug")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", "format_id", default="", help="Format, if the name does not tell it.")
@click.option("--set", "settings", multiple=True, help="Option of the format, as name=value.")
@click.option(
    "--map",
    "map_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Which marker is which field, as a file in JSON.",
)
@json_option
def export(
    slug: str,
    file: Path,
    format_id: str,
    settings: tuple[str, ...],
    map_file: Path | None,
    as_json: bool,
) -> None:
    """Write the project SLUG to FILE."""
    options = _options(settings, map_file)
    if not file.absolute().parent.is_dir():
        raise Invalid(f"There is no folder {file.parent} to write into.")
    with opened() as (_, store):
        desk = open_desk(store, SYSTEM, slug)
        progress = Progress()
        warnings = exports.write(
            desk, file, format_id=format_id, options=options, progress=progress
        )
        progress.end()
        show({"file": str(file), "warnings": warnings}, [*warnings, f"Wrote {file}."], as_json)


def _options(settings: tuple[str, ...], map_file: Path | None = None) -> dict[str, str]:
    wrong = next((one for one in settings if not one.partition("=")[0] or "=" not in one), None)
    if wrong is not None:
        raise Invalid(f"“{wrong}” is no option; write it as name=value.")
    options = dict(one.split("=", 1) for one in settings)
    if map_file is not None:
        try:
            options["map"] = map_file.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise Invalid(f"The mapping {map_file} cannot be read: {error}.") from error
    return options


def _lines(report: dict[str, Any], done: bool) -> list[str]:
    lines = ["Imported:" if done else "Would import (nothing is changed without --yes):"]
    for name, count in sorted(report["counts"].items()):
        kind, outcome = name.split("/")
        lines.append(f"  {count:>8,}  {kind} {outcome}")
    told = report["filled"] + report["leftover"]
    if told:
        share = 100 * report["filled"] / told
        lines.append(f"  {share:.1f} % of {told:,} elements and attributes are in fields.")
    for problem in report["problems"][:50]:
        lines.append(f"  line {problem['line']}: {problem['severity']}: {problem['what']}")
    if len(report["problems"]) > 50:
        lines.append(f"  … and {len(report['problems']) - 50 + report['unread']} more remarks.")
    return lines
