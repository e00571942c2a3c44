"""Linked data at a browser: deciding links by keys, SPARQL, graphs, and addresses of entries."""

from __future__ import annotations

import re
import threading
import time

import pytest
from playwright.sync_api import expect

from app.domain.ids import new_id
from app.services import lexicon
from app.services.mirror import Mirror
from tests.factories import item_id, save_entry

pytestmark = pytest.mark.browser

WORDS = (
    ("nyumba", "house"),
    ("ndege", "bird"),
    ("kapu", "basket"),
    ("mguu", "foot"),
    ("mnyama", "animal"),
)


@pytest.fixture
def ann(somebody, slug, server, server_settings):
    """Somebody with an empty project, on a server whose mirror has begun to answer."""
    mirror, end = Mirror(server_settings), time.monotonic() + 60
    while not mirror.is_there():
        assert time.monotonic() < end, (server_settings.data / "log.txt").read_text()[-2000:]
        threading.Event().wait(0.1)
    return somebody().register().make_project(slug)


@pytest.fixture
def desk(ann, open_project, slug):
    return open_project(slug)


@pytest.fixture
def words(desk):
    """Five nouns: ids of entries by lemma."""
    noun = item_id(desk, "parts-of-speech", "Noun")
    return {
        lemma: save_entry(desk, lemma, gloss, sense={"pos": noun})["id"] for lemma, gloss in WORDS
    }


def ask(page, slug, query):
    """Types a query over what stands in the editor, and sends it by Ctrl+Enter."""
    page.goto(f"/{slug}/sparql")
    page.fill("#query", query)
    page.locator("#query").press("Control+Enter")
    page.wait_for_selector("#found, .notice")


def decide(page, key):
    """Presses a key of the review of links; returns the word that was before the person."""
    word = page.locator("#linking-word").inner_text()
    with page.expect_navigation():
        page.keyboard.press(key)
    return word


def test_links_are_decided_by_keys_and_stand_in_the_entry(ann, somebody, slug, words):
    page, keys = ann.page, ann.page.keyboard
    page.goto(f"/{slug}/links")
    page.click("text=Find candidates")
    page.wait_for_url(re.compile(f"/{slug}/links"))  # from the page of the job
    progress = page.locator(".linking__progress label")
    expect(progress).to_have_text("0 of 5 senses decided")

    # somebody else gets another sense
    bob = somebody()
    bob.register(invitation=ann.invite(slug, "editor"))
    bob.page.get_by_role("button", name="Accept").click()
    bob.page.wait_for_url(f"**/{slug}**")
    bob.page.goto(f"/{slug}/links")
    page.goto(f"/{slug}/links")
    theirs = bob.page.locator("#linking-word").inner_text()
    assert theirs != page.locator("#linking-word").inner_text()
    bob.page.goto("/")

    keys.press("j")
    keys.press("k")
    exact = decide(page, "e")
    expect(progress).to_have_text("1 of 5 senses decided")
    broader = decide(page, "b")
    expect(progress).to_have_text("2 of 5 senses decided")
    taken_back = decide(page, "u")
    assert taken_back not in (exact, broader)
    expect(page.locator("#linking-word")).to_have_text(broader)
    expect(progress).to_have_text("1 of 5 senses decided")
    assert decide(page, "b") == broader
    skipped = decide(page, "s")
    expect(progress).to_have_text("2 of 5 senses decided")
    nothing = decide(page, "0")
    expect(page.locator("main")).to_contain_text("Nothing is left but what you skipped")
    expect(page.locator("main")).to_contain_text("3 senses are decided")
    assert len({exact, broader, nothing, skipped, theirs}) == 5

    # what was accepted is on the entry's page and in its Turtle, with its kind
    page.goto(f"/{slug}/lexicon/{words[broader]}")
    expect(page.locator(".links__one")).to_contain_text("broader")
    turtle = {word: _turtle(page, slug, id_) for word, id_ in words.items()}
    assert "globalwordnet.org/ili/i" in turtle[exact] or "ili:i" in turtle[exact]
    assert "broad" in turtle[broader]
    assert "ili" not in turtle[nothing].replace("facilit", "")


