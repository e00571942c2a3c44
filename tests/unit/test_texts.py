"""The model of texts, the notation of the Leipzig rules, and lines made into words."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.domain import leipzig, ranks
from app.domain.interlinear import make_words, tokens, written_gloss, written_morphs
from app.domain.texts import Utterance

LETTERS = st.text("abñéŋ̀ḿ'’-=~<>. ,“”Øαاب감", max_size=40)


def utterance(**facts):
    return Utterance.model_validate({"id": "l_1", **facts})


def word(**facts):
    return {"id": "w_1", "form": {"swh": "hasomi"}, **facts}


@pytest.mark.parametrize(
    ("facts", "what"),
    [
        ({"words": [word(chosen="y_1")]}, "chooses y_1"),
        ({"words": [word(spans=[{"ws": "swh", "start": 0, "end": 9}])]}, "ends at 9 of 0"),
        ({"groups": [{"id": "g_1", "members": ["w_9"]}]}, "holds w_9"),
        ({"time": {"start": 2, "end": 1}}, "end before it starts"),
        ({"time": {"start": -1, "end": 1}}, "greater than or equal to 0"),
        (
            {
                "words": [word(spans=[{"ws": "swh", "start": 2, "end": 2}])],
                "baseline": {"swh": "ab"},
            },
            "must end after it starts",
        ),
        (
            {
                "baseline": {"swh": "hasomi"},
                "words": [word(spans=[{"ws": "swh", "start": 0, "end": n} for n in (3, 6)])],
            },
            "twice in the baseline",
        ),
        (
            {
                "words": [
                    word(
                        analyses=[
                            {
                                "id": "y_1",
                                "morphs": [
                                    {"id": "m_1", "ws": "swh", "parts": [{"start": 0, "end": 7}]}
                                ],
                            }
                        ]
                    )
                ]
            },
            "beyond its word",
        ),
        (
            {"words": [word(analyses=[{"id": "y_1", "origin": "model", "confidence": 1.2}])]},
            "less than or equal to 1",
        ),
    ],
)
def test_what_points_nowhere_is_refused(facts, what):
    with pytest.raises(ValidationError, match=what):
        utterance(**facts)


def test_morphs_may_interleave_overlap_and_be_nothing():
    morphs = [
        {"id": "m_1", "ws": "swh", "parts": [{"start": 0, "end": 2}, {"start": 5, "end": 6}]},
        {"id": "m_2", "ws": "swh", "parts": [{"start": 2, "end": 5}]},
        {"id": "m_3", "ws": "swh", "parts": [{"start": 1, "end": 4}]},
        {"id": "m_4", "ws": "swh", "parts": []},
    ]
    found = utterance(words=[word(analyses=[{"id": "y_1", "morphs": morphs}], chosen="y_1")])
    assert len(found.words[0].analyses[0].morphs) == 4


@pytest.mark.parametrize(
    ("written", "surface", "texts"),
    [
        ("ni-li-mw-on-a", "nilimwona", ["ni", "li", "mw", "on", "a"]),
        ("mwan=angu", "mwanangu", ["mwan", "angu"]),
        ("bi~bili", "bibili", ["bi", "bili"]),
        ("b<um>ili", "bumili", ["bili", "um"]),
        ("<um>aral", "umaral", ["aral", "um"]),
        ("paa-Ø", "paa", ["paa", "Ø"]),
        ("=ko", "ko", ["ko"]),
        ("paligúran", "paligúran", ["paligúran"]),
        ("", "", []),
        ("-", "", []),
    ],
)
def test_words_are_cut_as_the_rules_say(written, surface, texts):
    assert leipzig.surface(written) == surface
    found = leipzig.pieces(written)
    assert [piece.text for piece in found] == texts
    covered = sorted(span for piece in found for span in piece.parts)
    assert "".join(surface[start:end] for start, end in covered) == surface


def test_joins_are_kept_also_at_the_edge_of_a_word():
    assert [(p.left, p.right) for p in leipzig.pieces("a-b=c")] == [
        ("", "-"),
        ("-", "="),
        ("=", ""),
    ]
    assert leipzig.pieces("=ko")[0].left == "="
    assert leipzig.pieces("na-")[0].right == "-"


@pytest.mark.parametrize(
    ("form", "gloss", "codes"),
    [
        ("ni-na-soma kitabu", "1SG-PRS-read book", []),
        ("ni-na-soma", "1SG-read", ["morphs"]),
        ("ni-na-soma kitabu", "1SG-PRS-read", ["words"]),
        ("mwan=angu", "child-1SG.POSS", ["joins"]),
        ("b<um>ili", "<ACTFOC>buy", []),
        ("b<um>ili", "buy-ACTFOC", ["joins"]),
        ("puer", "boy[NOM.SG]", []),
        ("soma", "read.XYZ", ["label"]),
    ],
)
def test_what_does_not_fit_is_told(form, gloss, codes):
    known = {"1", "SG", "PRS", "POSS", "ACTFOC", "NOM"}
    assert [found.code for found in leipzig.check(form, gloss, known)] == codes


@given(LETTERS)
def test_tokens_lose_no_character(line):
    found = tokens(line)
    assert all(line[token.start : token.end] == token.text for token in found)
    assert "".join(token.text for token in found) == "".join(line.split())


@given(LETTERS, LETTERS, LETTERS)
def test_whatever_is_typed_makes_a_sound_utterance(line, written, glossed):
    words = make_words(line, "swh", written, glossed, "en")
    Utterance.model_validate({"id": "l_1", "baseline": {"swh": line}, "words": words})
    assert len([w for w in words if "analyses" in w]) <= len(written.split())


def test_lines_come_back_as_they_were_written():
    written, glossed = "wa-toto b<um>ili pole~pole simu=ko", "CL2-child buy<PFV> gentle~INT tel=Q"
    words = make_words("Watoto bumili, polepole simuko!", "swh", written, glossed, "en")
    spoken = [word["analyses"][0] for word in words if "analyses" in word]
    assert " ".join(written_gloss(one) for one in spoken) == glossed
    assert written_morphs(spoken[0]) == "wa-toto"
    assert [w["form"]["swh"] for w in words if w.get("type") == "punctuation"] == [",", "!"]


def test_words_that_are_not_analysed_do_not_shift_the_others():
    words = make_words(
        "Sasa watoto wanasoma", "swh", "wa-toto wa-na-soma", "CL2-child 3PL-PRS-read"
    )
    glossed = {w["form"]["swh"]: written_gloss(w["analyses"][0]) for w in words if "analyses" in w}
    assert glossed == {"watoto": "CL2-child", "wanasoma": "3PL-PRS-read"}


@given(st.lists(st.integers(0, 60), max_size=60))
def test_ranks_keep_their_order_wherever_one_is_put(places):
    order: list[str] = []
    for place in places:
        place = min(place, len(order))
        left = order[place - 1] if place else ""
        order.insert(place, ranks.between(left, order[place] if place < len(order) else None))
    assert order == sorted(order)
    assert len(set(order)) == len(order)


@given(st.integers(0, 3000))
def test_spread_ranks_leave_room(count):
    found = ranks.spread(count)
    assert found == sorted(set(found)) and len(found) == count
    for left, right in pairwise(found):
        assert left < ranks.between(left, right) < right
