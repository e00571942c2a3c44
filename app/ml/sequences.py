"""Models of transformers that make texts of texts, within bounds; imported behind a fence only.

Of the files only weights, configuration and `tokenizer.json` are used; how texts are made is said
here, whatever the files say of it: a few beams, so many pieces, so many seconds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tokenizers
import torch
import transformers

from app.domain.errors import Invalid, Problem
from app.domain.messages import say
from app.ml.data import Entry, Line
from app.ml.labels import Fit, fit_of_texts
from app.ml.outside import LabelGuess, best
from app.ml.targets import text_of
from app.ml.uploads.transformers_folder import CONFIG, TOKENIZER

LONGEST, LONGEST_MADE = 512, 256  # pieces of a text that is read, and of one that is made
_LONGEST_TEXT = 4000  # characters, of both
_BEAMS = 4
_SECONDS = 8.0  # after which a text is left as it is
_SAFE = {"local_files_only": True, "trust_remote_code": False, "use_safetensors": True}
_IDS = (
    *("decoder_start_token_id", "bos_token_id", "eos_token_id", "pad_token_id"),
    *("forced_bos_token_id", "forced_eos_token_id"),
)
_CODE = re.compile(r"__[a-z]{2,3}__|[a-z]{2,3}_[A-Z]{2}|[a-z]{3}_[A-Z][a-z]{3}")

Ids = list[int]


@dataclass(frozen=True)
class Frame:
    """What stands around the pieces of a text, and where in it a language is named.

    Attributes:
        codes: pieces that name a language.
    """

    head: tuple[int, ...]
    tail: tuple[int, ...]
    codes: frozenset[int]

    @property
    def names_last(self) -> bool:
        """Whether the language is named after the text."""
        return any(one in self.codes for one in self.tail)

    def around(self, pieces: Sequence[int], language: int | None) -> Ids:
        """Pieces with what stands around them, in a language where one is said."""
        head, tail = (self._named(part, language) for part in (self.head, self.tail))
        if language is not None and language not in (*head, *tail):
            head = [language, *head]
        return [*head, *pieces, *tail]

    def _named(self, part: Iterable[int], language: int | None) -> Ids:
        return [one if language is None or one not in self.codes else language for one in part]


@dataclass
class Sequences:
    """A network that makes texts of texts.

    Attributes:
        config: as `config.json` has it.
        tokenizer: of the library `tokenizers`.
        fit: what is asked of it: prefix and languages.
    """

    config: dict[str, Any]
    tokenizer: Any
    network: Any
    fit: Fit

    def __post_init__(self) -> None:
        """Finds out how its texts begin and end.

        Raises:
            Invalid: it does not know a language that is asked for, or its parts do not fit.
        """
        _check_vocabulary(self.tokenizer, self.network)
        self.ids = _ids_of(self.network, self.config)
        self.frame = _frame_of(self.tokenizer, self.ids["eos_token_id"])
        self.source = _code(self.tokenizer, self.fit.source)
        self.gives = _code(self.tokenizer, self.fit.gives)
        places = int(self.config.get("max_position_embeddings") or LONGEST + 8)
        self.longest = max(4, min(LONGEST, places - 8))
        self.longest_made = max(4, min(LONGEST_MADE, places - 8))
        self.network.generation_config = self._making()
        for name in ("decoder_start_token_id", "pad_token_id", "eos_token_id"):
            setattr(self.network.config, name, self.ids[name])  # where files say it elsewhere

    @property
    def codes(self) -> list[str]:
        """How it calls the languages that it knows."""
        return sorted(self.tokenizer.id_to_token(one) for one in self.frame.codes)

    def predict(self, lines: Sequence[Line], _lexicon: Sequence[Entry] = ()) -> list[LabelGuess]:
        """Up to four translations of each line, with how sure of each piece it is on average."""
        return [
            LabelGuess(line.id, best(self.made(text_of(line)).items()) if line.words else ())
            for line in lines
        ]

    def made(self, text: str) -> dict[str, float]:
        """The likeliest texts that it makes of a text, with the mean probability of their pieces.

        The mean is geometric: what it says of the whole, made comparable over lengths.
        """
        given = torch.tensor([self.read(text)])
        most = min(self.longest_made, 2 * given.shape[1] + 32)
        with torch.inference_mode():
            said = self.network.generate(
                input_ids=given, attention_mask=torch.ones_like(given), max_new_tokens=most
            )
            shares = self._shares(given, said)
        told: dict[str, float] = {}
        for row, share in zip(said.tolist(), shares, strict=True):
            clean = " ".join(self.tokenizer.decode(row, skip_special_tokens=True).split())
            if clean:
                told[clean[:_LONGEST_TEXT]] = max(share, told.get(clean[:_LONGEST_TEXT], 0.0))
        return told

    def read(self, text: str) -> Ids:
        """A text as the network takes it in."""
        pieces = self._pieces(f"{self.fit.prefix}{text[:_LONGEST_TEXT]}")[: self.longest]
        return self.frame.around(pieces, self.source)

    def wanted(self, text: str) -> Ids:
        """A translation as the network should say it."""
        return self.frame.around(self._pieces(text)[: self.longest_made], self.gives)

    def _pieces(self, text: str) -> Ids:
        return list(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def _making(self) -> Any:
        """How texts are made: of what the files say only which pieces begin and end one."""
        ids = dict(self.ids)
        if self.gives is not None:
            named = "decoder_start_token_id" if self.frame.names_last else "forced_bos_token_id"
            ids[named] = self.gives
        pad = ids["pad_token_id"]
        is_start = pad == ids["decoder_start_token_id"]
        return transformers.GenerationConfig(
            **ids, num_beams=_BEAMS, num_return_sequences=_BEAMS, do_sample=False,
            early_stopping=True, max_time=_SECONDS, length_penalty=1.0,
            bad_words_ids=[[pad]] if is_start and pad != ids["eos_token_id"] else None,
        )  # fmt: skip

    def _shares(self, given: Any, said: Any) -> list[float]:
        """The mean probability of the pieces of what was made, those left aside that had to be."""
        told = said[:, 1:]
        if not told.shape[1]:
            return [0.0] * len(told)
        logits = self.network(
            input_ids=given.expand(len(said), -1), decoder_input_ids=said[:, :-1],
            attention_mask=torch.ones_like(given).expand(len(said), -1),
        ).logits  # fmt: skip
        logs = logits.float().log_softmax(-1).gather(-1, told[..., None])[..., 0]
        ends = (told == self.ids["eos_token_id"]).cumsum(-1)
        counted = (ends == 0) | ((ends == 1) & (told == self.ids["eos_token_id"]))
        if self.network.generation_config.forced_bos_token_id is not None:
            counted[:, 0] = False
        means = (logs * counted).sum(-1) / counted.sum(-1).clamp(min=1)
        return [float(one) for one in means.exp().clamp(0, 1)]


def read_sequences(folder: Path, fit: Fit | None) -> Sequences:
    """The model in a folder of transformers.

    Raises:
        Invalid: its files do not fit together, or it lacks weights.
    """
    torch.set_num_threads(1)
    config = json.loads((folder / CONFIG).read_text("utf-8"))
    place = str(folder) if folder.is_absolute() else f"./{folder}"
    try:
        network, told = transformers.AutoModelForSeq2SeqLM.from_pretrained(
            place, output_loading_info=True, **_SAFE
        )
        tokenizer = read_tokenizer((folder / TOKENIZER).read_text("utf-8"))
    except Exception as error:  # tokenizers raises nothing narrower
        raise misfit(error) from error
    if told["missing_keys"]:
        what = "Weights are missing: %(names)s."
        names = ", ".join(sorted(told["missing_keys"])[:5])[:300]
        raise Invalid(Problem(CONFIG, say(what, names=names)))
    return Sequences(config, tokenizer, network.float().eval(), fit or fit_of_texts({}))


def read_tokenizer(written: str) -> Any:
    """A tokenizer, with neither padding nor an end after so many pieces."""
    made = tokenizers.Tokenizer.from_str(written)
    made.no_padding()
    made.no_truncation()
    return made


def misfit(error: Exception) -> Exception:
    """What is raised where files cannot be loaded together."""
    if isinstance(error, MemoryError) or "allocate memory" in str(error):
        return MemoryError()
    why = (str(error).strip().splitlines() or ["unknown"])[0][:300]
    return Invalid(Problem(CONFIG, say("The files of the model do not fit together: %(why)s",
                                       why=why)))  # fmt: skip


def _check_vocabulary(tokenizer: Any, network: Any) -> None:
    tables = (network.get_input_embeddings(), network.get_decoder().get_input_embeddings())
    known = min(one.num_embeddings for one in tables)
    if tokenizer.get_vocab_size() > known:
        what = "The tokenizer knows %(pieces)s pieces, and the weights have room for %(known)s."
        pieces = f"{tokenizer.get_vocab_size():,}"
        raise Invalid(Problem(TOKENIZER, say(what, pieces=pieces, known=f"{known:,}")))


def _ids_of(network: Any, config: Mapping[str, Any]) -> dict[str, Any]:
    """Which pieces begin and end texts, as the files say."""
    told = network.generation_config.to_dict()
    room = network.get_decoder().get_input_embeddings().num_embeddings
    ids: dict[str, Any] = {}
    for name in _IDS:
        value = told.get(name) if told.get(name) is not None else config.get(name)
        found = value[0] if isinstance(value, list) and value else value
        if type(found) is int and 0 <= found < room:
            ids[name] = found
    if "eos_token_id" not in ids:
        what = "It is not said which piece ends a text (eos_token_id)."
        raise Invalid(Problem(CONFIG, what))
    ids.setdefault("pad_token_id", ids["eos_token_id"])
    ids.setdefault("decoder_start_token_id", ids.get("bos_token_id", ids["pad_token_id"]))
    return ids


def _frame_of(tokenizer: Any, end: int) -> Frame:
    """What a tokenizer puts around a text; its end in any case."""
    told = tokenizer.encode("a")
    words = [place for place, one in enumerate(told.special_tokens_mask) if not one]
    head = told.ids[: words[0]] if words else []
    tail = told.ids[words[-1] + 1 :] if words else []
    added = tokenizer.get_added_tokens_decoder().items()
    codes = frozenset(number for number, one in added if _CODE.fullmatch(one.content))
    if end not in tail:
        tail = [*tail, end]
    return Frame(tuple(head), tuple(tail), codes)


def _code(tokenizer: Any, name: str) -> int | None:
    """The piece that names a language; None where none is asked for."""
    if not name:
        return None
    found = tokenizer.token_to_id(name)
    if found is None:
        what = "“%(name)s” is no language that the model names so; leave it empty if it has none."
        raise Invalid(Problem("model", say(what, name=name[:40])))
    return int(found)
