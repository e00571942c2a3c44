"""Splitting and joining words and lines, and spelling a line anew."""

from __future__ import annotations

import copy
import itertools

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.domain import respelling, segmentation
from app.domain.errors import Invalid
from app.domain.interlinear import chosen, make_words, written_gloss, written_morphs
from app.domain.splitting import Splitting, tokens, utterances
from app.domain.texts import Utterance

WS = "seh"
LETTERS = st.from_regex("[abñŋαاب감][abñéŋ\u0300ḿØαاب감]{0,5}", fullmatch=True)
MARKS = st.sampled_from(["", "", ".", ",", "!”"])
LINES = st.lists(st.tuples(LETTERS, MARKS), min_size=2, max_size=6)


def line(said, written="", glossed="", **facts):
    words = make_words(said, WS, written or said, glossed or said, "en")
    made = {"id": "l_1", "baseline": {WS: said}, "words": words, **facts}
    return check(made)


def check(made):
    """An utterance is what its type demands, and each word is what its span holds."""
    Utterance.model_validate(made)
    for word in made["words"]:
        for span in word.get("spans", ()):
            held = made["baseline"][span["ws"]][span["start"] : span["end"]]
            assert held == word["form"][span["ws"]]
    return made


def forms(made):
    return [word["form"][WS] for word in made["words"]]


def without_ids(made):
    if isinstance(made, dict):
        kept = {"id", "chosen", "members", "estimated"}
        return {key: without_ids(value) for key, value in made.items() if key not in kept}
    return [without_ids(one) for one in made] if isinstance(made, list | tuple) else made


def test_a_word_is_split_at_a_boundary_of_its_morphs():
    before = line("ndi wanasoma.", "ndi wa-na-soma", "COP 3PL-PRS-read")
    kept = copy.deepcopy(before)
    word = before["words"][1]
    after = check(segmentation.split_word(before, word["id"], WS, 4))
    assert before == kept  # nothing is changed in place
    assert after["baseline"][WS] == "ndi wana soma."
    assert forms(after) == ["ndi", "wana", "soma", "."]
    left, right = after["words"][1:3]
    assert (left["id"], right["id"] != left["id"]) == (word["id"], True)
    assert [written_gloss(chosen(one)) for one in (left, right)] == ["3PL-PRS", "read"]
    assert chosen(right)["morphs"][0]["left"] == "-"
    assert chosen(right)["morphs"][0]["parts"] == [{"start": 0, "end": 4}]


def test_a_morph_that_the_cut_goes_through_keeps_its_gloss_on_the_left():
    before = line("soma", "soma", "read")
    after = check(segmentation.split_word(before, before["words"][0]["id"], WS, 2))
    left, right = after["words"]
    assert written_gloss(chosen(left)) == "read"
    assert written_morphs(chosen(right)) == "ma" and not written_gloss(chosen(right))


def test_a_split_word_divides_its_time_and_stays_in_its_group():
    before = line("wasoma", "wa-soma", "3PL-read")
    word = before["words"][0]
    word["time"] = {"start": 1.0, "end": 4.0}
    before["groups"] = [{"id": "g_1", "members": [word["id"]]}]
    after = check(segmentation.split_word(before, word["id"], WS, 2))
    assert [one["time"] for one in after["words"]] == [
        {"start": 1.0, "end": 2.0, "estimated": True},
        {"start": 2.0, "end": 4.0, "estimated": True},
    ]
    assert after["groups"][0]["members"] == [one["id"] for one in after["words"]]


@pytest.mark.parametrize("at", [0, 4, -1, 99])
def test_a_word_is_not_split_at_its_edge(at):
    before = line("soma")
    with pytest.raises(Invalid, match="between two of its letters"):
        segmentation.split_word(before, before["words"][0]["id"], WS, at)


def test_words_with_a_mark_between_them_are_not_joined():
    before = line("ndi soma")
    before["baseline"][WS] = "ndi-soma"
    before["words"][1]["spans"][0] = {"ws": WS, "start": 4, "end": 8}
    with pytest.raises(Invalid, match="“-” stands between"):
        segmentation.join_words(before, before["words"][1]["id"])


def test_the_first_word_has_none_to_be_joined_to():
    before = line("ndi soma")
    with pytest.raises(Invalid, match="first word"):
        segmentation.join_words(before, before["words"][0]["id"])
    with pytest.raises(Invalid, match="not there any more"):
        segmentation.join_words(before, "w_gone")


def test_a_line_takes_an_opening_quote_with_its_word():
    before = line("Anati “bwera” lero.", translation={"en": "He says come today."})
    place = forms(before).index("bwera")
    left, right = segmentation.split_line(before, before["words"][place]["id"], "l_2")
    check(left)
    check(right)
    assert (left["baseline"][WS], right["baseline"][WS]) == ("Anati ", "“bwera” lero.")
    assert left["translation"] and "translation" not in right
    with pytest.raises(Invalid, match="first word"):
        segmentation.split_line(before, before["words"][0]["id"], "l_2")


def test_joined_lines_keep_who_said_what():
    left, right = line("ndi", speaker="h_1"), line("soma", id="l_2", speaker="h_2")
    joined = check(segmentation.join_lines(left, right))
    assert joined["baseline"][WS] == "ndi soma"
    assert [word.get("speaker") for word in joined["words"]] == [None, "h_2"]


