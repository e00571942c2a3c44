"""Whatever an entry says comes back from LIFT, except for what the format states as lost."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.domain.diff import same
from app.domain.ids import new_id
from app.domain.lexicon import LexicalEntry
from app.domain.project import LISTS, ListItem, WritingSystem
from app.formats.base import Names
from app.formats.lift import LIFT
from tests.formats.memory import MemoryContents, load

QUICK = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
CODES = ("seh", "seh-fonipa", "en", "pt-BR")
SYSTEMS = tuple(WritingSystem(id=code, tag=code) for code in CODES)
ITEMS = [
    ListItem(id=new_id("i"), list=list_code, code=f"{list_code} “{n}” & <{n}>")
    for list_code in LISTS
    for n in range(2)
]
IDS = {
    list_code: st.sampled_from([item.id for item in ITEMS if item.list == list_code])
    for list_code in LISTS
}
characters = st.characters(
    codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"
) | st.sampled_from("\t\n\r\u0301\u200f 𐐀<&>\"']")
words = st.text(characters, max_size=12)
filled = st.text(characters, min_size=1, max_size=12)
# names that LIFT gives a meaning of its own are left out
names = filled.map(lambda text: f"own {text}")
dates = st.sampled_from([None, "2020-01-02", "2020-01-02T03:04:05Z"])


@st.composite
def spanned(draw, depth=2):
    """A text with properly nested, non-empty spans, outer before inner."""
    pieces, spans = [], []

    def stretch(level):
        pieces.append(draw(words))
        for _ in range(draw(st.integers(0, 2)) if level else 0):
            span = {"start": sum(map(len, pieces))}
            spans.append(span)
            pieces.append(draw(filled))
            stretch(level - 1)
            span["end"] = sum(map(len, pieces))
            for key, values in (("ws", st.sampled_from(CODES)), ("href", words), ("style", words)):
                if draw(st.booleans()):
                    span[key] = draw(values)
            pieces.append(draw(words))

    stretch(depth)
    return {"text": "".join(pieces), "spans": spans} if spans else "".join(pieces)


texts = st.dictionaries(st.sampled_from(CODES), words | spanned(), max_size=3)
plain_texts = st.dictionaries(st.sampled_from(CODES), words, max_size=2)


def record(letter, **fields):
    """A member with an id; fields that draw None or nothing are absent."""
    return st.fixed_dictionaries({"id": st.builds(new_id, st.just(letter)), **fields}).map(
        lambda found: {key: value for key, value in found.items() if value not in (None, [], {})}
    )


def some(strategy, size=2):
    return st.lists(strategy, max_size=size)


def maybe(strategy):
    return st.none() | strategy


traits = some(record("t", name=names, value=words), 1)
annotations = some(
    record(
        "a", name=words, value=maybe(words), who=maybe(words), when=maybe(words), text=plain_texts
    ),
    1,
)
own_fields = some(
    record(
        "o",
        type=names,
        text=plain_texts,
        traits=traits,
        annotations=annotations,
        created=dates,
        modified=dates,
    ),
    1,
)
extensible = {
    "fields": own_fields,
    "traits": traits,
    "annotations": annotations,
    "created": dates,
    "modified": dates,
}
media = some(record("m", href=filled, label=texts))
notes = some(record("n", type=maybe(IDS["note-types"]), text=texts, **extensible), 1)
pronunciations = some(record("u", form=texts, media=media, **extensible), 1)
forms = some(
    record(
        "f",
        form=texts,
        morph_type=maybe(IDS["morph-types"]),
        environments=some(filled),
        paradigm=maybe(filled),
        ref=maybe(words),
        pronunciations=pronunciations,
        **extensible,
    ),
    1,
)
translations = some(record("l", type=maybe(IDS["translation-types"]), text=texts))
examples = some(
    record(
        "x", form=texts, translations=translations, source=maybe(words), notes=notes, **extensible
    )
)
pos = {"pos": maybe(IDS["parts-of-speech"]), "pos_traits": traits}
reversals = some(
    st.recursive(
        record("v", type=maybe(words), form=texts, **pos),
        lambda inner: record("v", type=maybe(words), form=texts, main=maybe(inner), **pos),
        max_leaves=3,
    ),
    1,
)


@st.composite
def senses(draw, depth=2):
    """Senses, all numbered or none, with further glosses only where there is a first."""
    found = draw(
        some(
            record(
                "s",
                gloss=texts,
                definition=texts,
                domains=some(IDS["semantic-domains"]),
                scientific_name=texts,
                examples=examples,
                pictures=media,
                notes=notes,
                reversals=reversals,
                senses=senses(depth - 1) if depth else st.just([]),
                **pos,
                **extensible,
            )
        )
    )
    numbered = draw(st.booleans())
    for place, sense in enumerate(found):
        if numbered:
            sense["order"] = place
        if sense.get("gloss"):
            code = draw(st.sampled_from(sorted(sense["gloss"])))
            again = draw(some(record("g", text=st.fixed_dictionaries({code: words | spanned()}))))
            sense |= {"further_glosses": again} if again else {}
    return found


etymologies = some(
    record(
        "y",
        type=maybe(IDS["etymology-types"]),
        source=maybe(words),
        form=texts,
        gloss=texts,
        **extensible,
    ),
    1,
)
PARTS = {
    "lemma": texts,
    "citation": texts,
    "homograph": maybe(st.integers(0, 99)),
    "morph_type": maybe(IDS["morph-types"]),
    "status": maybe(IDS["statuses"]),
    "pronunciations": pronunciations,
    "forms": forms,
    "senses": senses(1),
    "etymologies": etymologies,
    "notes": notes,
    **extensible,
}


def bare(value):
    """Without ids and sources; dates under a name that `same` compares."""
    if isinstance(value, dict):
        return {
            {"created": "date created", "modified": "date modified"}.get(key, key): bare(inner)
            for key, inner in value.items()
            if key not in ("id", "sources", "source_id")
        }
    return [bare(inner) for inner in value] if isinstance(value, list) else value


def project_with(*found):
    contents = MemoryContents(SYSTEMS)
    for item in ITEMS:
        contents.add("item", item.model_dump(mode="json", exclude_defaults=True))
    for entry in found:
        contents.add("entry", entry)
    return contents


def names_again():
    return Names(
        writing_systems={system.id: system for system in SYSTEMS},
        items={(item.list, item.code): item.id for item in ITEMS},
    )


def written_and_read(contents, version="0.13"):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "generated.lift"
        assert list(LIFT.write(contents, path, {"version": version})) == []
        return load(LIFT, path, names_again())


@pytest.mark.parametrize("part", PARTS)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), phases=QUICK)
@given(data=st.data())
def test_every_part_of_an_entry_comes_back(part, data):
    entry = data.draw(record("e", **{part: PARTS[part]}))
    version = data.draw(st.sampled_from(["0.12", "0.13", "0.15"]))
    LexicalEntry.model_validate(entry)
    again = written_and_read(project_with(entry), version).entries()
    assert len(again) == 1
    assert same(bare(again[0]), bare(entry))


def test_every_field_of_an_entry_is_generated_or_stated_as_lost():
    other = {"id", "sources", "access", "residue"}
    assert set(LexicalEntry.model_fields) == {*PARTS, *other}


@settings(max_examples=30, deadline=None)
@given(field=st.sampled_from(["lemma", "citation"]), code=st.sampled_from(CODES), found=annotations)
def test_annotations_on_a_form_come_back(field, code, found):
    on = [{**annotation, "on": f"{field}/{code}"} for annotation in found]
    entry = {"id": new_id("e"), field: {code: "x"}, "annotations": on}
    again = written_and_read(project_with(entry)).entries()[0]
    assert same(bare(again), bare(entry))


@settings(max_examples=30, deadline=None)
@given(found=st.lists(record("e", lemma=plain_texts), max_size=6))
def test_entries_keep_their_number_and_sequence(found):
    again = written_and_read(project_with(*found)).entries()
    assert same([bare(entry) for entry in again], [bare(entry) for entry in found])
