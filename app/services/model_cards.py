"""The card of a model: for people in Markdown, for programs in the header of Hugging Face's hub.

Source: huggingface.co/docs/hub/model-cards, “Model card metadata”.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.domain.errors import NotFound
from app.ml.targets import FIELD, LANGUAGE, POS, SENSE, TRANSLATION
from app.ml.tasks import find_engine, find_task
from app.services.desk import Desk
from app.services.texts import title_of
from app.store import records

_MEASURES = {
    "word": "Words that are right as a whole",
    "line": "Lines that are right",
    "value": "Fields whose first proposal is right",
    "five": "Fields with the right one among five proposals",
    "value-gloss": "Glosses",
    "value-pos": "Parts of speech",
    "value-domain": "Semantic domains",
    "morpheme": "Morphs that are right",
    "segmentation": "Segmentation (F1, mean over sentences)",
    "calibration_error": "Calibration error (smaller is better)",
    "chrf": "chrF (character n-grams up to 6, recall twice as weighty)",
    "overlap": "Words shared with the translation (F1)",
}
_LIMITS = {
    "translate": "Text of other languages or genres than those above; translations that nobody "
    "looks at. It may say what does not stand in the line, fluently.",
}
_LIMIT = (
    "Text of other languages or genres than those above; analyses that nobody looks at. It guesses "
    "only what stands in the data that it learnt from."
)


@dataclass(frozen=True)
class _Units:
    """What a model learns from and says something of, in its own words.

    Attributes:
        many: what is learnt from and measured on.
        each: what is right or wrong; empty where what is measured is no share of something.
        taught: what of it somebody has said.
        lookup: what the simplest answer is.
        kind: of the task, as Hugging Face's hub names it.
    """

    many: str = "sentences"
    each: str = "words"
    taught: str = "words with confirmed analyses"
    lookup: str = "gives each form the analysis that it had most often"
    kind: str = "token-classification"


_UNITS = {
    POS: _Units(
        taught="words with a confirmed category",
        lookup="gives each form the category that it had most often",
    ),
    LANGUAGE: _Units(
        taught="words whose language is said",
        lookup="gives each form the language that it had most often",
    ),
    FIELD: _Units(
        "lines", "lines", "labels that somebody gave", "always says the commonest label",
        "text-classification",
    ),
    TRANSLATION: _Units(
        each="", taught="translations",
        lookup="puts in the place of each word that of translations that goes with it most "
        "faithfully, and knows sentences that it has seen",
        kind="translation",
    ),
    SENSE: _Units(
        "fields of senses", "fields", "glosses, parts of speech and domains",
        "always says the commonest value of the field", "text-classification",
    ),
}  # fmt: skip
_TEXTS = replace(_UNITS[FIELD], many="texts", each="texts")


def _units_of(model: Mapping[str, Any]) -> _Units:
    task = find_task(model["task"])
    if task is not None and task.target == FIELD:
        is_whole = (model.get("options") or {}).get("each") == "text"
        return _TEXTS if is_whole else _UNITS[FIELD]
    return _UNITS.get(task.target if task else "", _Units())


def write(
    desk: Desk, model: Mapping[str, Any], report: Mapping[str, Any], withdrawn: Sequence[str] = ()
) -> str:
    """The card of a model from its record and its report; no sentence stands in it.

    Args:
        withdrawn: why it should not be used any more.
    """
    task, engine = find_task(model["task"]), find_engine(model["engine"])
    parts = [
        _header(model),
        f"# {model['name']}, version {model.get('version', 1)}",
        "**This model should not be used any more.** " + " ".join(withdrawn) if withdrawn else "",
        f"{task.about if task else model['task']} {_made(desk, model)} "
        f"Engine: {engine.label if engine else model['engine']}.",
        _figures(model, report),
        _data(desk, model),
        _reliability(report),
        _curve(report, _units_of(model)),
        _confusions(report),
        f"## Not for\n\n{_LIMITS.get(model['task'], _LIMIT)}",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _made(desk: Desk, model: Mapping[str, Any]) -> str:
    if model.get("origin", "trained") == "trained":
        return f"It was trained in LiFE on the project “{desk.project['title']}”."
    return (
        "It was made elsewhere and is used in LiFE in the project "
        f"“{desk.project['title']}”; what it learnt from is not known there."
    )


def _header(model: Mapping[str, Any]) -> str:
    """The YAML header; JSON strings are YAML strings."""
    lines = ["---"]
    if model.get("languages"):
        lines += ["language:", *(f"- {json.dumps(one)}" for one in model["languages"])]
    if model.get("licence"):
        lines.append("license: other")
        lines.append(f"license_name: {json.dumps(model['licence'], ensure_ascii=False)}")
    lines += ["library_name: life", "tags:", "- interlinear-glossing", f"- {model['task']}"]
    measures = [one for one in model.get("measures", ()) if one["name"] != "calibration_error"]
    lines += [
        "model-index:",
        f"- name: {json.dumps(model['name'], ensure_ascii=False)}",
        "  results:",
        "  - task:",
        f"      type: {_units_of(model).kind}",
        "    dataset:",
        "      type: private",
        "      name: the project's own texts",
        "    metrics:",
    ]
    for one in measures:
        lines += [f"    - type: {one['name']}", f"      value: {one['value']:.4f}"]
    return "\n".join([*lines, "---"])


def _figures(model: Mapping[str, Any], report: Mapping[str, Any]) -> str:
    learnt, units = model.get("learnt_from") or {}, _units_of(model)
    rows = [
        f"| {_MEASURES.get(one['name'], one['name'])} | {_value(one)} | {_base(one)} |"
        for one in model.get("measures", ())
    ]
    told = (
        f"On {learnt.get('test', 0)} {units.many} that it never saw, with the interval in which 95 "
        f"of 100 such samples lie. The lookup {units.lookup}."
    )
    if model.get("origin", "trained") != "trained":
        told = (
            f"On {model.get('tried', 0)} {units.many} of the project, of which nobody there knows "
            f"whether it has learnt from them. The lookup {units.lookup}."
        )
    unseen = report.get("unseen", 0)
    more = f"\n\n{unseen} labels of these {units.many} never stood in what it learnt from."
    table = "| | model | lookup |\n| --- | --- | --- |\n" + "\n".join(rows)
    return f"## Figures\n\n{told}\n\n{table}{more if unseen else ''}"


def _data(desk: Desk, model: Mapping[str, Any]) -> str:
    learnt, units = model.get("learnt_from") or {}, _units_of(model)
    if not learnt:
        return ""
    by = (
        f"whole texts ({len(learnt.get('evaluated', ()))} were kept)"
        if learnt.get("split") == "text"
        else f"{units.many}, after removing those that stand there twice"
    )
    rows = [
        f"- Project “{desk.project['title']}” after change number {learnt['seq']}.",
        f"- {len(learnt.get('texts', ()))} texts, {learnt.get('lines', 0)} {units.many}, "
        f"{learnt.get('words', 0)} {units.taught}.",
        f"- {learnt.get('duplicates', 0)} repeated {units.many} were left out.",
        f"- Learnt from {learnt.get('train', 0)}, measured on {learnt.get('test', 0)}; parted by "
        f"{by}, by what their ids are and never by chance.",
        _speakers(learnt, units),
        f"- Licence of the data: {learnt.get('licence') or 'none is stated'}.",
    ]
    titles = [one for one in (_title(desk, text) for text in learnt.get("texts", ())[:50]) if one]
    if titles:
        rows.append(f"- Texts: {'; '.join(titles)}.")
    return "## Data\n\n" + "\n".join(rows)


def _speakers(learnt: Mapping[str, Any], units: _Units) -> str:
    named, unnamed = len(learnt.get("speakers", ())), learnt.get("unnamed", 0)
    if not named:
        return f"- Of none of the {units.many} a speaker is recorded."
    each = "one person, who" if named == 1 else f"{named} persons, each of whom"
    rest = f" Of {unnamed} {units.many} no speaker is recorded." if unnamed else ""
    return f"- Words of {each} agreed to training.{rest}"


def _title(desk: Desk, text: str) -> str:
    """The title of a text that every member may read; a card leaves the project."""
    try:
        found = records.get(desk.store, desk.scope, "text", text)
    except NotFound:
        return ""
    if (found.get("access") or {}).get("level", "public") != "public":
        return ""
    return title_of(found)


def _reliability(report: Mapping[str, Any]) -> str:
    rows = [
        f"| {one['low']:.1f} to {one['high']:.1f} | {one['count']} | {one['said']:.2f} | "
        f"{one['right']:.2f} |"
        for one in report.get("reliability", ())
        if one["count"]
    ]
    if not rows:
        return ""
    head = "| it says | guesses | on average | were right |\n| --- | --- | --- | --- |\n"
    return "## How far its probabilities can be believed\n\n" + head + "\n".join(rows)


def _curve(report: Mapping[str, Any], units: _Units) -> str:
    curve = report.get("curve")
    if not curve:
        return ""
    written = "{:.1f}" if units.kind == "translation" else "{:.1f}%"
    rows = [
        f"| {size} | {written.format(100 * model)} | {written.format(100 * base)} |"
        for size, model, base in curve["points"]
    ]
    head = f"| {units.many} | model | lookup |\n| --- | --- | --- |\n"
    of, gain = f" of the {units.each}" if units.each else "", written.format(100 * curve["gain"])
    more = f"\n\n{curve['more']} more {units.many} would bring about {gain}{of}."
    return "## Learning curve\n\n" + head + "\n".join(rows) + more


def _confusions(report: Mapping[str, Any]) -> str:
    found = report.get("confusions", ())[:15]
    if not found:
        return ""
    rows = [f"| {_cell(gold)} | {_cell(said)} | {count} |" for gold, said, count in found]
    head = "| should be | was said | times |\n| --- | --- | --- |\n"
    return "## What is taken for what\n\n" + head + "\n".join(rows)


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def _value(one: Mapping[str, Any]) -> str:
    if one["name"] in ("segmentation", "calibration_error"):
        return f"{one['value']:.3f}"
    if one["name"] == "chrf":
        low, high = 100 * one["low"], 100 * one["high"]
        return f"{100 * one['value']:.1f} ({low:.1f} to {high:.1f}), of {one['count']}"
    if one.get("low") is None:
        return f"{one['value']:.1%}"
    return f"{one['value']:.1%} ({one['low']:.1%} to {one['high']:.1%}), of {one['count']}"


def _base(one: Mapping[str, Any]) -> str:
    if one.get("baseline") is None:
        return "–"
    if one["name"] == "chrf":
        return f"{100 * one['baseline']:.1f}"
    return f"{one['baseline']:.3f}" if one["name"] == "segmentation" else f"{one['baseline']:.1%}"
