"""The areas of the site, a blueprint each; their places on a project's rail are in `rail`."""

from __future__ import annotations

from flask import Blueprint

from app.web.accounts import accounts
from app.web.administration import administration
from app.web.bulk import bp as bulk
from app.web.comments import bp as comments
from app.web.concordance import bp as concordance
from app.web.editing import bp as editing
from app.web.glossing import bp as glossing
from app.web.health import health
from app.web.home import home
from app.web.imports import bp as imports
from app.web.interlinear import bp as texts
from app.web.iris import bp as iris
from app.web.keeping import bp as keeping
from app.web.lexicon import bp as lexicon
from app.web.links import bp as links
from app.web.live import bp as live
from app.web.media import bp as media
from app.web.members import members
from app.web.model_uploads import bp as model_uploads
from app.web.model_uploads_api import bp as api
from app.web.model_use import bp as model_use
from app.web.models import bp as models
from app.web.people import bp as people
from app.web.projects import bp as projects
from app.web.publish import bp as publish
from app.web.sparql import bp as sparql
from app.web.text_forms import bp as text_forms
from app.web.text_updates import bp as text_updates

AREAS: tuple[Blueprint, ...] = (
    health,
    home,
    accounts,
    administration,
    members,
    lexicon,
    editing,
    media,
    text_forms,
    text_updates,
    texts,
    concordance,
    glossing,
    imports,
    projects,
    live,
    bulk,
    links,
    model_uploads,
    model_use,
    models,
    publish,
    sparql,
    iris,
    api,
    comments,
    people,
    keeping,
)
