"""The senses on which links are measured are told completely."""

from __future__ import annotations

import csv
import lzma
from collections import Counter

import pytest

from bench.linking import GOLD, measure
from bench.linking import Judged as One
from tests.formats.samples import DATA

SYNSETS = DATA / "wordnet" / "oewn" / "oewn-synsets.tsv.xz"


@pytest.fixture(scope="module")
def rows():
    with GOLD.open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def test_there_are_fifty_senses_of_each_dictionary(rows):
    assert Counter(row["dictionary"] for row in rows) == dict.fromkeys(
        ("daakaka", "biatah", "sena"), 50
    )
    assert len({(row["dictionary"], row["entry"], row["sense"]) for row in rows}) == 150
    for row in rows:
        assert row["relation"] in ("exact", "close", "broader", "none") and row["reason"]
        assert bool(row["accepted"]) is (row["relation"] != "none")


@pytest.mark.skipif(not SYNSETS.is_file(), reason=f"no wordnet at {SYNSETS}")
def test_every_synset_is_there_with_its_number(rows):
    wanted = {part for row in rows for part in row["accepted"].split()}
    with lzma.open(SYNSETS, "rt", encoding="utf-8") as file:
        lines = (line.split("\t", 3) for line in file)
        known = {f"{ili or '-'}:{name}" for name, _, ili, _ in lines}
    assert wanted <= known


def test_what_is_measured():
    senses = [One(None, "a", "exact", frozenset({"x"})), One(None, "b", "none", frozenset())]
    answers = [[("y", 0.9), ("x", 0.1)], [("z", 0.1)]]
    found = measure(senses, answers)
    assert (found.judged, found.first, found.five, found.covered, found.covered_right) == (
        1, 0, 1, 1, 0,
    )  # fmt: skip
