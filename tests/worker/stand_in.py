"""A web application and programs that stand in for the real ones in tests of the supervisor."""

import os


def make_app():
    """Answers with its process's id and some of its settings."""

    def app(environ, start_response):
        if environ["PATH_INFO"] == "/healthz":
            body = "ok"
        else:
            body = os.environ.get(environ["PATH_INFO"].strip("/"), "")
        start_response("200 OK", [("Content-Type", "text/plain"), ("X-Process", str(os.getppid()))])
        return [body.encode()]

    return app


def broken():
    """Cannot be made."""
    raise ValueError("out of order")
