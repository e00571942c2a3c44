"""Relations: stated at ends in the file, one record each here."""

from __future__ import annotations

import pytest

from app.domain.ids import new_id
from app.formats.lift import LIFT
from app.formats.lift.compare import differences
from tests.formats.memory import load
from tests.formats.samples import lift, save


def entry(name, *relations, sense="", sense_relations=""):
    inner = f'<sense id="{sense}">{sense_relations}</sense>' if sense else ""
    return (
        f'<entry id="{name}" guid="guid-{name}"><lexical-unit><form lang="x"><text>{name}</text>'
        f"</form></lexical-unit>{''.join(relations)}{inner}</entry>"
    )


def to(ref, kind="Synonyms", more=""):
    return f'<relation type="{kind}" ref="{ref}"{more}/>'


def read(tmp_path, *entries):
    path = save(tmp_path, lift(*entries))
    contents = load(LIFT, path)
    out = tmp_path / "out.lift"
    assert list(LIFT.write(contents, out, {})) == []
    assert differences(path, out) == []
    return contents, list(contents.records.get("relation", {}).values())


def names(contents, relation):
    lemmas = {e["id"]: e["lemma"]["x"] for e in contents.entries()}
    return [lemmas.get(m.get("entry"), m.get("label")) for m in relation["members"]]


def test_both_directions_are_one_relation_with_two_statements(tmp_path):
    contents, relations = read(tmp_path, entry("a", to("b")), entry("b", to("a")))
    assert len(relations) == 1
    assert names(contents, relations[0]) == ["a", "b"]
    one, other = relations[0]["statements"]
    assert (one["at"], one["to"]) == (other["to"], other["at"])


def test_an_entry_is_found_by_id_guid_or_sense(tmp_path):
    contents, relations = read(
        tmp_path,
        entry("a", to("b", "t1"), to("guid-b", "t2"), to("s", "t3")),
        entry("b", sense="s"),
    )
    target = contents.entries()[1]
    members = [relation["members"][1] for relation in relations]
    assert {member["entry"] for member in members} == {target["id"]}
    assert [member.get("part") for member in members] == [None, None, target["senses"][0]["id"]]
    assert [member["label"] for member in members] == ["b", "guid-b", "s"]


def test_senses_and_variants_state_relations(tmp_path):
    variant = f"<variant>{to('b', 'of')}</variant>"
    contents, relations = read(
        tmp_path, entry("a", variant, sense="s", sense_relations=to("b")), entry("b")
    )
    source = contents.entries()[0]
    parts = {relation["members"][0]["part"] for relation in relations}
    assert parts == {source["forms"][0]["id"], source["senses"][0]["id"]}


def test_an_unresolved_reference_keeps_its_words(tmp_path):
    contents, relations = read(tmp_path, entry("a", to("nobody"), to("")), entry("b"))
    assert [names(contents, relation)[1] for relation in relations] == ["nobody", None]
    assert all("entry" not in relation["members"][1] for relation in relations)


def test_a_set_in_which_all_name_all_is_one_relation(tmp_path):
    entries = [entry(n, *(to(m) for m in "abc" if m != n)) for n in "abc"]
    contents, relations = read(tmp_path, *entries)
    assert len(relations) == 1
    assert names(contents, relations[0]) == ["a", "b", "c"]
    assert len(relations[0]["statements"]) == 6


TREES = (
    '<ranges><range id="lexical-relation"><range-element id="Teil"><field type='
    '"reverse-label"><form lang="de"><text>Ganzes</text></form></field>'
    '<trait name="referenceType" value="3"/></range-element></range></ranges>'
)


@pytest.mark.parametrize(
    ("part", "whole", "header", "down", "up"),
    [
        ("Part", "Whole", "", True, False),
        ("Part", "Whole", "", True, True),
        ("Specific", "Generic", "", True, True),
        ("Teil", "Ganzes", TREES, True, False),
        ("Teil", "Ganzes", TREES, False, True),
        ("Teil", "Ganzes", TREES, True, True),
    ],
)
def test_a_tree_is_one_relation_with_its_whole_first(part, whole, header, down, up, tmp_path):
    entries = [
        entry("p", *[to("w", whole)] * up),
        entry("w", *[to("p", part), to("q", part)] * down),
        entry("q", *[to("w", whole)] * up),
    ]
    path = save(tmp_path, lift(*entries, header=header))
    contents = load(LIFT, path)
    out = tmp_path / "out.lift"
    assert list(LIFT.write(contents, out, {})) == []
    assert differences(path, out) == []
    (relation,) = contents.records["relation"].values()
    assert names(contents, relation) == ["w", "p", "q"]
    assert len(relation["statements"]) == 2 * down + 2 * up
    assert relation["type"] == contents.item("relation-types", part)["id"]


