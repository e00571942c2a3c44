"""The concordance: what is found, in which order, by whom."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from app.domain.corpus_query import CorpusQuery, Term, read
from app.domain.diff import FieldChange
from app.domain.errors import Conflict, Invalid, NotAllowed, NotFound
from app.domain.ids import new_id
from app.domain.roles import GUEST, SYSTEM, Role
from app.services import concordance, people, queries
from app.services.clock import utc_now
from app.store import bulk, changes, erase, followers
from app.store import concordance as stored
from app.store.changes import Op
from app.store.derived import find
from tests.corpus import add_text, follow, make_line
from tests.factories import item_id, make_desk, make_entry, make_store, save_entry


@pytest.fixture
def desk(database):
    return make_desk(make_store(database))


def commit(desk, *ops, cause="edit"):
    return changes.commit(
        desk.store, desk.project_id, desk.actor, cause, ops, change_id=new_id("x")
    )


def set_field(desk, kind, record, name, value):
    commit(desk, Op(kind, record, changes=[FieldChange((name,), None, value)]))


def finds(desk, **query):
    return concordance.search(desk, read(query)).finds


def shown(desk, **query):
    return [(one.left.strip(), one.word, one.right.strip()) for one in finds(desk, **query)]


def all_pages(desk, limit=2, **query):
    after, found = None, []
    while True:
        page = concordance.search(desk, read(query), after=after, limit=limit)
        found += page.finds
        after = page.after
        if after is None:
            return found


def guest_of(desk, role=None):
    return replace(desk, actor=GUEST, project={**desk.project, "visibility": "public"}, role=role)


@pytest.fixture
def corpus(desk):
    """Two texts; `a-` is PL, and `kulu` is also a word."""
    first = add_text(
        desk,
        make_line(
            "Anyumba akulu.", "a-nyumba a-kulu", "PL-house PL-big", translation={"en": "Big houses"}
        ),
        make_line("kulu anyumba", "kulu a-nyumba", "big PL-house"),
        date="1998-05",
    )
    second = add_text(desk, make_line("ana Kúlu", "ana kulu", "child big"), date="2004")
    follow(desk)
    return first, second


def test_a_word_is_found_in_its_line_whatever_its_case_and_marks(desk, corpus):
    assert shown(desk, text="KULU") == [("", "kulu", "anyumba"), ("ana", "Kúlu", "")]
    assert shown(desk, text="kulu", exact="yes") == [("", "kulu", "anyumba")]
    assert shown(desk, text="Kúlu", exact="yes") == [("ana", "Kúlu", "")]


def test_every_line_is_looked_through(desk, corpus):
    assert len(shown(desk, line="morph", text="kulu")) == 3
    assert len(shown(desk, line="gloss", text="pl")) == 3
    (found,) = finds(desk, line="translation", text="houses")
    assert (found.left, found.word, found.beside) == ("Big ", "houses", "Anyumba akulu.")


@pytest.mark.parametrize(
    ("mode", "text", "words"),
    [
        ("start", "any", ["Anyumba", "anyumba"]),
        ("inside", "umb", ["Anyumba", "anyumba"]),
        ("regex", "^a.*u$", ["akulu"]),
        ("whole", "any", []),
    ],
)
def test_parts_of_words_and_expressions(desk, corpus, mode, text, words):
    assert [one.word for one in finds(desk, text=text, mode=mode)] == words


def test_finds_are_sorted_by_what_stands_before_and_after(desk, corpus):
    by_left = finds(desk, line="gloss", text="big", sort="left")
    assert [one.left.strip() for one in by_left] == ["", "Anyumba", "ana"]  # of akulu: a-
    by_right = [one.right.strip() for one in finds(desk, line="gloss", text="PL", sort="right")]
    assert by_right == [".", "akulu.", ""] or by_right == [".", "", "akulu."]


@pytest.mark.parametrize("sort", ["text", "left", "right"])
def test_pages_give_every_find_once_in_one_order(desk, sort):
    chance = random.Random(3)
    lines = [
        " ".join(chance.choices(["a", "b", "na", "k"], k=chance.randint(1, 6))) for _ in range(30)
    ]
    add_text(desk, *lines)
    follow(desk)
    whole = [(one.line, one.left) for one in finds(desk, text="na", sort=sort)]
    assert [(one.line, one.left) for one in all_pages(desk, text="na", sort=sort)] == whole
    assert len(whole) == sum(line.split().count("na") for line in lines)
    several = [
        (o.line, o.left, o.word) for o in all_pages(desk, text="a|b", mode="regex", sort=sort)
    ]
    assert len(several) == len(set(several))


def test_a_morph_after_a_morph_of_a_category(desk):
    verb = item_id(desk, "parts-of-speech", "Verb")
    line = make_line("akulu anyumba", "a-kulu a-nyumba", "PL-big PL-house")
    line["words"][0]["analyses"][0]["morphs"][1]["pos"] = verb
    add_text(desk, line, make_line("akulu", "a-kulu", "PL-big"))
    follow(desk)
    near = {"near": "morph-after", "near_line": "category", "near_text": verb}
    assert [one.word for one in finds(desk, line="gloss", text="PL", **near)] == ["akulu"]
    after = {"near": "word-before", "near_line": "category", "near_text": verb}
    assert [one.word for one in finds(desk, text="anyumba", **after)] == ["anyumba"]
    none = {"near": "morph-before", "near_line": "category", "near_text": verb}
    assert finds(desk, line="gloss", text="PL", **none) == []


def test_a_rare_neighbour_is_looked_up_first_and_gives_the_same(desk, monkeypatch):
    lines = ["na k"] * 60 + ["rare na", "na rare"]
    add_text(desk, *lines)
    follow(desk)
    near = {"text": "na", "near": "word-before", "near_line": "word", "near_text": "rare"}
    looking = stored.Search(desk.store, desk.scope, read(near))
    assert looking._lines is not None
    assert [one.word for one in finds(desk, **near)] == ["na"]
    monkeypatch.setattr(stored, "_RARE", -1)
    assert len(finds(desk, **near)) == 1


def test_counts_are_those_of_the_finds(desk, corpus):
    for query in (
        {"text": "kulu"},
        {"line": "gloss", "text": "PL"},
        {"text": "n", "mode": "inside"},
    ):
        found = concordance.search(desk, read(query))
        assert (found.count, found.more) == (len(found.finds), False)


def test_an_entry_is_found_by_itself_and_by_its_senses(desk):
    entry = save_entry(desk, "nyumba", "house")
    line = make_line("nyumba nyumba ina", "nyumba nyumba ina", "house house this")
    first, second = (word["analyses"][0]["morphs"][0] for word in line["words"][:2])
    first |= {"entry": entry["id"], "sense": entry["senses"][0]["id"]}
    second |= {"entry": entry["id"]}
    add_text(desk, line)
    follow(desk)
    stored_entry = desk.store.entries.find_one({"_id": entry["id"]})
    assert concordance.count_of_entry(desk, stored_entry) == (2, False)
    found = concordance.search(desk, CorpusQuery(concordance.term_of_entry(stored_entry)))
    assert [one.entry for one in found.finds] == [entry["id"]] * 2


def test_a_closed_text_and_words_of_who_did_not_agree_are_not_found(desk):
    silent = people.add(desk, {"name": "Silent"}, change_id=new_id("x"))
    heard = people.add(desk, {"name": "Heard"}, change_id=new_id("x"))
    people.save_consent(desk, heard, ["show"], change_id=new_id("x"))
    quoting = make_line("na quoted")
    quoting["words"][0]["speaker"] = silent
    add_text(
        desk,
        make_line("na ours"),
        make_line("na heard", speaker=heard),
        make_line("na silent", speaker=silent),
        make_line("na members", access={"level": "members"}),
        quoting,
    )
    closed = add_text(desk, make_line("na closed"), title="Closed")
    follow(desk)
    set_field(desk, "text", closed, "access", {"level": "groups", "groups": ["elders"]})

    def right(who, **query):
        return sorted(one.right.strip() for one in finds(who, text="na", **query))

    def counts(who):
        found = concordance.search(who, read({"text": "na"}))
        forms = dict(concordance.frequencies(who, "word")[0])
        return found.count, forms.get("na"), "silent" in forms, "closed" in forms

    guest, viewer = guest_of(desk), guest_of(desk, Role.VIEWER)
    assert right(guest) == ["heard", "ours"]
    assert counts(guest) == (2, 2, False, False)
    assert right(viewer) == ["heard", "members", "ours", "quoted", "silent"]
    assert counts(viewer) == (5, 5, True, False)
    elder = replace(viewer, groups=frozenset({"elders"}))
    assert "closed" in right(elder) and counts(elder) == (6, 6, True, True)
    assert right(desk) == ["closed", "heard", "members", "ours", "quoted", "silent"]
    (consent,) = people.get(desk, heard)["consents"]
    people.withdraw_consent(desk, heard, consent["id"], change_id=new_id("x"))
    people.save_consent(desk, silent, ["show"], change_id=new_id("x"))
    assert right(guest) == ["ours", "quoted", "silent"]
    assert counts(guest)[:2] == (3, 3)


def test_frequencies_go_on_after_a_place(desk, monkeypatch):
    monkeypatch.setattr(concordance, "FREQUENCIES", 2)
    add_text(desk, "a a a b b c c d")
    follow(desk)
    for who in (desk, guest_of(desk)):
        first, more, _ = concordance.frequencies(who, "word")
        assert first == [("a", 3), ("b", 2)] and more
        (second, third), more, _ = concordance.frequencies(who, "word", after=(2, "b"))
        assert (second, third, more) == (("c", 2), ("d", 1), False)


def test_counts_by_year_stand_beside_the_words_of_the_year(desk, corpus):
    periods, _ = concordance.over_time(desk, read({"line": "gloss", "text": "big"}))
    assert [(one.year, one.finds, one.words) for one in periods] == [("1998", 2, 4), ("2004", 1, 2)]
    assert periods[1].per_thousand == 500


def test_an_expression_that_does_not_end_says_that_it_is_not_all(desk, monkeypatch):
    monkeypatch.setattr(stored, "_SECONDS", 0.2)
    add_text(desk, make_line("a" * 50 + "b"))
    follow(desk)
    found = concordance.search(desk, read({"text": "(a|aa)+$", "mode": "regex"}))
    assert found.cut and not found.finds


def test_too_many_forms_are_told_and_the_commonest_are_shown(desk, monkeypatch):
    monkeypatch.setattr(stored.matching, "__defaults__", (2,))
    add_text(desk, "xa xa xb xb xc")
    follow(desk)
    found = concordance.search(desk, read({"text": "x", "mode": "start"}))
    assert found.cut and {one.word for one in found.finds} == {"xa", "xb"}


def test_a_table_holds_no_formulas_and_is_for_who_may_export(desk, corpus):
    add_text(desk, make_line("=cmd kulu"))
    follow(desk)
    lines = list(concordance.iter_csv(desk, read({"text": "kulu"})))
    assert len(lines) == 4 and not any(cell.startswith("=") for cell in lines[3].split(","))
    with pytest.raises(NotAllowed):
        list(concordance.iter_csv(guest_of(desk), read({"text": "kulu"})))


def test_examples_hold_each_line_once(desk, corpus):
    query = read({"line": "gloss", "text": "PL"})
    told = list(concordance.iter_examples(desk, query, "gb4e"))
    assert len(told) == 2 and all(one.startswith(r"\begin{exe}") for one in told)
    with pytest.raises(NotFound):
        list(concordance.iter_examples(desk, query, "word"))


def test_queries_are_kept_and_forgotten(desk):
    query = CorpusQuery(Term("gloss", "PL"), sort="left")
    made = queries.save(desk, " Plurals ", query, change_id=new_id("x"))
    (kept,) = queries.find_all(desk)
    assert kept["name"] == "Plurals" and read(kept["query"]) == query
    with pytest.raises(Invalid):
        queries.save(desk, " ", query, change_id=new_id("x"))
    with pytest.raises(Invalid):
        queries.save(desk, "Empty", CorpusQuery(), change_id=new_id("x"))
    other = make_desk(desk.store, role=Role.CONTRIBUTOR, name="Ben")
    with pytest.raises(NotAllowed):
        queries.delete(other, made, change_id=new_id("x"))
    with pytest.raises(NotAllowed):
        queries.save(guest_of(desk), "Guest", query, change_id=new_id("x"))
    queries.delete(desk, made, change_id=new_id("x"))
    assert queries.find_all(desk) == []


# The follower


def assert_equals_rebuild(desk):
    follower = find("occurrences")
    follow(desk)
    before = state(desk)
    followers.rebuild(desk.store, desk.project_id, follower)
    assert before == state(desk)


def state(desk):
    names = find("occurrences").collections
    return {
        name: sorted(
            desk.store[name].find({"project": desk.project_id}), key=lambda one: one["_id"]
        )
        for name in names
    }


def test_what_becomes_of_a_line_becomes_of_its_finds(desk, corpus):
    first, _second = corpus
    (line, _other) = desk.store.utterances.find({"text": first}).sort("rank", 1)
    new = make_line("mbwa", "mbwa", "dog")
    fields = [
        FieldChange(("baseline",), line["baseline"], new["baseline"]),
        *(FieldChange(("words", one["id"]), one, None, member=True) for one in line["words"]),
        FieldChange(("words", new["words"][0]["id"]), None, new["words"][0], member=True),
    ]
    edited = commit(desk, Op("utterance", line["_id"], changes=fields))
    follow(desk)
    assert len(finds(desk, text="mbwa")) == 1 and len(finds(desk, text="anyumba")) == 1
    commit(desk, *bulk.undo_ops(desk.store, edited.change), cause="undo")
    follow(desk)
    assert finds(desk, text="mbwa") == [] and len(finds(desk, text="anyumba")) == 2
    assert_equals_rebuild(desk)


def test_deleting_erasing_and_a_large_change_that_is_taken_back(desk, corpus):
    first, second = corpus
    lines = [one["_id"] for one in desk.store.utterances.find({"text": first})]
    deleted = commit(desk, Op("utterance", lines[0], "delete"))
    follow(desk)
    assert len(finds(desk, line="gloss", text="PL")) == 1
    change = bulk.prepare(desk.store, desk.project_id, desk.actor, "bulk", change_id=new_id("x"))
    bulk.stage(desk.store, change, [Op("utterance", lines[1], "delete")])
    bulk.ready(desk.store, change)

    def fail(_done, _total):
        follow(desk)
        raise Conflict("stop")

    with pytest.raises(Conflict):
        bulk.apply(desk.store, change["_id"], fail)
    assert_equals_rebuild(desk)
    assert len(finds(desk, line="gloss", text="PL")) == 1
    commit(desk, *bulk.undo_ops(desk.store, deleted.change), cause="undo")
    erase.erase(
        desk.store, desk.project_id, SYSTEM, "text", second,
        reason="r", change_id=new_id("x"), now=utc_now(),
    )  # fmt: skip
    left = desk.store.occurrences.count_documents({"text": second})
    forms = {one["form"] for one in desk.store.vocabulary.find({"line": "w"})}
    assert left == 0 and "Kúlu" not in forms
    assert_equals_rebuild(desk)


def test_an_entry_without_finds(desk):
    entry = make_entry()
    assert concordance.count_of_entry(desk, {**entry, "_id": entry["id"]}) == (0, False)
