"""What people do to the words and lines of texts, and what two of them do at once."""

from __future__ import annotations

import pytest

from app.domain import diff
from app.domain.diff import FieldChange
from app.domain.errors import Conflict, Invalid, NotAllowed
from app.domain.ids import new_id
from app.domain.interlinear import chosen, make_words, written_gloss, written_morphs
from app.domain.ranks import LONG
from app.domain.roles import Role
from app.services import glossing, history, text_lines, texts
from app.services.glossing import Written
from tests.factories import make_desk, make_store, save_entry


@pytest.fixture
def desk(database):
    return make_desk(make_store(database))


def add(desk, *lines):
    found = [text_lines.make_line(desk, one, "seh") for one in lines]
    return texts.add(desk, {"title": {"seh": "Nyama"}}, found, change_id=new_id("x"))


def lines(desk, text):
    return texts.utterances(desk, text).utterances


def said(desk, text):
    return [one["baseline"]["seh"] for one in lines(desk, text)]


def typed(*written, confirm=False, seen=None):
    morphs = [
        {"form": {"seh": form}, "left": left, "gloss": {"en": gloss}}
        for left, form, gloss in written
    ]
    return Written({"morphs": morphs}, seen, confirm)


def word_of(desk, line, place=0):
    return text_lines.get(desk, line)["words"][place]


def write(desk, line, said_, place=0):
    word = word_of(desk, line, place)["id"]
    return glossing.write(desk, line, word, said_, change_id=new_id("x"))


def test_a_word_is_glossed_and_its_morphs_are_tied_to_the_lexicon(desk):
    entry = save_entry(desk, "soma", "read")
    (line,) = [one["_id"] for one in lines(desk, add(desk, "wasoma."))]
    write(desk, line, typed(("", "wa", "3PL"), ("-", "soma", "read"), confirm=True))
    analysis = chosen(word_of(desk, line))
    assert written_gloss(analysis) == "3PL-read"
    assert analysis["confirmed_by"] == desk.actor.id
    assert analysis["morphs"][1]["entry"] == entry["id"]
    assert analysis["morphs"][1]["sense"] == entry["senses"][0]["id"]
    assert "entry" not in analysis["morphs"][0]


def test_two_people_write_different_fields_of_one_word(desk):
    (line,) = [one["_id"] for one in lines(desk, add(desk, "wasoma"))]
    write(desk, line, typed(("", "wa", "3PL"), ("-", "soma", "read")))
    seen = chosen(word_of(desk, line))
    ids = [morph["id"] for morph in seen["morphs"]]
    mine = {"morphs": [{"id": ids[0], "gloss": {"en": "they"}}, {"id": ids[1]}]}
    theirs = {"morphs": [{"id": ids[0]}, {"id": ids[1], "gloss": {"en": "study"}}]}
    write(desk, line, Written(mine, seen))
    write(desk, line, Written(theirs, seen))
    assert written_gloss(chosen(word_of(desk, line))) == "they-study"
    clash = {"morphs": [{"id": ids[0], "gloss": {"en": "we"}}, {"id": ids[1]}]}
    with pytest.raises(Conflict):
        write(desk, line, Written(clash, seen))


def test_two_people_gloss_the_same_new_word(desk):
    (line,) = [one["_id"] for one in lines(desk, add(desk, "soma"))]
    write(desk, line, typed(("", "soma", "read")))
    with pytest.raises(Conflict):
        write(desk, line, typed(("", "soma", "study")))
    assert written_gloss(chosen(word_of(desk, line))) == "read"


def test_an_analysis_is_undone_and_comes_back(desk):
    (line,) = [one["_id"] for one in lines(desk, add(desk, "soma"))]
    before = text_lines.get(desk, line)["words"]
    change = write(desk, line, typed(("", "soma", "read"))).change["_id"]
    undone = history.undo(desk, [change], change_id=new_id("x"))
    assert diff.same({"words": text_lines.get(desk, line)["words"]}, {"words": before})
    history.undo(desk, [undone.change["_id"]], change_id=new_id("x"))
    assert written_gloss(chosen(word_of(desk, line))) == "read"


def test_suggestions_are_taken_chosen_and_rejected(desk):
    (line,) = [one["_id"] for one in lines(desk, add(desk, "soma"))]
    offer = chosen(make_words("soma", "seh", "so-ma", "X-Y", "en", facts={"origin": "memory"})[0])
    word = word_of(desk, line)["id"]
    write(desk, line, typed(("", "soma", "read")))
    glossing.take(desk, line, word, offer, change_id=new_id("x"))
    first, second = word_of(desk, line)["analyses"]
    assert chosen(word_of(desk, line)) == second
    assert (second["origin"], second["confirmed_by"]) == ("memory", desk.actor.id)
    glossing.choose(desk, line, word, first["id"], change_id=new_id("x"))
    glossing.reject(desk, line, word, second["id"], change_id=new_id("x"))
    assert [written_morphs(one) for one in word_of(desk, line)["analyses"]] == ["soma"]


