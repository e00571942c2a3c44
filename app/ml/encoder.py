"""A small encoder of transformers with labels for words: run, saved, read; no code in its folder.

Its folder is that of `app.ml.folder`: the configuration and the tokenizer are JSON in the lexicon,
the weights safetensors. What is read passes the checks of folders of transformers first. Imported
by child processes only.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import tokenizers
import torch
import transformers

from app.domain.errors import Invalid, Unreadable
from app.ml.data import Entry, Line
from app.ml.folder import Saved, read_model, write_model
from app.ml.outside import LabelGuess, best
from app.ml.targets import POS, label_of
from app.ml.uploads import transformers_folder
from app.ml.word_traits import is_mark

# What is kept for each shape of a batch would take gigabytes; this is read at the first one.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "8")

MARK = "\x00"  # the label of marks of which nobody says what they are
NOTHING = -100  # in the place of a label: nobody has said
_LACKING = "The model lacks something, or it is of another kind."
_LONGEST = 256  # pieces that are looked at together
_BATCH = 32

Ids = list[int]


@dataclass
class Parts:
    """An encoder.

    Attributes:
        config: as `config.json` has it.
        tokenizer: of the library `tokenizers`.
        network: labels for pieces; the label of a word is that of the mean of its pieces.
    """

    config: dict[str, Any]
    tokenizer: Any
    network: Any

    @property
    def longest(self) -> int:
        """Pieces of words that it can look at together."""
        places = int(self.config.get("max_position_embeddings") or _LONGEST)
        return max(4, min(places, _LONGEST) - 4)


@dataclass(frozen=True)
class Stretch:
    """Words of a line that are looked at together.

    Attributes:
        places: of the words in their line.
        pieces: of each word.
        labels: numbers of the labels, `NOTHING` where nobody has said.
    """

    places: tuple[int, ...]
    pieces: tuple[Ids, ...]
    labels: tuple[int, ...]


class Encoder:
    """Words with the labels that they have in a line; engines differ in how it is trained."""

    engine: ClassVar[str]

    def __init__(
        self, parts: Parts, labels: Sequence[str], options: Mapping[str, Any], heat: float = 1.0
    ) -> None:
        self.parts, self.labels, self.options = parts, tuple(labels), dict(options)
        self.heat = heat

    def predict(self, lines: Sequence[Line], _lexicon: Sequence[Entry] = ()) -> list[LabelGuess]:
        """Up to 8 labels of each word, with how probable they are."""
        rows = [stretches_of(self.parts, [word.form for word in line.words]) for line in lines]
        asked = [(number, one) for number, row in enumerate(rows) for one in row]
        told: list[list[tuple[Any, ...]]] = [[()] * len(line.words) for line in lines]
        order = sorted(range(len(asked)), key=lambda n: sum(map(len, asked[n][1].pieces)))
        for start in range(0, len(order), _BATCH):
            batch = [asked[n] for n in order[start : start + _BATCH]]
            shares = self._shares([one for _, one in batch])
            for (number, stretch), held in zip(batch, shares, strict=True):
                for place, row in zip(stretch.places, held, strict=True):
                    told[number][place] = self._best(row)
        return [
            LabelGuess(line.id, words=tuple(row)) for line, row in zip(lines, told, strict=True)
        ]

    def facts(self) -> dict[str, Any]:
        """What it is, for a record and a card."""
        return {
            "task": self.options.get("target", POS),
            "engine": self.engine,
            "options": self.options,
            "labels": [one for one in self.labels if one != MARK],
            "heat": self.heat,
            "versions": versions(),
        }

    def save(self, folder: Path) -> None:
        """Writes the model, whole or not at all."""
        kept, weights = kept_of(self.parts)
        write_model(folder, Saved(self.facts(), {**kept, "labels": list(self.labels)}, weights))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Reads a model.

        Raises:
            Unreadable: the folder holds no model of this engine.
            Invalid: its configuration or its tokenizer is none that is loaded here.
        """
        saved = read_model(folder, cls.engine)
        try:
            labels = [str(one) for one in saved.lexicon["labels"]]
            options, heat = dict(saved.model["options"]), float(saved.model["heat"])
            kept, weights = saved.lexicon, saved.weights
        except (KeyError, ValueError, TypeError) as error:
            raise Unreadable(_LACKING) from error
        return cls(restored(kept, weights, len(labels)), labels, options, heat)

    def _shares(self, stretches: Sequence[Stretch]) -> list[list[list[float]]]:
        with torch.inference_mode():
            scores = scored(self.parts, stretches, [one.pieces for one in stretches])
            shares = (scores / self.heat).softmax(-1).tolist()
        found, at = [], 0
        for one in stretches:
            found.append(shares[at : at + len(one.places)])
            at += len(one.places)
        return found

    def _best(self, row: Sequence[float]) -> tuple[Any, ...]:
        likely = sorted(zip(self.labels, row, strict=True), key=lambda one: (-one[1], one[0]))[:9]
        if likely[0][0] == MARK:
            return ()
        return best(one for one in likely if one[0] != MARK)


def versions() -> dict[str, str]:
    """Of the libraries."""
    return {
        "torch": str(torch.__version__),
        "transformers": transformers.__version__,
        "tokenizers": tokenizers.__version__,
    }


