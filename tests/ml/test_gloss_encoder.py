"""A transformer that glosses: it ranks what the ranker proposes, on a language made up in tests."""

from __future__ import annotations

import random
from importlib.util import find_spec

import pytest

from app.domain.errors import DomainError, Invalid, Unreadable
from app.ml import gloss, lookup
from app.ml.data import Entry, Line, Morph, Word
from app.ml.folder import read_model, write_model
from tests.lazily import Lazily
from tests.ml.test_ranker import accuracy, bare, lines

if find_spec("torch") is None or find_spec("transformers") is None:
    pytest.skip("torch and transformers are not installed", allow_module_level=True)

from tests.ml.test_fine_tuned import make_encoder

encoder = Lazily("app.ml.encoder")
encoder_fitting = Lazily("app.ml.encoder_fitting")
fine_tuned = Lazily("app.ml.fine_tuned")
transformer = Lazily("app.ml.transformer")
LEARNT, HELD = lines(80, 1), lines(30, 2)


@pytest.fixture(scope="module", autouse=True)
def _tiny():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(transformer._SIZES, "small", (1, 16))
        patch.setattr("app.ml.transformer._RATE", 5e-3)
        yield


def options(track: int, **more) -> dict[str, object]:
    kind = "words" if track == 1 else "morphs"
    return {"from": kind, "target": "gloss", "seed": 1, "epochs": "5", **more}


@pytest.fixture(scope="module", params=[1, 2], ids=["words", "morphs"])
def trained(request):
    told = []
    made = transformer.train(LEARNT, options(request.param), lambda *one: told.append(one))
    return request.param, made, told


def test_more_words_are_right_than_by_their_most_frequent_gloss(trained):
    track, model, _ = trained
    baseline = accuracy(lookup.train(LEARNT, options(track)), HELD, track)
    assert accuracy(model, HELD, track) > baseline + 0.05


def test_it_says_how_far_it_is_and_what_it_is(trained):
    _, model, told = trained
    shares = [share for share, _ in told]
    assert shares == sorted(shares) and shares[-1] == 1
    assert {"count", "candidates", "round 1 of 5", "how sure to be"} <= {phase for _, phase in told}
    facts = model.facts()
    assert (facts["engine"], facts["task"]) == ("transformer", "gloss") and "PL" in facts["labels"]
    assert {"torch", "transformers", "numpy"} <= facts["versions"].keys()


def test_a_saved_model_says_the_same_and_is_numbers_and_json(trained, tmp_path):
    track, model, _ = trained
    model.save(tmp_path / "model")
    assert {one.name for one in (tmp_path / "model").iterdir()} == {
        "model.json", "lexicon.json.gz", "weights.safetensors", "card.md", "sha256.json"
    }  # fmt: skip
    asked = [bare(line, track) for line in HELD]
    again = transformer.Model.load(tmp_path / "model")
    assert again.predict(asked) == model.predict(asked) and again.facts() == model.facts()
    with pytest.raises(Unreadable, match="another engine"):
        gloss.Model.load(tmp_path / "model")


def test_probabilities_are_of_one_word_and_sorted(trained):
    track, model, _ = trained
    for guess in model.predict([bare(line, track) for line in HELD[:10]]):
        for row in guess.words:
            told = [one.probability for one in row]
            assert told == sorted(told, reverse=True) and sum(told) <= 1.0001
            assert len({one.gloss for one in row}) == len(row) <= 8


def test_an_entry_of_the_lexicon_is_proposed_without_training(trained):
    track, model, _ = trained
    word = Word("zubimi", (Morph("zubi"), Morph("mi", "", "-")) if track == 2 else ())
    (guess,) = model.predict([Line("1", words=(word,))], [Entry(("zubi",), ("zebra",))])
    found = {one.gloss: one.source for one in guess.words[0]}
    assert found.get("zebra-PL") == "lexicon"


def test_lines_of_any_kind_are_answered_word_by_word(trained):
    _, model, _ = trained
    odd = (Word("漢字"), Word("\x00"), Word(""), Word("mi" * 300), Word("."))
    asked = [Line("1"), Line("2", words=odd), Line("3", words=(Word("panami"),) * 600)]
    none, strange, long = model.predict(asked)
    assert none.words == () and all(strange.words) and len(long.words) == 600
    assert strange.words[4][0].gloss == "." and strange.words[0][0].gloss


