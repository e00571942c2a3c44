"""Models from outside in the process that runs them: what they say, and what they may not."""

from __future__ import annotations

import json
import struct
from dataclasses import asdict
from importlib.util import find_spec

import pytest

from app.domain.errors import Invalid
from app.ml.data import Line, Word
from app.ml.engines import OUTSIDE
from app.predict.pool import Kept, Limits, ModelEnded, Pool
from app.processes import trials
from tests.ml.uploads import node, skops, written

LINES = [
    Line("l1", words=(Word("nyumba"), Word("moja"))),
    Line("l2", words=(Word("neno"), Word("x" * 50), *[Word("neno")] * 300)),
    Line("l3"),
]

pytestmark = pytest.mark.skipif(
    not all(one.holds for one in trials.proven()), reason="not every fence holds here"
)


@pytest.fixture
def ask(tmp_path):
    """Asks a model of which the files are given."""
    pools = []

    def run(engine, files, memory=2048):
        folder = tmp_path / "model"
        folder.mkdir()
        for name, content in files.items():
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            (folder / name).write_bytes(data)
        folder.chmod(0o755)
        pools.append(Pool(Limits(memory=memory), lambda _: folder, tmp_path))
        model = Kept("m1", "Sena", OUTSIDE[engine], outside=True)
        lines = [asdict(one) for one in LINES]
        return pools[-1].ask(model, {"do": "predict", "lines": lines})["guesses"]

    yield run
    for pool in pools:
        pool.close()


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    """Models of scikit-learn as skops writes them, also those that skops alone would not load."""
    pytest.importorskip("sklearn")
    skops_io = pytest.importorskip("skops.io")
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
    from sklearn.linear_model import LogisticRegression, SGDClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    models = {
        "logistic": (TfidfVectorizer(analyzer="char", ngram_range=(1, 2)), LogisticRegression()),
        "linear": (TfidfVectorizer(analyzer="char"), LinearSVC()),
        "hashed": (HashingVectorizer(n_features=256), SGDClassifier(random_state=1)),
        "calibrated": (TfidfVectorizer(), CalibratedClassifierCV(LinearSVC(), cv=2)),
        "forest": (TfidfVectorizer(), RandomForestClassifier(5, random_state=1, n_jobs=-1)),
    }
    made = {}
    for name, steps in models.items():
        model = make_pipeline(*steps)
        model.fit(["nyumba", "moja", "neno", "nane"] * 3, ["N", "NUM", "N", "NUM"] * 3)
        path = tmp_path_factory.mktemp("honest") / f"{name}.skops"
        skops_io.dump(model, path)
        made[name] = (model, path.read_bytes())
    return made


def test_what_skops_and_scikit_learn_write_is_taken(honest, upload, tmp_path):
    for name, (_, content) in honest.items():
        taken, into = upload(content, f"{name}.skops")
        assert taken.described.estimator == "sklearn.pipeline.Pipeline"
        into.rename(tmp_path / name)


@pytest.mark.parametrize(("name", "unit"), [("linear", "word"), ("forest", "line")])
def test_scikit_learn_labels_words_and_lines(honest, ask, name, unit):
    model, content = honest[name]
    found = ask("scikit-learn", {"model.skops": content, "use.json": {"unit": unit}})
    assert [one["id"] for one in found] == ["l1", "l2", "l3"]
    if unit == "word":
        likeliest = [word[0]["label"] for word in found[0]["words"]]
        assert likeliest == list(model.predict(["nyumba", "moja"])) == ["N", "NUM"]
        assert len(found[1]["words"]) == 302 and found[2]["words"] == []
        labels = found[0]["words"][0]
    else:
        assert found[0]["words"] == []
        labels = found[0]["line"]
        assert labels[0]["label"] == model.predict(["nyumba moja"])[0]
    assert sum(one["probability"] for one in labels) == pytest.approx(1)


