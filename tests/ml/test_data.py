"""Lines to learn from, as JSON and back."""

import pytest

from app.domain.errors import Unreadable
from app.ml.data import Line, Morph, Word, read_lines, write_lines

LINES = [
    Line(
        "u1",
        "t1",
        (Word("maisons", (Morph("maison", "house"), Morph("s", "PL", "-")), "n", "fr"), Word(".")),
        {"en": "houses"},
        {"genre": "song"},
    ),
    Line("u2"),
]


def test_lines_come_back_as_they_were():
    written = list(write_lines(LINES))
    assert [one.count("\n") for one in written] == [1, 1]
    assert list(read_lines(written)) == LINES


@pytest.mark.parametrize(
    "row", ["{", "[]", "{}", '{"id":"1","words":[{"no":1}]}', '{"id":1,"words":3}', "[" * 100000]
)
def test_what_is_no_line_is_named_with_its_number(row):
    with pytest.raises(Unreadable) as caught:
        list(read_lines(["\n", row], "lines.jsonl"))
    assert (caught.value.file, caught.value.line) == ("lines.jsonl", 2)