@given(LINES, st.data())
def test_splitting_a_word_then_joining_gives_the_same(said, data):
    before = line(" ".join(word + mark for word, mark in said))
    long = [word for word in before["words"] if len(word["form"][WS]) > 1]
    assume(long)
    word = data.draw(st.sampled_from(long))
    at = data.draw(st.integers(1, len(word["form"][WS]) - 1))
    parted = check(segmentation.split_word(before, word["id"], WS, at))
    place = [one["id"] for one in parted["words"]].index(word["id"])
    joined = check(segmentation.join_words(parted, parted["words"][place + 1]["id"]))
    assert without_ids(joined) == without_ids(before)
    assert [one["id"] for one in joined["words"]] == [one["id"] for one in before["words"]]


@given(LINES, st.data())
def test_splitting_a_line_then_joining_gives_the_same(said, data):
    text = " ".join(word + mark for word, mark in said)
    before = line(text, translation={"en": "x"}, time={"start": 0.5, "end": 2})
    words = [word for word in before["words"] if not word.get("type")]
    word = data.draw(st.sampled_from(words[1:]))
    left, right = segmentation.split_line(before, word["id"], "l_2")
    check(left)
    check(right)
    assert left["baseline"][WS] + right["baseline"][WS] == text
    assert left["time"]["end"] == right["time"]["start"]
    joined = check(segmentation.join_lines(left, right))
    assert without_ids(joined) == without_ids(before)


@given(LINES)
def test_a_line_spelt_the_same_is_the_same(said):
    before = line(" ".join(word + mark for word, mark in said))
    assert respelling.respell(before, WS, before["baseline"][WS]) == before


@given(LINES, LINES)
def test_a_line_spelt_anew_has_the_words_of_its_baseline(said, other):
    before = line(" ".join(word + mark for word, mark in said))
    text = " ".join(word + mark for word, mark in other)
    after = check(respelling.respell(before, WS, text))
    assert forms(after) == [token.text for token in tokens(text)]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("ndi wana soma", ["COP", "3PL-PRS", "read"]),  # parted
        ("ndiwanasoma", ["COP3PL-PRS-read"]),  # joined: the second one is joined to nothing
        ("ndi ŵanasoma", ["COP", "3PL-PRS-read"]),  # spelt otherwise
        ("ndi iye wanasoma", ["COP", None, "3PL-PRS-read"]),  # a word put in
        ("wanasoma", ["3PL-PRS-read"]),  # a word taken out
    ],
)
def test_a_line_spelt_anew_keeps_what_is_analysed(typed, expected):
    before = line("ndi wanasoma", "ndi wa-na-soma", "COP 3PL-PRS-read")
    after = check(respelling.respell(before, WS, typed))
    found = [chosen(word) for word in after["words"]]
    assert [one and written_gloss(one) for one in found] == expected


def test_a_line_spelt_anew_loses_no_group_that_still_has_members():
    before = line("ndi wanasoma", groups=[])
    ids = [word["id"] for word in before["words"]]
    before["groups"] = [{"id": "g_1", "members": ids}, {"id": "g_2", "members": ids[:1]}]
    after = check(respelling.respell(before, WS, "wanasoma"))
    assert [(one["id"], one["members"]) for one in after["groups"]] == [("g_1", ids[1:])]


@given(st.text("ab .?!\n“”’,।؟", max_size=60), st.sampled_from(["sentence", "line"]))
def test_a_typed_text_loses_nothing(text, by):
    found = utterances(text, Splitting(by=by))
    assert "".join("".join(itertools.chain(*found)).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("typed", "rules", "expected"),
    [
        ("Alfa. Bravo?", {}, [["Alfa.", "Bravo?"]]),
        ("Alfa.\nBravo", {"by": "line"}, [["Alfa.", "Bravo"]]),
        ("Alfa\nbravo.", {}, [["Alfa bravo."]]),
        ("Alfa\n\n\nBravo", {}, [["Alfa"], ["Bravo"]]),
        ("“Ndi.” Alfa", {}, [["“Ndi.”", "Alfa"]]),
        ("Dr. Abe. B", {"abbreviations": ("Dr.",)}, [["Dr. Abe.", "B"]]),
        ("Pa 3.5 km. B", {}, [["Pa 3.5 km.", "B"]]),
        ("यह है। वह।", {}, [["यह है।", "वह।"]]),
        ("من؟ هو.", {}, [["من؟", "هو."]]),
        ("你好。再见！", {}, [["你好。", "再见！"]]),
        ("Alfa. Bravo", {"ends": ""}, [["Alfa. Bravo"]]),
    ],
)
def test_utterances_by_the_rules_of_the_project(typed, rules, expected):
    assert utterances(typed, Splitting(**rules)) == expected


@pytest.mark.parametrize(
    ("typed", "rules", "expected"),
    [
        ("ka:r !kung", {"letters": ":!"}, ["ka:r", "!kung"]),
        ("བཀྲ་ཤིས", {"breaks": "་"}, ["བཀྲ", "ཤིས"]),
        ("a^b-[c]", {"letters": "^]-["}, ["a^b-[c]"]),
        ("week-end, l'eau", {}, ["week-end", ",", "l'eau"]),
    ],
)
def test_words_by_the_rules_of_the_project(typed, rules, expected):
    assert [token.text for token in tokens(typed, Splitting(**rules))] == expected
