"""The interlinear editor's requests, and the forms about texts."""

from __future__ import annotations

import json

import pytest

from app.domain.ids import new_id
from app.domain.interlinear import chosen, written_gloss
from app.domain.roles import SYSTEM, Role
from app.services import history, projects, text_lines, text_writing, texts
from app.services.clock import utc_now
from app.services.desk import open_desk
from app.store import members
from app.store.derived import FOLLOWERS
from app.store.followers import catch_up
from tests.factories import save_entry


@pytest.fixture
def desk(store, owner):
    return open_desk(store, SYSTEM, "sena")


@pytest.fixture
def client(make_client, owner):
    return make_client(owner)


def add(desk, *lines, **facts):
    found = [text_lines.make_line(desk, one, "seh") for one in lines]
    return texts.add(desk, {"title": {"seh": "Nyama"}, **facts}, found, change_id=new_id("x"))


def lines_of(desk, text):
    return texts.utterances(desk, text).utterances


def send(client, url, status=200, **body):
    headers = {"X-CSRFToken": client.csrf_token, "Accept": "application/json"}
    answer = client.http.post(url, json=body, headers=headers)
    assert answer.status_code == status, answer.text
    return answer.json


def morphs(*written):
    return [
        {"form": {"seh": form}, "left": left, "gloss": {"en": gloss}}
        for left, form, gloss in written
    ]


def gloss(client, line, place, *written, **body):
    word = line["words"][place]["id"]
    url = f"/sena/texts/lines/{line['_id']}/words/{word}"
    body = {"do": "write", "typed": {"morphs": morphs(*written)}, "seen": None} | body
    return send(client, url, **body)


def glosses(desk, line):
    found = [chosen(word) for word in text_lines.get(desk, line)["words"]]
    return [one and written_gloss(one) for one in found]


def test_a_word_is_glossed_and_the_line_comes_back(client, desk):
    (line,) = lines_of(desk, add(desk, "wasoma buku."))
    answer = gloss(client, line, 0, ("", "wa", "3PL"), ("-", "soma", "read"), confirm=True)
    assert 'data-state="confirmed"' in answer["html"] and "read" in answer["html"]
    assert answer["seq"] and answer["change"].startswith("x_")
    assert glosses(desk, line["_id"]) == ["3PL-read", None, None]
    undone = send(
        client, f"/sena/texts/lines/{line['_id']}/undo", undo=[answer["change"]], id=new_id("x")
    )
    assert 'data-state="confirmed"' not in undone["html"]
    assert glosses(desk, line["_id"]) == [None, None, None]


def test_two_people_at_one_word_see_both_values(client, desk):
    (line,) = lines_of(desk, add(desk, "soma"))
    gloss(client, line, 0, ("", "soma", "read"))
    word = line["words"][0]["id"]
    url = f"/sena/texts/lines/{line['_id']}/words/{word}"
    typed = {"morphs": morphs(("", "soma", "study"))}
    found = send(client, url, 409, do="write", typed=typed, seen=None)
    assert found["conflicts"]


def test_the_same_word_shows_what_was_confirmed_once(client, desk, store):
    text = add(desk, "wasoma.", "Iye wasoma")
    first, second = lines_of(desk, text)
    answer = gloss(client, first, 0, ("", "wa", "3PL"), ("-", "soma", "read"), confirm=True)
    catch_up(store, desk.project_id, FOLLOWERS)
    query = f"id={second['_id']}&number=2&after={answer['seq']}"
    found = client.http.get(f"/sena/texts/lines?{query}").json
    assert 'data-state="guess"' in found[second["_id"]] and "read" in found[second["_id"]]
    page = client.get_page(f"/sena/texts/{text}")
    (guess,) = page.xpath("//li[@data-state='guess']")
    offer = json.loads(guess.get("data-word"))["offers"][0]
    url = f"/sena/texts/lines/{second['_id']}/words/{guess.get('id')}"
    send(client, url, do="take", analysis=offer["analysis"])
    assert glosses(desk, second["_id"]) == [None, "3PL-read"]
    analysis = chosen(text_lines.get(desk, second["_id"])["words"][1])
    assert analysis["origin"] == "memory" and analysis["confirmed_by"]


