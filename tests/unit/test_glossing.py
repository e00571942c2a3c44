"""What a person does to the analyses of a word."""

from __future__ import annotations

import pytest

from app.domain import glossing
from app.domain.errors import Invalid
from app.domain.interlinear import align, chosen, make_words, written_gloss, written_morphs
from app.domain.texts import Word

WS = "seh"


def word(form="bumili", written="", glossed="", **facts):
    return make_words(form, WS, written, glossed, "en", facts=facts)[0]


def cells(*written):
    return [
        {"form": {WS: form}, "left": left, "gloss": {"en": gloss}} for left, form, gloss in written
    ]


def write(before, *written, confirm=False, **whole):
    typed = {"morphs": cells(*written), **whole}
    after = glossing.write(before, typed, WS, "u_1", confirm=confirm)
    Word.model_validate(after)
    return after


def parts(after):
    return [
        [(part["start"], part["end"]) for part in morph.get("parts", ())]
        for morph in chosen(after)["morphs"]
    ]


def test_what_is_typed_becomes_the_chosen_analysis():
    after = write(word("wanasoma"), ("", "wa", "3PL"), ("-", "na", "PRS"), ("-", "soma", "read"))
    analysis = chosen(after)
    assert written_gloss(analysis) == "3PL-PRS-read"
    assert (analysis["origin"], analysis["by"], "confirmed_by" in analysis) == (
        "person",
        "u_1",
        False,
    )
    assert parts(after) == [[(0, 2)], [(2, 4)], [(4, 8)]]
    assert [morph.get("right") for morph in analysis["morphs"]] == ["-", "-", None]


@pytest.mark.parametrize(
    ("form", "written", "expected"),
    [
        ("bumili", [("", "bili", "buy"), ("<>", "um", "AF")], [[(0, 1), (3, 6)], [(1, 3)]]),
        ("somaØ", [("", "soma", "read"), ("-", "Ø", "SG")], [[], []]),
        ("soma", [("", "soma", "read"), ("-", "Ø", "SG")], [[(0, 4)], []]),
        ("Soma", [("", "soma", "read")], [[(0, 4)]]),
        ("soma", [("", "kusoma", "read")], [[]]),
        ("piripiri", [("", "piri", "red"), ("~", "piri", "RED")], [[(0, 4)], [(4, 8)]]),
        ("aa", [("", "a", "1"), ("=", "", "2"), ("=", "a", "3")], [[(0, 1)], [], [(1, 2)]]),
    ],
)
def test_morphs_that_spell_the_word_know_their_parts(form, written, expected):
    assert parts(write(word(form), *written)) == expected


def test_25_morphs_in_a_word():
    letters = [chr(ord("a") + place) for place in range(25)]
    after = write(
        word("".join(letters)),
        *(("-" if n else "", one, one.upper()) for n, one in enumerate(letters)),
    )
    assert parts(after) == [[(n, n + 1)] for n in range(25)]


def test_a_morph_that_is_kept_keeps_what_is_not_typed():
    before = word("wasoma", "wa-soma", "3PL-read")
    known = chosen(before)["morphs"]
    known[1] |= {
        "sense": "s_1",
        "type": "i_1",
        "parts": [{"start": 2, "end": 4}, {"start": 5, "end": 6}],
    }
    typed = {"morphs": [{"id": one["id"], "gloss": {"en": "X"}} for one in known]}
    after = glossing.write(before, typed, WS, "u_1", confirm=True)
    morph = chosen(after)["morphs"][1]
    assert (morph["sense"], morph["type"], morph["gloss"]) == ("s_1", "i_1", {"en": "X"})
    assert len(morph["parts"]) == 2  # its form did not change
    assert chosen(after)["id"] == chosen(before)["id"]
    assert chosen(after)["confirmed_by"] == "u_1"


