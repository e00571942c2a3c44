"""How near translations of lines come to those of the linguist, beside those word by word.

    python -m bench.translating TRAIN TEST [--drawn | --base FOLDER] [--epochs N] [--most N]

Both files are of the SIGMORPHON 2023 shared task on interlinear glossing (`\\t` words, `\\l`
translation). `--base` goes on training a model of transformers that makes texts of texts; `--drawn`
trains a small T5 with weights that are drawn and pieces learnt from the training file: what can be
had without any model of others. Test sentences whose words stand in the training file are left out.
Ends with one line of JSON: chrF and shared words with their intervals, seconds, peak memory, bytes.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

for one in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(one, "1")

from app.ml import lookup, translation_scores  # noqa: E402 - threads are counted at first import
from app.ml.data import Line, Word  # noqa: E402
from app.ml.targets import FIELD, SAID, TRANSLATION  # noqa: E402

OPTIONS: dict[str, Any] = {"target": TRANSLATION, "seed": 1}
_DRAWN = {"d_model": 128, "d_kv": 32, "d_ff": 256, "num_layers": 2, "num_heads": 4}
_PIECES, _RATE, _ROUNDS = 2000, 1e-3, 20


def read(path: Path) -> list[Line]:
    """The translated sentences of a file, each once."""
    found: dict[str, Line] = {}
    for number, block in enumerate(path.read_text(encoding="utf-8").split("\n\n")):
        tiers = {row[:2]: row[2:].strip() for row in block.splitlines() if row.startswith("\\")}
        said, told = tiers.get("\\t", ""), tiers.get("\\l", "")
        if said and told:
            words = tuple(Word(one) for one in said.split())
            line = Line(f"{path.name} {number}", words=words, labels={SAID: said, FIELD: told})
            found.setdefault(said.casefold(), line)
    return list(found.values())


def main() -> None:
    """Trains, translates, measures."""
    args = _arguments()
    train = read(args.train)
    known = {line.labels[SAID].casefold() for line in train}
    test = [one for one in read(args.test) if one.labels[SAID].casefold() not in known][: args.most]
    told = {"word by word": _measured(lookup.train(train, OPTIONS), test)}
    if args.drawn or args.base:
        with tempfile.TemporaryDirectory() as folder:
            base = args.base or _drawn(Path(folder), train)
            told["fine-tuned" if args.base else "drawn T5"] = _trained(base, train, test, args)
    facts = {"train": len(train), "test": len(test), **told}
    print(json.dumps(facts))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--drawn", action="store_true")
    parser.add_argument("--base", type=Path)
    parser.add_argument("--epochs", type=int, default=0)
    parser.add_argument("--most", type=int, default=200, help="sentences that are translated")
    return parser.parse_args()


def _trained(
    base: Path, train: Sequence[Line], test: Sequence[Line], args: argparse.Namespace
) -> Mapping[str, Any]:
    from app.ml import fine_tuned_translator as engine

    if args.drawn:
        engine._RATES = {"t5": _RATE}
    epochs = args.epochs or (_ROUNDS if args.drawn else 0)
    began = time.process_time()
    made = engine.train_on(base, train, {**OPTIONS, "epochs": str(epochs or "auto")}, _tell)
    seconds = time.process_time() - began
    with tempfile.TemporaryDirectory() as folder:
        made.save(Path(folder) / "model")
        size = sum(one.stat().st_size for one in (Path(folder) / "model").iterdir())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {**_measured(made, test), "train_seconds": round(seconds), "bytes": size, "mb": peak}


def _measured(model: Any, test: Sequence[Line]) -> Mapping[str, Any]:
    began = time.process_time()
    blank = [Line(one.id, words=one.words, labels={SAID: one.labels[SAID]}) for one in test]
    said = [one.line[0].label if one.line else "" for one in model.predict(blank)]
    gold = [one.labels[FIELD] for one in test]
    each = (time.process_time() - began) / max(len(test), 1)
    chrf = translation_scores.chrf_interval(said, gold)
    words = translation_scores.overlap_interval(said, gold)
    for line, text in list(zip(test, said, strict=True))[:3]:
        print(f"{line.labels[SAID]} | {line.labels[FIELD]} | {text}")
    return {
        "chrf": [round(100 * one, 1) for one in (chrf.value, chrf.low, chrf.high)],
        "words": [round(100 * one, 1) for one in (words.value, words.low, words.high)],
        "seconds_a_line": round(each, 4),
    }


def _tell(share: float, phase: str) -> None:
    print(f"\r{phase} {share:.0%}  ", end="", flush=True)


def _drawn(folder: Path, train: Sequence[Line]) -> Path:
    """A small T5 with weights that are drawn, and a tokenizer of the training file."""
    import torch
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

    made = Tokenizer(models.BPE(unk_token="<unk>"))
    made.pre_tokenizer, made.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    special = ["<pad>", "</s>", "<unk>"]
    trainer = trainers.BpeTrainer(vocab_size=_PIECES, special_tokens=special, show_progress=False)
    made.train_from_iterator((one.labels[key] for one in train for key in (SAID, FIELD)), trainer)
    made.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)]
    )
    torch.manual_seed(1)
    ids = {"pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0}
    config = transformers.T5Config(**_DRAWN, **ids, vocab_size=made.get_vocab_size())
    transformers.T5ForConditionalGeneration(config).save_pretrained(folder)
    made.save(str(folder / "tokenizer.json"))
    return folder


if __name__ == "__main__":
    main()
