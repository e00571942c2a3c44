"""The commands of `python -m app`, beside those that run servers."""

from __future__ import annotations

import click

from app.commands.backup import backup, check, restore
from app.commands.exchange import export, import_
from app.commands.followers import followers
from app.commands.linking import concepticon, dbpedia, link, wordnet
from app.commands.mirror import mirror
from app.commands.models import model
from app.commands.predict import predict
from app.commands.projects import project
from app.commands.users import user

COMMANDS: tuple[click.Command, ...] = (
    project,
    import_,
    export,
    user,
    backup,
    restore,
    check,
    followers,
    mirror,
    model,
    predict,
    wordnet,
    dbpedia,
    concepticon,
    link,
)
