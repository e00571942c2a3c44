"""The web application: pages, JSON API and live stream."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app.services import jobs
from app.services.catalogs import catalogs_of
from app.services.clock import Clock, utc_now
from app.services.predict import Predict
from app.settings import REPOSITORY, Settings
from app.store.database import Store
from app.web import auth, errors, files, headers, incoming, language, pages, space, texts
from app.web.areas import AREAS
from app.web.context import Parts
from app.web.rules import check_rules


def create_app(
    settings: Settings,
    store: Store,
    *,
    clock: Clock = utc_now,
    enqueue: Callable[[str], None] | None = None,
) -> Flask:
    """Makes the application.

    Args:
        settings: as read from the environment, secret key included.
        store: the database, indexes made.
        clock: gives the time; another one in tests.
        enqueue: hands a job to a worker by its id; without one jobs run at once, in this process.

    Raises:
        RuntimeError: a route declares no rule.
        SettingsError: there is no secret key.
    """
    app = Flask(
        "life",
        root_path=str(REPOSITORY),
        template_folder=str(REPOSITORY / "templates"),
        static_folder=str(REPOSITORY / "static"),
    )
    app.config.update(_configuration(settings))
    app.extensions["life"] = Parts(
        settings, store, clock, enqueue or partial(_run_here, settings, store)
    )
    for part in (incoming, space, auth, language, errors, headers, files, pages, texts):
        part.install(app)
    for area in AREAS:
        app.register_blueprint(area)
    check_rules(app)
    if settings.proxies:
        _trust_proxies(app, settings.proxies)
    return app


def _run_here(settings: Settings, store: Store, job: str) -> None:
    jobs.run(store, job, settings.tmp, catalogs=catalogs_of(settings), predict=Predict(settings))


def _trust_proxies(app: Flask, count: int) -> None:
    """Takes address, scheme and host of a request from what the last `count` proxies say."""
    trusting = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)
    app.wsgi_app = trusting  # type: ignore[method-assign]


def _configuration(settings: Settings) -> dict[str, object]:
    return {
        "SECRET_KEY": settings.require_secret(),
        "MAX_CONTENT_LENGTH": settings.max_upload,
        "SESSION_COOKIE_NAME": "life",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.secure_cookies,
        "REMEMBER_COOKIE_NAME": "life-remember",
        "REMEMBER_COOKIE_HTTPONLY": True,
        "REMEMBER_COOKIE_SAMESITE": "Lax",
        "REMEMBER_COOKIE_SECURE": settings.secure_cookies,
        "REMEMBER_COOKIE_DURATION": timedelta(days=30),
        "WTF_CSRF_CHECK_DEFAULT": False,  # `auth` asks for it, tokens excepted
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session
        "WTF_CSRF_SSL_STRICT": False,  # the token decides; not everybody sends a referrer
        "BABEL_TRANSLATION_DIRECTORIES": ";".join(
            str(folder / "translations") for folder in (REPOSITORY, settings.data)
        ),
    }
