"""Guesses: from the first confirmation on, for those who may change texts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.diff import FieldChange
from app.domain.ids import new_id
from app.domain.interlinear import make_words, written_gloss, written_morphs
from app.domain.roles import Role
from app.domain.texts import Analysis
from app.services import guesses, history, text_lines, texts
from app.store import changes, followers
from app.store.changes import Op
from tests.factories import item_id, make_desk, make_store, save_entry


@pytest.fixture
def desk(database):
    return make_desk(make_store(database))


def make_line(line, morphs="", glosses="", **facts):
    facts = {"origin": "person", **facts}
    words = make_words(line, "seh", morphs, glosses, "en", facts=facts if morphs else None)
    return {"baseline": {"seh": line}, "words": words}


def add(desk, *args, **facts):
    """Adds a line; returns its id."""
    return texts.add_utterance(desk, make_line(*args, **facts), change_id=new_id("x"))


def guess(desk, line):
    """For each word of a new line the guesses as written."""
    stored = text_lines.get(desk, add(desk, line))
    found = guesses.suggest(desk, stored)
    return [
        [
            f"{written_morphs(s.analysis)} {written_gloss(s.analysis)}"
            for s in found.get(w["id"], [])
        ]
        for w in stored["words"]
        if w.get("type") != "punctuation"
    ]


def best(desk, line):
    return [found[0] if found else "" for found in guess(desk, line)]


def test_after_one_confirmation_the_next_same_word_shows_it(desk):
    assert best(desk, "tikagwa") == [""]
    add(desk, "tikagwa", "ti-ka-gwa", "1PL-PST-fall")
    assert best(desk, "Tikagwa!") == ["ti-ka-gwa 1PL-PST-fall"]


def test_undone_it_is_forgotten_and_the_memory_equals_a_rebuild(desk):
    line = add(desk, "tikagwa", "ti-ka-gwa", "1PL-PST-fall")
    assert best(desk, "tikagwa") == ["ti-ka-gwa 1PL-PST-fall"]
    change = desk.store.changes.find_one({"ops.id": line})
    history.undo(desk, [change["_id"]], change_id=new_id("x"))
    assert best(desk, "tikagwa") == [""]
    assert followers.check(desk.store, desk.project_id, guesses.MEMORY)
    assert desk.store.memory.count_documents({}) == 0


@pytest.mark.parametrize("origin", ["memory", "lexicon", "model"])
def test_what_nobody_confirmed_teaches_nothing(desk, origin):
    add(desk, "tikagwa", "ti-ka-gwa", "1PL-PST-fall", origin=origin)
    assert best(desk, "tikagwa") == [""]
    add(desk, "tikagwa", "ti-ka-gwa", "1PL-PST-fall", origin=origin, confirmed_by="u")
    assert best(desk, "tikagwa") == ["ti-ka-gwa 1PL-PST-fall"]


def test_neighbours_decide_between_analyses_of_a_word(desk):
    for _ in range(3):
        add(desk, "ndi nsomba", "ndi nsomba", "COP fish")
    add(desk, "iye ndi", "iye ndi", "3SG and")
    assert best(desk, "ndi nsomba")[0] == "ndi COP"
    assert best(desk, "iye ndi")[1] == "ndi and"
    word = text_lines.get(desk, add(desk, "ndi nsomba"))
    (first, *_) = guesses.suggest(desk, word)[word["words"][0]["id"]]
    assert first.count == 3
    assert "confirmed 3 times, 3 before ‘nsomba’" in first.reason


def test_a_word_never_seen_is_taken_apart_and_an_unknown_stem_stays_open(desk):
    add(desk, "tikagwa", "ti-ka-gwa", "1PL-PST-fall")
    add(desk, "mwagula", "mwa-gula", "2PL.PST-buy")
    add(desk, "tikafa", "ti-ka-fa", "1PL-PST-die")
    assert "ti-ka-gula 1PL-PST-buy" in guess(desk, "tikagula")[0]
    assert "ti-ka-mbya 1PL-PST-?" in guess(desk, "tikambya")[0]


def test_the_lexicon_gives_what_no_text_has(desk):
    entry = save_entry(desk, "nyumba", "house")
    suffix = item_id(desk, "morph-types", "suffix")
    save_entry(desk, "-ni", "LOC", morph_type=suffix)
    assert best(desk, "nyumba") == ["nyumba house"]
    assert guess(desk, "nyumbani")[0][0] == "nyumba-ni house-LOC"
    (first, *_) = guesses.analyses_of(desk, "nyumba", "seh")
    assert first.origin == "lexicon"
    assert first.analysis["morphs"][0]["sense"] == entry["senses"][0]["id"]


def test_each_guess_is_an_analysis_that_can_be_stored(desk):
    add(desk, "b<um>ili ti-gwa=na", "b<um>ili ti-gwa=na", "<PST>buy 1PL-fall=Q")
    add(desk, "ligwa-ligwa", "ligwa~ligwa", "fall~RED")
    stored = text_lines.get(desk, add(desk, "bumili tigwana tigwa gwana ligwa-ligwa"))
    found = guesses.suggest(desk, stored)
    assert found
    for word, told in found.items():
        ids = [m["id"] for one in told for m in one.analysis["morphs"]]
        assert len(ids) == len(set(ids))
        assert 0 < len(told) <= 8
        assert [s.confidence for s in told] == sorted((s.confidence for s in told), reverse=True)
        for one in told:
            Analysis.model_validate(one.analysis)
            content = {k: v for k, v in stored.items() if k in ("baseline", "words")}
            words = [
                {**w, "analyses": [one.analysis], "chosen": one.analysis["id"]}
                if w["id"] == word
                else w
                for w in content["words"]
            ]
            texts.add_utterance(desk, {**content, "words": words}, change_id=new_id("x"))


def test_guesses_are_for_members_who_may_write(desk):
    add(desk, "tikagwa", "ti-ka-gwa", "1PL-PST-fall")
    line = text_lines.get(desk, add(desk, "tikagwa"))
    assert guesses.suggest(make_desk(desk.store, role=Role.CONTRIBUTOR), line)
    assert guesses.suggest(make_desk(desk.store, role=Role.VIEWER), line) == {}
    assert guesses.analyses_of(make_desk(desk.store, role=Role.VIEWER), "tikagwa", "seh") == []


@pytest.mark.parametrize("closed", ["utterance", "text"])
def test_what_is_closed_to_some_teaches_only_the_others(desk, closed):
    access = {"level": "groups", "groups": ["elders"]}
    line = make_line("tikagwa", "ti-ka-gwa", "1PL-PST-fall")
    if closed == "text":
        texts.add(desk, {"title": {"seh": "A"}, "access": access}, [line], change_id=new_id("x"))
    else:
        texts.add_utterance(desk, {**line, "access": access}, change_id=new_id("x"))
    other = text_lines.get(desk, add(desk, "tikagwa"))
    assert guesses.suggest(desk, other)
    contributor = make_desk(desk.store, role=Role.CONTRIBUTOR)
    assert guesses.suggest(contributor, other) == {}
    assert guesses.suggest(replace(contributor, groups=frozenset({"elders"})), other)


def test_a_text_that_is_opened_teaches_all(desk):
    access = {"level": "groups", "groups": ["elders"]}
    line = make_line("tikagwa", "ti-ka-gwa", "1PL-PST-fall")
    text = texts.add(desk, {"title": {"seh": "A"}, "access": access}, [line], change_id=new_id("x"))
    other = text_lines.get(desk, add(desk, "tikagwa"))
    contributor = make_desk(desk.store, role=Role.CONTRIBUTOR)
    assert guesses.suggest(contributor, other) == {}
    op = Op("text", text, changes=[FieldChange(("access",), access, None)])
    changes.commit(desk.store, desk.project_id, desk.actor, "edit", [op], change_id=new_id("x"))
    assert guesses.suggest(contributor, other)
    assert followers.check(desk.store, desk.project_id, guesses.MEMORY)


def test_the_lexicon_says_nothing_of_words_of_another_language(desk):
    save_entry(desk, "mai", "mother")
    texts.add_utterance(
        desk, {"baseline": {"seh": "mai"}, "words": make_words("mai", "seh")}, change_id=new_id("x")
    )
    line = desk.store.utterances.find_one()
    assert guesses.suggest(desk, line)
    line["words"][0]["language"] = "en"
    assert not guesses.suggest(desk, line)


def test_words_of_another_language_teach_under_it(desk):
    line = make_line("sudah", "sudah", "already")
    line["words"][0]["language"] = "ind"
    texts.add_utterance(desk, line, change_id=new_id("x"))
    assert best(desk, "sudah") == [""]
    (first,) = guesses.analyses_of(desk, "Sudah", "ind")
    assert (first.count, first.origin) == (1, "memory")


def translated(desk, line, translation, *args):
    """Adds a line with its translation; returns it as it is stored."""
    content = {**make_line(line, *args), "translation": {"en": translation}}
    return text_lines.get(desk, texts.add_utterance(desk, content, change_id=new_id("x")))


def offers(desk, line):
    found = guesses.suggest(desk, text_lines.get(desk, line["_id"]))
    return [found.get(word["id"], []) for word in line["words"]]


def test_a_changed_translation_changes_the_guesses(desk):
    translated(desk, "ndaona nyumba", "I saw the house", "nd-a-ona nyumba", "1SG-PST-see house")
    line = translated(desk, "ndaona mbuzi", "I saw the goat")
    (first, second) = offers(desk, line)
    assert not first[0].tentative
    assert written_gloss(second[0].analysis) == "goat"
    assert second[0].tentative
    assert second[0].confidence < 0.5
    assert "‘goat’" in second[0].reason
    after = FieldChange(("translation", "en"), "I saw the goat", "I saw the sheep")
    op = Op("utterance", line["_id"], changes=[after])
    changes.commit(desk.store, desk.project_id, desk.actor, "edit", [op], change_id=new_id("x"))
    assert written_gloss(offers(desk, line)[1][0].analysis) == "sheep"
    assert followers.check(desk.store, desk.project_id, guesses.MEMORY)


def test_lines_that_nobody_glossed_tell_which_word_of_a_translation_it_is(desk):
    translated(desk, "ndaona nyumba", "I saw the house", "nd-a-ona nyumba", "1SG-PST-see house")
    line = translated(desk, "mbuzi njoka", "snake goat")
    assert [written_gloss(one[0].analysis) for one in offers(desk, line)] == ["snake", "goat"]
    for translation in ("a goat", "the goat", "her goat"):
        translated(desk, "mbuzi", translation)
    assert [written_gloss(one[0].analysis) for one in offers(desk, line)] == ["goat", "snake"]


def test_closed_lines_tell_nothing_to_others(desk):
    translated(desk, "ndaona nyumba", "I saw the house", "nd-a-ona nyumba", "1SG-PST-see house")
    line = translated(desk, "mbuzi njoka", "snake goat")
    for translation in ("a goat", "the goat", "her goat"):
        content = {**make_line("mbuzi"), "translation": {"en": translation}}
        content["access"] = {"level": "groups", "groups": ["elders"]}
        texts.add_utterance(desk, content, change_id=new_id("x"))
    contributor = make_desk(desk.store, role=Role.CONTRIBUTOR)
    assert written_gloss(offers(desk, line)[0][0].analysis) == "goat"
    assert written_gloss(offers(contributor, line)[0][0].analysis) == "snake"