def test_guesses_of_a_line_are_accepted_at_once(client, desk, store):
    text = add(desk, "wasoma buku", "buku wasoma iye")
    first, second = lines_of(desk, text)
    gloss(client, first, 0, ("", "wa", "3PL"), ("-", "soma", "read"))
    gloss(
        client, text_lines.get(desk, first["_id"]) | {"_id": first["_id"]}, 1, ("", "buku", "book")
    )
    catch_up(store, desk.project_id, FOLLOWERS)
    send(client, f"/sena/texts/lines/{second['_id']}/accept")
    assert glosses(desk, second["_id"]) == ["book", "3PL-read", None]


def test_choices_and_senses_for_a_word(client, desk, store):
    entry = save_entry(desk, "soma", "read")
    (line,) = lines_of(desk, add(desk, "soma"))
    word = line["words"][0]["id"]
    catch_up(store, desk.project_id, FOLLOWERS)
    found = client.http.get(f"/sena/texts/lines/{line['_id']}/words/{word}/choices").json
    assert found[0]["analysis"]["morphs"][0]["entry"] == entry["id"]
    assert found[0]["origin"] == "lexicon" and found[0]["reason"]
    (sense,) = client.http.get("/sena/texts/senses?form=-soma").json
    assert (sense["entry"], sense["gloss"]) == (entry["id"], {"en": "read"})
    morph = {"form": {"seh": "ni"}, "gloss": {"en": "LOC"}, "left": "-"}
    made = send(client, "/sena/texts/senses", morph=morph)
    stored = store.entries.find_one({"_id": made["entry"]})
    assert stored["lemma"] == {"seh": "ni"} and stored["morph_type"]
    again = send(
        client, "/sena/texts/senses", morph=morph | {"gloss": {"en": "Q"}}, entry=made["entry"]
    )
    stored = store.entries.find_one({"_id": made["entry"]})
    assert [one["id"] for one in stored["senses"]] == [made["sense"], again["sense"]]
    send(client, "/sena/texts/senses", 422, morph={"form": {}})
    send(client, "/sena/texts/senses", 422, morph="x")


def test_what_does_not_fit_is_said_and_never_refused(client, desk):
    check = "/sena/texts/check"
    assert send(client, check, form="wa-soma", gloss="3PL-read") == []
    assert "2 morphs and 1 glosses" in send(client, check, form="wa-soma", gloss="read")[0]
    assert "FOO" in send(client, check, form="wa-soma", gloss="FOO-read")[0]
    assert "joined differently" in send(client, check, form="wa=soma", gloss="3PL-read")[0]


def test_words_and_lines_are_split_and_joined(client, desk):
    text = add(desk, "wasoma buku.", "Iye.")
    first, second = lines_of(desk, text)
    url = f"/sena/texts/lines/{first['_id']}"
    word = first["words"][0]["id"]
    send(client, f"{url}/words/{word}", do="split", at=2)
    line = text_lines.get(desk, first["_id"])
    assert line["baseline"] == {"seh": "wa soma buku."}
    send(client, f"{url}/words/{line['words'][1]['id']}", do="join")
    buku = text_lines.get(desk, first["_id"])["words"][1]["id"]
    made = send(client, url, do="split", word=buku)
    assert [one["baseline"]["seh"] for one in lines_of(desk, text)] == ["wasoma ", "buku.", "Iye."]
    send(client, f"/sena/texts/lines/{made['new']}", do="join")
    send(client, url, do="respell", text="wasoma mabuku.")
    send(client, url, do="add", text="Mpya!")
    send(client, f"/sena/texts/lines/{second['_id']}", do="delete")
    assert [one["baseline"]["seh"] for one in lines_of(desk, text)] == ["wasoma mabuku.", "Mpya!"]
    change = [{"path": ["translation", "en"], "before": None, "after": "They read."}]
    assert "They read." in send(client, url, do="save", changes=change)["html"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"do": "x"},
        {"do": "write"},
        {"do": "write", "typed": {"morphs": "x"}},
        {"do": "write", "typed": {"morphs": [1]}},
        {"do": "write", "typed": {}, "seen": 1},
        {"do": "take", "analysis": 1},
        {"do": "choose", "analysis": "y_1"},
        {"do": "split"},
        {"do": "split", "at": 99},
        {"do": "join"},
        {"do": "take", "analysis": {"morphs": [{"form": {"seh": 1}}]}},
        {"do": "take", "analysis": {"morphs": [{"parts": [{"start": 0, "end": 99}]}]}},
        {"do": "take", "analysis": {"nonsense": 1}},
    ],
)
def test_what_makes_no_sense_is_refused(client, desk, body):
    (line,) = lines_of(desk, add(desk, "soma"))
    url = f"/sena/texts/lines/{line['_id']}/words/{line['words'][0]['id']}"
    send(client, url, 422, **body)
    assert text_lines.get(desk, line["_id"])["rev"] == 1
    send(client, f"/sena/texts/lines/{line['_id']}", 422, do="fly")


