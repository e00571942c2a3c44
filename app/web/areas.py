"""The areas of the site, a blueprint each; their places on a project's rail are in `rail`."""

from __future__ import annotations

from flask import Blueprint

from app.web.accounts import accounts
from app.web.administration import administration
from app.web.health import health
from app.web.home import home
from app.web.imports import bp as imports
from app.web.lexicon import bp as lexicon
from app.web.members import members

AREAS: tuple[Blueprint, ...] = (health, home, accounts, administration, members, lexicon, imports)