@pytest.mark.parametrize(
    "morph",
    [
        {"entry": "e_nothing"},
        {"sense": "s_alone"},
        {"pos": "i_nothing", "gloss": {"en": "x"}},
        {"gloss": {"xx": "x"}},
        {"gloss": {"en": "a\x00b"}},
        {"gloss": {"en": "x" * 100_001}},
    ],
)
def test_what_points_at_nothing_is_refused(desk, morph):
    (line,) = [one["_id"] for one in lines(desk, add(desk, "soma"))]
    with pytest.raises(Invalid):
        write(desk, line, Written({"morphs": [{"form": {"seh": "soma"}, **morph}]}, None))
    assert "analyses" not in word_of(desk, line)


def test_lines_are_split_joined_added_and_deleted(desk):
    text = add(desk, "Alfa bravo.", "Charlie.")
    first, second = [one["_id"] for one in lines(desk, text)]
    new = text_lines.split_line(desk, first, word_of(desk, first, 1)["id"], change_id=new_id("x"))
    assert said(desk, text) == ["Alfa ", "bravo.", "Charlie."]
    assert text_lines.join_lines(desk, new, change_id=new_id("x")) == first
    assert said(desk, text) == ["Alfa bravo.", "Charlie."]
    text_lines.add_line(desk, first, "Delta echo", change_id=new_id("x"))
    text_lines.delete_line(desk, second, change_id=new_id("x"))
    assert said(desk, text) == ["Alfa bravo.", "Delta echo"]
    with pytest.raises(Invalid, match="no line before"):
        text_lines.join_lines(desk, first, change_id=new_id("x"))


def test_a_line_fits_between_two_of_the_same_rank_and_after_many(desk):
    text = add(desk, "Alfa", "Bravo")
    first, second = [one["_id"] for one in lines(desk, text)]
    desk.store.utterances.update_many({"text": text}, {"$set": {"rank": "i"}})
    text_lines.add_line(desk, min(first, second), "Mike", change_id=new_id("x"))
    assert said(desk, text)[1] == "Mike"
    for number in range(60):
        text_lines.add_line(desk, lines(desk, text)[0]["_id"], f"N{number}", change_id=new_id("x"))
    found = lines(desk, text)
    assert [one["baseline"]["seh"] for one in found[1:61]] == [f"N{n}" for n in range(59, -1, -1)]
    assert max(len(one["rank"]) for one in found) <= LONG


def test_words_are_parted_joined_and_spelt_anew(desk):
    (line,) = [one["_id"] for one in lines(desk, add(desk, "wasoma buku"))]
    word = word_of(desk, line)["id"]
    text_lines.split_word(desk, line, word, 2, change_id=new_id("x"))
    assert text_lines.get(desk, line)["baseline"]["seh"] == "wa soma buku"
    text_lines.join_words(desk, line, word_of(desk, line, 1)["id"], change_id=new_id("x"))
    assert text_lines.get(desk, line)["baseline"]["seh"] == "wasoma buku"
    text_lines.respell(desk, line, "seh", "wasoma mabuku", change_id=new_id("x"))
    assert [one["form"]["seh"] for one in text_lines.get(desk, line)["words"]] == [
        "wasoma",
        "mabuku",
    ]
    assert word_of(desk, line)["id"] == word


def test_the_fields_of_a_line_are_saved_and_others_are_not(desk):
    (line,) = [one["_id"] for one in lines(desk, add(desk, "soma"))]
    made = [FieldChange(("translation", "en"), None, "read")]
    text_lines.save(desk, line, made, change_id=new_id("x"))
    assert text_lines.get(desk, line)["translation"] == {"en": "read"}
    for wrong in (("words",), ("translation", "xx"), ("rank",), ("access",)):
        with pytest.raises(Invalid):
            text_lines.save(desk, line, [FieldChange(wrong, None, "x")], change_id=new_id("x"))


def test_who_may_change_a_line(desk):
    text = add(desk, "soma")
    line = lines(desk, text)[0]["_id"]
    for role in (Role.VIEWER, Role.COMMENTER, Role.CONTRIBUTOR):
        other = make_desk(desk.store, role=role, name=role.value)
        with pytest.raises(NotAllowed):
            write(other, line, typed(("", "soma", "read")))
        with pytest.raises(NotAllowed):
            text_lines.delete_line(other, line, change_id=new_id("x"))
    own = make_desk(desk.store, role=Role.CONTRIBUTOR, name="Con")
    mine = lines(own, add(own, "soma"))[0]["_id"]
    write(own, mine, typed(("", "soma", "read")))
    assert written_gloss(chosen(word_of(own, mine))) == "read"
