"""The category of words in guesses that have none, from the project's model of parts of speech."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app.domain.errors import DomainError
from app.domain.messages import say
from app.services import model_silence, models
from app.services.desk import Desk
from app.services.guesses import Suggestion
from app.services.model_lines import Categories, categories_of, line_of
from app.services.text_lines import main_system
from app.store.database import Document

if TYPE_CHECKING:
    from app.services.model_guesses import Asked

TASK = "pos"
_LEAST = 0.5  # probability with which a category is worth showing

Found = dict[str, list[Suggestion]]


def add_categories(
    desk: Desk,
    predict: Asked,
    lines: Sequence[Document],
    found: Mapping[str, Found],
    *,
    seconds: float = 0.0,
    least: float = _LEAST,
) -> None:
    """Gives guesses that leave the category of a word open the likeliest one in its line.

    Args:
        found: guesses by line and word; those are replaced there.
        seconds: that are waited for the model, as long as it may take if left out; without an
            answer nothing is added.
        least: the probability of a category from which on it is told.
    """
    open_lines = [line for line in lines if any(found.get(line["_id"], {}).values())]
    if model_silence.holds(desk, TASK):
        return
    model = models.default_of(desk, TASK) if open_lines else None
    if model is None:
        return
    ws, categories = main_system(desk), categories_of(desk)
    asked = [line_of(line, ws, "", categories) for line in open_lines]
    try:
        said = predict.guess(model["_id"], asked, seconds=seconds)
    except DomainError as error:  # glosses are shown without categories
        model_silence.note(desk, TASK, error)
        return
    for line, guess in zip(open_lines, said, strict=False):
        for word, labels in zip(line.get("words", ()), guess["words"], strict=False):
            best = labels[0] if labels and labels[0]["probability"] >= least else None
            if best and word["id"] in found[line["_id"]]:
                offers = found[line["_id"]][word["id"]]
                offers[:] = [_with(one, best, categories) for one in offers]


def _with(offer: Suggestion, label: Mapping[str, Any], categories: Categories) -> Suggestion:
    category = categories.id_of(str(label.get("label", "")))
    if not category or categories.of(offer.analysis):
        return offer
    share = round(100 * label["probability"])
    reason = say("%(reason)s; category: the model, %(share)s %% sure", reason=offer.reason,
                 share=share)  # fmt: skip
    return replace(offer, analysis={**offer.analysis, "pos": category}, reason=reason)
