"""The commands of `python -m app`, beside those that run servers."""

from __future__ import annotations

import click

COMMANDS: tuple[click.Command, ...] = ()
