"""What a file is, by its first bytes and its name, where it is nothing that may be loaded."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from app.domain.messages import Message, say

_HEAD = 512
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file (Keras, older transformers)"),
    (b"\x93NUMPY", "an array of numpy"),
    (b"GGUF", "a GGUF model"),
    (b"lCRF", "a binary model of CRFsuite"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"\xcf\xfa\xed\xfe", "a program"),
    (b"#!", "a program"),
    (b"\x1f\x8b", "a gzip file"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ\x00", "an xz file"),
    (b"\x04\x22\x4d\x18", "an LZ4 file"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
)
_ENDINGS: dict[str, str] = {
    "pkl": "a pickle", "pickle": "a pickle", "dill": "a pickle", "cloudpickle": "a pickle",
    "joblib": "a joblib file (a pickle)", "sav": "a pickle",
    "bin": "a PyTorch checkpoint (a pickle)", "pt": "a PyTorch checkpoint (a pickle)",
    "pth": "a PyTorch checkpoint (a pickle)", "ckpt": "a checkpoint (a pickle)",
    "mar": "a TorchServe archive", "py": "Python code", "pyc": "Python code",
    "pyd": "a program", "so": "a program", "dll": "a program", "sh": "a program",
    "ipynb": "a notebook", "h5": "an HDF5 file (Keras, older transformers)",
    "hdf5": "an HDF5 file (Keras, older transformers)", "keras": "a Keras model",
    "onnx": "an ONNX model", "tflite": "a TensorFlow Lite model", "pb": "a TensorFlow model",
    "msgpack": "a Flax checkpoint", "npy": "an array of numpy", "npz": "arrays of numpy",
    "gguf": "a GGUF model", "ggml": "a GGML model", "crfsuite": "a binary model of CRFsuite",
    "model": "a SentencePiece model", "spm": "a SentencePiece model", "gz": "a gzip file",
    "bz2": "a bzip2 file", "xz": "an xz file", "tar": "a tar archive", "tgz": "a tar archive",
    "7z": "a 7-Zip archive", "rar": "a RAR archive", "exe": "a program",
}  # fmt: skip
_CODE = ("pickle", "checkpoint", "code", "program", "notebook", "TorchServe", "Keras model")
_ARCHIVES = ("gzip", "bzip2", "xz", "LZ4", "Zstandard", "7-Zip", "RAR", "tar")
_OLD_PICKLE = re.compile(rb"(?:c[\w.]+\n[\w.]+\n|\(?[dlp]p?\d*\n|\(i[\w.]+\n)")


def kind_of(path: Path, name: str = "") -> str:
    """What a file is, in words, where it is one of those known; else empty."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    return _by_content(head, path) or _by_name(name or path.name)


def refusal(name: str, kind: str = "") -> Message:
    """Why a file is not taken, and what to do."""
    kind = kind or _by_name(name)
    if any(word in kind for word in _CODE):
        return say(
            "“%(name)s” is %(kind)s: loading it can run whatever code its maker put in, so it is "
            "never opened. Convert the model on your own machine (see “Bringing a model in”: "
            "scikit-learn to .skops, transformers to safetensors) and upload that.",
            name=shown(name),
            kind=kind,
        )
    if any(word in kind for word in _ARCHIVES):
        return say(
            "“%(name)s” is %(kind)s; a model comes as .skops, as a zip or as the files of a "
            "folder. Pack it anew (see “Bringing a model in”).",
            name=shown(name),
            kind=kind,
        )
    if kind:
        return say(
            "“%(name)s” is %(kind)s, which is not among what can be loaded here. Leave it out, or "
            "convert the model on your own machine (see “Bringing a model in”).",
            name=shown(name),
            kind=kind,
        )
    return say(
        "“%(name)s” is none of the files that a model consists of. Leave it out: what may be there "
        "is listed in “Bringing a model in”.",
        name=shown(name),
    )


def shown(name: str) -> str:
    """A foreign name as it can be shown: one line, no control characters, not too long."""
    clean = "".join(one if one.isprintable() else "�" for one in name)
    return clean if len(clean) <= 80 else f"{clean[:77]}…"


def _by_content(head: bytes, path: Path) -> str:
    if head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return "a pickle"
    if _OLD_PICKLE.match(head):
        return "a pickle"
    if head[257:262] == b"ustar":
        return "a tar archive"
    if head[4:8] == b"TFL3":
        return "a TensorFlow Lite model"
    if head[:2] == b"PK":
        return _zip_kind(path)
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), "")


def _zip_kind(path: Path) -> str:
    """What a zip is by the names in it: other libraries keep models in zips too."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [one.filename for one in archive.infolist()[:1000]]
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return "a broken zip file"
    if any(one.endswith("data.pkl") for one in names):
        return "a PyTorch checkpoint (a pickle)"
    if names and all(one.endswith(".npy") for one in names):
        return "arrays of numpy"
    if "model.weights.h5" in names:
        return "a Keras model"
    return ""


def _by_name(name: str) -> str:
    return _ENDINGS.get(name.rpartition(".")[2].lower(), "") if "." in name else ""