def _turtle(page, slug, entry):
    page.goto(f"/{slug}/lexicon/{entry}")
    address = page.locator("a.menu__item[href*='/id/']").get_attribute("href")
    return page.request.get(address.replace(".html", ".ttl")).text()


def test_sparql_by_example_by_hand_and_with_an_error(ann, slug, words):
    page = ann.page
    page.goto(f"/{slug}/sparql")
    page.click("text=Entries with part of speech and glosses")
    expect(page.locator("#found")).to_have_text("5 rows")
    expect(page.locator(".sparql__found table")).to_contain_text("nyumba")
    with page.expect_download() as waiting:
        page.click(".sparql__found a:has-text('CSV')")
    assert waiting.value.suggested_filename == f"{slug}-query.csv"
    assert "nyumba" in waiting.value.path().read_text()

    ask(page, slug, "ASK { ?entry a ontolex:LexicalEntry }")
    expect(page.locator(".sparql__found td")).to_have_text("yes")
    ask(page, slug, "SELECT ?word WHERE {\n  ?entry rdfs:label ?word . ?entry odd:one ?x\n}")
    expect(page.locator(".sparql__error")).to_contain_text("line 2")
    expect(page.locator(".sparql__error")).to_contain_text("“odd:” is not known")
    expect(page.locator("#query")).to_have_value(re.compile("rdfs:label"))  # it can be mended
    ask(page, slug, "DELETE WHERE { ?s ?p ?o }")
    expect(page.locator(".sparql__error")).to_contain_text("Updates")


WORD = """SELECT ?gloss WHERE { ?entry ontolex:canonicalForm/ontolex:writtenRep "moto"@seh ;
  ontolex:sense/skos:definition ?gloss }"""


def test_an_edit_is_found_by_the_next_query(ann, slug):
    ann.add_entry("moto", "fire")
    asking = ann.context.new_page()
    ask(asking, slug, WORD)
    expect(asking.locator(".sparql__found td")).to_have_text("fire")
    ann.field("gloss").fill("fireplace")
    ann.field("gloss").blur()
    expect(ann.state()).to_have_text("Saved")
    assert found_within(asking, "fireplace", seconds=2)


def found_within(page, text, seconds):
    """Sends the query that stands there again until a text is its answer, but so long only."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with page.expect_navigation():
            page.locator("#query").press("Control+Enter")
        if page.locator(".sparql__found td").all_inner_texts() == [text]:
            return True
    return False


def test_a_graph_is_walked_by_keys_and_an_address_leads_to_its_page(ann, desk, slug, words):
    kind = desk.store.items.find_one({"project": desk.project_id, "list": "relation-types"})["_id"]
    for other in ("ndege", "kapu", "mguu"):
        lexicon.relate(desk, words["nyumba"], None, kind, words[other], change_id=new_id("x"))
    page, keys = ann.page, ann.page.keyboard
    page.goto(f"/{slug}/lexicon/{words['nyumba']}")
    page.goto(page.locator("a.menu__item[href$='/graph']").get_attribute("href"))
    nodes = page.locator("[data-node]")
    expect(nodes).to_have_count(3)
    nodes.first.focus()
    seen = set()
    for key in ("ArrowDown", "ArrowRight", "ArrowUp", "ArrowLeft"):
        keys.press(key)
        seen.add(page.locator("[data-node]:focus").get_attribute("aria-label"))
    assert len(seen) > 1
    word = page.locator("[data-node]:focus").get_attribute("aria-label").partition(",")[0]
    keys.press("Enter")
    expect(page.locator("h1")).to_have_text(word)
    assert page.url.endswith(f"/{words[word]}/graph")

    page.goto(f"/id/{desk.project_id}/{words[word]}")
    expect(page.locator("#entry h1")).to_have_text(word)
    assert page.url.endswith(f"/{slug}/lexicon/{words[word]}")
