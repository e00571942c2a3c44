"""What a model may learn from, and what is kept to measure it."""

from __future__ import annotations

import pytest

from app.domain.errors import Invalid
from app.domain.ids import new_id
from app.domain.models import part, place_of
from app.domain.roles import Role
from app.services import model_data, people
from app.services.model_data import CONSENT, NOTHING, REPEATED, STATUS, Choice
from tests.factories import make_desk, make_store
from tests.labelling import add_categories
from tests.modelling import add_lines, make_line


@pytest.fixture
def desk(database):
    return make_desk(make_store(database))


def test_lines_become_words_with_morphs_and_translation(desk):
    (line,) = add_lines(desk, 1)
    found = model_data.gather(desk, "gloss").lines[line]
    told = make_line(0)
    assert " ".join(word.form for word in found.words) == told["line"]
    glosses = ["-".join(morph.gloss for morph in word.morphs) for word in found.words]
    assert " ".join(glosses) == told["gloss"]
    assert found.words[1].morphs[1].joint == "-" and found.words[0].morphs[0].joint == ""
    assert found.translations == {"en": told["translation"]}


def test_only_confirmed_analyses_are_learnt_from(desk):
    (line,) = add_lines(desk, 1)
    desk.store.utterances.update_one(
        {"_id": line},
        {"$set": {"words.0.analyses.0.origin": "memory", "words.1.analyses.0.origin": "import"}},
    )
    words = model_data.gather(desk, "gloss").lines[line].words
    assert [word.confirmed for word in words] == [False, True, True]
    assert words[0].morphs == ()


def test_who_did_not_agree_is_never_learnt_from(desk):
    facts = {"name": "Ana", "label": "A", "languages": [], "note": ""}
    silent, keeps, trains = (
        people.add(desk, {**facts, "name": name}, change_id=new_id("x"))
        for name in ("Silent", "Keeps", "Trains")
    )
    people.save_consent(desk, keeps, ["keep", "show", "publish"], change_id=new_id("x"))
    given = people.save_consent(desk, trains, ["train"], change_id=new_id("x"))
    add_lines(desk, 3, line={"speaker": silent})
    add_lines(desk, 3, first=10, text={"speakers": [trains, keeps]})
    kept = add_lines(desk, 3, first=20, line={"speaker": trains})
    free = add_lines(desk, 3, first=30)
    found = model_data.gather(desk, "gloss")
    assert set(found.lines) == {*kept, *free}
    assert found.left_out[CONSENT] == 6
    assert found.speakers == {trains} and found.unnamed == 3
    people.withdraw_consent(desk, trains, given, change_id=new_id("x"))
    assert set(model_data.gather(desk, "gloss").lines) == set(free)


def test_a_consent_for_some_texts_is_one_for_those(desk):
    facts = {"name": "Ana", "label": "", "languages": [], "note": ""}
    person = people.add(desk, facts, change_id=new_id("x"))
    people.save_consent(desk, person, ["train"], scope="only “Text 1”", change_id=new_id("x"))
    lines = add_lines(desk, 4, texts=2, line={"speaker": person})
    assert set(model_data.gather(desk, "gloss").lines) == set(lines[:2])


def test_texts_and_statuses_can_be_chosen(desk):
    status = desk.store.items.find_one({"project": desk.project_id, "list": "statuses"})["_id"]
    first = add_lines(desk, 2)
    approved = add_lines(desk, 2, first=5, line={"status": status})
    whole = add_lines(desk, 2, first=9, text={"status": status})
    found = model_data.gather(desk, "gloss", Choice(statuses=(status,)))
    assert set(found.lines) == {*approved, *whole} and found.left_out[STATUS] == 2
    text = desk.store.utterances.find_one({"_id": first[0]})["text"]
    assert set(model_data.gather(desk, "gloss", Choice((text,))).lines) == set(first)
    with pytest.raises(Invalid, match="not there any more"):
        model_data.gather(desk, "gloss", Choice((new_id("t"),)))


