"""How well words are labelled (parts of speech, languages), beside the most frequent label.

    python -m bench.tagging [--data ../shared/data] [--only pos|language|senses] [--folds 5]
                            [--engine transformer]

Parts of speech: Uspanteko of the glossing benchmark (train and dev file; the tag of a word is that
of its stem, and with `--tags whole` those of all its morphs), and the treebanks of Beja and
Bhojpuri, of which there is a test file only: folds of its sentences, each asked once. Languages:
single words of the texts at hand, of which every fifth sentence is asked. Senses: gloss, part of
speech and domain of the senses of every fifth entry of three dictionaries, each asked with the
other two known. Ends with one line of JSON.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

for one in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(one, "1")

from app.ml import scores  # noqa: E402 - threads are counted at the first import of numpy
from app.ml.data import Line, Word  # noqa: E402
from app.ml.targets import ASKED, FIELD, SENSE_FIELDS, units_of  # noqa: E402

Split = tuple[list[Line], list[Line]]
TREEBANKS = {"Beja": "UD_Beja-NSC", "Bhojpuri": "UD_Bhojpuri-BHTB"}
GLOSSED = {"Lezgi": ("lez", "eng"), "Tsez": ("ddo", "eng"), "Uspanteko": ("usp", "spa")}


def uspanteko(path: Path, tags: str) -> list[Line]:
    """The sentences of a file with tags of words."""
    found = []
    for number, block in enumerate(path.read_text(encoding="utf-8").split("\n\n")):
        tiers = {row[:2]: row[2:].split() for row in block.splitlines() if row.startswith("\\")}
        words, given = tiers.get("\\t", []), tiers.get("\\p", [])
        if not words or len(words) != len(given):
            continue
        glosses = tiers.get("\\g", [])
        told = [
            Word(form, pos=given[n] if tags == "whole" else _stem(given[n], glosses[n]))
            for n, form in enumerate(words)
        ]
        found.append(Line(f"{path.name} {number}", words=tuple(told)))
    return found


def _stem(tag: str, gloss: str) -> str:
    """The tag of the first morph whose gloss is no label; the last one where all are."""
    tags, glosses = tag.split("-"), gloss.split("-")
    if len(tags) != len(glosses):
        return tags[-1]
    stems = [one for one, said in zip(tags, glosses, strict=True) if said != said.upper()]
    return (stems or tags[-1:])[0]


def treebank(path: Path) -> list[Line]:
    """The sentences of a file in CoNLL-U with universal parts of speech."""
    found = []
    for number, block in enumerate(path.read_text(encoding="utf-8").split("\n\n")):
        rows = [row.split("\t") for row in block.splitlines() if row[:1].isdigit()]
        words = tuple(Word(row[1], pos=row[3]) for row in rows if row[0].isdigit())
        if words:
            found.append(Line(str(number), words=words))
    return found


def languages(data: Path) -> list[Line]:
    """Sentences of the texts at hand, each word with the code of its language."""
    found: dict[tuple[str, ...], Line] = {}
    for name, (code, other) in GLOSSED.items():
        for path in sorted((data / "glossing" / name).glob("*-track2-uncovered")):
            for tier, spoken in (("\\t", code), ("\\l", other)):
                for one in words_of(path, tier):
                    found.setdefault(one, _in(one, spoken))
    for name, folder in TREEBANKS.items():
        for line in treebank(next((data / "conllu" / folder).glob("*.conllu"))):
            forms = tuple(word.form for word in line.words)
            found.setdefault(forms, _in(forms, name[:3].casefold()))
    return list(found.values())


def words_of(path: Path, tier: str) -> Iterator[tuple[str, ...]]:
    """The words of the sentences, or translations, of a file of the glossing benchmark."""
    for row in path.read_text(encoding="utf-8").splitlines():
        if row.startswith(tier) and row[2:].split():
            yield tuple(row[2:].split())


def _in(forms: Sequence[str], code: str) -> Line:
    words = (Word(one, language=code if any(map(str.isalpha, one)) else "") for one in forms)
    return Line(" ".join(forms), words=tuple(words))


def measure(splits: Sequence[Split], target: str, engines: Sequence[str]) -> dict[str, Any]:
    """Accuracy per word of engines on the same splits, with intervals."""
    return {engine: _measured(splits, target, engine) for engine in engines}


def _measured(splits: Sequence[Split], target: str, engine: str) -> dict[str, Any]:
    right, counts, said, hits = [], [], [], []
    trained = asked = 0.0
    for learnt, tested in splits:
        begun = time.process_time()
        model = import_module(ENGINES[engine]).train(learnt, {"target": target, "seed": 1})
        trained += time.process_time() - begun
        begun = time.process_time()
        guesses = model.predict([blank(line) for line in tested])
        asked += time.process_time() - begun
        for line, guess in zip(tested, guesses, strict=True):
            rows = [
                (unit.labels[0], row[0] if row else None)
                for unit, row in zip(units_of(line, target), guess.words, strict=True)
                if unit.labels
            ]
            hit = [best is not None and best.label == label for label, best in rows]
            right.append(sum(hit))
            counts.append(len(hit))
            hits += hit
            said += [best.probability if best else 0.0 for _, best in rows]
    share = scores.bootstrap(right, counts)
    return {
        "accuracy": round(100 * share.value, 2),
        "interval": [round(100 * share.low, 1), round(100 * share.high, 1)],
        "words": share.all,
        "calibration_error": round(scores.calibration_error(said, hits), 4),
        "train_seconds": round(trained, 1),
        "predict_seconds": round(asked, 1),
    }


def blank(line: Line) -> Line:
    """A line without what is asked for."""
    return replace(line, words=tuple(Word(word.form) for word in line.words))


def folds(lines: Sequence[Line], count: int) -> list[Split]:
    """Each sentence asked once, by models that learnt from the other folds."""
    return [
        (
            [one for n, one in enumerate(lines) if n % count != fold],
            [one for n, one in enumerate(lines) if n % count == fold],
        )
        for fold in range(count)
    ]


ENGINES = {
    "crf": "app.ml.crf",
    "pipeline": "app.ml.pipelines",
    "transformer": "app.ml.transformer",
    "lookup": "app.ml.lookup",
}


def parts_of_speech(data: Path, tags: str, count: int, engine: str) -> dict[str, Any]:
    """The table of parts of speech."""
    files = data / "glossing" / "Uspanteko"
    learnt, asked = (
        uspanteko(files / f"usp-{one}-track2-uncovered", tags) for one in ("train", "dev")
    )
    cells: dict[str, Callable[[], list[Split]]] = {"Uspanteko": lambda: [(learnt, asked)]}
    for name, folder in TREEBANKS.items():
        path = next((data / "conllu" / folder).glob("*.conllu"))
        cells[name] = lambda path=path: folds(treebank(path), count)  # type: ignore[misc]
    return {name: _row(name, made(), "pos", engine) for name, made in cells.items()}


def dictionary(folder: Path) -> list[dict[str, str]]:
    """The senses of a dictionary in CLDF."""
    entries = {one["ID"]: one for one in _rows(folder / "entries.csv")}
    return [
        {
            "entry": one["Entry_ID"],
            "form": entries[one["Entry_ID"]]["Headword"],
            "pos": entries[one["Entry_ID"]]["Part_Of_Speech"],
            "gloss": one["Description"],
            "domain": (one["Semantic_Domain"] or "").split(" ; ")[0],
        }
        for one in _rows(folder / "senses.csv")
        if one["Entry_ID"] in entries
    ]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def lift(path: Path) -> list[dict[str, str]]:
    """The senses of a dictionary in LIFT."""
    found = []
    for entry in ElementTree.parse(path).getroot().iter("entry"):
        form = entry.findtext("lexical-unit/form/text") or ""
        for sense in entry.iter("sense"):
            info = sense.find("grammatical-info")
            domain = next(
                (one.get("value") or "" for one in sense.findall("trait")
                 if (one.get("name") or "").startswith("semantic-domain")), "",
            )  # fmt: skip
            found.append({
                "entry": entry.get("id") or str(len(found)),
                "form": form,
                "gloss": sense.findtext("gloss/text") or "",
                "pos": (info.get("value") or "") if info is not None else "",
                "domain": domain,
            })  # fmt: skip
    return found


def senses(data: Path) -> dict[str, Any]:
    """The table of fields of senses."""
    every = {
        "Daakaka": dictionary(data / "cldf-dictionary" / "daakaka"),
        "Kalamang": dictionary(data / "cldf-dictionary" / "kalamang"),
        "Sena": lift(data / "lift" / "sena" / "Sena.lift"),
    }
    return {name: _dictionary(name, held) for name, held in every.items()}


def _dictionary(name: str, held: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    order = {one: n for n, one in enumerate(dict.fromkeys(one["entry"] for one in held))}
    lines = [
        (order[one["entry"]] % 5 == 0, _asked(str(n), one, asked))
        for n, one in enumerate(held)
        for asked in SENSE_FIELDS
        if one[asked] and one["form"]
    ]
    learnt = [line for is_asked, line in lines if not is_asked]
    tested = [line for is_asked, line in lines if is_asked]
    begun = time.process_time()
    models = {
        engine: import_module(module).train(learnt, {"target": "sense", "seed": 1})
        for engine, module in (("neighbours", "app.ml.neighbours"), ("lookup", "app.ml.lookup"))
    }
    spent = time.process_time() - begun
    found: dict[str, Any] = {"seconds": round(spent, 1)}
    for asked in SENSE_FIELDS:
        wanted = [line for line in tested if line.labels[ASKED] == asked]
        if wanted:
            found[asked] = {key: _hits(model, wanted) for key, model in models.items()}
            print(name, asked, len(wanted), found[asked], flush=True)
    return found


def _hits(model: Any, wanted: Sequence[Line]) -> dict[str, Any]:
    bare = [
        replace(one, labels={key: value for key, value in one.labels.items() if key != FIELD})
        for one in wanted
    ]
    first, five = [], []
    for line, guess in zip(wanted, model.predict(bare), strict=True):
        said = [getattr(one, "label", "") or getattr(one, "gloss", "") for one in guess.line]
        first.append(int(said[:1] == [line.labels[FIELD]]))
        five.append(int(line.labels[FIELD] in said[:5]))
    share = scores.bootstrap(first, [1] * len(first))
    return {
        "first": round(100 * share.value, 1),
        "interval": [round(100 * share.low, 1), round(100 * share.high, 1)],
        "five": round(100 * sum(five) / max(len(five), 1), 1),
        "asked": len(wanted),
    }


def _asked(number: str, one: Mapping[str, str], asked: str) -> Line:
    labels = {key: one[key] for key in ("pos", "domain") if one[key] and key != asked}
    told = {"x": one["gloss"]} if one["gloss"] and asked != "gloss" else {}
    labels |= {ASKED: asked, FIELD: one[asked]}
    return Line(f"{number}.{asked}", one["entry"], (Word(one["form"]),), told, labels)


def words_by_language(data: Path, engine: str) -> dict[str, Any]:
    """The table of languages."""
    lines = languages(data)
    split = folds(lines, 5)[0]
    counts = Counter(next(filter(None, (w.language for w in one.words)), "") for one in lines)
    print("sentences", dict(counts))
    return {"words": _row("languages", [split], "language", engine)}


def _row(name: str, splits: Sequence[Split], target: str, engine: str) -> dict[str, Any]:
    best = "pipeline" if target == "language" else "crf"
    found = measure(splits, target, [engine or best, "lookup"])
    for engine, one in found.items():
        low, high = one["interval"]
        print(
            f"{name:10} {engine:11} {one['accuracy']:6} ({low} to {high}) of {one['words']}, "
            f"ece {one['calibration_error']}, {one['train_seconds']} + {one['predict_seconds']} s",
            flush=True,
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Raw)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--only", choices=("pos", "language", "senses"))
    parser.add_argument("--tags", choices=("stem", "whole"), default="stem")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--engine", choices=list(ENGINES), default="", help="another one than ours")
    asked = parser.parse_args()
    told: dict[str, Any] = {}
    if asked.only in (None, "pos"):
        told["pos"] = parts_of_speech(asked.data, asked.tags, asked.folds, asked.engine)
    if asked.only in (None, "language"):
        told["language"] = words_by_language(asked.data, asked.engine)
    if asked.only in (None, "senses"):
        told["senses"] = senses(asked.data)
    print(json.dumps(told))


class _Raw(argparse.RawDescriptionHelpFormatter):
    """The description as it is written."""


if __name__ == "__main__":
    main()