@pytest.mark.parametrize("role", [Role.VIEWER, Role.COMMENTER])
def test_who_may_not_edit_reads(make_client, make_user, desk, store, role):
    reader = make_user("rita")
    members.put(store, desk.project_id, reader["_id"], role, by=SYSTEM, at=utc_now())
    text = add(desk, "soma")
    (line,) = lines_of(desk, text)
    client = make_client(reader)
    page = client.get_page(f"/sena/texts/{text}")
    assert not page.xpath("//li[@data-word]") and not page.xpath("//textarea")
    url = f"/sena/texts/lines/{line['_id']}/words/{line['words'][0]['id']}"
    send(client, url, 403, do="confirm")
    assert "data-word" not in str(client.http.get(f"/sena/texts/lines?id={line['_id']}").json)


def test_everybody_chooses_their_tiers(client, make_client, make_user, desk, store):
    text = add(desk, "soma")
    (line,) = lines_of(desk, text)
    gloss(client, line, 0, ("", "soma", "read"))
    form = {"tier": ["gloss", "morphs"], "place.morphs": "2", "place.gloss": "1"}
    client.submit("/sena/texts/tiers", form | {"back": f"/sena/texts/{text}"})
    page = client.get_page(f"/sena/texts/{text}?view=read")
    assert not page.xpath("//p[contains(@class, 'line__baseline')]")
    (morph,) = page.xpath("//span[@class='igt__morph']")
    assert [one.get("class").split()[0] for one in morph] == ["igt__gloss", "igt__form"]
    other = make_user("otto")
    members.put(store, desk.project_id, other["_id"], Role.EDITOR, by=SYSTEM, at=utc_now())
    page = make_client(other).get_page(f"/sena/texts/{text}?view=read")
    assert page.xpath("//p[contains(@class, 'line__baseline')]")


def test_everybody_chooses_in_which_languages_they_see_glosses(client, desk, store):
    systems = [dict(ws) for ws in desk.project["writing_systems"]]
    systems.append({"id": "pt", "tag": "pt", "name": "Portuguese", "analysis": True})
    projects.save_settings(desk, {"writing_systems": systems}, desk.project["rev"], new_id("x"))
    text = add(desk, "soma")
    (line,) = lines_of(desk, text)
    said = {"form": {"seh": "soma"}, "gloss": {"en": "read", "pt": "ler"}}
    gloss(client, line, 0, typed={"morphs": [said]})
    told = "//span[contains(@class, 'igt__gloss')]"

    def glosses(form):
        client.submit("/sena/texts/tiers", form | {"tier": ["morphs", "gloss"], "back": ""})
        page = client.get_page(f"/sena/texts/{text}")
        setting = json.loads(page.get_element_by_id("text").get("data-setting"))
        read = client.get_page(f"/sena/texts/{text}?view=read")
        return [one["id"] for one in setting["glossed"]], [
            (one.get("lang"), one.text_content()) for one in read.xpath(told)
        ]

    assert glosses({}) == (["en"], [(None, "read")])
    assert glosses({"gloss": ["pt", "en"]}) == (["en", "pt"], [("en", "read"), ("pt", "ler")])
    assert glosses({"gloss": "pt"}) == (["pt"], [(None, "ler")])


