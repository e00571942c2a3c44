"""Folders of transformers: safetensors and JSON of known types and bearable size.

Source: Hugging Face transformers, SECURITY.md; docs of `PretrainedConfig`, `tokenizer.json`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.domain.errors import Invalid, Problem, Problems
from app.domain.messages import say
from app.ml.uploads import json_files, tensors
from app.ml.uploads.found import refusal, shown
from app.ml.uploads.limits import Limits

CONFIG, TOKENIZER, WEIGHTS = "config.json", "tokenizer.json", "model.safetensors"
INDEX = "model.safetensors.index.json"
_SMALL_JSON = (
    *("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"),
    *("generation_config.json", INDEX),
)
_VOCABULARIES = ("vocab.txt", "merges.txt", "vocab.json")
_NOTES = ("README.md", "LICENSE", "LICENSE.txt")
NAMES = frozenset({CONFIG, TOKENIZER, WEIGHTS, *_SMALL_JSON, *_VOCABULARIES, *_NOTES})
_SHARD = re.compile(r"model-(\d{5})-of-(\d{5})\.safetensors")

MODEL_TYPES = frozenset({
    "bert", "roberta", "xlm-roberta", "distilbert", "electra", "albert", "camembert", "deberta",
    "deberta-v2", "modernbert", "t5", "mt5", "bart", "mbart", "marian", "m2m_100",
})  # fmt: skip
_WORK = (
    *("ForTokenClassification", "ForSequenceClassification", "ForMaskedLM"),
    *("ForConditionalGeneration", "MTModel", "Model"),
)
_BOUNDS = {
    "vocab_size": 1_000_000, "hidden_size": 4096, "d_model": 4096, "dim": 4096,
    "embedding_size": 4096, "num_hidden_layers": 48, "n_layers": 48, "num_layers": 48,
    "num_decoder_layers": 48, "encoder_layers": 48, "decoder_layers": 48,
    "intermediate_size": 16_384, "d_ff": 16_384, "hidden_dim": 16_384, "encoder_ffn_dim": 16_384,
    "decoder_ffn_dim": 16_384, "num_attention_heads": 64, "n_heads": 64, "num_heads": 64,
    "encoder_attention_heads": 64, "decoder_attention_heads": 64, "d_kv": 256,
    "max_position_embeddings": 16_384, "n_positions": 16_384, "type_vocab_size": 64,
    "num_labels": 20_000, "relative_attention_num_buckets": 1024, "num_beams": 16,
    "max_length": 4096, "max_new_tokens": 4096,
}  # fmt: skip
_LARGEST_NUMBER = 1 << 53
_ATTENTION = ("attn_implementation", "_attn_implementation", "experts_implementation")
_TOKENIZER_KINDS = ("WordPiece", "BPE", "Unigram", "WordLevel")
_MOST_LABELS = 20_000
_SLACK = 3  # how many times the numbers of its weights a configuration may describe


@dataclass(frozen=True)
class Described:
    """What is known of a folder that passed.

    Attributes:
        model_type: `bert` …
        architecture: the class that its maker named; may be empty.
        labels: of a classifier, in their order.
        numbers: how many numbers its weights are.
        weight_bytes: of its weights.
    """

    model_type: str
    architecture: str
    labels: tuple[str, ...]
    numbers: int
    weight_bytes: int


def is_name(name: str) -> bool:
    """Whether a file of this name may be in such a folder."""
    return name in NAMES or _SHARD.fullmatch(name) is not None


def check_files(names: Iterable[str]) -> None:
    """Refuses files that such a folder does not have, and a folder that lacks one.

    Raises:
        Invalid: with each.
    """
    present, problems = list(names), Problems()
    for name in present:
        if not is_name(name):
            problems.add(shown(name), refusal(name))
    if CONFIG not in present:
        problems.add(CONFIG, "This file is missing: it says what the model is.")
    if TOKENIZER not in present:
        problems.add(
            TOKENIZER,
            "This file is missing. Save the tokenizer on your own machine with "
            "AutoTokenizer.from_pretrained(…, use_fast=True).save_pretrained(…).",
        )
    if WEIGHTS not in present and INDEX not in present:
        problems.add(
            WEIGHTS,
            "This file is missing: the weights have to be safetensors. Convert them on your own "
            "machine with save_pretrained(…, safe_serialization=True).",
        )
    problems.check()


def describe(folder: Path, limits: Limits) -> Described:
    """Looks through a folder of files with the right names.

    Raises:
        Invalid: with what is wrong in the first file that has something wrong.
    """
    for name in _NOTES + _VOCABULARIES:
        _check_text(folder / name, limits)
    config = _object(folder / CONFIG, limits.json, limits)
    for name in _SMALL_JSON:
        if (folder / name).exists():
            _object(folder / name, limits.json, limits)
    model_type = _check_config(config)
    for name in ("generation_config.json", "tokenizer_config.json"):
        if (folder / name).exists():
            _check_numbers(_object(folder / name, limits.json, limits), name)
    _check_tokenizer(_object(folder / TOKENIZER, limits.tokenizer, limits, ("vocab", "merges")))
    files = _weight_files(folder, limits)
    numbers = sum(
        one.numbers for file in files for one in tensors.read_header(file, limits).values()
    )
    _check_against(config, numbers)
    return Described(
        model_type,
        next(iter(config.get("architectures") or ()), ""),
        _labels(config),
        numbers,
        sum(file.stat().st_size for file in files),
    )


def check_parts(config: Mapping[str, Any], tokenizer: Mapping[str, Any], numbers: int) -> None:
    """Looks through a configuration and a tokenizer that stand in another file.

    Args:
        numbers: how many the weights hold.

    Raises:
        Invalid: with what is wrong, as `describe`.
    """
    json_files.refuse_keys(config, CONFIG)
    json_files.refuse_keys(tokenizer, TOKENIZER, skipped=("vocab", "merges"))
    _check_config(config)
    _check_tokenizer(tokenizer)
    _check_against(config, numbers)


def _check_text(path: Path, limits: Limits) -> None:
    most = limits.notes if path.name in _NOTES else limits.tokenizer
    if path.exists() and path.stat().st_size > most:
        what = say("This file has more than %(most)s bytes.", most=f"{most:,}")
        raise Invalid(Problem(path.name, what))


def _object(path: Path, most: int, limits: Limits, skipped: tuple[str, ...] = ()) -> dict[str, Any]:
    value = json_files.read(path, most, limits.depth)
    if not isinstance(value, dict):
        raise Invalid(Problem(path.name, "This file has to hold one JSON object."))
    json_files.refuse_keys(value, path.name, skipped=skipped)
    return value


def _check_config(config: Mapping[str, Any]) -> str:
    """Refuses unknown kinds of models and numbers out of bounds; gives the kind."""
    problems = Problems()
    kind = config.get("model_type")
    if not isinstance(kind, str) or kind not in MODEL_TYPES:
        what = "Models of the type “%(kind)s” are not loaded here. Those that are: %(known)s."
        known = ", ".join(sorted(MODEL_TYPES))
        problems.add(CONFIG, say(what, kind=shown(str(kind)), known=known))
    made_for = config.get("architectures")
    names = [] if made_for is None else made_for
    if not isinstance(names, list) or not all(
        isinstance(one, str) and one.isalnum() and len(one) < 80 and one.endswith(_WORK)
        for one in names
    ):
        problems.add(CONFIG, "“architectures” names a class that is not loaded here.")
    for key in _ATTENTION:
        if config.get(key) not in (None, "eager", "sdpa"):
            problems.add(CONFIG, say("“%(key)s” may be “eager” or “sdpa” only.", key=key))
    problems.check()
    _check_numbers(config, CONFIG)
    return str(kind)


def _check_numbers(config: Mapping[str, Any], name: str) -> None:
    """Refuses numbers that would have much be made of little."""
    problems = Problems()
    for key, value in _numbers(config):
        most = _BOUNDS.get(key)
        if most is not None and not (
            type(value) in (int, float) and (0 < value <= most or key == "type_vocab_size")
        ):
            what = "“%(key)s” is %(found)s; at most %(most)s is taken."
            found = shown(str(value)[:40])
            problems.add(name, say(what, key=key, found=found, most=f"{most:,}"))
        elif abs(value) > _LARGEST_NUMBER and name == CONFIG:
            problems.add(name, say("“%(key)s” is too large a number.", key=shown(key)))
    problems.check()


def _numbers(value: Any, key: str = "") -> Iterator[tuple[str, int | float]]:
    waiting: list[tuple[str, Any]] = [(key, value)]
    while waiting:
        key, one = waiting.pop()
        if isinstance(one, Mapping):
            waiting += list(one.items())
        elif isinstance(one, list):
            waiting += [(key, held) for held in one]
        elif type(one) in (int, float):
            yield key, one


def _check_tokenizer(tokenizer: Mapping[str, Any]) -> None:
    model = tokenizer.get("model")
    kind = model.get("type") if isinstance(model, dict) else None
    if not isinstance(model, dict) or kind not in _TOKENIZER_KINDS:
        what = "“model” has to be one of: %(known)s."
        raise Invalid(Problem(TOKENIZER, say(what, known=", ".join(_TOKENIZER_KINDS))))
    words = model.get("vocab")
    if not isinstance(words, dict | list) or len(words) > _BOUNDS["vocab_size"]:
        raise Invalid(Problem(TOKENIZER, "The vocabulary is missing or too large."))


def _weight_files(folder: Path, limits: Limits) -> list[Path]:
    """The files of the weights: one, or exactly those that the index names."""
    shards = sorted(one for one in folder.iterdir() if _SHARD.fullmatch(one.name))
    if not (folder / INDEX).exists():
        if shards:
            raise Invalid(Problem(INDEX, "This file is missing: the weights are in several."))
        return [folder / WEIGHTS]
    if (folder / WEIGHTS).exists():
        what = "Weights are there twice, in one file and in several; leave one out."
        raise Invalid(Problem(WEIGHTS, what))
    places = _object(folder / INDEX, limits.json, limits).get("weight_map")
    named = set(map(str, places.values())) if isinstance(places, dict) else set()
    if not named or named != {one.name for one in shards}:
        raise Invalid(Problem(INDEX, "The index names other files than those that are there."))
    return shards


def _check_against(config: Mapping[str, Any], numbers: int) -> None:
    """Refuses a configuration that describes far more than the weights are."""

    def largest(*keys: str) -> int:
        return max((int(config[key]) for key in keys if type(config.get(key)) is int), default=0)

    width = largest("hidden_size", "d_model", "dim")
    narrow = largest("embedding_size") or width
    inner = largest("intermediate_size", "d_ff", "hidden_dim", "encoder_ffn_dim")
    layers = largest("num_hidden_layers", "n_layers", "num_layers", "encoder_layers")
    layers += largest("num_decoder_layers", "decoder_layers")
    if config.get("model_type") == "albert":
        layers = min(layers, 1)  # its layers share their numbers
    words = largest("vocab_size")
    described = words * narrow + layers * (4 * width * width + 2 * width * inner)
    if described > _SLACK * max(numbers, 1):
        what = (
            "The configuration describes a model of %(told)s numbers, and the weights hold "
            "%(found)s. Upload the two that belong together."
        )
        told, found = f"{described:,}", f"{numbers:,}"
        raise Invalid(Problem(CONFIG, say(what, told=told, found=found)))


def _labels(config: Mapping[str, Any]) -> tuple[str, ...]:
    """The labels of a classifier, in the order of their numbers.

    Raises:
        Invalid: they are no list of texts.
    """
    labels = config.get("id2label")
    if labels is None:
        return ()
    is_right = (
        isinstance(labels, dict)
        and len(labels) <= _MOST_LABELS
        and set(labels) == {str(number) for number in range(len(labels))}
        and all(isinstance(one, str) and len(one) <= 200 for one in labels.values())
    )
    if not is_right:
        raise Invalid(Problem(CONFIG, "“id2label” has to give a text for each number from 0."))
    return tuple(str(labels[str(number)]) for number in range(len(labels)))
