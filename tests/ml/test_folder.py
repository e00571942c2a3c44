"""A model on disk: whole or not at all, and not read if anything was changed."""

import gzip
import json

import numpy as np
import pytest

from app.domain.errors import Unreadable
from app.ml import folder
from app.ml.folder import Saved, read_model, write_model


@pytest.fixture
def made(tmp_path):
    weights = {"w": np.arange(4, dtype=np.float16)}
    write_model(tmp_path / "m", Saved({"task": "gloss"}, {"words": ["ба"]}, weights, "# Card"))
    return tmp_path / "m"


def test_a_model_comes_back(made):
    saved = read_model(made)
    assert (saved.model, saved.lexicon, saved.card) == (
        {"task": "gloss"},
        {"words": ["ба"]},
        "# Card",
    )
    assert saved.weights["w"].tolist() == [0, 1, 2, 3]


def test_the_same_model_has_the_same_bytes(made, tmp_path):
    write_model(tmp_path / "again", read_model(made))
    for one in made.iterdir():
        assert one.read_bytes() == (tmp_path / "again" / one.name).read_bytes()


@pytest.mark.parametrize(
    "name", ["model.json", "lexicon.json.gz", "weights.safetensors", "card.md"]
)
def test_a_changed_or_missing_file_is_named(made, name):
    with (made / name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(Unreadable) as caught:
        read_model(made)
    assert caught.value.file == name
    (made / name).unlink()
    with pytest.raises(Unreadable, match="missing"):
        read_model(made)


def test_a_link_is_not_followed(made, tmp_path):
    (tmp_path / "card").write_bytes((made / "card.md").read_bytes())
    (made / "card.md").unlink()
    (made / "card.md").symlink_to(tmp_path / "card")
    with pytest.raises(Unreadable):
        read_model(made)


def test_what_unpacks_to_too_much_is_refused(made, monkeypatch):
    monkeypatch.setattr(folder, "_MOST_LEXICON", 1 << 16)
    _replace(made, "lexicon.json.gz", gzip.compress(b"[" + b" " * (1 << 17) + b"]"))
    with pytest.raises(Unreadable, match="too large"):
        read_model(made)


@pytest.mark.parametrize("data", [b"", b"\xff" * 20, b"\x08" + b"\0" * 7 + b"{}      "])
def test_broken_weights_are_named(made, data):
    if data.endswith(b"{}      "):
        data = data[:8] + b"[1,2,3] "
    _replace(made, "weights.safetensors", data)
    with pytest.raises(Unreadable, match="weights"):
        read_model(made)


def test_nothing_is_left_of_a_model_that_cannot_be_written(tmp_path):
    with pytest.raises(TypeError):
        write_model(tmp_path / "m", Saved({"task": object()}, {}))
    assert list(tmp_path.iterdir()) == []


def _replace(made, name, data):
    hashes = json.loads((made / "sha256.json").read_bytes())
    (made / name).write_bytes(data)
    hashes[name] = folder._hash(data)
    (made / "sha256.json").write_text(json.dumps(hashes))