def test_a_part_of_two_wholes_and_a_part_that_has_parts(tmp_path):
    contents, relations = read(
        tmp_path,
        entry("w", to("p", "Part"), to("q", "Part")),
        entry("v", to("p", "Part")),
        entry("p", to("r", "Part"), to("w", "Whole"), to("v", "Whole")),
        entry("q", to("w", "Whole")),
        entry("r", to("p", "Whole")),
    )
    found = sorted(names(contents, relation) for relation in relations)
    assert found == [["p", "r"], ["v", "p"], ["w", "p", "q"]]


def test_parts_in_a_circle_stay_pairs(tmp_path):
    _, relations = read(
        tmp_path,
        entry("a", to("b", "Part"), to("c", "Part")),
        entry("b", to("a", "Part")),
        entry("c"),
    )
    assert [len(relation["members"]) for relation in relations] == [2, 2]


def days(order, itself=False):
    places = {name: place for place, name in enumerate(order, 1)}
    return [
        entry(
            at,
            *(
                to(name, "Calendar", f' order="{place}"')
                for name, place in places.items()
                if itself or name != at
            ),
        )
        for at in sorted(order)
    ]


@pytest.mark.parametrize("order", ["abcd", "dcba", "cabd"])
def test_a_sequence_is_one_relation_in_its_order(order, tmp_path):
    contents, relations = read(tmp_path, *days(order))
    assert [names(contents, relation) for relation in relations] == [list(order)]


def test_two_sequences_of_a_type_stay_apart(tmp_path):
    contents, relations = read(
        tmp_path,
        entry("a", to("b", "Calendar", ' order="2"')),
        entry("b", to("a", "Calendar", ' order="1"')),
        entry("c", to("d", "Calendar", ' order="1"')),
        entry("d", to("c", "Calendar", ' order="2"')),
    )
    assert [names(contents, relation) for relation in relations] == [["a", "b"], ["d", "c"]]


@pytest.mark.parametrize("wrong", [' order="3"', ' order="1"', "", None])
def test_a_sequence_that_is_not_stated_alike_stays_pairs(wrong, tmp_path):
    said = [to("c", "Calendar", wrong)] if wrong is not None else []
    _, relations = read(
        tmp_path,
        entry("a", to("b", "Calendar", ' order="1"'), *said),
        entry("b", to("a", "Calendar", ' order="2"'), to("c", "Calendar", ' order="4"')),
        entry("c", to("a", "Calendar", ' order="2"'), to("b", "Calendar", ' order="1"')),
    )
    assert [len(relation["members"]) for relation in relations] == [2, 2, 2]


def test_an_open_chain_stays_pairs(tmp_path):
    _, relations = read(
        tmp_path, entry("a", to("b")), entry("b", to("a"), to("c")), entry("c", to("b"))
    )
    assert [len(relation["members"]) for relation in relations] == [2, 2]


def test_order_usage_traits_and_residue_of_a_statement(tmp_path):
    stated = (
        '<relation type="_component-lexeme" ref="b" order="1" odd="x" dateCreated="2020-01-01">'
        '<usage><form lang="en"><text>u</text></form></usage>'
        '<trait name="is-primary" value="true"/><unknown/></relation>'
    )
    contents, relations = read(tmp_path, entry("a", stated, to("a", "self")), entry("b"))
    said = relations[0]["statements"][0]
    assert (said["order"], said["usage"], said["created"]) == (1, {"en": "u"}, "2020-01-01")
    assert said["traits"][0]["name"] == "is-primary"
    assert [piece.get("at", "") for piece in said["residue"]] == ["@odd", ""]
    assert names(contents, relations[1]) == ["a", "a"]


@pytest.mark.parametrize(
    ("code", "kind", "inverse"),
    [
        ("Synonyms", "set", None),
        ("Antonym", "symmetric", None),
        ("_component-lexeme", "pair", "complex form"),
        ("Part", "tree", "Whole"),
        ("Generic", "tree", "Specific"),
        ("Calendar", "sequence", None),
        ("something of their own", "pair", None),
    ],
)
def test_the_nature_of_well_known_relation_types(code, kind, inverse, tmp_path):
    contents, _ = read(tmp_path, entry("a", to("b", code)), entry("b"))
    item = contents.item("relation-types", code)
    traits = {trait["name"]: trait["value"] for trait in item["traits"]}
    assert traits["relation-kind"] == kind
    assert traits.get("inverse-name") == inverse


def made(contents, code, *members):
    item = contents.item("relation-types", code)
    return contents.add(
        "relation",
        {
            "id": new_id("r"),
            "type": item["id"],
            "members": [{"id": new_id("z"), **member} for member in members],
        },
    )


MADE = ("Antonym", "Part", "Calendar", "Synonyms")