def test_confirming_what_a_machine_said_keeps_where_it_is_from():
    before = word("soma", "soma", "read", origin="memory", confidence=0.7)
    morph = chosen(before)["morphs"][0]
    same = {"morphs": [{"id": morph["id"], "form": {WS: "soma"}, "gloss": {"en": "read"}}]}
    after = glossing.write(before, same, WS, "u_1", confirm=True)
    assert (chosen(after)["origin"], chosen(after)["confirmed_by"]) == ("memory", "u_1")
    assert glossing.confirm(before, "u_1") == after
    other = {"morphs": [{"id": morph["id"], "gloss": {"en": "study"}}]}
    after = glossing.write(before, other, WS, "u_1", confirm=False)
    assert (chosen(after)["origin"], "confidence" in chosen(after)) == ("person", False)


def test_a_suggestion_that_is_taken_over_leaves_what_a_person_said():
    person = word("soma", "soma", "read")
    offer = chosen(word("soma", "so-ma", "X-Y", origin="memory", confidence=0.5))
    after = glossing.take(person, offer, "u_1")
    assert [written_gloss(one) for one in after["analyses"]] == ["read", "X-Y"]
    assert written_gloss(chosen(after)) == "X-Y" and chosen(after)["id"] != offer["id"]
    machine = word("soma", "soma", "read", origin="model")
    assert [written_gloss(one) for one in glossing.take(machine, offer, "u_1")["analyses"]] == [
        "X-Y"
    ]


def test_analyses_compete_and_one_is_chosen():
    before = word("soma", "soma", "read")
    both = glossing.take(before, chosen(word("soma", "so-ma", "X-Y")), "u_1")
    first, second = both["analyses"]
    after = glossing.choose(both, first["id"], "u_2")
    assert chosen(after)["confirmed_by"] == "u_2"
    assert glossing.doubt(after).get("chosen") is None
    assert [one["id"] for one in glossing.reject(after, second["id"])["analyses"]] == [first["id"]]
    none = glossing.reject(glossing.reject(after, second["id"]), first["id"])
    assert "analyses" not in none and "chosen" not in none
    with pytest.raises(Invalid, match="not there any more"):
        glossing.choose(after, "y_9", "u_1")


def test_an_analysis_without_content_goes():
    before = word("soma", "soma", "read")
    morph = chosen(before)["morphs"][0]
    typed = {"morphs": [{"id": morph["id"], "form": {}, "gloss": {}}]}
    after = glossing.write(before, typed, WS, "u", confirm=False)
    assert "analyses" not in after and "chosen" not in after
    assert glossing.write(after, {"morphs": []}, WS, "u", confirm=True) == after


@pytest.mark.parametrize("typed", [{"x": 1}, {"morphs": [{"parts": []}]}, {"morphs": [{}] * 201}])
def test_what_is_no_analysis_is_refused(typed):
    with pytest.raises(Invalid):
        glossing.write(word(), typed, WS, "u_1", confirm=False)


def test_a_circumfix_keeps_its_parts_when_another_morph_changes():
    before = word("gesagt", "ge…t-sag", "PTCP-say")
    analysis = chosen(before)
    analysis["morphs"][0] |= {"ws": WS, "parts": [{"start": 0, "end": 2}, {"start": 5, "end": 6}]}
    analysis["morphs"][1] |= {"ws": WS, "parts": [{"start": 2, "end": 5}]}
    typed = {
        "morphs": [
            {"id": analysis["morphs"][0]["id"]},
            {"id": analysis["morphs"][1]["id"], "gloss": {"en": "tell"}},
        ]
    }
    after = glossing.write(before, typed, WS, "u_1", confirm=False)
    assert parts(after) == [[(0, 2), (5, 6)], [(2, 5)]]


def test_a_word_that_is_spelt_anew_has_the_parts_that_still_hold():
    analysis = chosen(word("bumili", "b<um>ili", "buy<AF>"))
    assert align(analysis, "bumile", WS)["morphs"][1]["parts"] == [{"start": 1, "end": 3}]
    assert "parts" not in align(analysis, "bumile", WS)["morphs"][0]
    assert written_morphs(align(analysis, "bumili", WS)) == "bili<um>"
