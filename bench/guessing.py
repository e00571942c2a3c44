"""Guesses beside the most frequent gloss: how they learn, and how fast they come.

    python -m bench.guessing [--data ../shared/data/glossing] [--only curve,reliability,speed]
                             [--train] [--translations all|own|none]

The curve is that of raw words of the glossing benchmark (SIGMORPHON 2023, surface words to
glosses): what counts is word accuracy, the share of words whose whole gloss is right, punctuation
included. What is remembered are confirmed words as the app has them, so with their morphs; what is
asked about is the bare line. The baseline gives a word its most frequent gloss, and copies a word
that it has not seen; where a guess leaves a stem without a gloss, it is copied too. Marks of
punctuation are copied by both. Small sizes are drawn several times, sentence by sentence.

The lines that are asked about are in the project, with their translations and without a gloss;
`--translations own` keeps it to that of the line in question, `none` does without.

`--train` measures with a tenth of the training files held out instead of the dev files: all
numbers in `app.domain.guessing` were chosen that way.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from app.domain.ids import new_id
from app.domain.knowledge import Asked, Guess, Knowledge, Order
from app.domain.lessons import lessons_of, neighbours, order_fact, word_key
from app.domain.line_guessing import guess_line
from app.domain.roles import SYSTEM
from app.domain.text import first_plain
from app.domain.translation_hints import Hints
from app.domain.translations import lessons_of_translation, rendered
from app.services import guesses, projects
from app.services.desk import open_desk
from app.settings import Settings
from app.store import followers
from app.store.database import Document, connect
from app.store.indexes import ensure_indexes
from app.store.mongod import hold
from bench.run import told

LANGUAGES = {"Lezgi": "lez", "Tsez": "ddo", "Uspanteko": "usp"}
SIZES = {50: 20, 200: 10, 1000: 5, 0: 1}  # words that are remembered, and draws; 0 is all
MARKS = '.,!?;:"“”«»()…-–—*[]¡¿'
WS, META = "x", "en"


class Said(NamedTuple):
    """A word of the benchmark: as it is written, its morphs and its gloss."""

    form: str
    morphs: str
    gloss: str


class Sentence(list[Said]):
    """The words of a sentence, and its translation."""

    translation = ""

    def cut(self, size: int) -> Sentence:
        """Its first words."""
        return _sentence(self[:size], self.translation)


def _sentence(words: Iterable[Said], translation: str) -> Sentence:
    made = Sentence(words)
    made.translation = translation
    return made


def read(folder: Path, language: str, part: str) -> list[Sentence]:
    """The sentences of a file of the benchmark, with their morphs and translations."""
    path = folder / language / f"{LANGUAGES[language]}-{part}-track2-uncovered"
    found = []
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        tiers = {line[:2]: line[2:].split() for line in block.splitlines() if line}
        if "\\t" in tiers:
            words = zip(tiers["\\t"], tiers["\\m"], tiers["\\g"], strict=True)
            found.append(_sentence((Said(*one) for one in words), " ".join(tiers.get("\\l", ""))))
    return found


def key(form: str) -> str:
    """A word without marks and case; a mark itself."""
    return form.lower().strip(MARKS) or form


def is_mark(form: str) -> bool:
    """Whether there is no letter in it."""
    return not any(c.isalnum() for c in form)


def as_line(sentence: Sentence, *, confirmed: bool = True) -> Document:
    """A sentence as an utterance with its words, confirmed or not, marks as words of their own."""
    words: list[Document] = []
    for number, said in enumerate(sentence):
        bare = key(said.form)
        before, _, after = said.form.lower().partition(bare)
        words += [_mark(mark) for mark in before]
        words.append(_word(said, bare, confirmed) | {"number": number})
        words += [_mark(mark) for mark in after]
    return {"words": words, "translation": {META: sentence.translation}}


def _mark(mark: str) -> Document:
    return {"form": {WS: mark}, "type": "punctuation"}


def _word(said: Said, bare: str, confirmed: bool) -> Document:
    if is_mark(bare):
        return _mark(bare)
    if not confirmed:
        return {"form": {WS: bare}}
    forms, glosses = said.morphs.split("-"), said.gloss.split("-")
    analysis: Document = {"id": "y", "morphs": []}
    if len(forms) == len(glosses):
        for place, (form, gloss) in enumerate(zip(forms, glosses, strict=True)):
            morph: Document = {"form": {WS: form.lower()}, "gloss": {META: gloss}}
            morph |= {"left": "-"} if place else {}
            morph |= {"right": "-"} if place < len(forms) - 1 else {}
            analysis["morphs"].append(morph)
    else:
        analysis["gloss"] = {META: said.gloss}
    return {"form": {WS: bare}, "analyses": [analysis], "chosen": "y"}


class Learner:
    """The memory without a database: the same facts and the same rules."""

    def __init__(
        self,
        sentences: Iterable[Sentence],
        unread: Sequence[Sentence] = (),
        translated: bool = True,
    ) -> None:
        """
        Args:
            sentences: whose words are confirmed.
            unread: others that are in the project with their translations.
            translated: whether translations are used.
        """
        self._knowledge, self._translated = Knowledge(), translated
        self._together: dict[str, list[frozenset[str]]] = defaultdict(list)
        for sentence in sentences:
            self._learn(as_line(sentence))
        for sentence in unread if translated else ():
            line = as_line(sentence, confirmed=False)
            self._learn(line)
            said = frozenset(word.key for word in rendered(sentence.translation))
            for form in {word_key(first_plain(word["form"])) for word in line["words"]}:
                self._together[form].append(said)
        self._orders = {WS: Order(self._knowledge.under(order_fact(WS)))}

    def guesses(self, sentence: Sentence) -> Iterator[tuple[Said, Guess | None]]:
        """The likeliest analysis of each word, none for a mark."""
        words = as_line(sentence, confirmed=False)["words"]
        asked = {
            str(place): Asked(
                WS,
                word["form"][WS],
                *neighbours(words, place, WS),
                place=(place + 0.5) / len(words),
            )
            for place, word in enumerate(words)
            if "number" in word and not is_mark(word["form"][WS])
        }
        said = rendered(sentence.translation)
        hints = Hints(META, said, self._knowledge, self._together) if self._translated else None
        found = guess_line(asked, self._knowledge, self._orders, hints)
        for place, word in enumerate(words):
            if "number" in word:
                told_ = found.get(str(place))
                yield sentence[word["number"]], told_[0] if told_ else None

    def glosses(self, sentence: Sentence) -> list[tuple[Said, str]]:
        """The likeliest gloss of each word; what stays open is copied."""
        return [
            (said, written(guess) if guess else key(said.form))
            for said, guess in self.guesses(sentence)
        ]

    def _learn(self, line: Document) -> None:
        lessons = lessons_of(line)
        for fact, count in (lessons.counts + lessons_of_translation(line)).items():
            self._knowledge.add(fact.key, fact.value, count)
        self._knowledge.contents |= lessons.contents


def written(guess: Guess) -> str:
    """The gloss of a guess in one line."""
    morphs = guess.analysis.get("morphs", ())
    told_ = [first_plain(morph.get("gloss") or morph["form"]) for morph in morphs]
    return "-".join(told_) or first_plain(guess.analysis.get("gloss") or {})


def baseline(sentences: Sequence[Sentence]) -> Callable[[Sentence], list[tuple[Said, str]]]:
    """The most frequent gloss of each word."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for sentence in sentences:
        for said in sentence:
            counts[key(said.form)][said.gloss] += 1
    best = {word: found.most_common(1)[0][0] for word, found in counts.items()}
    return lambda asked: [(said, best.get(key(said.form), key(said.form))) for said in asked]


