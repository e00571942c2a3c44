"""What a request may bring: how large it may be, and where a file lies while it comes in.

A file goes to `LIFE_DATA/tmp` as it comes and from there to the database, never into memory.
"""

from __future__ import annotations

import errno
import tempfile
from pathlib import Path
from typing import IO, Any, cast

from flask import Flask, request
from flask import Request as FlaskRequest
from flask_babel import gettext as _
from werkzeug.exceptions import RequestEntityTooLarge

from app.services.space import require_space
from app.web.context import parts

PLAIN = 16 << 20  # bytes of a body without files, which is held in memory
_IN_MEMORY = 500_000  # bytes of a small file
_LOOK_EVERY = 8 << 20  # bytes of a file between two looks at the disk


class Request(FlaskRequest):
    """A request whose files come in where there is room for them."""

    def _get_file_stream(self, *_facts: Any, **_more: Any) -> IO[bytes]:
        settings = parts().settings
        return cast(IO[bytes], _Incoming(settings.tmp, settings.min_free))


class _Incoming(tempfile.SpooledTemporaryFile[bytes]):
    """A file that is coming in, refused while there is still room left on the disk.

    It needs its size twice: here, and in the database where it goes.
    """

    def __init__(self, folder: Path, least_free: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(_IN_MEMORY, dir=str(folder))
        self._folder, self._least_free = folder, least_free
        self._come, self._looked = 0, 0

    def write(self, piece: Any) -> int:
        """Takes the next piece.

        Raises:
            Unavailable: the disk is nearly full.
        """
        self._come += len(piece)
        if self._come - self._looked > _LOOK_EVERY:
            self._looked = self._come
            require_space(self._folder, self._least_free, self._come)
        try:
            return super().write(piece)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                require_space(self._folder, self._least_free, self._come)
            raise


def install(app: Flask) -> None:
    """Has the application read its requests in this way."""
    app.request_class = Request
    app.before_request(_refuse_too_large)


def too_large() -> str:
    """What the request that is refused is told."""
    limit = request.max_content_length or 0
    if request.content_length is not None and request.content_length <= limit:
        return str(_("A text in this form is longer than the server takes."))
    most = f"{limit / 1024**2:,.0f}"
    return str(_("This is larger than the server takes: at most %(most)s MiB.", most=most))


def _refuse_too_large() -> None:
    """Answers before anything is read, where the length is known; else the limit cuts it off."""
    limit = parts().settings.max_upload
    if request.mimetype != "multipart/form-data":
        limit = min(limit, PLAIN)
    request.max_content_length = limit
    if (request.content_length or 0) > limit:
        raise RequestEntityTooLarge
