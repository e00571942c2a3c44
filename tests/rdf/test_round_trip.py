"""Whatever an entry or line holds that a graph can hold comes back."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.domain.ids import new_id
from app.domain.lexicon import LexicalEntry
from app.domain.texts import Utterance
from app.rdf.terms import clean
from tests.formats.memory import MemoryContents
from tests.rdf.graphs import SYSTEMS
from tests.rdf.test_reading import again, bare

STRING = st.text(max_size=8).map(clean).filter(bool)
WRITTEN = st.dictionaries(st.sampled_from(["seh", "ar", "old"]), STRING, min_size=1, max_size=2)
TOLD = st.dictionaries(st.sampled_from(["en", "pt", "old"]), STRING, min_size=1, max_size=2)


def ids(letter):
    return st.builds(lambda: new_id(letter))


def members(letter, /, needed=None, **fields):
    made = st.fixed_dictionaries({"id": ids(letter), **(needed or {})}, optional=fields)
    return st.lists(made, min_size=1, max_size=3)


NOTES = members("n", text=TOLD, type=ids("i"))
TRAITS = members("t", {"name": STRING, "value": STRING})
TRANSLATIONS = members("t", {"text": TOLD}, type=ids("i"))
EXAMPLES = members("x", form=WRITTEN, translations=TRANSLATIONS, source=STRING, notes=NOTES)
PRONUNCIATIONS = members("p", {"form": st.dictionaries(st.just("seh-fonipa"), STRING, min_size=1)})
SUBSENSES = members("s", gloss=TOLD, definition=TOLD, pos=ids("i"))
SENSES = members(
    "s",
    gloss=TOLD,
    definition=TOLD,
    pos=ids("i"),
    domains=st.lists(ids("i"), min_size=1, max_size=3),
    scientific_name=TOLD,
    examples=EXAMPLES,
    notes=NOTES,
    traits=TRAITS,
    further_glosses=members("g", {"text": TOLD}),
    reversals=members("v", form=TOLD, type=STRING),
    access=st.sampled_from([{"level": "members"}, {"level": "groups", "groups": ["a", "b"]}]),
    senses=SUBSENSES,
)
ENTRY = st.fixed_dictionaries(
    {"id": ids("e"), "lemma": WRITTEN},
    optional={
        "citation": WRITTEN,
        "homograph": st.integers(0, 99),
        "morph_type": ids("i"),
        "pronunciations": PRONUNCIATIONS,
        "forms": members(
            "o", form=WRITTEN, paradigm=STRING, ref=STRING,
            environments=st.lists(STRING, min_size=1, max_size=3), morph_type=ids("i"),
        ),
        "senses": SENSES,
        "etymologies": members("y", {"form": WRITTEN}, source=STRING, type=ids("i"), gloss=TOLD),
        "notes": NOTES,
        "fields": members("f", {"type": STRING}, text=TOLD, traits=TRAITS),
        "annotations": members("a", {"name": STRING}, value=STRING, who=STRING, text=TOLD),
        "modified": st.sampled_from(["2017-02-08", "2017-02-08T10:00:00Z"]),
    },
)  # fmt: skip
MORPHS = members(
    "m",
    form=WRITTEN,
    gloss=TOLD,
    left=st.sampled_from(["-", "=", "~", "<>"]),
    right=st.sampled_from(["-", "="]),
    lemma=WRITTEN,
    homograph=st.integers(0, 9),
    type=ids("i"),
    entry=ids("e"),
)
SLOW = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def back(kind, record):
    contents = MemoryContents(SYSTEMS)
    contents.add(kind, record)
    with tempfile.TemporaryDirectory() as folder:
        return again(contents, Path(folder) / "all.nt").records[kind][record["id"]]


@SLOW
@given(ENTRY)
def test_entries_come_back(record):
    LexicalEntry.model_validate(record)
    assert bare(back("entry", record)) == bare(record)


@SLOW
@given(MORPHS, WRITTEN, TOLD, st.lists(WRITTEN, min_size=1, max_size=3), STRING, TRANSLATIONS)
@example(
    [{"id": new_id("m"), "form": {"seh": "0="}}], {"seh": "0"}, {"en": "0"}, [{"seh": "0"}], "0", []
)
def test_lines_come_back(morphs, baseline, gloss, forms, string, translations):
    words = [{"id": new_id("w"), "form": form} for form in forms]
    analysis = {
        "id": new_id("y"),
        "morphs": morphs,
        "gloss": gloss,
        "by": string,
        "confidence": 0.5,
    }
    words[0] |= {"analyses": [analysis], "chosen": analysis["id"]}
    group = {"id": new_id("g"), "type": "idiom", "members": [one["id"] for one in words]}
    record = {"id": new_id("l"), "baseline": baseline, "words": words, "groups": [group],
              "translation": gloss, "literal": gloss, "label": string, "source": string,
              "translations": translations, "time": {"start": 0.25, "end": 1.0}}  # fmt: skip
    Utterance.model_validate(record)
    assert bare(back("utterance", record)) == bare(record)
