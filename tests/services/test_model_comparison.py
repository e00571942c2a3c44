"""Two models beside each other, and whether a new version is worth training."""

from __future__ import annotations

import gzip
import io
import json
from dataclasses import replace

import pytest

from app.domain.errors import Invalid
from app.domain.ids import new_id
from app.domain.project import GENRES
from app.domain.roles import Role
from app.services import glossing, lexicon, model_comparison, model_renewal, people
from app.services import models as service
from app.services.glossing import Written
from app.store import files, models
from tests.factories import item_id, make_desk, make_store
from tests.labelling import change_lines
from tests.modelling import add_bare_lines, add_lines, add_model


@pytest.fixture
def desk(database):
    return make_desk(make_store(database))


def keep(desk, name, data):
    return files.put(desk.store, desk.project_id, io.BytesIO(data), name)


def measured(desk, said, train=(), **facts):
    """A model with its report.

    Args:
        said: by sentence its words: form, what should be said, what was.
    """
    report = {
        "sentences": [
            {"id": line, "words": [[*word, 0.5] for word in words]} for line, words in said.items()
        ]
    }
    told = gzip.compress(json.dumps(report).encode())
    model = add_model(
        desk,
        report=keep(desk, "r.json.gz", told),
        lines=keep(desk, "lines.txt", models.write_lines(train, said)),
        measures=[{"name": "word", "value": 0.5, "count": 4}],
        is_default=False,
        **facts,
    )
    return service.get(desk, model)


def test_two_that_were_measured_on_the_same_are_compared_with_an_interval(desk):
    lines = add_lines(desk, 20)
    right = {line: [["a", "A", "A"], ["b", "B", "B"]] for line in lines}
    wrong = {line: [["a", "A", "A"], ["b", "B", "X" if n % 2 else "B"]]
             for n, line in enumerate(lines)}  # fmt: skip
    one, other = measured(desk, right), measured(desk, wrong)
    found = model_comparison.compare(desk, one, other)
    assert (found.kind, found.shared, found.seen, found.words) == ("same", 20, 20, 40)
    assert (found.one_right, found.other_right) == (40, 30)
    assert found.low > 0 and found.low < found.difference == 0.25 < found.high < 0.45
    assert not found.may_be_chance and len(found.differing) == 10
    assert found.differing[0].gain == 1 and found.differing[0].words[1].other == "X"
    same = model_comparison.compare(desk, one, measured(desk, right))
    assert same.may_be_chance and same.differing == ()


def test_two_that_share_some_sentences_or_none_are_told_so(desk):
    lines = add_lines(desk, 6)
    told = {line: [["a", "A", "A"]] for line in lines}
    one = measured(desk, {line: told[line] for line in lines[:4]})
    found = model_comparison.compare(desk, one, measured(desk, dict(list(told.items())[2:])))
    assert (found.kind, found.shared, found.words) == ("some", 2, 2)
    found = model_comparison.compare(desk, one, measured(desk, {lines[5]: told[lines[5]]}))
    assert (found.kind, found.shared, found.words) == ("none", 0, 0) and found.may_be_chance
    assert model_comparison.told(found)["difference"] is None


def test_words_that_somebody_has_changed_since_are_left_out(desk):
    (line,) = add_lines(desk, 1)
    one = measured(desk, {line: [["a", "A", "A"], ["b", "B", "B"], ["a", "A", "C"]]})
    other = measured(desk, {line: [["a", "A", "X"], ["b", "NEW", "NEW"], ["a", "A", "A"]]})
    found = model_comparison.compare(desk, one, other)
    assert [(word.one, word.other) for word in found.differing[0].words] == [("A", "X"), ("C", "A")]


def test_what_does_something_else_is_not_compared(desk):
    one = measured(desk, {})
    with pytest.raises(Invalid):
        model_comparison.compare(desk, one, one)
    with pytest.raises(Invalid):
        model_comparison.compare(desk, one, measured(desk, {}, task="segment"))
    assert model_comparison.comparable_with(desk, one) == []
    (other,) = [measured(desk, {}, series=one["series"], version=2)]
    measured(desk, {})
    assert model_comparison.comparable_with(desk, one)[0]["_id"] == other["_id"]