def kept_of(parts: Parts) -> tuple[dict[str, Any], dict[str, Any]]:
    """What of an encoder is kept as JSON, and its weights, at half precision."""
    weights = {
        name: (one.half() if one.is_floating_point() else one).contiguous().numpy()
        for name, one in parts.network.state_dict().items()
    }
    tokenizer = json.loads(parts.tokenizer.to_str())
    return {"config": parts.config, "tokenizer": tokenizer}, weights


def restored(kept: Mapping[str, Any], weights: Mapping[str, Any], labels: int) -> Parts:
    """An encoder from what `kept_of` gave.

    Raises:
        Unreadable: it is none.
        Invalid: its configuration or its tokenizer is none that is loaded here.
    """
    try:
        config, told = dict(kept["config"]), dict(kept["tokenizer"])
        numbers = sum(int(one.size) for one in weights.values())
        transformers_folder.check_parts(config, told, numbers)
        network = build(config, labels)
        network.load_state_dict({key: torch.from_numpy(one) for key, one in weights.items()})
        tokenizer = tokenizers.Tokenizer.from_str(json.dumps(told))
    except (Invalid, MemoryError):
        raise
    except Exception as error:  # tokenizers raises nothing narrower
        if "allocate memory" in str(error):
            raise MemoryError from error
        raise Unreadable(_LACKING) from error
    return Parts(config, tokenizer, network.eval())


def build(config: Mapping[str, Any], labels: int) -> Any:
    """A network for labels of words, with weights that are drawn."""
    torch.set_num_threads(1)
    about = {key: one for key, one in config.items() if key not in ("id2label", "label2id")}
    made = transformers.AutoConfig.for_model(**about, num_labels=labels)
    return transformers.AutoModelForTokenClassification.from_config(made).float()


def stretches_of(
    parts: Parts, forms: Sequence[str], labels: Sequence[int] | None = None
) -> list[Stretch]:
    """The words of a line in stretches that are not too long; words of no pieces are left out."""
    found: list[Stretch] = []
    places: list[int] = []
    pieces: list[Ids] = []
    count = 0
    for place, one in enumerate(pieces_of(parts.tokenizer, forms)):
        row = one[: parts.longest]
        if places and count + len(row) > parts.longest:
            found.append(_stretch(places, pieces, labels))
            places, pieces, count = [], [], 0
        if row:
            places.append(place)
            pieces.append(row)
            count += len(row)
    return [*found, _stretch(places, pieces, labels)] if places else found


def pieces_of(tokenizer: Any, forms: Sequence[str]) -> list[Ids]:
    """The pieces of words."""
    found: list[Ids] = [[] for _ in forms]
    for start in range(0, len(forms), _LONGEST):  # a line may have ten thousand words
        part = list(forms[start : start + _LONGEST])
        told = tokenizer.encode(part, is_pretokenized=True, add_special_tokens=False)
        for word, piece in zip(told.word_ids, told.ids, strict=True):
            if word is not None:
                found[start + word].append(piece)
    return found


def scored(parts: Parts, stretches: Sequence[Stretch], pieces: Sequence[Sequence[Ids]]) -> Any:
    """How well each label fits each word, `(words of all stretches, labels)`.

    Args:
        pieces: of the words of each stretch: as they stand there, or others for them.
    """
    head, tail = edges_of(parts.tokenizer)
    rows, owners, word = [], [], 0
    for held in pieces:
        row, owner = list(head), [-1] * len(head)
        for one in held:
            row += one
            owner += [word] * len(one)
            word += 1
        rows.append(row + tail)
        owners.append(owner + [-1] * len(tail))
    assert word == sum(len(one.places) for one in stretches)
    width = max(map(len, rows))
    filler = int(parts.config.get("pad_token_id") or 0)
    device = next(parts.network.parameters()).device
    given = torch.tensor([row + [filler] * (width - len(row)) for row in rows], device=device)
    seen = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows], device=device)
    owned = torch.tensor([row + [-1] * (width - len(row)) for row in owners], device=device)
    logits = parts.network(input_ids=given, attention_mask=seen).logits
    is_word = owned >= 0
    at, told = owned[is_word], logits[is_word]
    total = torch.zeros(word, logits.shape[-1], device=device).index_add_(0, at, told)
    counts = torch.zeros(word, device=device).index_add_(0, at, torch.ones_like(told[:, 0]))
    return total / counts[:, None]


def edges_of(tokenizer: Any) -> tuple[Ids, Ids]:
    """What stands before and after the words of a line."""
    told = tokenizer.encode(["a"], is_pretokenized=True)
    words = [place for place, one in enumerate(told.word_ids) if one is not None]
    if not words:
        return [], []
    return told.ids[: words[0]], told.ids[words[-1] + 1 :]


def labels_of(line: Line, target: str) -> list[str]:
    """The labels of the words of a line; empty where nobody has said."""
    return [label_of(word, target) or (MARK if is_mark(word.form) else "") for word in line.words]


def _stretch(
    places: Sequence[int], pieces: Sequence[Ids], labels: Sequence[int] | None
) -> Stretch:  # fmt: skip
    told = tuple(labels[one] if labels else NOTHING for one in places)
    return Stretch(tuple(places), tuple(pieces), told)
