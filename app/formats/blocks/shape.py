"""What each line of a block is: number, source, words, glosses, translation.

Source: Leipzig Glossing Rules (2015), rules 1 and 2; the layout of the examples there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path

from app.domain import leipzig
from app.domain.text import fold
from app.formats.plain_lines import Line, blocks

_TITLE = re.compile(r"(?:#+\s+|(?=Text\s+\d+\s*[:.]))(.+)")
_NUMBER = re.compile(r"\((\d+[a-z]?(?:\.\d+)*|[ivxl]+)\)[ \t]*(?:([a-z])\.[ \t]+)?")
_BARE = re.compile(r"(\d+[a-z]?)[.)]?[ \t]+")
_QUOTED = re.compile(r"[‘'`\"“„«‹](.*)[’'\"”“»›][.,;]?(?:\s*\((.+)\)\.?)?", re.DOTALL)
_LITERAL = re.compile(r"\(?lit(?:erally|\.)?:?\s*[‘'`\"“](.*)[’'\"”]\)?", re.DOTALL | re.I)
_SOURCE = re.compile(r"[(\[](.+)[)\]]\.?")
HEAD = 1 << 16  # bytes that are looked at to know a file
_ALIKE = 0.6  # share of letters that a line and its words have in common
_LETTERS = re.compile(r"\W+")


@dataclass
class Group:
    """Lines that stand below one another: words, glosses and perhaps the line as it is written."""

    line: int
    words: str
    glosses: str = ""
    baseline: str = ""

    @property
    def fits(self) -> bool:
        """Whether there are as many words as glosses."""
        return len(self.words.split()) == len(self.glosses.split())


@dataclass
class Block:
    """An example.

    Attributes:
        line: number of its first line.
        label: its number.
        title: of the text that begins with it.
        baseline: the line as a whole, where the block has it.
        groups: its lines of words with their glosses, several where they are wrapped.
    """

    line: int
    label: str = ""
    title: str = ""
    source: str = ""
    baseline: str = ""
    groups: list[Group] = field(default_factory=list)
    translation: str = ""
    literal: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether it is a title alone."""
        return not (self.groups or self.translation or self.label)


def parse_block(lines: Sequence[Line], before: str = "") -> Block:
    """What the lines of a block are.

    Args:
        before: the number of the block before.

    >>> block = parse_block([(1, "(2) ni-na-soma kitabu."), (2, "1SG-PRS-read book"),
    ...                      (3, "‘I am reading a book.’ (A 12)")])
    >>> block.label, block.groups[0].glosses, block.translation, block.source
    ('2', '1SG-PRS-read book', 'I am reading a book.', 'A 12')
    """
    rows = [(number, " ".join(text.replace("\ufeff", "").split())) for number, text in lines]
    block = Block(rows[0][0])
    if found := _TITLE.fullmatch(rows[0][1]):
        block.title = found[1] or rows[0][1]
        rows = rows[1:]
    numbered = _take_number(block, rows, before) if rows else 0
    rows = [row for row in rows if row[1]]
    rows = _take_literal(block, rows, 0 if numbered else 1)
    rows = _take_translation(block, rows, 0 if numbered == 2 else 1)
    _take_groups(block, rows)
    return block


def looks_like_blocks(path: Path) -> bool:
    """Whether a file has blocks of words and glosses, as far as its beginning shows."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return is_blocks(stream.read(HEAD))


def is_blocks(head: bytes) -> bool:
    r"""Whether a file that begins so has blocks of words and glosses.

    >>> is_blocks(b"(1) a-b c\n    X-Y z\n"), is_blocks(b"\\lx a\n\\ge b\n")
    (True, False)
    """
    lines = head.decode(errors="replace").splitlines()
    lines = lines[:-1] if len(head) == HEAD else lines
    if any(line.startswith("\\") for line in lines):
        return False
    found = [parse_block(block) for block in blocks(enumerate(lines, 1))]
    found = [one for one in found if not one.is_empty]
    glossed = sum(1 for one in found if one.groups and all(g.fits for g in one.groups))
    return glossed * 2 >= len(found) > 0


def _take_number(block: Block, rows: list[Line], before: str) -> int:
    """Takes the number off the first row: 2 where it stands alone, 1 beside words, else 0."""
    number, text = rows[0]
    found = _NUMBER.match(text)
    if found is None and (bare := _BARE.match(text)) and len(rows) > 1:
        counts = [len(row.split()) for _, row in rows]
        follows = before.isdecimal() and bare[1] == str(int(before) + 1)
        marked = bare[0].strip()[-1] in ".)" and counts[0] != counts[1]
        if counts[0] - 1 == counts[1] or marked or follows:
            found = bare
    if found is None:
        return 0
    block.label = "".join(filter(None, found.groups()))
    rows[0] = (number, text[found.end() :])
    return 1 if rows[0][1] else 2


def _take_literal(block: Block, rows: list[Line], first: int) -> list[Line]:
    for place in range(first, len(rows)):
        if found := _LITERAL.fullmatch(rows[place][1]):
            block.literal = found[1].strip()
            return [*rows[:place], *rows[place + 1 :]]
    return rows


def _take_translation(block: Block, rows: list[Line], first: int) -> list[Line]:
    """Takes off the lines from the last opening quote that closes, and the source behind."""
    if len(rows) > max(first, 1) and (source := _SOURCE.fullmatch(rows[-1][1])):
        block.source = source[1]
        rows = rows[:-1]
    for place in range(len(rows) - 1, first - 1, -1):
        found = _QUOTED.fullmatch(" ".join(text for _, text in rows[place:]))
        if found:
            block.translation = found[1].strip()
            block.source = block.source or (found[2] or "")
            return rows[:place]
    return rows


def _take_groups(block: Block, rows: list[Line]) -> None:
    """Parts the lines above the translation into groups, by how their words agree."""
    if len(rows) < 2:
        block.groups = [Group(number, text) for number, text in rows]
        return
    arrangements = [(0, 3), (0, 2), (1, 2), (1, 3)]
    fitting = (
        groups
        for head, size in arrangements
        if (len(rows) - head) % size == 0 and len(rows) > head
        and (groups := _grouped(rows[head:], size)) and all(_is_likely(g, size) for g in groups)
        and (not head or size == 2)
    )  # fmt: skip
    block.groups = next(fitting, [])
    if not block.groups:
        block.groups = _grouped(rows[len(rows) % 2 :], 2)
    head = len(rows) - sum(2 + bool(one.baseline) for one in block.groups)
    for _, text in rows[:head]:
        if _is_same_line(text, block.groups):
            block.baseline = text
        else:
            block.source = f"{block.source} {text}".strip()


def _grouped(rows: Sequence[Line], size: int) -> list[Group]:
    made = []
    for place in range(0, len(rows) - size + 1, size):
        group = rows[place : place + size]
        number, words = group[size - 2]
        made.append(Group(number, words, group[-1][1], group[0][1] if size == 3 else ""))
    return made


def _is_likely(group: Group, size: int) -> bool:
    if size == 3 and _bare(group.baseline) != _bare(leipzig.surface(group.words)):
        return False
    return group.fits


def _is_same_line(text: str, groups: Sequence[Group]) -> bool:
    words = " ".join(group.words for group in groups)
    said = " ".join(leipzig.surface(word) for word in words.split())
    return SequenceMatcher(None, _bare(text), _bare(said), autojunk=False).ratio() > _ALIKE


def _bare(line: str) -> str:
    return _LETTERS.sub("", fold(line))
