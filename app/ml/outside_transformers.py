"""Models of transformers from outside; imported behind a fence only.

The folder has passed `app.ml.uploads.transformers_folder`: safetensors and JSON, no code.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import transformers

from app.domain.errors import Invalid, Problem
from app.domain.messages import say
from app.ml.data import Entry, Line
from app.ml.labels import MOST_CODES, read_fit
from app.ml.outside import Label, LabelGuess, best
from app.ml.sequences import Sequences, read_sequences

_SAFE = {"local_files_only": True, "trust_remote_code": False}
_LONGEST = 512  # pieces of a line
_BATCH = 16
_SEQUENCES = ("ForConditionalGeneration", "MTModel")
_KINDS = {
    "ForTokenClassification": "AutoModelForTokenClassification",
    "ForSequenceClassification": "AutoModelForSequenceClassification",
    # encoders that label nothing yet: others begin with them
    "ForMaskedLM": "AutoModel",
    "Model": "AutoModel",
}


class Model:
    """A model that labels words or lines."""

    def __init__(self, model: Any, tokenizer: Any, kind: str) -> None:
        self._model, self._tokenizer, self._kind = model, tokenizer, kind
        labels = model.config.id2label or {}
        self._labels = [str(labels[number]) for number in sorted(labels)]

    @classmethod
    def load(cls, folder: Path) -> Model | Translator:
        """The model in a folder.

        Raises:
            Invalid: it does nothing that is used here, or its files do not fit.
        """
        torch.set_num_threads(1)
        named = json.loads((folder / "config.json").read_text("utf-8")).get("architectures") or [""]
        kind = next((one for one in (*_SEQUENCES, *_KINDS) if str(named[0]).endswith(one)), "")
        if kind in _SEQUENCES:
            return Translator(read_sequences(folder, read_fit(folder)), kind)
        if not kind:
            what = "“%(name)s” neither labels words nor lines, nor does it make texts of them."
            raise Invalid(Problem("config.json", say(what, name=str(named[0])[:80])))
        place = str(folder.resolve()) if folder.is_absolute() else "."
        try:
            tokenizer = transformers.AutoTokenizer.from_pretrained(place, use_fast=True, **_SAFE)
            auto = getattr(transformers, _KINDS[kind])
            model = auto.from_pretrained(place, use_safetensors=True, **_SAFE)
        except (ValueError, OSError, RuntimeError, KeyError, TypeError, AttributeError) as error:
            if "allocate memory" in str(error):
                raise MemoryError from error
            why = str(error).strip().splitlines()[0][:300] if str(error).strip() else "unknown"
            what = "The files of the model do not fit together: %(why)s"
            raise Invalid(Problem("config.json", say(what, why=why))) from error
        return cls(model.eval(), tokenizer, kind)

    def facts(self) -> dict[str, Any]:
        """Its labels, what it does, and the version that runs it."""
        return {"labels": self._labels, "does": self._kind, "version": transformers.__version__}

    def predict(self, lines: Sequence[Line], _lexicon: Sequence[Entry] = ()) -> list[LabelGuess]:
        """Labels, or texts, of lines."""
        asked = [line for line in lines if line.words]  # of nothing nothing can be said
        said: dict[int, LabelGuess] = {}
        for start in range(0, len(asked), _BATCH):
            batch = asked[start : start + _BATCH]
            with torch.inference_mode():
                guesses = self._batch(batch)
            said |= {id(line): guess for line, guess in zip(batch, guesses, strict=True)}
        return [said.get(id(line), LabelGuess(line.id)) for line in lines]

    def _batch(self, lines: Sequence[Line]) -> list[LabelGuess]:
        if self._kind == "ForTokenClassification":
            return self._words(lines)
        if self._kind == "ForSequenceClassification":
            return self._lines(lines)
        raise Invalid(Problem("config.json", "It is an encoder and labels nothing yet."))

    def _words(self, lines: Sequence[Line]) -> list[LabelGuess]:
        words = [[word.form for word in line.words] for line in lines]
        given = self._given(words, is_split_into_words=True)
        shares = self._model(**given).logits.softmax(-1)
        guesses = []
        for number, line in enumerate(lines):
            first = dict[int, int]()  # the first piece of each word; what is too long has none
            for place, word in enumerate(given.word_ids(number)):
                if word is not None:
                    first.setdefault(word, place)
            told = tuple(
                self._best(shares[number, first[word]]) if word in first else ()
                for word in range(len(line.words))
            )
            guesses.append(LabelGuess(line.id, words=told))
        return guesses

    def _lines(self, lines: Sequence[Line]) -> list[LabelGuess]:
        shares = self._model(**self._given(_texts_of(lines))).logits.softmax(-1)
        return [
            LabelGuess(line.id, self._best(one)) for line, one in zip(lines, shares, strict=True)
        ]

    def _given(self, texts: Any, **more: Any) -> Any:
        limit = min(getattr(self._tokenizer, "model_max_length", _LONGEST) or _LONGEST, _LONGEST)
        places = getattr(self._model.config, "max_position_embeddings", None) or _LONGEST
        return self._tokenizer(
            texts, padding=True, truncation=True, max_length=min(limit, places - 2),
            return_tensors="pt", **more,
        )  # fmt: skip

    def _best(self, shares: Any) -> tuple[Label, ...]:
        likely = shares.topk(min(8, shares.shape[-1]))
        return best(
            (self._labels[number], share)
            for share, number in zip(likely.values.tolist(), likely.indices.tolist(), strict=True)
        )


class Translator:
    """A model that makes texts of lines."""

    def __init__(self, made_of: Sequences, kind: str) -> None:
        self._sequences, self._kind = made_of, kind

    def facts(self) -> dict[str, Any]:
        """What it does, the languages that it names, and the version that runs it."""
        codes, version = self._sequences.codes[:MOST_CODES], transformers.__version__
        return {"does": self._kind, "codes": codes, "version": version}

    def predict(self, lines: Sequence[Line], _lexicon: Sequence[Entry] = ()) -> list[LabelGuess]:
        """Translations of lines."""
        return self._sequences.predict(lines)


def _texts_of(lines: Sequence[Line]) -> list[str]:
    return [" ".join(word.form for word in line.words) for line in lines]
