"""The engine that goes on training a model of texts from outside, on translated lines.

The model has passed `app.ml.uploads.transformers_folder`: safetensors and JSON, no code. Imported
behind a fence only.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import tokenizers
import torch
import transformers

from app.domain.errors import Invalid, Problem, Unreadable
from app.domain.messages import say
from app.ml.data import Entry, Line
from app.ml.folder import Saved, read_model, write_model
from app.ml.labels import SAYS, fit_of_texts, read_fit
from app.ml.outside import LabelGuess
from app.ml.sequences import Sequences, misfit, read_sequences, read_tokenizer
from app.ml.targets import FIELD, TRANSLATION, text_of
from app.ml.uploads import transformers_folder

ENGINE = "fine-tuned-translator"
_NOTHING = -100  # in the place of a piece: nothing is to be said there
_PARTS, _MOST_HELD = 10, 150  # every which line says when to stop, and how many at most
_BATCH, _ROUNDS = 8, 5
_RATES, _RATE = {"t5": 3e-4, "mt5": 3e-4}, 5e-5

Tell = Callable[[float, str], None]
Pair = tuple[list[int], list[int]]


class Model:
    """What makes texts of lines, as it was trained."""

    def __init__(self, made_of: Sequences, options: Mapping[str, Any]) -> None:
        self.sequences, self.options = made_of, dict(options)

    def predict(self, lines: Sequence[Line], _lexicon: Sequence[Entry] = ()) -> list[LabelGuess]:
        """Translations of lines."""
        return self.sequences.predict(lines)

    def facts(self) -> dict[str, Any]:
        """What it is, for a record and a card."""
        return {
            "task": "translate",
            "engine": ENGINE,
            "target": TRANSLATION,
            "options": self.options,
            "says": {key: getattr(self.sequences.fit, key) for key in SAYS},
            "codes": [],
            "versions": {
                "torch": str(torch.__version__),
                "transformers": transformers.__version__,
                "tokenizers": tokenizers.__version__,
            },
        }

    def save(self, folder: Path) -> None:
        """Writes the model, whole or not at all; weights that stand twice are written once."""
        made, seen = self.sequences, dict[int, str]()
        weights = {}
        for name, one in made.network.state_dict().items():
            if seen.setdefault(one.data_ptr(), name) == name:
                kept = one.half() if one.is_floating_point() else one
                weights[name] = kept.contiguous().numpy()
        config = {**made.config, **made.ids}
        told = {"config": config, "tokenizer": json.loads(made.tokenizer.to_str())}
        write_model(folder, Saved(self.facts(), told, weights))

    @classmethod
    def load(cls, folder: Path) -> Model:
        """Reads a model.

        Raises:
            Unreadable: the folder holds no model of this engine.
            Invalid: its configuration or its tokenizer is none that is loaded here.
        """
        saved = read_model(folder, ENGINE)
        torch.set_num_threads(1)
        try:
            config, told = dict(saved.lexicon["config"]), dict(saved.lexicon["tokenizer"])
            numbers = sum(int(one.size) for one in saved.weights.values())
            transformers_folder.check_parts(config, told, numbers)
            network = _built(config, saved.weights)
            fit = fit_of_texts(saved.model["says"])
            made = Sequences(config, read_tokenizer(json.dumps(told)), network, fit)
            return cls(made, dict(saved.model["options"]))
        except (Invalid, Unreadable):
            raise
        except (KeyError, TypeError, AttributeError) as error:
            raise Unreadable("The model lacks something, or it is of another kind.") from error
        except Exception as error:  # tokenizers raises nothing narrower
            raise misfit(error) from error


def train_on(
    base: Path,
    lines: Sequence[Line],
    options: Mapping[str, Any],
    tell: Tell = lambda share, phase: None,
) -> Model:
    """Trains on the lines that have a translation, from a model on.

    Args:
        base: folder of the model, and of what is decided about it.
        options: `seed` and `epochs`.

    Raises:
        Invalid: there is nothing to learn from, or the model cannot be used.
    """
    seed = int(options.get("seed", 1))
    tell(0.0, "what it begins with")
    torch.manual_seed(seed)
    made = read_sequences(base, read_fit(base))
    pairs = [
        (made.read(text_of(line)), made.wanted(line.labels[FIELD]))
        for line in lines
        if line.labels.get(FIELD)
    ]
    if len({tuple(wanted) for _, wanted in pairs}) < 2:
        raise Invalid(say("All lines have the same translation: there is nothing to learn."))
    chosen = str(options.get("epochs", "auto"))
    _fit(made, pairs, _ROUNDS if chosen == "auto" else int(chosen), seed, tell)
    return Model(made, {**options, "target": TRANSLATION, "seed": seed})


def _fit(made: Sequences, pairs: Sequence[Pair], epochs: int, seed: int, tell: Tell) -> None:
    """Fits the weights, in place; every tenth line only says after which round they were best."""
    held = list(pairs[::_PARTS][:_MOST_HELD]) if len(pairs) > 2 * _PARTS else []
    aside = {id(one) for one in held}
    learnt = [one for one in pairs if id(one) not in aside]
    network, drawn = made.network, random.Random(seed)  # noqa: S311 - no secret
    if torch.cuda.is_available():
        network.to("cuda")
    rate = _RATES.get(str(made.config.get("model_type")), _RATE)
    optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.01)
    steps, step = epochs * -(-len(learnt) // _BATCH), 0
    kept, least = None, float("inf")
    for epoch in range(epochs):
        network.train()
        drawn.shuffle(learnt)
        for start in range(0, len(learnt), _BATCH):
            for group in optimizer.param_groups:
                group["lr"] = rate * min(1.0, 10 * step / steps + 0.05, (1.0 - step / steps) / 0.9)
            optimizer.zero_grad()
            _loss(made, learnt[start : start + _BATCH]).backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            step += 1
            tell(step / steps, f"round {epoch + 1} of {epochs}")
        loss = _held_loss(made, held)
        if held and loss < least:
            least = loss
            kept = {key: one.detach().cpu().clone() for key, one in network.state_dict().items()}
    if kept is not None:
        network.load_state_dict(kept)
    _settle(network)


def _loss(made: Sequences, batch: Sequence[Pair]) -> Any:
    """How far what is said lies from what was written, piece by piece."""
    device = next(made.network.parameters()).device
    read, wanted = (max(len(one[side]) for one in batch) for side in (0, 1))
    filler = made.ids["pad_token_id"]
    given = [one + [filler] * (read - len(one)) for one, _ in batch]
    seen = [[1] * len(one) + [0] * (read - len(one)) for one, _ in batch]
    labels = [one + [_NOTHING] * (wanted - len(one)) for _, one in batch]
    return made.network(
        input_ids=torch.tensor(given, device=device),
        attention_mask=torch.tensor(seen, device=device),
        labels=torch.tensor(labels, device=device),
    ).loss


def _held_loss(made: Sequences, held: Sequence[Pair]) -> float:
    made.network.eval()
    total = 0.0
    with torch.inference_mode():
        for start in range(0, len(held), _BATCH):
            batch = held[start : start + _BATCH]
            total += float(_loss(made, batch)) * sum(len(wanted) for _, wanted in batch)
    return total


def _settle(network: Any) -> None:
    """Brings the weights to the processor, as exact as a file keeps them."""
    network.cpu().eval()
    with torch.no_grad():
        for one in network.parameters():
            one.copy_(one.to(torch.float16).float())


def _built(config: Mapping[str, Any], weights: Mapping[str, Any]) -> Any:
    """A network with its weights; those that are one thing under two names have only one."""
    made = transformers.AutoConfig.for_model(**config)
    network = transformers.AutoModelForSeq2SeqLM.from_config(made).float()
    names: dict[int, list[str]] = {}
    for name, one in network.state_dict().items():
        names.setdefault(one.data_ptr(), []).append(name)
    told = {name: torch.from_numpy(one).float() for name, one in weights.items()}
    missing, odd = network.load_state_dict(told, strict=False)
    known = {name for same in names.values() if told.keys() & set(same) for name in same}
    if odd or set(missing) - known:
        what = "The weights are not those that the configuration describes."
        raise Invalid(Problem(transformers_folder.CONFIG, what))
    return network.eval()
