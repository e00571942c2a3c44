"""The commands of `python -m app`, beside those that run servers."""

from __future__ import annotations

from importlib import import_module

import click

# A command's name, and the module that has it: read only when somebody asks for it, so that the
# processes that a server starts do not read what only a terminal needs.
MODULES = {
    "project": "projects",
    "import": "exchange",
    "export": "exchange",
    "user": "users",
    "backup": "backup",
    "restore": "backup",
    "check": "backup",
    "followers": "followers",
    "mirror": "mirror",
    "model": "models",
    "predict": "predict",
    "wordnet": "linking",
    "dbpedia": "linking",
    "concepticon": "linking",
    "link": "linking",
}


class Commands(click.Group):
    """A group with the commands of `MODULES` beside its own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, in alphabetical order."""
        return sorted({*super().list_commands(ctx), *MODULES})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command, or None where there is none of that name."""
        if cmd_name not in MODULES:
            return super().get_command(ctx, cmd_name)
        module = import_module(f"app.commands.{MODULES[cmd_name]}")
        commands = (each for each in vars(module).values() if isinstance(each, click.Command))
        return next(each for each in commands if each.name == cmd_name)
