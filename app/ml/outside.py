"""What models from outside say: labels of words or of whole lines, or texts.

The labels are the model's own; what they are in the project is for the caller to say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

MOST = 8  # labels that are told of a word or line


@dataclass(frozen=True, slots=True)
class Label:
    """A label with its probability, as the model has it: not calibrated."""

    label: str
    probability: float


@dataclass(frozen=True, slots=True)
class LabelGuess:
    """What is said of a line.

    Attributes:
        id: of the line.
        line: labels of the whole, or translations of it, the likeliest first.
        words: labels of each of its words; empty where the model looks at whole lines.
    """

    id: str
    line: tuple[Label, ...] = ()
    words: tuple[tuple[Label, ...], ...] = ()


def best(labels: Iterable[tuple[str, float]], most: int = MOST) -> tuple[Label, ...]:
    """The likeliest labels, those as likely by their name."""
    ordered = sorted(labels, key=lambda one: (-one[1], one[0]))
    return tuple(Label(label, round(float(share), 6)) for label, share in ordered[:most])
