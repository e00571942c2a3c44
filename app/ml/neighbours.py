"""The engine that proposes fields of senses from those that are like them in the lexicon.

Each field that is known (form, gloss, part of speech, domain) says how like two senses are; the
likest ones vote. Imported by child processes only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from app.domain.errors import Invalid, Unreadable
from app.domain.messages import say
from app.ml.data import Alternative, Entry, Line, Morph
from app.ml.folder import Saved, read_model, write_model
from app.ml.pipelines import stretches
from app.ml.targets import ASKED, FIELD, GLOSS, SENSE_FIELDS, text_of

ENGINE = "neighbours"
Tell = Callable[[float, str], None]
Floats = NDArray[np.float64]
KINDS = ("form", "gloss", "pos", "domain")
_MOST, _NEAREST, _NAMED = 30_000, 25, 3
_TRIED, _LETTERS = 400, 5  # senses that settings are tried on; letters of a word of a gloss
_STEPS = (0.0, 0.5, 1.5)  # how much a kind may count beside the form
_POWERS, _SHARPNESS = (2.0, 4.0), (0.5, 1.0, 1.5)
_PRIOR = 0.02  # what the commonest labels have beside the votes


@dataclass(frozen=True)
class Setting:
    """How senses vote for a field.

    Attributes:
        weights: of each kind of likeness; `power` to which likeness is raised.
        sharp: the power of votes with which they are as sure as they are right.
        reach: how often the right label is among those that are voted for.
    """

    weights: tuple[float, ...] = (1.0, 1.0, 0.5, 0.5)
    power: float = 2.0
    sharp: float = 1.0
    reach: float = 1.0


@dataclass(frozen=True)
class SenseGuess:
    """What is said of a field of a sense: `line` has the alternatives, `source` who is like it."""

    id: str
    line: tuple[Alternative, ...]
    words: tuple[()] = ()


class Model:
    """Senses of a lexicon, and how they vote.

    Attributes:
        senses: for each what is known: `form`, `gloss`, `pos`, `domain`.
    """

    def __init__(
        self, senses: Sequence[Mapping[str, str]], settings: Mapping[str, Setting]
    ) -> None:
        self.senses, self.settings = [dict(one) for one in senses], dict(settings)
        self._rows = {kind: _Rows([_traits(kind, one) for one in self.senses]) for kind in KINDS}
        self.by_form: dict[str, list[int]] = {}  # those of one form say too much of one another
        for n, one in enumerate(self.senses):
            self.by_form.setdefault(one.get("form", ""), []).append(n)
        self._common = {
            field: Counter(one[field] for one in self.senses if one.get(field))
            for field in SENSE_FIELDS
        }

    def predict(self, lines: Sequence[Line], _lexicon: Sequence[Entry] = ()) -> list[SenseGuess]:
        """Up to 8 values of the field that each line asks about."""
        return [SenseGuess(line.id, self._guess(line)) for line in lines]

    def likeness(self, asked: Sequence[Mapping[str, str]], field: str) -> dict[str, Floats]:
        """How like each sense is to what is asked, by kind, `(asked, senses)`."""
        return {
            kind: self._rows[kind].like([_traits(kind, one) for one in asked])
            for kind in KINDS
            if kind != field
        }

    def votes(self, like: Mapping[str, Floats], row: int, field: str, setting: Setting) -> Votes:
        """Who votes for which value: shares, and the senses that are likest."""
        weights = dict(zip(KINDS, setting.weights, strict=True))
        total = sum(weights[kind] * one[row] for kind, one in like.items())
        near = np.argpartition(-total, min(_NEAREST, len(total) - 1))[:_NEAREST]
        shares: dict[str, float] = {}
        named: dict[str, list[int]] = {}
        for n in sorted(near.tolist(), key=lambda one: (-total[one], one)):
            value = self.senses[n].get(field)
            if value and total[n] > 0:
                shares[value] = shares.get(value, 0.0) + float(total[n]) ** setting.power
                named.setdefault(value, []).append(n)
        return shares, named

    def shares(self, votes: Mapping[str, float], field: str, sharp: float) -> dict[str, float]:
        """Votes as shares that sum up to 1, with a little for what is common."""
        every = sum(votes.values())
        common = self._common[field].most_common(8)
        told = {value: (one / every) ** sharp for value, one in votes.items()} if every else {}
        total = sum(told.values()) or 1.0
        found = {value: (1 - _PRIOR) * one / total for value, one in told.items()}
        left, counted = _PRIOR if told else 1.0, sum(count for _, count in common) or 1
        for value, count in common:
            found[value] = found.get(value, 0.0) + left * count / counted
        return found

    def facts(self) -> dict[str, Any]:
        """What it is, for a record and a card."""
        return {
            "task": "suggest",
            "engine": ENGINE,
            "senses": len(self.senses),
            "settings": {
                field: [list(one.weights), one.power, one.sharp, one.reach]
                for field, one in self.settings.items()
            },
            "versions": {"numpy": np.__version__, "scipy": scipy.__version__},
        }

    def save(self, folder: Path) -> None:
        """Writes the model, whole or not at all."""
        write_model(folder, Saved(self.facts(), {"senses": self.senses}))

    @classmethod
    def load(cls, folder: Path) -> Model:
        """Reads a model.

        Raises:
            Unreadable: the folder holds no model of this engine.
        """
        saved = read_model(folder, ENGINE)
        try:
            settings = {
                field: Setting(tuple(map(float, one[0])), *map(float, one[1:]))
                for field, one in saved.model["settings"].items()
            }
            senses = [
                {str(key): str(value) for key, value in one.items()}
                for one in saved.lexicon["senses"][:_MOST]
            ]
            if not senses or any(len(one.weights) != len(KINDS) for one in settings.values()):
                raise ValueError("no senses")
            return cls(senses, settings)
        except (KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
            raise Unreadable("The model lacks something, or it is of another kind.") from error

    def _guess(self, line: Line) -> tuple[Alternative, ...]:
        field = line.labels.get(ASKED, "")
        if field not in SENSE_FIELDS:
            return ()
        setting = self.settings.get(field, Setting())
        known = sense_of(line)
        votes, named = self.votes(self.likeness([known], field), 0, field, setting)
        shares = self.shares(votes, field, setting.sharp)
        best = sorted(shares.items(), key=lambda one: (-one[1], one[0]))[:8]
        return tuple(
            Alternative(
                (Morph("", value),),
                round(share * setting.reach, 6),
                self._names(named.get(value, ())[:_NAMED]),
            )
            for value, share in best
        )

    def _names(self, senses: Iterable[int]) -> str:
        return ", ".join(dict.fromkeys(self.senses[n].get("form", "") for n in senses))


Votes = tuple[dict[str, float], dict[str, list[int]]]


def sense_of(line: Line) -> dict[str, str]:
    """What a line says of a sense, but for what it asks."""
    told = {key: line.labels.get(key, "") for key in ("pos", "domain")}
    gloss = next(iter(line.translations.values()), "")
    found = {"form": text_of(line), "gloss": gloss, **told}
    return {key: one for key, one in found.items() if one and key != line.labels.get(ASKED)}


def train(
    lines: Sequence[Line], options: Mapping[str, Any], tell: Tell = lambda share, phase: None
) -> Model:
    """Keeps senses and tries on them how they vote best.

    Args:
        lines: each asks about a field of a sense and has its value.

    Raises:
        Invalid: there is nothing to learn from.
    """
    tell(0.0, "count")
    senses: dict[str, dict[str, str]] = {}
    for line in lines[: _MOST * len(SENSE_FIELDS)]:
        value = line.labels.get(FIELD, "")
        told = senses.setdefault(line.id.rpartition(".")[0] or line.id, {})
        told.update({**sense_of(line), **({line.labels[ASKED]: value} if value else {})})
    kept = [one for _, one in sorted(senses.items())][:_MOST]
    if len({one.get(field) for one in kept for field in SENSE_FIELDS} - {None}) < 2:
        raise Invalid(say("All senses say the same: there is nothing to choose between."))
    model = Model(kept, {})
    for n, field in enumerate(SENSE_FIELDS):
        tell(0.2 + 0.8 * n / len(SENSE_FIELDS), "how they vote")
        model.settings[field] = _tried(model, field)
    tell(1.0, "how they vote")
    return model


def _tried(model: Model, field: str) -> Setting:
    """The setting with which senses that are left out are found best by the others."""
    having = [n for n, one in enumerate(model.senses) if one.get(field)]
    step = max(1, len(having) // _TRIED)
    at = having[::step][:_TRIED]
    if len(at) < 2:
        return Setting()
    asked = [{k: v for k, v in model.senses[n].items() if k != field} for n in at]
    like = model.likeness(asked, field)
    for one in like.values():
        for row, n in enumerate(at):
            one[row, model.by_form[model.senses[n].get("form", "")]] = 0.0
    best, found = Setting(), -1.0
    others = [kind for kind in KINDS if kind not in ("form", field)]
    for steps, power in product(product(_STEPS, repeat=len(others)), _POWERS):
        weights = {"form": 1.0, **dict(zip(others, steps, strict=True))}
        setting = Setting(tuple(weights.get(kind, 0.0) for kind in KINDS), power)
        hits = sum(
            _first(model.votes(like, row, field, setting)[0]) == model.senses[n][field]
            for row, n in enumerate(at)
        )
        if hits > found:
            best, found = setting, hits
    return _calibrated(model, field, best, like, at)


def _calibrated(
    model: Model, field: str, setting: Setting, like: Mapping[str, Floats], at: Sequence[int]
) -> Setting:
    votes = [model.votes(like, row, field, setting)[0] for row in range(len(at))]
    gold = [model.senses[n][field] for n in at]

    def loss(sharp: float) -> float:
        shares = (model.shares(one, field, sharp) for one in votes)
        return -sum(
            float(np.log(max(one.get(value, 0.0), 1e-3)))
            for one, value in zip(shares, gold, strict=True)
        )

    sharp = min(_SHARPNESS, key=loss)
    there = sum(
        value in model.shares(one, field, sharp) for one, value in zip(votes, gold, strict=True)
    )
    return Setting(setting.weights, setting.power, sharp, (there + 1) / (len(at) + 2))


def _first(votes: Mapping[str, float]) -> str:
    return min(votes, key=lambda one: (-votes[one], one), default="")


def _traits(kind: str, sense: Mapping[str, str]) -> Iterable[tuple[str, int]]:
    told = sense.get(kind, "")
    if kind == "form":
        return [(trait, count) for trait, count in stretches(told).items() if trait != " "]
    if kind == GLOSS:
        words = ("".join(c for c in one if c.isalnum()) for one in told.casefold().split())
        return Counter(part for one in words if one for part in (one, one[:_LETTERS])).items()
    if kind == "domain":  # one with a number lies within those with shorter ones
        parts = told.split(" ")[0].split(".")
        return [(".".join(parts[:n]), 1) for n in range(1, len(parts) + 1)] if told else []
    return [(told, 1)] if told else []


class _Rows:
    """Traits of senses as rows of a matrix, each of length 1."""

    def __init__(self, rows: Sequence[Iterable[tuple[str, int]]]) -> None:
        held = [dict(one) for one in rows]
        counts = Counter(trait for one in held for trait in one)
        self._at = {trait: n for n, trait in enumerate(sorted(counts))}
        self._rarity = np.array(
            [np.log((1 + len(held)) / (1 + counts[one])) + 1 for one in self._at] or [1.0]
        )
        self._held = self._matrix(held).T.tocsr()

    def like(self, rows: Sequence[Iterable[tuple[str, int]]]) -> Floats:
        """How like rows are to those that are held, `(rows, held)`."""
        asked = self._matrix([dict(one) for one in rows])
        found: Floats = np.asarray((asked @ self._held).todense())
        return found

    def _matrix(self, rows: Sequence[Mapping[str, int]]) -> Any:
        starts, columns, values = [0], list[int](), list[float]()
        for row in rows:
            at = [(self._at[one], count) for one, count in row.items() if one in self._at]
            told = np.array([count * self._rarity[place] for place, count in at])
            norm = float(np.linalg.norm(told)) or 1.0
            columns += [place for place, _ in at]
            values += (told / norm).tolist()
            starts.append(len(columns))
        shape = (len(rows), max(1, len(self._at)))
        return csr_matrix((np.array(values), np.array(columns, np.int32), starts), shape=shape)
