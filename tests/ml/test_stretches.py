"""Long lines: asked about and learnt from in stretches, answered as one."""

from __future__ import annotations

import pytest

from app.ml import stretches
from app.ml.data import Line, Word
from app.ml.stretches import AT_ONCE, LONGEST


def line(name, count):
    return {"id": name, "words": [{"form": str(n)} for n in range(count)], "translations": {"": ""}}


class Asked:
    """Says of each word its form, and of a line how many words it has."""

    def __init__(self):
        self.asked = []

    def __call__(self, some):
        self.asked.append([(one["id"], len(one["words"]), one["translations"]) for one in some])
        return [
            {"id": one["id"], "words": [[word["form"]] for word in one["words"]],
             "line": [{"label": str(len(one["words"])), "probability": 0.6},
                      {"label": "x", "probability": 0.4}]}
            for one in some
        ]  # fmt: skip


def test_ten_thousand_words_are_answered_as_one_line():
    ask, lines = Asked(), [line("a", 3), line("b", 10_000), line("c", 0), line("d", LONGEST)]
    found = list(stretches.answers(lines, ask))
    assert [one["id"] for one in found] == ["a", "b", "c", "d"]
    assert [len(one["words"]) for one in found] == [3, 10_000, 0, LONGEST]
    assert found[1]["words"][9_999] == ["9999"]
    assert max(sum(count for _, count, _ in some) for some in ask.asked) <= AT_ONCE
    assert ask.asked[0][:2] == [("a", 3, {"": ""}), ("b/0", LONGEST, {})]
    best, other = found[1]["line"]  # the mean over its 25 stretches
    assert (best["label"], other["label"]) == (str(LONGEST), "x")
    assert (best["probability"], other["probability"]) == pytest.approx((0.6, 0.4))


def test_many_short_lines_are_several_questions_and_whole_ones_are_not_cut():
    ask = Asked()
    assert len(list(stretches.answers([line(str(n), 1) for n in range(90)], ask))) == 90
    assert [len(some) for some in ask.asked] == [40, 40, 10]
    ask = Asked()
    list(stretches.answers([line("a", 10_000), line("b", 2)], ask, whole=True))
    assert [[count for _, count, _ in some] for some in ask.asked] == [[10_000], [2]]
    ask, said = Asked(), {**line("a", 900), "labels": {"said": "the whole line"}}
    list(stretches.answers([said, line("b", 2), line("c", 2)], ask, at_once=2))
    assert [[count for _, count, _ in some] for some in ask.asked] == [[900, 2], [2]]


def test_a_stretch_of_which_nothing_fits_is_not_passed_over():
    with pytest.raises(ValueError, match="shorter"):
        list(stretches.answers([line("a", 900)], lambda some: []))


def test_long_lines_are_learnt_from_piece_by_piece():
    long = Line("l", words=tuple(Word(str(n)) for n in range(10_000)), translations={"en": "all"})
    pieces = list(stretches.cut([Line("s", words=(Word("x"),), translations={"en": "x"}), long]))
    assert pieces[0].translations == {"en": "x"} and not pieces[1].translations
    assert [word.form for one in pieces[1:] for word in one.words] == [w.form for w in long.words]
    assert max(len(one.words) for one in pieces) == LONGEST
    assert len({one.id for one in pieces}) == len(pieces)


def test_lines_that_are_not_written_yet_are_asked_about_in_the_same_way():
    said = []

    def ask(some):
        said.extend(some)
        return [{"id": one.id, "words": [[word.form] for word in one.words]} for one in some]

    short = Line("s", words=(Word("x"),), translations={"en": "x"})
    long = Line("l", words=tuple(Word(str(n)) for n in range(900)), translations={"en": "all"})
    found = list(stretches.answers([short, long], ask))
    assert [(one["id"], len(one["words"])) for one in found] == [("s", 1), ("l", 900)]
    assert said[0] is short and not said[1].translations
