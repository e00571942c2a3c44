"""Differences, merging and undoing, as decision 2 of the architecture defines them."""

from __future__ import annotations

import copy
import time

from hypothesis import given
from hypothesis import strategies as st

from app.domain import diff
from app.domain.align import align, without_ids
from app.domain.diff import FieldChange

IDS = [f"s_{n:026d}" for n in range(8)]
TEXT = st.text(min_size=1, max_size=4)
TEXTS = st.dictionaries(st.sampled_from(["en", "pt", "seh"]), TEXT, max_size=2)
PLAIN = st.fixed_dictionaries({}, optional={"gloss": TEXTS, "order": st.integers(0, 3)})


@st.composite
def members(draw, depth=1):
    ids = draw(st.lists(st.sampled_from(IDS), unique=True, max_size=5))
    found = []
    for member_id in ids:
        member = {"id": member_id, **draw(PLAIN)}
        if depth:
            below = draw(members(depth=depth - 1))
            if below:
                member["senses"] = below
        found.append(member)
    return found


@st.composite
def entries(draw):
    content = draw(
        st.fixed_dictionaries({}, optional={"lemma": TEXTS, "domains": st.lists(TEXT, max_size=3)})
    )
    senses = draw(members())
    return content | ({"senses": senses} if senses else {})


@given(entries(), entries())
def test_applying_a_difference_leads_from_one_state_to_the_other(before, after):
    state, done, conflicts = diff.apply(before, diff.diff(before, after))
    assert not conflicts
    assert diff.same(state, after)
    back, _, conflicts = diff.apply(state, diff.invert(done))
    assert not conflicts
    assert diff.same(back, before)


@given(entries(), entries())
def test_a_change_survives_being_stored(before, after):
    changes = diff.diff(before, after)
    stored = [FieldChange.from_document(change.to_document()) for change in changes]
    assert stored == changes


@given(entries())
def test_nothing_differs_from_itself(entry):
    assert diff.diff(entry, copy.deepcopy(entry)) == []


@given(entries(), entries())
def test_applying_twice_is_applying_once(before, after):
    changes = diff.diff(before, after)
    once, _, _ = diff.apply(before, changes)
    twice, done, _ = diff.apply(once, changes)
    assert diff.same(once, twice) or done


def entry(*senses, **fields):
    return {"lemma": {"seh": "a"}, "senses": list(senses), **fields}


def sense(n, gloss="g", **fields):
    return {"id": IDS[n], "gloss": {"en": gloss}, **fields}


def test_different_fields_of_a_record_merge():
    base = entry(sense(0))
    mine = entry(sense(0, "new gloss"))
    theirs = entry(sense(0), citation={"seh": "ab"})
    merged, conflicts = diff.merge(base, mine, theirs)
    assert not conflicts
    assert merged["senses"][0]["gloss"]["en"] == "new gloss"
    assert merged["citation"] == {"seh": "ab"}


def test_the_same_field_is_a_conflict_with_all_three_values():
    base, mine, theirs = entry(sense(0, "a")), entry(sense(0, "b")), entry(sense(0, "c"))
    merged, (conflict,) = diff.merge(base, mine, theirs)
    assert (conflict.base, conflict.mine, conflict.theirs) == ("a", "b", "c")
    assert merged["senses"][0]["gloss"]["en"] == "c"


def test_the_same_change_by_both_is_no_conflict():
    base, mine = entry(sense(0, "a")), entry(sense(0, "b"))
    merged, conflicts = diff.merge(base, mine, copy.deepcopy(mine))
    assert not conflicts
    assert merged["senses"][0]["gloss"]["en"] == "b"


def test_concurrent_inserts_are_both_kept_in_the_order_of_their_ids():
    base = entry(sense(0))
    one, other = entry(sense(0), sense(1)), entry(sense(0), sense(2))
    for mine, theirs in ((one, other), (other, one)):
        merged, conflicts = diff.merge(base, mine, theirs)
        assert not conflicts
        assert [member["id"] for member in merged["senses"]] == IDS[:3]


def test_an_insert_stays_after_its_left_neighbour():
    base = entry(sense(0), sense(1))
    mine = entry(sense(0), sense(5), sense(1))
    theirs = entry(sense(1), sense(0))
    merged, conflicts = diff.merge(base, mine, theirs)
    assert not conflicts
    ids = [member["id"] for member in merged["senses"]]
    assert ids.index(IDS[5]) == ids.index(IDS[0]) + 1


