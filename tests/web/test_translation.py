"""Pages in another language: a made-up translation shows every text that has none."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from lxml import html

from app.domain.errors import Invalid, Problem, Unreadable
from app.domain.ids import new_id
from app.domain.messages import as_message, packed, say, unpacked
from app.domain.roles import SYSTEM, Role
from app.formats import FORMATS
from app.formats.examples import STYLES
from app.ml.running import Failed, Room, explained
from app.services import accounts, texts
from app.services.clock import utc_now
from app.services.desk import open_desk
from app.services.jobs import told_of
from app.store import jobs, members
from app.web import create_app
from app.web.texts import describe_path, message_of, percent, script_texts
from tests.factories import make_project, make_store, save_entry
from tests.translation import TAG, bracketed, untranslated, write_translation
from tests.web.client import Client
from tests.web.conftest import with_parts_of

READ_ALOUD = ("aria-label", "title", "placeholder", "alt", "data-dark", "data-light")
NAMES = {
    *("LiFE", "LiFE.", "JSON", "NFC", "NFD", "KiB", "MiB"),
    *(style.name for style in STYLES if style.id != "text"),
    *(name for one in FORMATS for name in (one.name, *one.suffixes)),
}


_APPS = []  # the one of a run that has the translation


@pytest.fixture
def app(settings, store, clock, tmp_path_factory):
    if not _APPS:
        data = tmp_path_factory.mktemp("translated")
        write_translation(data)
        _APPS.append(create_app(replace(settings, data=data), store, clock=clock))
    return with_parts_of(_APPS[0], settings, store, clock)


@pytest.fixture
def desk(store, make_user):
    """A desk whose data stand in brackets as well, so that what is left is of the program."""
    make_project(make_store(store))
    store.projects.update_one({"slug": "sena"}, {"$set": {"title": bracketed("Sena")}})
    user = make_user("owner", name=bracketed("Ann"))
    project = store.projects.find_one({"slug": "sena"})
    members.put(store, project["_id"], user["_id"], Role.OWNER, by=SYSTEM, at=utc_now())
    at = open_desk(store, accounts.actor_of(user), "sena")
    for _ in range(2):
        save_entry(
            at,
            bracketed("moto"),
            bracketed("fire"),
            sense={"examples": [{"id": "x_0", "form": {"seh": bracketed("moto ukali")}}]},
        )
    word = {"id": "w_0", "form": {"seh": bracketed("moto")}}
    line = {"baseline": {"seh": bracketed("moto")}, "words": [word]}
    texts.add(at, {"title": {"seh": bracketed("Moto")}}, [line], change_id=new_id("x"))
    texts.add_utterance(at, line, change_id=new_id("x"))
    return at


@pytest.fixture
def reader(app, desk):
    """The owner at a browser that asks for the made-up language."""
    client = Client(app)
    client.login(desk.store.accounts.find_one({"_id": desk.actor.id}))
    client.http.environ_base["HTTP_ACCEPT_LANGUAGE"] = TAG
    return client


def fetch(client, path, status=200):
    answer = client.http.get(path)
    assert answer.status_code == status
    return html.document_fromstring(answer.get_data(as_text=True))


def data_of(desk) -> set[str]:
    """What stands in the database: names of lists' items, writing systems, tags, accounts."""
    words = {"sena", "owner", "command line", "CL", "seh-fonipa", "sena1262"}
    for item in desk.store.items.find():
        words |= {item["code"], *(item.get("name") or {}).values()}
        words |= set((item.get("abbreviation") or {}).values())
    for ws in desk.project["writing_systems"]:
        words |= {ws["id"], ws["tag"], ws["name"], ws["abbreviation"]}
    return words


def texts_of(page) -> set[str]:
    """Everything of a page that is read, piece by piece."""
    found = set()
    for element in page.iter():
        if not isinstance(element.tag, str) or element.tag in {"script", "style", "noscript"}:
            continue
        if element.tag not in {"textarea", "kbd", "code", "time"}:
            found.add(element.text or "")
        found.add(element.tail or "")
        found |= {element.get(name) or "" for name in READ_ALOUD}
    return {" ".join(text.split()) for text in found if text.strip()}


def left_in_english(page, data: set[str]) -> list[str]:
    rest = {untranslated(text) for text in texts_of(page)}
    known = data | NAMES
    return sorted(
        text
        for text in rest
        if text
        and text not in known
        and not set(re.findall(r"[\w.+-]*\w", text)) <= known
        and not re.search(r"[א-ת]", text)  # dates and times, by Babel
    )


PAGES = (
    "/",
    "/new",
    "/account",
    "/account/tokens",
    "/admin",
    "/admin/projects",
    "/admin/audit",
    "/sena/lexicon",
    "/sena/lexicon?q=⟦mo&mode=inside",
    "/sena/lexicon/ENTRY",
    "/sena/lexicon/ENTRY/history",
    "/sena/table",
    "/sena/duplicates",
    "/sena/activity",
    "/sena/comments",
    "/sena/people",
    "/sena/erase/entry/ENTRY",
    "/sena/exchange",
    "/sena/settings",
    "/sena/texts",
    "/sena/texts/TEXT",
    "/sena/texts/TEXT?view=read",
    "/sena/texts/TEXT/edit",
    "/sena/texts/new",
    "/sena/texts/lines/LINE/details",
    "/sena/concordance",
    "/sena/texts/sentences",
    "/sena/lists",
    "/sena/fields",
    "/sena/members",
)


