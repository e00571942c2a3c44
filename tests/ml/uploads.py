"""Uploads, honest and hostile, made by hand."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import struct
import zipfile

import pytest

from app.domain.errors import Invalid
from app.ml.uploads.limits import Limits
from app.ml.uploads.taking import Uploaded, take

SMALL = Limits(total=8 << 20, json=64 << 10, tokenizer=256 << 10, schema=256 << 10)
SIZES = {"F32": 4, "F16": 2, "I64": 8, "U8": 1}


def safetensors(tensors=None, header=None, data=None, length=None):
    """A safetensors file; each of its parts can be told to lie."""
    if tensors is None:
        tensors = {"w": ("F32", [40, 8]), "v": ("F32", [8])}
    at, told = 0, {}
    for name, (dtype, shape) in tensors.items():
        size = SIZES[dtype]
        for axis in shape:
            size *= axis
        told[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + size]}
        at += size
    head = json.dumps(told if header is None else header).encode()
    count = len(head) if length is None else length
    return struct.pack("<Q", count) + head + (bytes(at) if data is None else data)


CONFIG = {
    "model_type": "bert", "architectures": ["BertForTokenClassification"], "vocab_size": 40,
    "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8,
    "id2label": {"0": "N", "1": "V"},
}  # fmt: skip
TOKENIZER = {"version": "1.0", "model": {"type": "WordPiece", "vocab": {"[UNK]": 0, "a": 1}}}


def transformers(**changed):
    """The files of a folder of transformers by name; None leaves one out."""
    files = {
        "config.json": CONFIG,
        "tokenizer.json": TOKENIZER,
        "model.safetensors": safetensors({"w": ("F32", [40, 8]), "v": ("F32", [20, 8])}),
        "README.md": b"# A model\n",
    }
    files |= {named(name): content for name, content in changed.items()}
    return written(files)


def own(**changed):
    """The files of a folder of LiFE by name, with a right list of sums."""
    files = {
        "model.json": {"task": "gloss", "engine": "ranker", "labels": ["PL", "house"]},
        "lexicon.json.gz": gzip.compress(b'{"a": 1}', mtime=0),
        "weights.safetensors": safetensors(),
        "card.md": b"# A card\n",
    }
    files |= {named(name): content for name, content in changed.items()}
    files = written(files)
    if "sha256__json" not in changed:
        sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        files["sha256.json"] = json.dumps(sums).encode()
    return files


def named(key):
    """A file's name: two underscores stand for a full stop where it has none."""
    return key if "." in key else key.replace("__", ".")


def written(files):
    """Files as bytes; JSON is written, what is None is left out."""
    return {
        name: content if isinstance(content, bytes) else json.dumps(content).encode()
        for name, content in files.items()
        if content is not None
    }


def zipped(files, compression=zipfile.ZIP_DEFLATED):
    """A zip of files by name, or by `ZipInfo`."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in files.items() if isinstance(files, dict) else files:
            archive.writestr(name, content)
    return out.getvalue()


def node(loader, name, **more):
    """A node of a schema of skops."""
    module, _, kind = name.rpartition(".")
    return {"__class__": kind, "__module__": module, "__loader__": loader, **more}


def said(value):
    """A plain value in a schema of skops."""
    return node("JsonNode", "builtins.str", content=json.dumps(value), is_json=True)


def npy(descr="'<f8'", shape="(4,)", data=None, order="False"):
    """An array of numpy in its own format."""
    head = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"
    head += " " * (-(len(head) + 11) % 64) + "\n"
    body = bytes(32) if data is None else data
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + body


LOGISTIC = "sklearn.linear_model._logistic.LogisticRegression"


def skops(*beside, parts=None, protocol=2, estimator=LOGISTIC, loader="ObjectNode", schema=None):
    """A `.skops` file of one estimator with an array, and what else is given."""
    content = {
        "coef_": node("NdArrayNode", "numpy.ndarray", type="numpy", file="1.npy"),
        "_sklearn_version": said("1.9.1"),
        **{f"beside{number}": one for number, one in enumerate(beside)},
    }
    attributes = node("DictNode", "builtins.dict", content=content, key_types=node(
        "ListNode", "builtins.list", content=[node("TypeNode", "builtins.str")] * len(content)
    ))  # fmt: skip
    made = node(loader, estimator, content=attributes, protocol=protocol, _skops_version="0.16.0")
    files = {"schema.json": json.dumps(made if schema is None else schema).encode()}
    return zipped({**files, **({"1.npy": npy()} if parts is None else parts)}, zipfile.ZIP_STORED)


@pytest.fixture
def upload(tmp_path):
    """Takes files, or the bytes of one; nothing may be left where it is refused."""

    def run(files, name="model.zip", limits=SMALL):
        into, came = tmp_path / "into", tmp_path / "came"
        came.mkdir(exist_ok=True)
        given = []
        for number, (told, content) in enumerate(
            files.items() if isinstance(files, dict) else [(name, files)]
        ):
            (came / str(number)).write_bytes(content)
            given.append(Uploaded(told, came / str(number)))
        before = {path: path.stat().st_size for path in tmp_path.rglob("*")}
        try:
            return take(given, into, limits), into
        except Invalid:
            assert not into.exists()
            assert {path: path.stat().st_size for path in tmp_path.rglob("*")} == before
            raise

    return run


@pytest.fixture
def refused(upload):
    """What is said of files that are refused."""

    def run(files, name="model.zip", limits=SMALL):
        with pytest.raises(Invalid) as caught:
            upload(files, name, limits)
        return str(caught.value)

    return run