def gloss(desk, lines):
    """Glosses the first word of some lines."""
    typed = {"morphs": [{"form": {"seh": "xa"}, "gloss": {"en": "X"}, "left": ""}]}
    for line in lines:
        word = desk.store.utterances.find_one({"_id": line})["words"][0]["id"]
        glossing.write(desk, line, word, Written(typed, None, True), change_id=new_id("x"))


def learnt(desk, **facts):
    """A model that has learnt from all that is there."""
    known = add_lines(desk, 40)
    seq = desk.store.utterances.find_one({"_id": known[-1]})["seq"]
    told = {"seq": seq, "gloss_ws": "en", "lines": 40, **facts}
    model = add_model(
        desk,
        learnt_from=told,
        lines=keep(desk, "l.txt", models.write_lines(known[:30], known[30:])),
    )
    return service.get(desk, model), known


def test_a_new_version_is_proposed_when_enough_was_confirmed_since(desk):
    model, known = learnt(desk)
    new = add_bare_lines(desk, [f"xa {n}" for n in range(12)])
    assert model_renewal.since(desk, model).new == 0
    gloss(desk, new[:9])
    for line in known[:5]:  # what it knows already counts for nothing
        word = desk.store.utterances.find_one({"_id": line})["words"][0]["id"]
        glossing.confirm(desk, line, word, change_id=new_id("x"))
    found = model_renewal.since(desk, model)
    assert (found.new, found.share, found.is_worth_it) == (9, 22, False)  # 9 are too few
    gloss(desk, new[9:10])
    assert model_renewal.since(desk, model).is_worth_it
    assert model_renewal.Since(100, False, 9000).is_worth_it
    assert not model_renewal.Since(99, False, 9000).is_worth_it


def test_of_fields_languages_and_senses_too_a_new_version_is_proposed(desk):
    sorter, known = learnt(desk)
    sorter |= {"task": "classify", "options": {"field": "genre"}}
    teller, suggester = {**sorter, "task": "language"}, {**sorter, "task": "suggest"}
    by_text = {**sorter, "options": {"field": "genre", "each": "text"}}
    of_both = (sorter, by_text, teller, suggester)
    assert [model_renewal.since(desk, one).new for one in of_both] == [0, 0, 0, 0]
    genre = item_id(desk, GENRES, "narrative")
    for number in (1, 2):
        add_lines(desk, 3, first=100 * number, text={"genre": genre})
    assert [model_renewal.since(desk, one).new for one in of_both] == [6, 2, 0, 0]

    def borrow(_number, line):
        line["words"][0]["language"] = "por"

    change_lines(desk, known[:1], borrow)  # it is known already, the next ones are not
    change_lines(desk, add_bare_lines(desk, ["mesa", "casa"]), borrow)
    assert model_renewal.since(desk, teller).new == 2
    house = {"lemma": {"seh": "nyumba"}, "senses": [{"id": new_id("s"), "gloss": {"en": "house"}}]}
    lexicon.add(desk, {"id": new_id("e"), **house}, new_id("x"))
    assert model_renewal.since(desk, suggester).new == 1


def test_only_the_last_version_and_only_with_consent_and_status(desk):
    model, _ = learnt(desk, statuses=["i_checked"])
    facts = {"name": "Ana", "label": "", "languages": [], "note": ""}
    person = people.add(desk, facts, change_id=new_id("x"))
    gloss(desk, add_bare_lines(desk, ["xa"]))
    gloss(desk, add_bare_lines(desk, ["xa xe"], status="i_checked", speaker=person))
    gloss(desk, add_bare_lines(desk, ["xa xi"], status="i_checked"))
    assert model_renewal.since(desk, model).new == 1
    viewer = make_desk(desk.store, role=Role.VIEWER, name="Vi")
    assert model_renewal.since(viewer, model) is None
    assert model_renewal.since(replace(desk), {**model, "learnt_from": {}}) is None
    add_model(desk, series=model["series"], version=2, is_default=False)
    assert model_renewal.since(desk, model) is None