def test_one_line_with_one_gloss_is_enough_to_answer():
    line = Line("1", words=(Word("pana", (Morph("pana", "house"),)), Word(".")))
    model = transformer.train([line], options(1, epochs="1"))
    (guess,) = model.predict([Line("2", words=(Word("Pana"), Word("zubi")))])
    assert guess.words[0][0].gloss == "house" and guess.words[1]
    with pytest.raises(Invalid, match="No word has an analysis"):
        transformer.train([Line("1", words=(Word("pana"),))], options(1))


def test_the_same_seed_gives_the_same_answers_and_another_one_others():
    asked = [bare(line, 1) for line in HELD[:5]]
    one, again, other = (
        transformer.train(LEARNT[:15], options(1, epochs="1", seed=seed)).predict(asked)
        for seed in (1, 1, 2)
    )
    assert one == again != other


@pytest.mark.parametrize(
    ("config", "gone"),
    [
        ({"hidden_size": 16_000}, ""),
        ({"auto_map": {"AutoModel": "evil.Model"}}, ""),
        ({}, "table"),
        ({}, "network.classifier.bias"),
    ],
)
def test_what_does_not_fit_together_is_no_model(trained, tmp_path, config, gone):
    _, model, _ = trained
    model.save(tmp_path / "model")
    saved = read_model(tmp_path / "model")
    saved.lexicon["encoder"]["config"] |= config
    saved.weights.pop(gone, None)
    write_model(tmp_path / "model", saved)
    with pytest.raises(DomainError):
        transformer.Model.load(tmp_path / "model")


def test_it_can_begin_with_an_encoder_that_was_brought_in(tmp_path):
    base = make_encoder(tmp_path / "encoder")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.ml.fine_tuned._RATE", 5e-3)
        model = fine_tuned.train_on(base, LEARNT, options(1, base="a1", epochs="5"))
    baseline = accuracy(lookup.train(LEARNT, options(1)), HELD, 1)
    assert accuracy(model, HELD, 1) > baseline
    model.save(tmp_path / "model")
    asked = [bare(line, 1) for line in HELD[:5]]
    assert fine_tuned.Model.load(tmp_path / "model").predict(asked) == model.predict(asked)


def test_words_are_spelt_only_while_there_is_room():
    parts = encoder.Parts({"max_position_embeddings": 24}, None, None)  # room for 20 pieces
    stretch = encoder.Stretch((0, 1, 2, 3), ([1], [2], [3], [4]), (0, 0, 0, 0))
    pace = encoder_fitting.Pace(1, 1.0, split=1.0)
    told = encoder_fitting.spelt(parts, stretch, pace, lambda one: one * 8, random.Random(1))
    assert [len(one) for one in told] == [8, 8, 1, 1]
    assert encoder_fitting.spelt(parts, stretch, pace, None, random.Random(1)) == [
        [1], [2], [3], [4]
    ]  # fmt: skip


def test_batches_hold_every_line_once_and_lines_of_about_the_same_length():
    drawn = random.Random(1)
    sizes = [drawn.randint(1, 60) for _ in range(300)] + [900]
    found = list(encoder_fitting.batches(sizes, random.Random(2)))
    assert sorted(n for batch in found for n in batch) == list(range(301)) and [300] in found
    filled = [len(batch) * max(sizes[n] for n in batch) for batch in found]
    assert max(one for one in filled if one != 900) <= 512 and sum(filled) < 1.4 * sum(sizes)


def test_the_best_round_is_kept_and_no_further_ones_are_tried():
    from torch import nn

    network = nn.Linear(1, 1)
    best, seen = encoder_fitting.Best([network]), []
    for n, loss in enumerate((3.0, 1.0, 2.0, 2.0, 2.0, 2.0, 2.0)):
        nn.init.constant_(network.weight, float(n))
        seen.append(best.see(loss))
    assert seen == [True] * 6 + [False]
    best.put_back()
    assert network.weight.item() == 1.0
