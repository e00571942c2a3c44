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
from app.ml.outside import Label, LabelGuess, best

_SAFE = {"local_files_only": True, "trust_remote_code": False}
_LONGEST, _LONGEST_TEXT = 512, 256  # pieces of a line; of what is made of one
_BATCH, _BEAMS = 16, 4
_KINDS = {
    "ForTokenClassification": "AutoModelForTokenClassification",
    "ForSequenceClassification": "AutoModelForSequenceClassification",
    "ForConditionalGeneration": "AutoModelForSeq2SeqLM",
    "MTModel": "AutoModelForSeq2SeqLM",
    # encoders that label nothing yet: others begin with them
    "ForMaskedLM": "AutoModel",
    "Model": "AutoModel",
}


class Model:
    """A model that labels words, labels lines, or makes texts of them."""

    def __init__(self, model: Any, tokenizer: Any, kind: str) -> None:
        self._model, self._tokenizer, self._kind = model, tokenizer, kind
        labels = model.config.id2label or {}
        self._labels = [str(labels[number]) for number in sorted(labels)]

    @classmethod
    def load(cls, folder: Path) -> Model:
        """The model in a folder.

        Raises:
            Invalid: it does nothing that is used here, or its files do not fit.
        """
        torch.set_num_threads(1)
        named = json.loads((folder / "config.json").read_text("utf-8")).get("architectures") or [""]
        kind = next((one for one in _KINDS if str(named[0]).endswith(one)), "")
        if not kind:
            what = "“%(name)s” neither labels words nor lines, nor is it an encoder."
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
        if _KINDS[self._kind] == "AutoModel":
            raise Invalid(Problem("config.json", "It is an encoder and labels nothing yet."))
        return self._texts(lines)

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

    def _texts(self, lines: Sequence[Line]) -> list[LabelGuess]:
        guesses = []
        for line, text in zip(lines, _texts_of(lines), strict=True):
            made = self._model.generate(
                **self._given([text]), num_beams=_BEAMS, num_return_sequences=_BEAMS,
                do_sample=False, max_new_tokens=_LONGEST_TEXT, return_dict_in_generate=True,
                output_scores=True,
            )  # fmt: skip
            texts = self._tokenizer.batch_decode(made.sequences, skip_special_tokens=True)
            shares = made.sequences_scores.exp().clamp(0, 1).tolist()
            likeliest = dict[str, float]()
            for one, share in zip(texts, shares, strict=True):
                likeliest.setdefault(one, share)
            guesses.append(LabelGuess(line.id, best(likeliest.items())))
        return guesses

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


def _texts_of(lines: Sequence[Line]) -> list[str]:
    return [" ".join(word.form for word in line.words) for line in lines]
