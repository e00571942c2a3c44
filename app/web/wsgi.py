"""The web application as a WSGI server finds it: `app.web.wsgi:make_app()`."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from app.settings import Settings

if TYPE_CHECKING:
    from flask import Flask


def make_app() -> Flask:
    """The web application with the settings of this process's environment."""
    from app.processes.garbage import look_seldom
    from app.wiring import make_web_app

    settings = Settings.from_env(os.environ)
    logging.basicConfig(
        level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    app = make_web_app(settings)
    look_seldom()
    return app
