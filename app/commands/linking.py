"""`python -m app wordnet|dbpedia|concepticon install` and `link`: catalogs, and links to them."""

from __future__ import annotations

from pathlib import Path

import click

from app.commands.terminal import Progress, json_option, note, opened, show
from app.domain.candidates import CUT_OFF
from app.domain.roles import SYSTEM
from app.services import catalogs, link_proposals
from app.services.catalogs import Catalogs
from app.services.desk import open_desk
from app.services.link_moves import move_everything_up
from app.store import link_report

_FILE = click.Path(path_type=Path)


@click.group()
def wordnet() -> None:
    """Install wordnets, to which senses are linked."""


@wordnet.command("install")
@click.argument("file", type=_FILE, required=False)
@click.option("--ili", type=_FILE, help="Table of the interlingual index (ili-map-pwn31.tab).")
@json_option
def install_wordnet(file: Path | None, ili: Path | None, as_json: bool) -> None:
    """Index FILE: WN-LMF, a folder of WordNet database files, or a pair of tables.

    Without FILE the WordNet 3.1 that comes with the program is indexed.
    """
    with opened() as (settings, store):
        known, progress = catalogs.catalogs_of(settings), Progress(settings)
        made = catalogs.install_wordnet(known, file, ili, progress)
        progress.end()
        moved = move_everything_up(store, known)
        facts = {
            "id": made.about.id, "label": made.about.label, "language": made.language,
            "synsets": made.size, "ili": made.with_ili, "moved": moved,
        }  # fmt: skip
        lines = [f"Installed {made.about.label} ({made.language}): {made.size:,} synsets."]
        if not made.with_ili:
            lines.append("It has no ILI; --ili FILE adds the table of the interlingual index.")
        if moved:
            lines.append(f"Links of {moved:,} entries point at the ILI now.")
        show(facts, lines, as_json)


@click.group()
def dbpedia() -> None:
    """Install labels of DBpedia, for use without the internet."""


@dbpedia.command("install")
@click.argument("files", type=_FILE, nargs=-1, required=True)
@json_option
def install_dbpedia(files: tuple[Path, ...], as_json: bool) -> None:
    """Index dumps of labels, with redirects, disambiguations and short abstracts beside them."""
    with opened() as (settings, _):
        progress = Progress(settings)
        count = catalogs.install_dbpedia(catalogs.catalogs_of(settings), files, progress)
        progress.end()
        show({"labels": count}, [f"Installed {count:,} labels."], as_json)


@click.group()
def concepticon() -> None:
    """Install Concepticon, a further target of links."""


@concepticon.command("install")
@click.argument("files", type=_FILE, nargs=-1, required=True)
@json_option
def install_concepticon(files: tuple[Path, ...], as_json: bool) -> None:
    """Index the tables concepticon.tsv and map-en.tsv."""
    with opened() as (settings, _):
        progress = Progress(settings)
        made = catalogs.install_concepticon(catalogs.catalogs_of(settings), files, progress)
        progress.end()
        show({"concepts": made.size}, [f"Installed {made.size:,} concept sets."], as_json)


@click.command()
@click.argument("slug")
@click.option("--top", default=5, show_default=True, help="Candidates of a sense in JSON.")
@json_option
def link(slug: str, top: int, as_json: bool) -> None:
    """Propose links for the senses of project SLUG; nothing is accepted by itself."""
    with opened() as (settings, store):
        desk = open_desk(store, SYSTEM, slug)
        known: Catalogs = catalogs.catalogs_of(settings)
        progress = Progress(settings)
        told = link_proposals.propose(desk, known, progress)
        progress.end()
        for line in told.said:
            note(line)
        facts = {
            "project": slug, "wordnets": told.wordnets, "senses": told.senses,
            "with_candidate": told.with_candidate, "covered": told.covered,
            "share": round(told.share, 4), "ranked_now": told.fresh, "linked": told.linked,
            "moved": told.moved, "cut_off": CUT_OFF,
            "said": [str(one) for one in told.said],
        }  # fmt: skip
        if as_json:
            facts["candidates"] = list(link_report.iter_best(store, desk.project_id, top))
        share = told.with_candidate / told.senses if told.senses else 0.0
        lines = [
            f"{told.covered:,} of {told.senses:,} senses ({told.share:.1%}) have a candidate in "
            f"{', '.join(told.wordnets)} above the cut-off of {CUT_OFF}; "
            f"{told.with_candidate:,} ({share:.1%}) have one at all.",
            f"{told.fresh:,} were ranked now; {told.linked:,} have an accepted link.",
        ]
        show(facts, lines, as_json)
