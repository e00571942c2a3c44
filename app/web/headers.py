"""Headers that keep a browser from doing what no page of ours asks for."""

from __future__ import annotations

from flask import Flask, request
from flask.wrappers import Response

from app.web.context import parts

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "frame-ancestors 'none'",
        "form-action 'self'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=(), payment=(), usb=()",
}
STRICT_TRANSPORT = "max-age=31536000; includeSubDomains"


def install(app: Flask) -> None:
    """Sends the headers with every answer."""
    app.after_request(_add)


def _add(answer: Response) -> Response:
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    if parts().settings.secure_cookies:
        answer.headers.setdefault("Strict-Transport-Security", STRICT_TRANSPORT)
    if request.endpoint != "static":
        answer.headers.setdefault("Cache-Control", "private, no-cache")
    return answer
