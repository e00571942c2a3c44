"""Pages that read texts, and who may read them."""

from __future__ import annotations

import pytest

from app.domain.diff import FieldChange
from app.domain.ids import new_id
from app.domain.interlinear import make_words
from app.domain.roles import GUEST, SYSTEM, Role
from app.services import history, people, sample, texts
from app.services.desk import open_desk
from app.store import changes
from app.store.changes import Op
from app.store.indexes import ensure_indexes
from tests.factories import make_desk, make_store, save_entry


@pytest.fixture
def desk(store):
    return make_desk(make_store(store))


def line(said, **facts):
    facts.setdefault("words", make_words(said, "seh", said, said, "en"))
    return {"baseline": {"seh": said}, **facts}


def add(desk, *lines, **facts):
    found = [one if isinstance(one, dict) else line(one) for one in lines]
    return texts.add(desk, {"title": {"seh": "Nyama"}, **facts}, found, change_id=new_id("x"))


def set_field(desk, kind, record, name, value):
    op = Op(kind, record, changes=[FieldChange((name,), None, value)])
    changes.commit(desk.store, desk.project_id, desk.actor, "edit", [op], change_id=new_id("x"))


def shown(desk, text):
    return [one["baseline"]["seh"] for one in texts.utterances(desk, text).utterances]


def test_lines_are_read_in_their_order_and_in_stretches(desk):
    text = add(desk, *(f"line {number}" for number in range(7)))
    first = texts.utterances(desk, text, limit=4)
    assert first.more
    rest = texts.utterances(desk, text, after=first.utterances[-1]["_id"], limit=4)
    found = [one["baseline"]["seh"] for one in (*first.utterances, *rest.utterances)]
    assert found == [f"line {number}" for number in range(7)] and not rest.more


def test_the_list_counts_words_and_those_that_are_glossed(desk):
    add(desk, "a b, c", line("x y .", words=make_words("x y .", "seh")), title={"seh": "B"})
    add(desk, title={"seh": "a"})
    first, second = texts.list_texts(desk)
    assert (first.title, first.utterances, first.words) == ("a", 0, 0)
    assert (second.utterances, second.words, second.glossed) == (2, 5, 3)


@pytest.mark.parametrize("role", [None, Role.VIEWER])
def test_a_closed_text_closes_its_lines(desk, role):
    open_text, closed = add(desk, "open"), add(desk, "closed")
    set_field(desk, "text", closed, "access", {"level": "groups", "groups": ["elders"]})
    other = desk.__class__(desk.store, GUEST, {**desk.project, "visibility": "public"}, role)
    assert shown(other, open_text) == ["open"]
    assert shown(other, closed) == []
    assert [one.utterances for one in texts.list_texts(other)] == [1]
    assert shown(desk, closed) == ["closed"]


def test_words_of_somebody_who_did_not_agree_are_for_members(desk):
    silent = people.add(desk, {"name": "Silent"}, change_id=new_id("x"))
    heard = people.add(desk, {"name": "Heard"}, change_id=new_id("x"))
    people.save_consent(desk, heard, ["show"], change_id=new_id("x"))
    quoting = line("quoting")
    quoting["words"][0]["speaker"] = silent
    text = add(
        desk, line("ours"), line("heard", speaker=heard), line("silent", speaker=silent), quoting
    )
    theirs = add(desk, "all theirs", speakers=[silent])
    project = {**desk.project, "visibility": "public"}
    guest = desk.__class__(desk.store, GUEST, project, None)
    viewer = desk.__class__(desk.store, GUEST, project, Role.VIEWER)
    assert shown(guest, text) == ["ours", "heard"]
    assert shown(guest, theirs) == []
    assert [one.text["_id"] for one in texts.list_texts(guest)] == [text]
    assert len(shown(viewer, text)) == 4 and len(shown(viewer, theirs)) == 1