def test_a_skops_file_that_slipped_through_is_still_not_built(ask):
    content = skops(node("FunctionNode", "os.system"))
    with pytest.raises(Invalid, match=r"“Sena” cannot be loaded: .*os\.system"):
        ask("scikit-learn", {"model.skops": content})


def bert(**changed):
    """A tiny model, made by hand: whatever it reads it says V, in 95 of 100."""
    square, edge = [8, 8], [8]
    layer = "bert.encoder.layer.0"
    shapes = {
        "bert.embeddings.word_embeddings.weight": [5, 8],
        "bert.embeddings.position_embeddings.weight": [64, 8],
        "bert.embeddings.token_type_embeddings.weight": [2, 8],
        "bert.embeddings.LayerNorm.weight": edge, "bert.embeddings.LayerNorm.bias": edge,
        "classifier.weight": [2, 8],
    }  # fmt: skip
    for part in ("attention.self.query", "attention.self.key", "attention.self.value",
                 "attention.output.dense", "intermediate.dense", "output.dense"):  # fmt: skip
        shapes |= {f"{layer}.{part}.weight": square, f"{layer}.{part}.bias": edge}
    for part in ("attention.output.LayerNorm", "output.LayerNorm"):
        shapes |= {f"{layer}.{part}.weight": edge, f"{layer}.{part}.bias": edge}
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, shape in [*shapes.items(), ("classifier.bias", [2])]:
        size = 4 * shape[0] * (shape[1] if len(shape) > 1 else 1)
        header[name] = {
            "dtype": "F32",
            "shape": shape,
            "data_offsets": [len(data), len(data) + size],
        }
        data += struct.pack("<2f", 0, 3) if name == "classifier.bias" else bytes(size)
    head = json.dumps(header).encode()
    vocab = {"[PAD]": 0, "[UNK]": 1, "nyumba": 2, "moja": 3, "neno": 4}
    config = {
        "model_type": "bert", "architectures": ["BertForTokenClassification"], "vocab_size": 5,
        "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": 8, "max_position_embeddings": 64, "type_vocab_size": 2,
        "id2label": {"0": "N", "1": "V"}, "label2id": {"N": 0, "V": 1}, "pad_token_id": 0,
    }  # fmt: skip
    tokenizer = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [],
        "normalizer": None, "pre_tokenizer": {"type": "Whitespace"}, "post_processor": None,
        "decoder": None, "model": {"type": "WordLevel", "vocab": vocab, "unk_token": "[UNK]"},
    }  # fmt: skip
    kinds = {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "[PAD]",
             "unk_token": "[UNK]"}  # fmt: skip
    return {
        "config.json": config | changed,
        "tokenizer.json": tokenizer,
        "tokenizer_config.json": kinds,
        "model.safetensors": struct.pack("<Q", len(head)) + head + data,
    }


needs_torch = pytest.mark.skipif(
    find_spec("torch") is None, reason="torch is not installed (scripts/setup --no-hf)"
)


@needs_torch
def test_transformers_label_words_and_run_no_code_that_lies_beside(ask, upload):
    upload(written(bert()))  # as it is, it passes
    hostile = bert(auto_map={"AutoModelForTokenClassification": "m.Mine"})
    code = b"raise SystemExit('this code was run')\n"
    found = ask("transformers", hostile | {"m.py": code, "json.py": code, "torch.py": code})
    first = found[0]["words"][0]
    assert [one["label"] for one in first] == ["V", "N"]
    assert first[0]["probability"] == pytest.approx(0.9526, abs=0.001)
    assert len(found[1]["words"]) == 302 and found[1]["words"][-1] == []  # beyond its window
    assert found[2]["words"] == []


@needs_torch
def test_a_configuration_that_asks_for_all_memory_ends_with_a_message(ask):
    with pytest.raises((ModelEnded, Invalid), match="“Sena”"):
        ask("transformers", bert(vocab_size=400_000_000))