def test_sentences_that_stand_there_twice_count_once(desk):
    add_lines(desk, 5)
    add_lines(desk, 5)
    found = model_data.gather(desk, "gloss")
    assert len(found.lines) == 5 and found.left_out[REPEATED] == 5


def test_lines_without_glosses_have_nothing_for_glossing(desk):
    (line,) = add_lines(desk, 1)
    words = desk.store.utterances.find_one({"_id": line})["words"]
    for word in words:
        for morph in word["analyses"][0]["morphs"]:
            morph["gloss"] = {}
    desk.store.utterances.update_one({"_id": line}, {"$set": {"words": words}})
    found = model_data.gather(desk, "gloss")
    assert not found.lines and found.left_out[NOTHING] == 1
    assert len(model_data.gather(desk, "form").lines) == 1


def test_what_one_may_not_read_is_not_learnt_from(desk):
    add_lines(desk, 2)
    closed = {"level": "groups", "groups": ["elders"]}
    add_lines(desk, 2, first=5, text={"access": closed})
    editor = make_desk(desk.store, role=Role.EDITOR, name="Eve")
    assert len(model_data.gather(editor, "gloss").lines) == 2
    found = model_data.gather(desk, "gloss")
    assert len(found.lines) == 4 and found.access == closed


def test_how_much_is_missing_is_told(desk):
    add_lines(desk, 18)
    found = model_data.amount(desk, "gloss")
    assert (found.lines, found.missing) == (18, 12)
    told = model_data.too_few(found.missing, {})
    assert told == "12 more glossed sentences are needed."
    assert "People" in model_data.too_few(12, {CONSENT: 3})


def test_what_was_not_looked_at_is_not_missing(desk, monkeypatch):
    lines = add_lines(desk, 18)
    monkeypatch.setattr(model_data, "COUNTED", 5)
    found = model_data.amount(desk, "gloss")
    assert (found.lines, found.missing, found.more) == (5, 0, True)
    found = model_data.amount(desk, "pos")
    assert (found.lines, found.missing, found.more) == (0, 30, False)  # none has one at all
    add_categories(desk, sorted(lines)[-1:])
    found = model_data.amount(desk, "pos")
    assert (found.lines, found.missing, found.more) == (0, 0, True)  # others may have one too


def test_one_label_only_is_refused(desk):
    lines = add_lines(desk, 60)
    for line in lines:
        words = desk.store.utterances.find_one({"_id": line})["words"]
        for word in words:
            for morph in word["analyses"][0]["morphs"]:
                morph["gloss"] = {"en": "X"}
        desk.store.utterances.update_one({"_id": line}, {"$set": {"words": words}})
    found = model_data.gather(desk, "gloss")
    with pytest.raises(Invalid, match="same gloss"):
        model_data.check(found, model_data.parted(desk, found), "gloss")


def test_few_texts_are_parted_by_sentence_and_many_by_text():
    lines = {f"l_{n}": f"t_{n % 2}" for n in range(200)}
    few = part(lines)
    assert few.split == "sentence" and 0.08 < len(few.test) / 200 < 0.23
    lines = {f"l_{n}": f"t_{n % 40}" for n in range(800)}
    many = part(lines)
    assert many.split == "text"
    assert {lines[one] for one in many.test} == set(many.evaluated)
    assert not {lines[one] for one in many.train} & set(many.evaluated)


def test_a_sentence_that_was_measured_on_is_never_learnt_from_later():
    few = {f"l_{n}": f"t_{n % 3}" for n in range(100)}
    before = part(few)
    more = {**few, **{f"l_{n}": f"t_{n % 40}" for n in range(100, 900)}}
    after = part(more, before.test)
    assert after.split == "text"
    assert set(before.test) <= set(after.test)
    assert part(more, before.test) == after
    assert sorted(map(place_of, few)) == sorted(map(place_of, few))


def test_of_few_sentences_enough_are_kept_to_measure():
    for first in range(200):
        few = part({f"l_{n}": "t_1" for n in range(first, first + 30)})
        assert 5 <= len(few.test) <= 15 and len(few.train) + len(few.test) == 30
