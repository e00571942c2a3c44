"""The concordance on a generated corpus: pages, and how fast its collection is made.

python -m bench.corpus [--utterances 100000] [--small 10000]

Utterances are written as stored records; their occurrences by the follower, as after any import.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from app.domain.ids import new_id
from app.domain.ranks import spread
from app.domain.roles import SYSTEM
from app.services import projects
from app.settings import Settings
from app.store import followers
from app.store.database import Document, Store, connect
from app.store.derived import FOLLOWERS
from app.store.mongod import hold
from app.web import create_app
from app.wiring import prepare
from bench.generate import CONSONANTS, NOUNS, VOWELS
from bench.run import member_client, percentile, told

WORDS = 10  # of an utterance
LINES = 100  # of a text
STEMS = 20_000
SUFFIXES = [
    ("PL", "zi"),
    ("PST", "ile"),
    ("LOC", "ni"),
    ("CAUS", "ish"),
    ("NEG", "si"),
    ("Q", "je"),
]
PREFIXES = [("1SG", "ni"), ("2SG", "u"), ("3SG", "a"), ("1PL", "tu"), ("REL", "ye")]


def make_corpus(store: Store, slug: str, utterances: int) -> str:
    """A project with a corpus; returns its id."""
    project = projects.create_project(store, SYSTEM, slug=slug, title=slug, language="seh")
    items = store.items.find({"project": project, "list": "parts-of-speech"}, {"_id": 1})
    categories = [item["_id"] for item in items]
    batch: list[Document] = []
    for document in _lines(project, categories, utterances):
        batch.append(document)
        if len(batch) == 2000:
            store.utterances.insert_many(batch, ordered=False)
            batch = []
    if batch:
        store.utterances.insert_many(batch, ordered=False)
    return project


def _lines(project: str, categories: list[str], utterances: int) -> Iterator[Document]:
    chance = random.Random(7)
    stems = [_stem(chance, number, categories) for number in range(STEMS)]
    ranks = spread(LINES)
    text = ""
    for number in range(utterances):
        if number % LINES == 0:
            text = new_id("t")
        chosen = [stems[min(STEMS - 1, int(chance.paretovariate(0.6)) - 1)] for _ in range(WORDS)]
        words = [_word(chance, stem, categories) for stem in chosen]
        line = " ".join(word["form"]["seh"] for word in words)
        told_as = " ".join(chance.choice(NOUNS) for _ in range(WORDS))
        yield {
            "_id": new_id("l"), "project": project, "rev": 1, "seq": 0, "owner": "system",
            "text": text, "rank": ranks[number % LINES], "baseline": {"seh": line},
            "words": words, "translation": {"en": told_as},
        }  # fmt: skip


def _stem(chance: random.Random, number: int, categories: list[str]) -> Document:
    syllables = range(chance.randint(1, 4))
    form = "".join(chance.choice(CONSONANTS) + chance.choice(VOWELS) for _ in syllables)
    return {
        "form": {"seh": form},
        "gloss": {"en": f"{chance.choice(NOUNS)}.{number}"},
        "pos": categories[number % 2],
        "entry": new_id("e"),
        "sense": new_id("s"),
    }


def _word(chance: random.Random, stem: Document, categories: list[str]) -> Document:
    morphs = [{"id": new_id("m"), **stem}]
    if chance.random() < 0.3:
        gloss, form = chance.choice(PREFIXES)
        morphs.insert(0, _affix(gloss, form, categories, "right"))
    if chance.random() < 0.3:
        gloss, form = SUFFIXES[min(5, int(chance.paretovariate(1)) - 1)]
        morphs.append(_affix(gloss, form, categories, "left"))
    written = "".join(morph["form"]["seh"] for morph in morphs)
    analysis = {"id": new_id("y"), "origin": "person", "morphs": morphs}
    return {
        "id": new_id("w"),
        "form": {"seh": written},
        "analyses": [analysis],
        "chosen": analysis["id"],
    }


def _affix(gloss: str, form: str, categories: list[str], side: str) -> Document:
    affix = {"id": new_id("m"), "form": {"seh": form}, "gloss": {"en": gloss}, side: "-"}
    return {**affix, "pos": categories[2]}


def measure_making(store: Store, project: str, name: str) -> float:
    """Seconds in which a follower makes its collection."""
    follower = next(one for one in FOLLOWERS if one.name == name)
    start = time.perf_counter()
    followers.rebuild(store, project, follower)
    return time.perf_counter() - start


def sizes(store: Store, *names: str) -> str:
    """What collections take on the disk: documents and indexes."""
    found = [store.command("collStats", name) for name in names]
    documents = sum(one["storageSize"] for one in found) >> 20
    return f"{documents} MB + {sum(one['totalIndexSize'] for one in found) >> 20} MB of indexes"


def addresses(store: Store, project: str, slug: str) -> dict[str, list[str]]:
    """Pages of the concordance by what they show."""
    stem = store.items.find_one({"project": project, "list": "parts-of-speech"})
    base = f"/{slug}/concordance?"
    pattern = {"line": "gloss", "text": "PL", "near": "morph-before", "near_line": "category"}
    assert stem is not None
    pattern["near_text"] = stem["_id"]
    every = {
        "commonest gloss, text order": {"line": "gloss", "text": "PL"},
        "commonest gloss, by left context": {"line": "gloss", "text": "PL", "sort": "left"},
        "commonest gloss, by right context": {"line": "gloss", "text": "PL", "sort": "right"},
        "two morphs: PL after a category": pattern,
        "two morphs, by left context": {**pattern, "sort": "left"},
        "word that begins with ma": {"line": "word", "text": "ma", "mode": "start"},
        "regular expression (reported)": {"line": "word", "text": "^m.*zi$", "mode": "regex"},
    }
    return {what: [base + urlencode(query)] for what, query in every.items()}


def measure_pages(app: Any, store: Store, found: dict[str, str]) -> None:
    """First pages through the WSGI app with a signed-in member."""
    results: dict[str, list[float]] = {}
    for slug, project in found.items():
        client = member_client(app, store, slug)
        for what, pages in addresses(store, project, slug).items():
            for _ in range(5):
                assert client.get(pages[0]).status_code == 200, pages
            times = []
            for _ in range(60):
                start = time.perf_counter()
                client.get(pages[0])
                times.append((time.perf_counter() - start) * 1000)
            results.setdefault(what, []).append(percentile(times))
    for what, (small, big) in results.items():
        told(f"{what}, 95th centile", f"{big:.1f} ms", f"{small:.1f} ms", f"{big / small:.2f}")


def main() -> None:
    """Makes both corpora and measures."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--utterances", type=int, default=100_000)
    arguments.add_argument("--small", type=int, default=10_000)
    arguments.add_argument("--data", type=Path, help="a data folder that is kept")
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=chosen.data or Path(folder)).with_secret()
        settings.make_folders()
        with hold(settings) as uri:
            _measure(replace(settings, mongodb_uri=uri), (chosen.small, chosen.utterances))


def _measure(settings: Settings, counts: tuple[int, ...]) -> None:
    prepare(settings)
    store = connect(settings.mongodb_uri, settings.database)
    made: dict[str, str] = {}
    for count in counts:
        slug = f"corpus-{count}"
        known = store.projects.find_one({"slug": slug})
        project = known["_id"] if known else make_corpus(store, slug, count)
        made[slug] = project
        if known is None:
            seconds = measure_making(store, project, "occurrences")
            start = time.perf_counter()
            lines = list(store.utterances.find({"project": project}).limit(20_000))
            store.bare.insert_many(lines, ordered=False)
            bare = (time.perf_counter() - start) * count / len(lines)
            store.bare.drop()
            told(
                f"occurrences of {count:,} utterances made anew",
                f"{seconds:.1f} s, {sizes(store, 'occurrences', 'vocabulary')}",
                f"{bare:.1f} s: read and written once",
                f"{seconds / bare:.1f}",
            )
    measure_pages(create_app(settings, store), store, made)


if __name__ == "__main__":
    main()