def test_a_text_is_typed_seen_and_added(client, desk, store):
    page = client.get_page("/sena/texts/new")
    typed = "Alfa bravo. “Charlie!”\n\nDelta\necho?"
    page = client.post_page("/sena/texts/new", {"typed": typed, "do": "preview"})
    assert [one.text for one in page.xpath("//li[@class='data']")] == [
        "Alfa bravo.", "“Charlie!”", "Delta echo?",
    ]  # fmt: skip
    client.post_page("/sena/texts/new", {"typed": " ", "do": "add"}, status=422)
    client.submit("/sena/texts/new", {"typed": typed, "do": "add", "title.seh": "Mpya"})
    (text,) = store.texts.find()
    assert text["title"] == {"seh": "Mpya"} and len(text["paragraphs"]) == 2
    lines = lines_of(desk, text["_id"])
    assert [one["baseline"]["seh"] for one in lines][1:] == ["“Charlie!”", "Delta echo?"]
    assert lines[0]["paragraph"] == lines[1]["paragraph"] != lines[2]["paragraph"]
    assert [one["form"]["seh"] for one in lines[1]["words"]] == ["“", "Charlie", "!", "”"]
    assert client.get_page(f"/sena/texts/{text['_id']}").xpath("//h1")[0].text == "Mpya"


def test_the_project_sets_how_texts_are_parted(client, desk, store):
    page = client.get_page("/sena/settings")
    assert page.xpath("//input[@name='ends']/@value")[0].startswith(".?!")
    form = {"by": "line", "ends": "", "letters": "! :", "breaks": "", "abbreviations": " Dr.  St. "}
    client.submit("/sena/settings/splitting", form)
    rules = store.projects.find_one({"slug": "sena"})["splitting"]
    assert (rules["by"], rules["letters"]) == ("line", "!:")
    assert rules["abbreviations"] == ["Dr.", "St."]
    client.submit("/sena/texts/new", {"typed": "ka:r. !kung\nb", "do": "add"})
    first, second = store.utterances.find(sort=[("rank", 1)])
    assert [one["form"]["seh"] for one in first["words"]] == ["ka:r", ".", "!kung"]
    assert second["baseline"] == {"seh": "b"}
    client.post_page("/sena/settings/splitting", {"by": "word"}, status=422)
    answer = client.http.post(
        "/sena/settings/systems/seh/remove", data={"csrf_token": client.csrf_token}
    )
    assert "Texts are written in seh" in answer.text


def test_a_long_text_is_one_change(desk, store):
    change = new_id("x")
    typed = " ".join(f"Sentence {number}." for number in range(620))
    text = text_writing.write(desk, {}, typed, change_id=change)
    assert len(store.utterances.distinct("_id", {"text": text})) == 620
    history.undo(desk, [change], change_id=new_id("x"))
    assert store.utterances.count_documents({"text": text, "deleted": {"$ne": True}}) == 0


def test_what_is_known_of_a_text_and_a_line_is_changed(client, desk, store):
    text = add(desk, "soma")
    (line,) = lines_of(desk, text)
    page = client.get_page(f"/sena/texts/{text}/edit")
    rev = page.xpath("//input[@name='rev']/@value")[0]
    form = {"title.seh": "Upya", "title.en": "Anew", "date": "2024-05", "rev": rev}
    client.submit(f"/sena/texts/{text}/edit", form)
    assert store.texts.find_one()["title"] == {"seh": "Upya", "en": "Anew"}
    client.post_page(f"/sena/texts/{text}/edit", form | {"title.seh": "X"}, status=409)
    bad = {"genre": "i_nothing", "rev": "2"}
    client.post_page(f"/sena/texts/{text}/edit", bad, status=422)
    url = f"/sena/texts/lines/{line['_id']}/details"
    client.get_page(url)
    client.submit(url, {"label": "7b", "start": "1,5", "end": "2.5", "note.new.en": "Whispered."})
    stored = text_lines.get(desk, line["_id"])
    assert (stored["label"], stored["time"]) == ("7b", {"start": 1.5, "end": 2.5})
    assert stored["notes"][0]["text"] == {"en": "Whispered."}
    for wrong in ({"start": "x"}, {"start": "3", "end": "2"}):
        client.post_page(url, wrong, status=422)
    client.post_page(url, {"speaker": "h_nobody"}, status=404)