def base(tmp_path):
    path = save(
        tmp_path,
        lift(
            entry("a", *(to("x", code) for code in MADE), sense="sa"),
            entry("b"),
            entry("c"),
        ),
    )
    contents = load(LIFT, path)
    contents.records.pop("relation")
    return contents, {e["lemma"]["x"]: e for e in contents.entries()}


def stated(path):
    contents = load(LIFT, path)
    found = []
    for relation in contents.records.get("relation", {}).values():
        members = {m["id"]: m for m in relation["members"]}
        lemmas = {e["id"]: e["lemma"]["x"] for e in contents.entries()}
        for said in relation["statements"]:
            at, target = members[said["at"]], members[said["to"]]
            found.append((lemmas[at["entry"]], lemmas[target["entry"]], said.get("order")))
    return sorted(found, key=str)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("Antonym", [("a", "b", None), ("b", "a", None)]),
        ("Part", [("a", "b", None)]),
        ("Calendar", [("a", "b", 2), ("b", "a", 1)]),
    ],
)
def test_a_relation_made_here_is_stated_as_its_type_wants(code, expected, tmp_path):
    contents, entries = base(tmp_path)
    made(contents, code, {"entry": entries["a"]["id"]}, {"entry": entries["b"]["id"]})
    list(LIFT.write(contents, tmp_path / "out.lift", {}))
    assert stated(tmp_path / "out.lift") == expected


@pytest.mark.parametrize("code", ["Antonym", "Part", "Calendar", "Synonyms"])
def test_a_relation_of_many_made_here_comes_back_as_one(code, tmp_path):
    contents, entries = base(tmp_path)
    wanted = "bca"
    made(contents, code, *({"entry": entries[name]["id"]} for name in wanted))
    list(LIFT.write(contents, tmp_path / "out.lift", {}))
    back = load(LIFT, tmp_path / "out.lift")
    (relation,) = back.records["relation"].values()
    found = "".join(names(back, relation))
    if code == "Calendar":
        assert found == wanted
    elif code == "Part":
        assert (found[0], set(found)) == ("b", set(wanted))
    else:
        assert set(found) == set(wanted)


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        (
            [entry("a", to("b", "Part"), to("c", "Part")), entry("b"), entry("c"), entry("d")],
            "Part",
        ),
        ([*days("abc"), entry("d")], "Calendar"),
        ([entry(n, *(to(m) for m in "abc" if m != n)) for n in "abc"] + [entry("d")], "Synonyms"),
    ],
)
def test_a_member_that_is_added_or_moved_here_is_stated(entries, code, tmp_path):
    contents = load(LIFT, save(tmp_path, lift(*entries)))
    (relation,) = contents.records["relation"].values()
    lemmas = {e["lemma"]["x"]: e["id"] for e in contents.entries()}
    relation["members"][1:] = [
        {"id": new_id("z"), "entry": lemmas["d"]},
        *reversed(relation["members"][1:]),
    ]
    wanted = names(contents, relation)
    list(LIFT.write(contents, tmp_path / "out.lift", {}))
    back = load(LIFT, tmp_path / "out.lift")
    (again,) = back.records["relation"].values()
    found = names(back, again)
    assert sorted(found) == sorted(wanted)
    assert found[0] == wanted[0] or code == "Synonyms"
    assert found == wanted or code != "Calendar"


def test_a_sense_that_is_named_gets_an_id(tmp_path):
    contents, entries = base(tmp_path)
    sense = {"id": new_id("s"), "gloss": {"en": "new"}}
    entries["b"]["senses"] = [sense]
    made(
        contents,
        "Part",
        {"entry": entries["a"]["id"]},
        {"entry": entries["b"]["id"], "part": sense["id"]},
    )
    list(LIFT.write(contents, tmp_path / "out.lift", {}))
    again = load(LIFT, tmp_path / "out.lift")
    relation = next(iter(again.records["relation"].values()))
    target = next(e for e in again.entries() if e["lemma"]["x"] == "b")
    assert relation["members"][1]["part"] == target["senses"][0]["id"]


def test_a_label_of_another_format_is_not_written_as_reference(tmp_path):
    contents, entries = base(tmp_path)
    made(
        contents,
        "Part",
        {"entry": entries["a"]["id"]},
        {"entry": entries["b"]["id"], "label": "headword b"},
    )
    list(LIFT.write(contents, tmp_path / "out.lift", {}))
    assert 'ref="b"' in (tmp_path / "out.lift").read_text()


def test_a_hidden_entry_is_not_named(tmp_path):
    contents, entries = base(tmp_path)
    made(
        contents,
        "Part",
        {"entry": entries["a"]["id"]},
        {"entry": entries["b"]["id"], "label": "secret"},
    )
    del contents.records["entry"][entries["b"]["id"]]
    warnings = list(LIFT.write(contents, tmp_path / "out.lift", {}))
    assert len(warnings) == 1
    assert "left out" in warnings[0]
    assert "secret" not in (tmp_path / "out.lift").read_text()