def test_two_reorderings_are_a_conflict():
    base = entry(sense(0), sense(1), sense(2))
    mine = entry(sense(2), sense(1), sense(0))
    theirs = entry(sense(1), sense(0), sense(2))
    _, conflicts = diff.merge(base, mine, theirs)
    assert [conflict.reason for conflict in conflicts] == ["order"]


def test_deleting_what_another_edited_is_a_conflict():
    base = entry(sense(0), sense(1))
    merged, conflicts = diff.merge(base, entry(sense(0)), entry(sense(0), sense(1, "edited")))
    assert [conflict.reason for conflict in conflicts] == ["changed"]
    assert len(merged["senses"]) == 2


def test_editing_what_another_deleted_is_a_conflict():
    base = entry(sense(0), sense(1))
    _, conflicts = diff.merge(base, entry(sense(0), sense(1, "edited")), entry(sense(0)))
    assert [conflict.reason for conflict in conflicts] == ["deleted"]


def test_moving_on_a_list_into_which_another_put_something_keeps_both():
    base = entry(sense(0), sense(1))
    mine, theirs = entry(sense(1), sense(0)), entry(sense(0), sense(3), sense(1))
    merged, conflicts = diff.merge(base, mine, theirs)
    assert not conflicts
    assert [member["id"] for member in merged["senses"]] == [IDS[1], IDS[0], IDS[3]]


def test_undo_leaves_alone_what_was_changed_since():
    before = entry(sense(0, "a"), citation={"seh": "x"})
    after = entry(sense(0, "b"), citation={"seh": "y"})
    _, done, _ = diff.apply(before, diff.diff(before, after))
    later = copy.deepcopy(after)
    later["citation"]["seh"] = "z"
    state, _, (conflict,) = diff.apply(later, diff.invert(done))
    assert state["senses"][0]["gloss"]["en"] == "a"
    assert state["citation"]["seh"] == "z"
    assert (conflict.mine, conflict.theirs) == ("x", "z")


def test_equal_content_is_told_without_dates():
    assert diff.same(entry(created="2020"), entry(created="2021", notes=[]))
    assert not diff.same(entry(sense(0)), entry(sense(1)))


def test_a_second_reading_gets_the_ids_of_the_first():
    base = entry(sense(0, "a", source_id="x"), sense(1, "b"), sense(2, "c"))
    found = entry(sense(5, "new"), sense(6, "b"), sense(7, "A", source_id="x"))
    aligned, renamed = align(found, base)
    assert [member["id"] for member in aligned["senses"]] == [IDS[2], IDS[1], IDS[0]]
    assert renamed[IDS[7]] == IDS[0]


@given(entries())
def test_aligning_a_reading_with_itself_gives_every_id_back(content):
    fresh = _with_new_ids(content, [100])
    aligned, _ = align(fresh, content)
    assert without_ids(aligned) == without_ids(content)
    assert diff.diff(content, aligned) == [] or _has_twins(content)


def _with_new_ids(value, counter):
    if isinstance(value, dict):
        made = {key: _with_new_ids(inner, counter) for key, inner in value.items()}
        if "id" in made:
            counter[0] += 1
            made["id"] = f"s_{counter[0]:026d}"
        return made
    return [_with_new_ids(one, counter) for one in value] if isinstance(value, list) else value


def _has_twins(content):
    seen = [repr(without_ids(member)) for member in content.get("senses", ())]
    return len(seen) != len(set(seen)) or any(map(_has_twins, content.get("senses", ())))


def test_many_members_are_aligned_at_once():
    """A line may have ten thousand words, half of them changed."""
    base = {"words": [{"id": f"w_{n}", "form": {"x": f"a{n % 9}"}} for n in range(10_000)]}
    found = {
        "words": [
            {"id": f"n_{n}", "form": {"x": f"{'b' if n % 2 else 'a'}{n % 9}"}}
            for n in range(10_000)
        ]
    }
    started = time.monotonic()
    aligned, renamed = align(found, base)
    assert len({word["id"] for word in aligned["words"]}) == len(renamed) == 10_000
    assert time.monotonic() - started < 5
