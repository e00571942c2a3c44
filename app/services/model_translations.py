"""What the free translation of a line may be: that of the same sentence, then the model's.

Nothing of it is stored: a person takes one over as if it were typed, or types another one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from app.domain.errors import DomainError, Invalid, Problem
from app.domain.messages import Message, say
from app.domain.models import gloss_system_of
from app.domain.text import plain
from app.services import guesses, model_silence, models
from app.services.desk import Desk
from app.services.model_guesses import Asked, ask_about
from app.services.model_uploads import TRANSLATE
from app.services.text_lines import main_system
from app.store.database import Document
from app.store.same_sentences import find_same

_MOST = 3
_SECONDS = 15.0  # that somebody who looks at one line waits for the model


@dataclass(frozen=True)
class Offer:
    """What a translation may be.

    Attributes:
        origin: `memory` or `model`.
        probability: of the model, each piece of the text on average; None for what people wrote.
        reason: for people.
    """

    text: str
    origin: str
    probability: float | None
    reason: Message


def suggest(desk: Desk, predict: Asked | None, line: Document, into: str) -> list[Offer]:
    """What the translation of a stored utterance may be, the likeliest first.

    Args:
        predict: what runs models; without it only what people wrote is looked up.
        into: the language of translation.

    Returns:
        Nothing for those who may not change texts; without the model's where it gives no answer.

    Raises:
        Invalid: the project has no such language of translation.
    """
    systems = [ws["id"] for ws in desk.project.get("writing_systems", ()) if ws.get("analysis")]
    if into not in systems:
        what = say("It is one of: %(values)s.", values=", ".join(systems))
        raise Invalid(Problem("into", what))
    if not guesses.may_suggest(desk):
        return []
    known = _remembered(desk, line, into)
    seen = {one.text for one in known}
    told = _said(desk, predict, line, into) if predict is not None else []
    return [*known, *(one for one in told if one.text not in seen)][:_MOST]


def has_model(desk: Desk, into: str) -> bool:
    """Whether a model translates into a language, and may be asked now."""
    return _model(desk, into) is not None and not model_silence.holds(desk, TRANSLATE)


def is_waiting(desk: Desk) -> bool:
    """Whether the model's translations are missing because it is being loaded: ask again."""
    return model_silence.is_loading(desk, TRANSLATE)


def _model(desk: Desk, into: str) -> Document | None:
    model = models.default_of(desk, TRANSLATE)
    return model if model is not None and gloss_system_of(model) == into else None


def _remembered(desk: Desk, line: Document, into: str) -> list[Offer]:
    there = {f"translation.{into}": {"$exists": True}}
    same = find_same(desk.store, desk.scope, line, main_system(desk), **there)
    counts = Counter(plain(one["translation"][into]).strip() for one in same)
    return [
        Offer(
            text, "memory", None,
            say("the same sentence, translated so once")
            if count == 1
            else say("the same sentence, translated so %(count)s times", count=count),
        )
        for text, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
        if text
    ]  # fmt: skip


def _said(desk: Desk, predict: Asked, line: Document, into: str) -> list[Offer]:
    model = _model(desk, into)
    if model is None or model_silence.holds(desk, TRANSLATE):
        return []
    try:
        (guess,) = ask_about(desk, predict, model, [line], _SECONDS)
    except DomainError as error:  # it is being loaded, was ended, or is none
        model_silence.note(desk, TRANSLATE, error)
        return []
    return [
        Offer(
            str(one["label"]), "model", float(one["probability"]),
            say("the model, on average %(share)s %% sure of each piece",
                share=round(100 * float(one["probability"]))),
        )
        for one in guess.get("line", ())
    ]  # fmt: skip
