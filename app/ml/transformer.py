"""The engine that trains a small transformer from a configuration, on the project's words alone.

Words are seen by pieces (WordPiece) that are made from the project's text. Imported by child
processes only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tokenizers
import torch
from tokenizers import models, normalizers, processors

from app.ml import gloss_encoder
from app.ml.data import Line
from app.ml.encoder import Encoder, Ids, Parts, build
from app.ml.encoder_fitting import Letters, Pace, Tell, fit, known_labels
from app.ml.folder import task_of
from app.ml.gloss_encoder import Begun
from app.ml.gloss_scoring import WIDTH
from app.ml.targets import GLOSS

ENGINE = "transformer"
_SIZES = {"small": (2, 128), "medium": (4, 256)}  # layers, numbers of each place
# Where rounds are not chosen: how often lines are looked at in all, rounds at least and at most.
_ROUNDS = {GLOSS: (40_000, 6, 12)}
_USUAL = (60_000, 8, 40)
_UNKNOWN = "[UNK]"
_SPECIAL = ("[PAD]", _UNKNOWN, "[CLS]", "[SEP]")
_MOST_PIECES, _LEAST_SEEN, _LONGEST_PIECE = 8000, 3, 100
_RATE, _SPLIT = 1e-3, 0.15


class Model(Encoder):
    """Words with the labels that they have in a line."""

    engine = ENGINE

    @classmethod
    def load(cls, folder: Path) -> Any:
        """Reads a model, of labels or of glosses.

        Raises:
            Unreadable: the folder holds no model of this engine.
            Invalid: its configuration or its tokenizer is none that is loaded here.
        """
        return Glosser.load(folder) if task_of(folder) == GLOSS else super().load(folder)


class Glosser(gloss_encoder.Glosser):
    """Words with their morphs and glosses."""

    engine = ENGINE


def train(
    lines: Sequence[Line], options: Mapping[str, Any], tell: Tell = lambda share, phase: None
) -> Model | Glosser:
    """Trains on the words that have a label, or glosses.

    Args:
        options: `target` (`pos`, `language` or `gloss`), `seed`, `size` and `epochs`; for glosses
            those of the ranker.

    Raises:
        Invalid: there is nothing to learn from.
    """
    target, seed = str(options.get("target", "pos")), int(options.get("seed", 1))
    said = {**options, "target": target, "seed": seed}
    if target == GLOSS:
        made = Glosser(said, lambda forms, count: _begun(forms, count, WIDTH, said))
        made.learn(lines, tell)
        return made
    labels = known_labels(lines, target)
    tell(0.0, "pieces")
    torch.manual_seed(seed)
    forms = [word.form for line in lines for word in line.words]
    begun = _begun(forms, len(lines), len(labels), said)
    heat = fit(begun.parts, lines, labels, said, begun.pace, tell, begun.letters)
    return Model(begun.parts, labels, said, heat)


def configured(pieces: int, layers: int, width: int) -> dict[str, Any]:
    """The configuration of an encoder, as `config.json` has it."""
    return {
        "model_type": "bert",
        "vocab_size": pieces,
        "hidden_size": width,
        "num_hidden_layers": layers,
        "num_attention_heads": max(1, width // 32),
        "intermediate_size": 2 * width,
        "max_position_embeddings": 256,
        "pad_token_id": 0,
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
    }


def pieces_from(forms: Any) -> Any:
    """A tokenizer for words: whole words and ends of words that are seen often, and all letters."""
    normal = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    words = Counter(normal.normalize_str(one) for one in forms)
    letters = {letter for word in words for letter in word}
    ends = Counter(word[-cut:] for word in words for cut in range(2, len(word) + 1))
    often = [
        (count, one)
        for found, mark in ((words, ""), (ends, "##"))
        for one, count in ((mark + key, count) for key, count in found.items())
        if count >= _LEAST_SEEN and len(one) > len(mark) + 1 and len(one) <= 24
    ]
    kept = [one for _, one in sorted(often, key=lambda pair: (-pair[0], pair[1]))[:_MOST_PIECES]]
    every = [*_SPECIAL, *sorted(letters), *(f"##{one}" for one in sorted(letters)), *kept]
    vocabulary = {one: number for number, one in enumerate(dict.fromkeys(every))}
    made = tokenizers.Tokenizer(
        models.WordPiece(vocabulary, unk_token=_UNKNOWN, max_input_chars_per_word=_LONGEST_PIECE)
    )
    made.normalizer = normal
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        special_tokens=[(one, vocabulary[one]) for one in ("[CLS]", "[SEP]")],
    )
    return made


def letters_of(tokenizer: Any) -> Letters:
    """What gives the letters of a word for its pieces."""
    held = dict[tuple[int, ...], Ids]()

    def letters(pieces: Ids) -> Ids:
        key = tuple(pieces)
        if key not in held:
            word = "".join(tokenizer.id_to_token(one).removeprefix("##") for one in pieces)
            told = [tokenizer.token_to_id(f"##{one}" if n else one) for n, one in enumerate(word)]
            found = [one for one in told if one is not None]
            held[key] = found if len(found) == len(word) else list(pieces)
        return held[key]

    return letters


def _begun(
    forms: Sequence[str], lines: int, labels: int, options: Mapping[str, Any]
) -> Begun:  # fmt: skip
    """An encoder with weights that are drawn, for words of these forms."""
    tokenizer = pieces_from(forms)
    layers, width = _SIZES[str(options.get("size", "small"))]
    config = configured(tokenizer.get_vocab_size(), layers, width)
    parts = Parts(config, tokenizer, build(config, labels))
    pace = Pace(_epochs(options, lines), _RATE * min(1.0, 128 / width), _SPLIT)
    return Begun(parts, pace, letters_of(tokenizer))


def _epochs(options: Mapping[str, Any], lines: int) -> int:
    """How often each line is seen at most: of many lines fewer times."""
    chosen = str(options.get("epochs", "auto"))
    if chosen != "auto":
        return int(chosen)
    visits, least, most = _ROUNDS.get(str(options["target"]), _USUAL)
    return min(most, max(least, visits // max(lines, 1)))
