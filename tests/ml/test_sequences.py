"""Models that make texts of texts: what they say, within which bounds, and how they are trained."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from importlib.util import find_spec

import pytest

from app.domain.errors import Invalid
from app.ml import lookup
from app.ml.data import Line, Word
from app.ml.labels import USE, Fit
from app.ml.targets import FIELD, SAID
from app.ml.translation_scores import chrf
from app.ml.uploads import transformers_folder
from app.ml.uploads.limits import USUAL
from tests.lazily import Lazily
from tests.ml.sequences import CODES, KINDS, make_sequences

if find_spec("torch") is None or find_spec("transformers") is None:
    pytest.skip("torch and transformers are not installed", allow_module_level=True)

fine_tuned_translator = Lazily("app.ml.fine_tuned_translator")
sequences = Lazily("app.ml.sequences")
NOUNS = {"mbwa": "dog", "paka": "cat", "samaki": "fish", "ndege": "bird", "punda": "donkey"}
VERBS = {"analala": "sleeps", "anakula": "eats", "anaona": "sees"}
PAIRS = [
    (f"{one} {verb} {other}", f"the {NOUNS[other]} {VERBS[verb]} a {NOUNS[one]}")
    for one in NOUNS
    for verb in VERBS
    for other in NOUNS
    if one != other
]
random.Random(1).shuffle(PAIRS)
LINES = [
    Line(said, words=tuple(map(Word, said.split())), labels={SAID: said, FIELD: told})
    for said, told in PAIRS
]
LEARNT, HELD = LINES[:48], LINES[48:]
TEXTS = [text for pair in PAIRS for text in pair]
OPTIONS = {"target": "translation", "seed": 1, "epochs": "20", "translator": "a1", "into": "en"}
ASKED = Fit("translate", "text", prefix="anaona: ")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    folder = make_sequences(tmp_path_factory.mktemp("t5"), texts=TEXTS, d_model=32, d_ff=32)
    folder.joinpath(USE).write_bytes(ASKED.written())
    return folder


@pytest.fixture(scope="module")
def model(base):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.ml.fine_tuned_translator._RATES", {"t5": 1e-2})
        return fine_tuned_translator.train_on(base, LEARNT, OPTIONS)


def bare(lines):
    return [replace(one, labels={SAID: one.labels[SAID]}) for one in lines]


def first(guesses):
    return [one.line[0].label if one.line else "" for one in guesses]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_looked_through_and_makes_texts(kind, tmp_path):
    codes = CODES if kind in ("m2m_100", "mbart") else ()
    make_sequences(tmp_path, kind, TEXTS, codes)
    transformers_folder.check_files(one.name for one in tmp_path.iterdir())
    assert transformers_folder.describe(tmp_path, USUAL).model_type == kind
    fit = Fit("translate", "text", source=codes[0] if codes else "", gives="".join(codes[1:2]))
    made = sequences.read_sequences(tmp_path, fit)
    assert made.codes == sorted(codes)
    assert made.read("mbwa")[-1] == made.ids["eos_token_id"]
    some, nothing = made.predict([*bare(LINES[:1]), Line("none")])
    assert some.line and len(some.line) <= 4 and nothing.line == ()
    assert all(0 < one.probability <= 1 and one.label for one in some.line)
    if codes:
        begin = [made.tokenizer.token_to_id(one) for one in codes[:2]]
        assert [made.read("mbwa")[0], made.wanted("the dog")[0]] == begin
        with pytest.raises(Invalid, match="no language that the model names so"):
            sequences.read_sequences(tmp_path, replace(fit, gives="xyz"))


def test_what_the_files_say_of_making_texts_is_not_followed(base, tmp_path):
    for one in base.iterdir():
        (tmp_path / one.name).write_bytes(one.read_bytes())
    path = tmp_path / "generation_config.json"
    told = json.loads(path.read_text()) | {"num_beams": 16, "max_new_tokens": 4096, "top_k": 9,
                                           "do_sample": True, "min_new_tokens": 4000}  # fmt: skip
    path.write_text(json.dumps(told))
    made = sequences.read_sequences(tmp_path, None)
    used = made.network.generation_config
    assert (used.num_beams, used.do_sample, used.min_new_tokens) == (4, False, None)
    assert used.max_time and len(made.read("mbwa " * 9000)) <= sequences.LONGEST + 2
    assert made.made("mbwa")


def test_files_that_do_not_fit_are_refused(base, tmp_path):
    for one in base.iterdir():
        (tmp_path / one.name).write_bytes(one.read_bytes())
    config = json.loads((base / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"num_decoder_layers": 2}))
    with pytest.raises(Invalid, match="Weights are missing: decoder"):
        sequences.read_sequences(tmp_path, None)
    (tmp_path / "config.json").write_text(json.dumps(config))
    tokenizer = json.loads((base / "tokenizer.json").read_text())
    tokenizer["model"]["vocab"] |= {f"more{n}": 200 + n for n in range(200)}
    (tmp_path / "tokenizer.json").write_text(json.dumps(tokenizer))
    with pytest.raises(Invalid, match="have room for"):
        sequences.read_sequences(tmp_path, None)
    (tmp_path / "tokenizer.json").write_text('{"model": {}}')
    with pytest.raises(Invalid, match="do not fit together"):
        sequences.read_sequences(tmp_path, None)


def test_it_learns_what_the_lookup_does_not_know(model):
    gold = [one.labels[FIELD] for one in HELD]
    found = chrf(first(model.predict(bare(HELD))), gold)
    beside = lookup.train(LEARNT, {"target": "translation"}).predict(bare(HELD))
    assert found > chrf(first(beside), gold) + 0.1
    assert model.sequences.fit == ASKED  # asked as the project had decided


def test_a_saved_model_says_the_same_without_what_it_began_with(model, tmp_path):
    model.save(tmp_path / "model")
    again = fine_tuned_translator.Model.load(tmp_path / "model")
    assert again.predict(bare(HELD[:4])) == model.predict(bare(HELD[:4]))
    assert again.facts() == model.facts()
    numbers = sum(one.numel() for one in again.sequences.network.parameters())
    assert (tmp_path / "model" / "weights.safetensors").stat().st_size < 2 * numbers + 8000


def test_the_same_seed_gives_the_same_and_progress_is_told(base):
    told = []
    made = [
        fine_tuned_translator.train_on(
            base, LEARNT[:16], {**OPTIONS, "epochs": "1"}, lambda *one: told.append(one)
        )
        for _ in range(2)
    ]
    one, other = (each.sequences.network.state_dict() for each in made)
    assert all((one[key] == other[key]).all() for key in one)
    assert told[-1] == (1.0, "round 1 of 1")
    with pytest.raises(Invalid, match="nothing to learn"):
        fine_tuned_translator.train_on(base, LEARNT[:1], OPTIONS)
