"""The engine that goes on training an encoder from outside, on the words of the project.

The encoder has passed `app.ml.uploads.transformers_folder`: safetensors and JSON, no code. Imported
behind a fence only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tokenizers
import torch
import transformers

from app.domain.errors import Invalid, Problem
from app.domain.messages import say
from app.ml import gloss_encoder
from app.ml.data import Line
from app.ml.encoder import Encoder, Parts
from app.ml.encoder_fitting import Pace, Tell, fit, known_labels
from app.ml.folder import task_of
from app.ml.gloss_encoder import Begun
from app.ml.gloss_scoring import WIDTH
from app.ml.targets import GLOSS
from app.ml.uploads.transformers_folder import CONFIG, TOKENIZER

ENGINE = "fine-tuned"
_SAFE = {"local_files_only": True, "trust_remote_code": False, "use_safetensors": True}
_OF_ITS_LABELS = (
    *("architectures", "id2label", "label2id", "num_labels", "problem_type"),
    *("torch_dtype", "dtype", "transformers_version", "_name_or_path"),
)
_RATE, _ROUNDS = 1e-4, 5


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


def train_on(
    base: Path,
    lines: Sequence[Line],
    options: Mapping[str, Any],
    tell: Tell = lambda share, phase: None,
) -> Model | Glosser:
    """Trains on the words that have a label, or glosses, from an encoder on.

    Args:
        base: folder of the encoder.
        options: `target` (`pos`, `language` or `gloss`), `seed` and `epochs`; for glosses those of
            the ranker.

    Raises:
        Invalid: there is nothing to learn from, or the encoder cannot be used.
    """
    target, seed = str(options.get("target", "pos")), int(options.get("seed", 1))
    said = {**options, "target": target, "seed": seed}
    chosen = str(options.get("epochs", "auto"))
    pace = Pace(_ROUNDS if chosen == "auto" else int(chosen), _RATE)
    if target == GLOSS:
        made = Glosser(said, lambda forms, lines: Begun(_read(base, WIDTH), pace))
        made.learn(lines, tell)
        return made
    labels = known_labels(lines, target)
    tell(0.0, "what it begins with")
    torch.manual_seed(seed)
    parts = _read(base, len(labels))
    heat = fit(parts, lines, labels, said, pace, tell)
    return Model(parts, labels, said, heat)


def _read(folder: Path, labels: int) -> Parts:
    """An encoder without its own labels, and with room for others."""
    torch.set_num_threads(1)
    told = json.loads((folder / CONFIG).read_text("utf-8"))
    config = {key: one for key, one in told.items() if key not in _OF_ITS_LABELS}
    place = str(folder) if folder.is_absolute() else f"./{folder}"
    try:
        network = transformers.AutoModelForTokenClassification.from_pretrained(
            place, num_labels=labels, ignore_mismatched_sizes=True, **_SAFE
        )
        tokenizer = _tokenizer(folder / TOKENIZER)
    except Exception as error:  # tokenizers raises nothing narrower
        if isinstance(error, MemoryError) or "allocate memory" in str(error):
            raise MemoryError from error
        why = (str(error).strip().splitlines() or [""])[0][:300]
        what = say("It cannot be begun with this model: %(why)s", why=why)
        raise Invalid(Problem(CONFIG, what)) from error
    return Parts(config, tokenizer, network.float())


def _tokenizer(path: Path) -> Any:
    """Its tokenizer, for words that come one by one: each has what stands before a word."""
    told = json.loads(path.read_text("utf-8"))
    before = told.get("pre_tokenizer") or {}
    for one in (before, *(before.get("pretokenizers") or ())):
        if one.get("type") == "ByteLevel":
            one["add_prefix_space"] = True
    made = tokenizers.Tokenizer.from_str(json.dumps(told))
    made.no_padding()
    made.no_truncation()
    return made
