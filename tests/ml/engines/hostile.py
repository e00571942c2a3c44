"""An engine that learns nothing and does, when it is asked, what a hostile model would."""

import ctypes
import json
import os
import pathlib
import socket
import sys
import time

from app.domain.errors import Invalid
from app.ml.data import Alternative, LineGuess, Morph


class Model:
    def __init__(self, told):
        self.told = told

    @classmethod
    def load(cls, folder):
        told = json.loads((folder / "model.json").read_text())
        if told.get("load"):
            getattr(sys.modules[__name__], told["load"])()
        return cls(told)

    def facts(self):
        return {"told": self.told}

    def save(self, folder):
        folder.mkdir()
        (folder / "model.json").write_text(json.dumps(self.told))
        if self.told.get("save") == "link":
            (folder / "weights.safetensors").symlink_to("/etc/passwd")

    def predict(self, lines, lexicon=()):
        does = self.told.get("predict") or (lines[0].words[0].form if lines[0].words else "")
        if does in DOES:
            DOES[does]()
        gloss = lexicon[0].glosses[0] if lexicon else "house"
        return [
            LineGuess(
                line.id,
                tuple((Alternative((Morph(word.form, gloss),), 0.9),) for word in line.words),
            )
            for line in lines
        ]


def train(lines, options, tell):
    tell(0.1, "reading")
    print("libraries print what they like")
    if options.get("does"):
        DOES[options["does"]]()
    tell(0.9, "nearly there")
    return Model({"lines": len(lines), **options})


def hog():
    held = []
    while True:
        held.append(bytearray(64 << 20))


def loop():
    while True:
        pass


def fork_bomb():
    while True:
        os.fork()


def call_home():
    socket.create_connection(("127.0.0.1", 9), 1)


def read_disk():
    pathlib.Path("/etc/passwd").read_text()


def write_disk():
    pathlib.Path("mine").write_text("x")


def fill_disk():
    for number in range(10_000):
        pathlib.Path(f"scratch/{number}").write_bytes(bytes(1 << 20))
    time.sleep(60)


def crash():
    ctypes.string_at(0)


def leave():
    os._exit(3)


def babble():
    for pipe in range(3, 20):
        try:
            os.write(pipe, b"x" * 4096 + b"\n")
        except OSError:
            continue
    time.sleep(60)


def refuse():
    raise Invalid("There is one label only.")


def fail():
    raise KeyError("some name")


DOES = {
    one.__name__: one
    for one in (
        *(hog, loop, fork_bomb, call_home, read_disk, write_disk, fill_disk, crash, leave),
        *(babble, refuse, fail),
    )
}
