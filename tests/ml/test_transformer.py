"""A transformer that is trained here from a configuration, on a language made up in the tests."""

from __future__ import annotations

import json
from importlib.util import find_spec

import pytest

from app.domain.errors import DomainError, Invalid, Unreadable
from app.ml import lookup, running
from app.ml.data import Line, Word, write_lines
from app.ml.folder import read_model, write_model
from tests.lazily import Lazily
from tests.ml.test_tagging import HELD, LEARNT, accuracy, bare

if find_spec("torch") is None or find_spec("transformers") is None:
    pytest.skip("torch and transformers are not installed", allow_module_level=True)

transformer = Lazily("app.ml.transformer")
OPTIONS = {"target": "pos", "seed": 1, "size": "tiny", "epochs": "20"}


@pytest.fixture(scope="module", autouse=True)
def _tiny():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(transformer._SIZES, "tiny", (1, 16))
        patch.setitem(transformer._SIZES, "small", (1, 16))
        patch.setattr("app.ml.transformer._RATE", 5e-3)
        yield


@pytest.fixture(scope="module")
def told():
    return []


@pytest.fixture(scope="module")
def model(told):
    return transformer.train(LEARNT, OPTIONS, lambda share, phase: told.append((share, phase)))


def test_more_words_are_right_than_by_their_most_frequent_label(model):
    found = accuracy(model, HELD)
    assert found > accuracy(lookup.train(LEARNT, OPTIONS), HELD) + 0.1


def test_it_says_how_far_it_is(model, told):
    shares = [share for share, _ in told]
    assert shares == sorted(shares) and shares[-1] == 1
    assert {"round 1 of 20", "round 20 of 20"} <= {phase for _, phase in told}


def test_the_same_seed_gives_the_same_answers_and_another_one_others(model):
    short = {**OPTIONS, "epochs": "2"}
    one, again, other = (
        transformer.train(LEARNT[:20], {**short, "seed": seed}).predict(bare(HELD[:5]))
        for seed in (1, 1, 2)
    )
    assert one == again != other


def test_a_saved_model_says_the_same_and_is_numbers_and_json(model, tmp_path):
    model.save(tmp_path / "model")
    assert {one.name for one in (tmp_path / "model").iterdir()} == {
        "model.json", "lexicon.json.gz", "weights.safetensors", "card.md", "sha256.json"
    }  # fmt: skip
    again = transformer.Model.load(tmp_path / "model")
    assert again.predict(bare(HELD)) == model.predict(bare(HELD))
    assert again.facts() == model.facts()
    assert model.facts()["labels"] == ["D", "N", "V"]


def test_lines_of_any_kind_are_answered_word_by_word(model):
    lines = [
        Line("1"),
        Line("2", words=(Word("漢字"), Word("\x00"), Word(""), Word("le" * 3000))),
        Line("3", words=(Word("le"), Word(".")) * 2500),
    ]
    none, odd, long = model.predict(lines)
    assert none.words == () and len(odd.words) == 4 and len(long.words) == 5000
    assert odd.words[0] and odd.words[2] == () and long.words[0][0].label in ("D", "N", "V")
    assert all(sum(one.probability for one in row) <= 1.001 for row in long.words)


@pytest.mark.parametrize(
    "config",
    [
        {"hidden_size": 16_000},
        {"num_hidden_layers": 40, "hidden_size": 4096},
        {"model_type": "mystery"},
        {"auto_map": {"AutoModel": "evil.Model"}},
        {"vocab_size": 12},
    ],
)
def test_a_configuration_that_does_not_fit_is_refused_before_anything_is_made(
    model, tmp_path, config
):
    model.save(tmp_path / "model")
    saved = read_model(tmp_path / "model")
    saved.lexicon["config"] |= config
    write_model(tmp_path / "model", saved)
    with pytest.raises(DomainError):
        transformer.Model.load(tmp_path / "model")


def test_other_weights_another_engine_and_one_label_are_refused(model, tmp_path):
    model.save(tmp_path / "model")
    saved = read_model(tmp_path / "model")
    saved.weights.pop("classifier.bias")
    write_model(tmp_path / "model", saved)
    with pytest.raises(Unreadable, match="lacks something"):
        transformer.Model.load(tmp_path / "model")
    saved.model["engine"] = "crf"
    write_model(tmp_path / "model", saved)
    with pytest.raises(Unreadable, match="another engine"):
        transformer.Model.load(tmp_path / "model")
    with pytest.raises(Invalid, match="nothing to choose"):
        transformer.train([Line("1", words=(Word("a", pos="X"),))], OPTIONS)


def test_it_is_trained_behind_the_fence(tmp_path):
    lines, work = tmp_path / "lines", tmp_path / "work"
    lines.write_text("".join(write_lines(LEARNT[:20])), encoding="utf-8")
    work.mkdir()
    options, phases = {**OPTIONS, "size": "small", "epochs": "1"}, []
    said = running.train(
        "transformer", lines, options, tmp_path / "model", work,
        lambda _share, phase: phases.append(phase), lambda: False,
    )  # fmt: skip
    assert json.dumps(said) and said["engine"] == "transformer" and "round 1 of 1" in phases
    (guess,) = transformer.Model.load(tmp_path / "model").predict(bare(HELD[:1]))
    assert guess.words[0]
