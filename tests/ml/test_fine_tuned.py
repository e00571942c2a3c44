"""Training that begins with an encoder from outside, made in the test from a tiny configuration."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from app.domain.errors import Invalid
from app.ml import lookup
from app.ml.data import Line, Word
from app.ml.uploads import transformers_folder
from app.ml.uploads.limits import USUAL
from tests.lazily import Lazily
from tests.ml.test_tagging import HELD, LEARNT, accuracy, bare

if find_spec("torch") is None or find_spec("transformers") is None:
    pytest.skip("torch and transformers are not installed", allow_module_level=True)

transformers = Lazily("transformers")
fine_tuned = Lazily("app.ml.fine_tuned")
transformer = Lazily("app.ml.transformer")
OPTIONS = {"target": "pos", "seed": 1, "base": "a1", "epochs": "10"}


def make_encoder(folder):
    """A folder as transformers writes it, with a tokenizer that knows the letters of the tests."""
    tokenizer = transformer.pieces_from(word.form for line in LEARNT for word in line.words)
    config = transformer.configured(tokenizer.get_vocab_size(), 1, 16)
    config |= {"architectures": ["BertForMaskedLM"], "id2label": {"0": "x", "1": "y"}}
    made = transformers.BertForMaskedLM(transformers.BertConfig(**config))
    made.save_pretrained(folder)
    tokenizer.enable_padding(length=60)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return make_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="module")
def model(base):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.ml.fine_tuned._RATE", 5e-3)
        return fine_tuned.train_on(base, LEARNT, OPTIONS)


def test_it_is_an_encoder_that_can_be_brought_in(base):
    transformers_folder.check_files(one.name for one in base.iterdir())
    assert transformers_folder.describe(base, USUAL).model_type == "bert"


def test_it_learns_what_the_project_calls_words(model):
    found = accuracy(model, HELD)
    assert found > accuracy(lookup.train(LEARNT, OPTIONS), HELD) + 0.1
    assert model.facts()["labels"] == ["D", "N", "V"]


def test_a_saved_model_says_the_same_without_what_it_began_with(model, tmp_path):
    model.save(tmp_path / "model")
    again = fine_tuned.Model.load(tmp_path / "model")
    assert again.predict(bare(HELD)) == model.predict(bare(HELD))
    assert again.facts() == model.facts()
    with pytest.raises(Exception, match="another engine"):
        transformer.Model.load(tmp_path / "model")


def test_the_weights_of_the_encoder_are_where_it_begins(base):
    one = fine_tuned._read(base, 3).network.state_dict()
    other = fine_tuned._read(base, 3).network.state_dict()
    key = "bert.embeddings.word_embeddings.weight"
    assert (one[key] == other[key]).all()
    assert not (one["classifier.weight"] == other["classifier.weight"]).all()


def test_files_that_do_not_fit_and_one_label_are_refused(base, tmp_path):
    for one in base.iterdir():
        (tmp_path / one.name).write_bytes(one.read_bytes())
    (tmp_path / "tokenizer.json").write_text('{"model": {}}', encoding="utf-8")
    with pytest.raises(Invalid, match="cannot be begun with"):
        fine_tuned.train_on(tmp_path, LEARNT[:5], OPTIONS)
    with pytest.raises(Invalid, match="nothing to choose"):
        fine_tuned.train_on(base, [Line("1", words=(Word("a", pos="X"),))], OPTIONS)