def test_a_page_has_no_text_without_a_translation(reader, desk):
    entry = desk.store.entries.find_one()["_id"]
    text = desk.store.texts.find_one()["_id"]
    line = desk.store.utterances.find_one()["_id"]
    known, left = data_of(desk), {}
    for path in PAGES:
        address = path.replace("ENTRY", entry).replace("TEXT", text).replace("LINE", line)
        page = fetch(reader, address)
        assert (page.get("lang"), page.get("dir")) == (TAG, "rtl"), path
        left[path] = left_in_english(page, known)
    assert {path: texts for path, texts in left.items() if texts} == {}


@pytest.mark.parametrize("path", ["/", "/login", "/register"])
def test_nor_has_a_page_for_guests(app, desk, path):
    guest = Client(app)
    guest.http.environ_base["HTTP_ACCEPT_LANGUAGE"] = TAG
    page = fetch(guest, path)
    for example in page.xpath("//*[contains(@class, 'specimen')]"):
        for element in example.iter():
            element.text = element.tail = ""
    assert left_in_english(page, set()) == []


def test_errors_are_said_in_the_language_of_the_reader(reader, desk):
    page = fetch(reader, "/sena/nowhere/at/all", status=404)
    assert left_in_english(page, set()) == []
    page = fetch(reader, "/none/lexicon", status=404)
    assert left_in_english(page, set()) == []
    page = reader.post_page("/new", {"title": "", "language": "??"}, status=422)
    problems = page.xpath("//*[contains(@class, 'field__error')]/span/text()")
    assert problems and [untranslated(text) for text in problems] == [""] * len(problems)


def test_a_sentence_with_facts_keeps_its_facts(app):
    with app.test_request_context(headers={"Accept-Language": TAG}):
        error = Invalid(Problem("name", say("A project needs an owner. %(name)s", name="Ann")))
        assert message_of(error) == "name: A project needs an owner. Ann"  # nobody translated it
        asked = say("There is no project “%(slug)s”, or you are not a member of it.", slug="sena")
        assert message_of(Invalid(asked)) == bracketed(str(asked))
        assert message_of(Unreadable("Odd.", "a.lift", 3)) == "a.lift:3: Odd."
        assert describe_path(["senses", "s_0", "gloss", "en"]) == "⟦sense⟧ › ⟦Gloss⟧ (en)"


def test_the_log_and_the_error_of_a_job_are_said_in_the_language_of_the_reader(reader, desk):
    now = utc_now()
    job = jobs.add(desk.store, desk.project_id, desk.actor.id, "train", now, task="gloss")
    told = say("%(phase)s: %(what)s", phase=as_message("Training"), what=as_message("weights"))
    turn = say("round %(n)s of %(all)s", n=2, all=9)
    for one in ("Reading the texts", told, say("%(phase)s: %(what)s", phase=told, what=turn)):
        jobs.log(desk.store, job, one, now)
    why = explained("memory", Room(memory=512))
    for error in (
        Failed(say("The training was ended: %(why)s.", why=why), "memory"),
        Invalid(Problem("", "Too few sentences are left to learn from, or to measure; gloss some "
                            "more.")),
    ):  # fmt: skip
        kept = {"error": str(error), "error_told": told_of(error)}
        jobs.update(desk.store, job, state="failed", **kept)
        page = fetch(reader, f"/sena/models/jobs/{job}")
        assert left_in_english(page, data_of(desk)) == []
    said = page.xpath("//ol[@id='job-log']/li/text()")
    assert "⟦⟦⟦Training⟧: ⟦weights⟧⟧: ⟦round 2 of 9⟧⟧" in said[-1]


def test_what_nobody_vouches_for_breaks_no_page():
    for odd in (
        None, 7, [], {}, {"pattern": 1}, {"pattern": "x"}, {"pattern": "x", "facts": []},
        {"pattern": "%(n)s", "facts": {}}, {"pattern": "%(n)999999999s", "facts": {"n": 1}},
        {"pattern": "%s %d", "facts": {}}, {"pattern": "100 %", "facts": {"n": {"pattern": 2}}},
    ):  # fmt: skip
        assert len(unpacked(odd)) < 40
    whole = say("%(a)s of %(b)s", a=say("%(n)s words", n=3), b="all")
    assert unpacked(packed(whole)) == whole and unpacked(packed(whole)).pattern == whole.pattern


def test_per_cent_keep_their_order_where_text_runs_from_right_to_left(app):
    with app.test_request_context(headers={"Accept-Language": TAG}):
        assert percent(0.741) == "\u206674.1\u00a0%\u2069"
    with app.test_request_context():
        assert (percent(0.741), percent(0.5, 0)) == ("74.1\u00a0%", "50\u00a0%")


def test_scripts_are_given_their_texts_but_not_in_english(app):
    with app.test_request_context(headers={"Accept-Language": TAG}):
        texts = script_texts()
    assert texts["Saving…"] == "⟦Saving…⟧"
    assert texts["1 entry"]["one"] == texts["1 entry"]["other"] == "⟦%(n)s entries⟧"
    with app.test_request_context():
        assert script_texts() == {}


def test_a_count_in_another_script_travels_in_a_header(reader):
    answer = reader.http.get("/sena/lexicon/rows?q=nothing")
    assert answer.status_code == 200
    assert answer.headers["X-Count"].isascii()
