"""The process in which models are trained and run, behind a fence.

Run as `python -m app.ml.child MODULE FENCE WHOLE`: the module of the engine, the fence as JSON, and
`whole` where nothing of the fence may be missing. Each line of its input is a request in JSON:

    {"do": "load"}                                     the model in the folder in which it stands
    {"do": "predict", "lines": […], "lexicon": […]}    what the model says of lines
    {"do": "train", "lines": FILE, "options": {…}, "into": FOLDER, "base": FOLDER}

Each line of its output is `ready`, a note on how far training is (`share`, `phase`), an answer, or
an `error` with `what`: `memory`, `invalid` (a model or request that is none), `failed`, or what it
tried to do though the fence refuses it: `processes`, `network` or `files`.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

from app.domain.as_json import fields_of
from app.domain.errors import DomainError, Invalid
from app.domain.messages import packed
from app.ml.data import Entry, line_of, read_lines
from app.processes.fence import Fence, enter

Body = dict[str, Any]
_TRIED = {
    **dict.fromkeys(("os.fork", "os.forkpty", "os.exec", "os.posix_spawn", "os.system"),
                    "processes"),
    "subprocess.Popen": "processes",
    "socket.__new__": "network",
}  # fmt: skip
_tried = [""]  # the last of these that something in this process has begun
_MEMORY_WORDS = ("can't allocate memory", "Cannot allocate memory", "bad_alloc")


def main(arguments: Sequence[str]) -> None:
    """Gives up what it does not need, then answers until there is no more input."""
    module, told, whole = arguments
    fence = Fence(**json.loads(told))
    out = _take_output()
    missing = enter(fence)
    sys.addaudithook(_note)
    tempfile.tempdir = Path(fence.scratch).name or "."  # libraries ask for it, used or not
    if missing and whole == "whole":
        _say(out, {"error": "failed", "what": " ".join(one.why for one in missing)})
        return
    try:
        engine = importlib.import_module(module)
    except (ImportError, MemoryError, OSError) as error:
        _say(out, _error_of(error))
        return
    _say(out, {"ready": True, "missing": missing})
    _Answering(engine, out).run(sys.stdin)


class _Answering:
    """Answers requests, with the one model that is loaded."""

    def __init__(self, engine: Any, out: IO[str]) -> None:
        self._engine, self._out = engine, out
        self._model: Any = None

    def run(self, requests: IO[str]) -> None:
        for line in requests:
            try:
                answer = self._answer(json.loads(line))
            except Exception as error:  # an engine may raise anything; the asker is told of it
                answer = _error_of(error)
            _say(self._out, answer)

    def _answer(self, asked: Body) -> Body:
        does: dict[str, Callable[[Body], Body]] = {
            "load": self._load,
            "predict": self._predict,
            "train": self._train,
        }
        return does[asked["do"]](asked)

    def _load(self, _asked: Body) -> Body:
        self._model = self._engine.Model.load(Path())
        return {"loaded": getattr(self._model, "facts", dict)()}

    def _predict(self, asked: Body) -> Body:
        assert self._model is not None
        lines = [line_of(one) for one in asked["lines"]]
        lexicon = [_entry(one) for one in asked.get("lexicon") or ()]
        return {"guesses": list(self._model.predict(lines, lexicon))}

    def _train(self, asked: Body) -> Body:
        with Path(asked["lines"]).open(encoding="utf-8") as file:
            lines = list(read_lines(file, asked["lines"]))
        options = asked.get("options") or {}
        if asked.get("base"):
            made = self._engine.train_on(Path(asked["base"]), lines, options, self._tell)
        else:
            made = self._engine.train(lines, options, self._tell)
        made.save(Path(asked["into"]))
        return {"trained": getattr(made, "facts", dict)()}

    def _tell(self, share: float, phase: str) -> None:
        _say(self._out, {"share": round(share, 4), "phase": packed(phase)})


def _take_output() -> IO[str]:
    """The pipe for answers; what libraries print goes where errors go."""
    kept = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(kept, "w", encoding="utf-8")


def _say(out: IO[str], answer: Body) -> None:
    said = json.dumps(answer, default=fields_of, ensure_ascii=False, allow_nan=False)
    out.write(said + "\n")
    out.flush()


def _entry(one: Body) -> Entry:
    return Entry(
        tuple(one["forms"]), tuple(one["glosses"]), one.get("category", ""), one.get("joint", "")
    )


def _note(event: str, _arguments: tuple[Any, ...]) -> None:
    """Notes what is tried, to name it if the fence refuses it."""
    if event in _TRIED:
        _tried[0] = _TRIED[event]


def _error_of(error: BaseException) -> Body:
    what = f"{type(error).__name__}: {error}"[:1000]
    if isinstance(error, PermissionError) and (error.filename or _tried[0]):
        return {"error": "files" if error.filename else _tried[0], "what": what}
    if isinstance(error, MemoryError) or any(one in what for one in _MEMORY_WORDS):
        return {"error": "memory", "what": "MemoryError"}
    if isinstance(error, Invalid):  # where it is wrong means nothing outside
        what = "; ".join(str(one.what) for one in error.problems)
        return {"error": "invalid", "what": what[:1000]}
    if isinstance(error, DomainError):
        return {"error": "invalid", "what": str(error)[:1000]}
    return {"error": "failed", "what": what}


if __name__ == "__main__":
    main(sys.argv[1:])
