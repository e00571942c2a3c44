"""An utterance as an example for a paper."""

from __future__ import annotations

from app.domain.errors import NotFound
from app.domain.roles import Action
from app.formats.examples import STYLES, make_example
from app.services.desk import Desk
from app.services.texts import title_of
from app.store import records, texts


def write_example(desk: Desk, utterance: str, style: str) -> str:
    """An utterance in one of `STYLES`, with the text and the number of the line that it is.

    Raises:
        NotFound: there is no such utterance or style, or it may not be read.
    """
    desk.require(Action.READ)
    chosen = next((one for one in STYLES if one.id == style), None)
    if chosen is None:
        raise NotFound(
            f"There is no style “{style}”; there are: {', '.join(s.id for s in STYLES)}."
        )
    line = records.get(desk.store, desk.scope, "utterance", utterance)
    systems = list(desk.project.get("writing_systems", ()))
    vernacular = next((ws for ws in systems if ws.get("vernacular")), {"id": "", "tag": "und"})
    analysis = next((ws["id"] for ws in systems if ws.get("analysis")), "")
    example = make_example(
        line,
        vernacular["id"],
        analysis,
        reference=_reference(desk, line),
        language=vernacular["tag"],
        direction=vernacular.get("direction", "ltr"),
    )
    return chosen.write(example)


def _reference(desk: Desk, line: dict[str, object]) -> str:
    """Where an example is from: text and number of the line, or what the line says itself."""
    text = records.find(desk.store, desk.scope, "text", str(line.get("text") or ""))
    if text is None:
        return str(line.get("source") or "")
    number = line.get("label") or texts.place(
        desk.store, records.filter_of(desk.store, desk.scope, "utterance"), line
    )
    return f"{title_of(text)} {number}".strip()