def test_one_analysis_for_all_occurrences_is_undone_as_one(client, desk, store):
    text = add(desk, "Soma buku.", "Iye soma, soma!", "soma")
    first, second, third = lines_of(desk, text)
    url = f"/sena/texts/lines/{first['_id']}/words/{first['words'][0]['id']}/everywhere"
    client.post_page(url, {}, status=422)  # nothing to use yet
    gloss(client, first, 0, ("", "soma", "read"), confirm=True)
    gloss(client, third, 0, ("", "so", "X"), ("-", "ma", "Y"))
    page = client.get_page(url)
    boxes = page.xpath("//input[@name='use']")
    assert len(boxes) == 3 and sum("checked" in one.attrib for one in boxes) == 2
    ticked = [one.get("value") for one in boxes if "checked" in one.attrib]
    page = client.submit(url, {"use": ticked})
    assert "Used for 2 words" in page.text_content()
    assert glosses(desk, second["_id"]) == [None, "read", None, "read", None]
    assert glosses(desk, third["_id"]) == ["X-Y"]
    change = store.changes.find_one(sort=[("seq", -1)])
    history.undo(desk, [change["_id"]], change_id=new_id("x"))
    assert glosses(desk, second["_id"]) == [None] * 5


def test_a_line_is_found_by_its_address(client, desk):
    text = add(desk, *(f"line {number}" for number in range(130)))
    line = lines_of(desk, text)
    last = texts.utterances(desk, text, after=line[-1]["_id"]).utterances[-1]
    page = client.get_page(f"/sena/texts/{text}?at={last['_id']}")
    assert page.xpath(f"//li[@id='{last['_id']}']/@value") == ["130"]
    client.get_page(f"/sena/texts/{text}?at=l_nothing", status=404)


def test_others_see_at_which_line_one_is(client, desk, make_client, owner):
    (line,) = lines_of(desk, add(desk, "soma"))
    headers = {"X-CSRFToken": client.csrf_token}
    move = "/sena/live/position"
    assert client.http.post(move, json={"at": line["_id"]}, headers=headers).status_code == 204
    assert client.http.post(move, json={"at": "x"}, headers=headers).status_code == 422
    found = make_client(owner).http.get("/sena/live/changes?since=1").json["here"]
    assert [one["at"] for one in found] == [line["_id"]]


def test_analyses_compete_words_of_other_languages_and_idioms(client, desk, store):
    entry = save_entry(desk, "fanya kazi", "work")
    (line,) = lines_of(desk, add(desk, "fanya kazi sana"))
    gloss(client, line, 0, ("", "fanya", "do"))
    gloss(client, line, 0, ("", "fa", "X"), ("-", "nya", "Y"), do="add")
    first = text_lines.get(desk, line["_id"])["words"][0]
    assert [written_gloss(one) for one in first["analyses"]] == ["do", "X-Y"]
    assert written_gloss(chosen(first)) == "do"
    url = f"/sena/texts/lines/{line['_id']}/words/{first['id']}"
    send(client, url, do="reject", analysis=first["analyses"][1]["id"])
    send(client, url, 422, do="add", typed={"morphs": []})
    send(client, url, do="language", language="en")
    assert text_lines.get(desk, line["_id"])["words"][0]["language"] == "en"
    send(client, url, 422, do="language", language="xx")
    send(client, url, do="language", language="")
    stored = text_lines.get(desk, line["_id"])
    assert "language" not in stored["words"][0] and len(stored["words"][0]["analyses"]) == 1
    groups = f"/sena/texts/lines/{line['_id']}/groups"
    client.post_page(groups, {"members": [first["id"]]}, status=422)
    members = [word["id"] for word in stored["words"][:2]]
    page = client.submit(groups, {"members": members, "type": "idiom", "gloss.en": "work"})
    assert "fanya kazi" in page.text_content()
    (group,) = text_lines.get(desk, line["_id"])["groups"]
    assert (group["members"], group["type"], group["entry"]) == (members, "idiom", entry["id"])
    client.submit(f"{groups}/{group['id']}/remove")
    assert not text_lines.get(desk, line["_id"]).get("groups")