def test_pages_with_and_without_texts(make_client, owner, store):
    client = make_client(owner)
    page = client.get_page("/sena/texts")
    assert "No texts yet" in page.text_content()
    desk = open_desk(store, SYSTEM, "sena")
    entry = save_entry(desk, "kaa", "sit")
    words = make_words("<b>Kaa</b> na-kaa!", "seh", "x-y a-kaa", "CL1-<b>sit 3SG.SBJ-sit", "en")
    for word in words:
        for analysis in word.get("analyses", ()):
            analysis["morphs"][-1]["entry"] = entry["id"]
    add(
        desk,
        line("<b>Kaa</b> na-kaa!", words=words, translation={"en": "“Sit” & stay"}),
        *["more"] * 120,
    )
    texts.add_utterance(desk, line("kaa alone", source="p. 3"), change_id=new_id("x"))
    page = client.get_page("/sena/texts")
    (link,) = page.xpath("//a[normalize-space()='Nyama']/@href")
    page = client.get_page(f"{link}?view=read")
    assert "SBJ" in [label.text for label in page.xpath("//abbr")]
    assert page.xpath(f"//a[@href='/sena/lexicon/{entry['id']}']")
    page = client.get_page(link)
    assert not page.xpath(f"//a[@href='/sena/lexicon/{entry['id']}']")  # opens the word instead
    assert len(page.xpath("//li[@data-word]")) == 105
    (more,) = page.xpath("//a[@rel='next']/@href")
    page = client.get_page(more)
    assert page.xpath("//li[@class='line']/@value")[0] == "101"
    (copy,) = page.xpath("(//a[@data-example='gb4e'])[1]/@href")
    answer = client.http.get(copy)
    assert answer.mimetype == "text/plain" and "(Nyama 101)" in answer.text
    assert client.http.get(copy.replace("gb4e", "html")).mimetype == "text/plain"
    assert client.http.get(copy.replace("gb4e", "word")).status_code == 404
    page = client.get_page("/sena/texts/sentences")
    assert "kaa alone" in page.text_content()
    client.get_page("/sena/texts/t_none", status=404)


def test_the_sample_text_holds_what_a_gloss_can_hold(store, make_client, admin):
    ensure_indexes(store)
    sample.ensure_sample(store, lambda _: None)
    desk = open_desk(store, SYSTEM, sample.SLUG)
    (text,) = texts.list_texts(desk)
    lines = texts.utterances(desk, text.text["_id"]).utterances
    words = [word for one in lines for word in one["words"]]
    analyses = [one for word in words for one in word.get("analyses", ())]
    morphs = [morph for one in analyses for morph in one["morphs"]]
    assert any(morph.get("ws") and not morph["parts"] for morph in morphs), "zero morph"
    assert any(len(morph.get("parts", ())) == 2 for morph in morphs), "circumfix"
    assert {"-", "=", "~", "<>"} <= {morph.get("left") for morph in morphs}
    assert any(len(morph.get("parts", ())) == 3 for morph in morphs), "root and pattern"
    assert any(one["morphs"][-1].get("right") == "=" for one in analyses if one["morphs"]), "apart"
    assert any("◌" in morph["form"].get("swh", "") for morph in morphs), "tone"
    assert sum("time" in word for word in words) == 3
    assert any(len(word.get("analyses", ())) > 1 for word in words), "competing analyses"
    assert any(one["origin"] == "lexicon" and "confidence" in one for one in analyses)
    assert any(word.get("language") == "en" for word in words), "another language"
    assert {"idiom", "proverb"} == {g["type"] for one in lines for g in one.get("groups", ())}
    assert sum("entry" in morph for morph in morphs) > len(morphs) / 2
    assert any("allomorph" in morph for morph in morphs)
    assert texts.standing_alone(desk) == 1
    client = make_client(admin)  # owns the sample
    client.get_page(f"/{sample.SLUG}/texts")
    client.get_page(f"/{sample.SLUG}/texts/{text.text['_id']}")


@pytest.mark.parametrize("count", [3, 520])
def test_a_text_is_deleted_with_its_lines_and_comes_back(desk, count):
    text = add(desk, *(f"line {number}" for number in range(min(count, 400))))
    for number in range(400, count):
        op = {**line(f"line {number}"), "id": new_id("l"), "text": text, "rank": f"zz{number}"}
        made = Op("utterance", op["id"], "create", op)
        changes.commit(
            desk.store, desk.project_id, desk.actor, "edit", [made], change_id=new_id("x")
        )
    change = new_id("x")
    texts.delete(desk, text, change_id=change)
    assert texts.list_texts(desk) == [] and shown(desk, text) == []
    history.undo(desk, [change], change_id=new_id("x"))
    (listed,) = texts.list_texts(desk)
    assert listed.utterances == count


def test_a_page_deletes_and_erases_a_text(make_client, owner, store):
    client = make_client(owner)
    desk = open_desk(store, SYSTEM, "sena")
    for _ in range(2):
        add(desk, "secret words", "more secrets")
    gone, erased = [text["_id"] for text in store.texts.find()]
    page = client.submit(f"/sena/texts/{gone}/delete")
    assert "Deleted Nyama" in page.text_content()
    client.get_page(f"/sena/texts/{gone}", status=404)
    page = client.get_page(f"/sena/texts/{erased}")
    (ask,) = [one for one in page.xpath("//a/@href") if "/erase/" in one]
    client.get_page(ask)
    client.submit(ask, {"reason": "withdrawn", "change": new_id("x")})
    assert store.utterances.count_documents({"text": erased}) == 0
    assert store.utterances.count_documents({"text": gone}) == 2
    logged = str(
        [op for found in store.changes.find() for op in found["ops"] if op["id"] == erased]
    )
    assert "Nyama" not in logged