def accuracy(
    glossed: Callable[[Sentence], list[tuple[Said, str]]], tests: Sequence[Sentence]
) -> float:
    """The percentage of words whose whole gloss is right."""
    right = [said.gloss == gloss for test in tests for said, gloss in glossed(test)]
    return 100 * sum(right) / len(right)


def draw(sentences: Sequence[Sentence], size: int, seed: int) -> list[Sentence]:
    """Sentences in random order until there are so many words, the last one cut; all for 0."""
    if not size:
        return list(sentences)
    shuffled, left, found = list(sentences), size, []
    random.Random(seed).shuffle(shuffled)
    for sentence in shuffled:
        if left <= 0:
            break
        found.append(sentence.cut(left))
        left -= len(sentence)
    return found


def bench_curve(folder: Path, train: bool, translations: str) -> None:
    """Ours beside the baseline, after so many confirmed words."""
    print(f"word accuracy on {'held-out training' if train else 'dev'} files, %")
    print(f"translations: {translations}")
    for size, draws in SIZES.items():
        lines = []
        for language in LANGUAGES:
            learnt, tests = read(folder, language, "train"), read(folder, language, "dev")
            pairs = []
            for seed in range(draws):
                if train:
                    learnt = read(folder, language, "train")
                    random.Random(seed).shuffle(learnt)
                    cut = max(len(learnt) // 10, 60)
                    tests, learnt = learnt[:cut][:400], learnt[cut:]
                known = draw(learnt, size, seed)
                unread = tests if translations == "all" else ()
                learner = Learner(known, unread, translations != "none")
                pairs.append((accuracy(baseline(known), tests), accuracy(learner.glosses, tests)))
            lines.append([statistics.mean(one) for one in zip(*pairs, strict=True)])
        told_ = [
            f"{name} {ours:.1f} / {base:.1f}"
            for name, (base, ours) in zip(LANGUAGES, lines, strict=True)
        ]
        base, ours = (statistics.mean(one) for one in zip(*lines, strict=True))
        told(
            f"{size or 'all'} words ({draws} draws)",
            f"{ours:.1f}",
            f"{base:.1f} most frequent gloss",
            f"{ours - base:+.1f}   {'   '.join(told_)}",
        )


def bench_reliability(folder: Path) -> None:
    """How often a guess of some confidence is right, after 1,000 words; held-out training files."""
    found: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for language in LANGUAGES:
        for seed in range(3):
            learnt = read(folder, language, "train")
            random.Random(seed).shuffle(learnt)
            learner = Learner(draw(learnt[400:], 1000, seed), learnt[:150])
            for test in learnt[:150]:
                for said, guess in learner.guesses(test):
                    if guess is not None and (guess.known or guess.translated):
                        right = written(guess) == said.gloss
                        found[int(guess.confidence * 5)].append((guess.confidence, right))
    for _, pairs in sorted(found.items()):
        mean = statistics.mean(one for one, _ in pairs)
        share = statistics.mean(float(right) for _, right in pairs)
        told(f"confidence {mean:.2f}", f"right {share:.2f}", f"{len(pairs)} guesses", "")


def bench_speed(folder: Path, remembered_: int = 20_000, asked: int = 50, runs: int = 40) -> None:
    """Guesses for a line of 50 words, beside 50 indexed queries for a word each."""
    learnt = read(folder, "Uspanteko", "train")
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(data=Path(home), secret_key="bench")
        settings.make_folders()
        with hold(settings) as uri:
            store = connect(uri, "bench_guessing")
            ensure_indexes(store)
            projects.create_project(store, SYSTEM, slug="usp", title="usp", language="usp")
            desk = open_desk(store, SYSTEM, "usp")
            start = time.perf_counter()
            batch = [
                _stored(desk.project_id, sentence) for sentence in draw(learnt, remembered_, 1)
            ]
            store.utterances.insert_many(batch)
            followers.rebuild(store, desk.project_id, guesses.MEMORY)
            built = time.perf_counter() - start
            told(f"learning {remembered_:,} words", f"{built:.1f} s", "", "")
            unread = [_stored(desk.project_id, one, confirmed=False) for one in learnt[-600:]]
            store.utterances.insert_many(unread)
            followers.rebuild(store, desk.project_id, guesses.MEMORY)
            for translated in (False, True):
                _compare(desk, learnt[-600:], asked, runs, translated=translated)


def _compare(
    desk: Any, unread: Sequence[Sentence], asked: int, runs: int, *, translated: bool
) -> None:
    lines = _joined(unread, asked)
    ours, theirs, new = [], [], []
    for sentence in lines[:runs]:
        line = _stored(desk.project_id, sentence, confirmed=False)
        line |= {} if translated else {"translation": {}}
        start = time.perf_counter()
        found = guesses.suggest(desk, line)
        ours.append(time.perf_counter() - start)
        new.append(sum(1 for one in found.values() if not one[0].count) + asked - len(found))
        keys = [f"w{WS}\t{word['form'][WS]}" for word in line["words"]][:asked]
        start = time.perf_counter()
        for one in keys:
            list(desk.store.memory.find({"project": desk.project_id, "key": one}))
        theirs.append(time.perf_counter() - start)
    told(
        f"a line of {asked} words{', translated' if translated else ''}, "
        f"{statistics.mean(new):.0f} of them never seen, median",
        f"{statistics.median(ours) * 1000:.1f} ms",
        f"{statistics.median(theirs) * 1000:.1f} ms: {asked} indexed queries",
        f"{statistics.median(ours) / statistics.median(theirs):.2f}",
    )


def _joined(sentences: Iterable[Sentence], size: int) -> list[Sentence]:
    """Sentences put together to lines of so many words."""
    made: list[Sentence] = []
    words: list[Said] = []
    translations: list[str] = []
    for sentence in sentences:
        words += sentence
        translations.append(sentence.translation)
        if len(words) >= size:
            made.append(_sentence(words[:size], " ".join(translations)))
            words, translations = [], []
    return made


def _stored(project: str, sentence: Sentence, *, confirmed: bool = True) -> Document:
    """A sentence as it is stored."""
    line = as_line(sentence, confirmed=confirmed)
    for word in line["words"]:
        word |= {"id": new_id("w")}
        word.pop("number", None)
    return {"_id": new_id("l"), "project": project, "rev": 1, **line}


def main() -> None:
    """Runs what is asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=Path("../shared/data/glossing"))
    parser.add_argument("--only", default="curve,reliability,speed")
    parser.add_argument("--train", action="store_true")
    parser.add_argument("--translations", choices=("all", "own", "none"), default="all")
    arguments = parser.parse_args()
    wanted = arguments.only.split(",")
    if "curve" in wanted:
        bench_curve(arguments.data, arguments.train, arguments.translations)
    if "reliability" in wanted:
        bench_reliability(arguments.data)
    if "speed" in wanted:
        bench_speed(arguments.data)


if __name__ == "__main__":
    main()
