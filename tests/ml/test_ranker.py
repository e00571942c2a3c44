"""The glosser on a language made up here: stems and endings that go together by rule."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import product

import pytest

from app.domain.errors import Invalid, Unreadable
from app.ml import gloss, lookup, scores
from app.ml.data import Entry, Line, Morph, Word
from app.ml.ranker import model

STEMS = {"".join(parts): None for parts in product("ptkmsl", "aiou", "nrbd", "ae")}
NAMES = [
    "house",
    "dog",
    "river",
    "woman",
    "stone",
    "path",
    "hand",
    "fire",
    "child",
    "bird",
    "tree",
    "moon",
    "road",
    "salt",
    "milk",
    "rain",
]
ENDINGS = [("", ""), ("mi", "PL"), ("ku", "LOC"), ("miku", "PL-LOC"), ("sa", "POSS")]
SAID = {"PL": "vi", "LOC": "ne", "POSS": "ka"}


def lexicon() -> list[tuple[str, str, str]]:
    """Stems with their glosses, and the words that translations have for them."""
    stems = list(STEMS)
    random.Random(3).shuffle(stems)
    made = []
    for n, stem in enumerate(stems):
        name = NAMES[n % len(NAMES)] + "abcdefghijkl"[n // len(NAMES)] * 2
        made.append((stem, name, f"{name}ek"))  # a translation says every noun with an ending
    return made


def word(stem: str, name: str, ending: str, grams: str) -> Word:
    forms = [stem, *([ending] if len(grams) < 5 and ending else ["mi", "ku"] if ending else [])]
    glosses = [name, *(grams.split("-") if grams else [])]
    joints = ["", *["-"] * (len(forms) - 1)]
    return Word(stem + ending, tuple(map(Morph, forms, glosses, joints)))


def lines(count: int, seed: int) -> list[Line]:
    drawn, made = random.Random(seed), []
    held = lexicon()
    for number in range(count):
        words, said = [], []
        for _ in range(drawn.randint(3, 6)):
            stem, name, told = held[min(int(drawn.expovariate(1 / 25)), len(held) - 1)]
            ending, grams = drawn.choice(ENDINGS)
            words.append(word(stem, name, ending, grams))
            said += [told, *(SAID[one] for one in grams.split("-") if one)]
        made.append(Line(str(number), "", (*words, Word(".")), {"q": " ".join(said)}))
    return made


def bare(line: Line, track: int) -> Line:
    def asked(one: Word) -> Word:
        kept = tuple(replace(morph, gloss="") for morph in one.morphs) if track == 2 else ()
        return replace(one, morphs=kept)

    return replace(line, words=tuple(map(asked, line.words)))


def glosses(found) -> list[list[str]]:
    return [[row[0].gloss for row in one.words if row] for one in found]


def gold(held: list[Line]) -> list[list[str]]:
    return [
        ["-".join(morph.gloss for morph in one.morphs) or one.form for one in line.words]
        for line in held
    ]


def accuracy(model, held: list[Line], track: int) -> float:
    guesses = model.predict([bare(line, track) for line in held])
    return scores.word_accuracy(glosses(guesses), gold(held))


LEARNT, HELD = lines(120, 1), lines(40, 2)


@pytest.fixture(scope="module", params=[1, 2], ids=["words", "morphs"])
def trained(request):
    options = {"from": "words" if request.param == 1 else "morphs"}
    return request.param, gloss.train(LEARNT, options), options


def test_more_words_are_right_than_by_their_most_frequent_gloss(trained):
    track, model, options = trained
    baseline = accuracy(lookup.train(LEARNT, options), HELD, track)
    assert accuracy(model, HELD, track) > baseline + 0.05


def test_training_twice_gives_the_same_answers(trained):
    track, model, options = trained
    asked = [bare(line, track) for line in HELD]
    assert gloss.train(LEARNT, options).predict(asked) == model.predict(asked)


def test_a_saved_model_answers_as_before(trained, tmp_path):
    track, model, _ = trained
    model.save(tmp_path / "model")
    asked = [bare(line, track) for line in HELD]
    assert gloss.Model.load(tmp_path / "model").predict(asked) == model.predict(asked)


def test_probabilities_are_of_one_word_and_sorted(trained):
    track, model, _ = trained
    for guess in model.predict([bare(line, track) for line in HELD[:10]]):
        for row in guess.words:
            likely = [one.probability for one in row]
            assert likely == sorted(likely, reverse=True)
            assert 0 < sum(likely) <= 1 + 1e-6
            assert len(row) <= 8


def test_an_entry_of_the_lexicon_is_proposed_without_training(trained):
    track, model, _ = trained
    new = Word("zuzumi", (Morph("zuzu"), Morph("mi", "", "-")) if track == 2 else ())
    asked = [Line("1", "", (new,))]
    entry = Entry(("zuzu",), ("elephant",), "n")
    assert "elephant-PL" not in {one.gloss for one in model.predict(asked)[0].words[0]}
    found = {one.gloss: one for one in model.predict(asked, [entry])[0].words[0]}
    assert found["elephant-PL"].source == "lexicon"
    assert "elephant-PL" not in {one.gloss for one in model.predict(asked)[0].words[0]}


def test_what_stands_for_a_new_stem_is_learnt_from_translations(trained):
    track, model, _ = trained
    new = Word("zuzuku", (Morph("zuzu"), Morph("ku", "", "-")) if track == 2 else ())
    told = Line("1", "", (new,), {"q": "elephantek ne"})
    found = [one.gloss for one in model.predict([told])[0].words[0]]
    assert "elephant-LOC" in found[:3]  # the ending of nouns in translations is left off
    unsaid = model.predict([replace(told, translations={})])[0].words[0]
    assert "elephant-LOC" not in {one.gloss for one in unsaid}


def test_marks_gloss_themselves(trained):
    track, model, _ = trained
    asked = Line("1", "", (Word("?!", (Morph("?!"),) if track == 2 else ()),))
    assert model.predict([asked])[0].words[0][0].gloss == "?!"


def test_long_and_strange_words_are_answered(trained):
    track, model, _ = trained
    forms = ["a" * 3000, "𒀀𒀁", "", "-", "\u0301", "ﷺ", "\ue000\ue001", "\u0378", "😀"]
    words = tuple(Word(one, (Morph(one),) if track == 2 else ()) for one in forms)
    found = model.predict([Line("1", "", words, {"q": "\u0000 ek"}), Line("2")])
    assert [len(one.words) for one in found] == [len(forms), 0]
    assert all(row for row in found[0].words)


def test_morphs_are_found_without_glosses_or_with_them():
    for held in (LEARNT, [_unglossed(line) for line in LEARNT]):
        model = gloss.train(held, {"target": "form"})
        found = model.predict([bare(line, 1) for line in HELD])
        said = [[m.form for row in one.words[:-1] for m in row[0].morphs] for one in found]
        right = [[m.form for one in line.words for m in one.morphs] for line in HELD]
        assert scores.segmentation_f1(said, right) > 0.85


def test_glosses_are_learnt_where_nobody_said_how_words_are_taken_apart():
    held = [_unparted(line) for line in LEARNT]
    model = gloss.train(held, {})
    baseline = accuracy(lookup.train(held, {}), HELD, 1)
    assert accuracy(model, HELD, 1) > baseline + 0.05


def test_unconfirmed_words_teach_nothing():
    doubted = [
        replace(line, words=tuple(replace(one, confirmed=False) for one in line.words))
        for line in LEARNT
    ]
    with pytest.raises(Invalid, match="can be learnt from"):
        gloss.train(doubted, {})


def test_a_large_corpus_is_remembered_and_weighed_in_part(monkeypatch, tmp_path):
    monkeypatch.setattr(model, "_MOST_LINES", 30)
    monkeypatch.setattr(model, "_MOST_WORDS", 300)
    told, held = lines(120, 1), lines(20, 2)
    made = gloss.train(told, {"from": "words"})
    assert len(made.memory.lines) == 30
    assert made.inventory.words.keys() >= {one.form for line in told for one in line.words[:1]}
    assert accuracy(made, held, 1) > accuracy(lookup.train(told, {}), held, 1)
    made.save(tmp_path / "model")
    read = gloss.Model.load(tmp_path / "model")
    assert glosses(read.predict(held)) == glosses(made.predict(held))


def test_one_line_with_one_label_is_enough_to_answer():
    model = gloss.train([Line("1", "", (Word("pa", (Morph("pa", "house"),)),))], {})
    assert model.predict([Line("2", "", (Word("Pa"),))])[0].words[0][0].gloss == "house"


def test_who_is_told_can_end_a_training():
    class Stopped(Exception):
        pass

    phases = []

    def tell(share: float, phase: str) -> None:
        phases.append(phase)
        if share > 0.5:
            raise Stopped

    with pytest.raises(Stopped):
        gloss.train(LEARNT, {}, tell)
    assert phases[0] == "count"
    assert phases[-1] == "weights"


def test_a_folder_whose_parts_do_not_fit_is_no_model(trained, tmp_path):
    _, model, _ = trained
    from app.ml.folder import read_model, write_model

    model.save(tmp_path / "model")
    saved = read_model(tmp_path / "model")
    saved.weights["signs"] = saved.weights["signs"][:1000]
    write_model(tmp_path / "other", saved)
    with pytest.raises(Unreadable):
        gloss.Model.load(tmp_path / "other")


def _unglossed(line: Line) -> Line:
    words = tuple(
        replace(one, morphs=tuple(replace(m, gloss="") for m in one.morphs)) for one in line.words
    )
    return replace(line, words=words)


def _unparted(line: Line) -> Line:
    words = tuple(
        replace(one, morphs=tuple(replace(m, form="") for m in one.morphs)) for one in line.words
    )
    return replace(line, words=words)
