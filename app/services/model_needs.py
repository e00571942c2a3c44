"""What is told where there is too little to learn from."""

from __future__ import annotations

from collections.abc import Mapping

from app.domain.messages import Message, say
from app.ml.targets import FIELD, FORM, GLOSS, LANGUAGE, POS, SENSE, TRANSLATION

_SAME = {
    GLOSS: "All morphs have the same gloss: there is nothing to choose between.",
    FORM: "There is only one morph: there is nothing to take apart.",
    TRANSLATION: "All lines have the same translation: there is nothing to learn.",
}
_NEEDED = {
    POS: "%(missing)s more sentences with categories of words are needed.",
    LANGUAGE: "%(missing)s more sentences of texts with words of another language are needed.",
    FIELD: "%(missing)s more lines, or texts, of which the field says something are needed.",
    TRANSLATION: "%(missing)s more lines with a free translation are needed.",
    SENSE: "%(missing)s more glosses, parts of speech or domains of senses are needed.",
}


def nothing_to_choose(target: str) -> str:
    """That all labels are the same."""
    return _SAME.get(target, "All have the same label: there is nothing to choose between.")


def too_few(missing: int, left_out: Mapping[str, int], target: str = GLOSS) -> Message:
    """That there is too little to learn from, and what would help.

    Args:
        left_out: how many lines were left out, by reason.
    """
    if target in _NEEDED:
        return say(_NEEDED[target], missing=missing)
    if left_out.get("consent"):
        return say(
            "%(missing)s more glossed sentences are needed. %(kept)s were left out because "
            "somebody who speaks in them has not agreed to training: see People.",
            missing=missing,
            kept=left_out["consent"],
        )
    return say("%(missing)s more glossed sentences are needed.", missing=missing)
