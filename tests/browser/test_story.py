"""The whole story in a browser: account, project, real file in, edit, undo, colleague, file out."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from app.formats.lift.compare import differences

pytestmark = pytest.mark.browser

LIFT = """<?xml version="1.0" encoding="utf-8"?>
<lift version="0.13" producer="test">
{entries}
</lift>
"""
ENTRY = """<entry id="{n}" guid="00000000-0000-4000-8000-{n:012d}">
<lexical-unit><form lang="seh"><text>{word}</text></form></lexical-unit>
<sense id="s{n}"><gloss lang="en"><text>meaning {n}</text></gloss></sense></entry>"""
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def lift(tmp_path):
    """A dictionary of 520 words, twenty under each letter."""
    path = tmp_path / "words.lift"
    words = [f"{letter}{n:02d}" for letter in LETTERS for n in range(20)]
    entries = "\n".join(ENTRY.format(n=n, word=word) for n, word in enumerate(words))
    path.write_text(LIFT.format(entries=entries), encoding="utf-8")
    return path


def test_from_a_new_account_to_a_dictionary_taken_out_again(somebody, slug, lift, tmp_path):
    ann = somebody().register().make_project(slug)
    page = ann.page
    expect(page.get_by_text("No entries yet")).to_be_visible()

    page.click("text=Import a dictionary")
    page.set_input_files("input[type=file]", str(lift))
    page.click("text=Show what it would bring")
    expect(page.get_by_text("Nothing has been changed yet")).to_be_visible()
    expect(page.locator("table.counts")).to_contain_text("520")
    page.click("main button:has-text('Import')")
    expect(page.get_by_text("Imported.")).to_be_visible()
    page.click("text=To the lexicon")
    expect(page.locator("#count")).to_have_text("520 entries")

    ann.ready()
    page.fill("#q", "m07")
    expect(page.locator(".entry-row")).to_have_count(1)
    page.click(".row__link")
    expect(page.locator("#entry h1")).to_contain_text("m07")
    ann.field("gloss").fill("edited gloss")
    ann.field("gloss").blur()
    expect(ann.state()).to_have_text("Saved")
    expect(page.locator(".entry-row .row__gloss")).to_have_text("edited gloss")

    page.click("[data-history]")
    expect(page.locator("#history ins")).to_have_text("edited gloss")
    page.click("#history [data-undo] >> nth=0")
    expect(ann.field("gloss")).to_have_value(re.compile(r"meaning \d+"))
    page.keyboard.press("Escape")

    page.goto(f"/{slug}/exchange")
    page.locator("form", has=page.locator("input[name=suffix][value='.lift']")).locator(
        "button"
    ).click()
    expect(page.get_by_text("The file is ready")).to_be_visible()
    with page.expect_download() as waiting:
        page.click(f"text={slug}.lift")
    out = tmp_path / "out.lift"
    waiting.value.save_as(out)
    left = [
        one for one in differences(lift, out) if "header" not in one and "dateModified" not in one
    ]
    assert left == []


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(somebody, slug, lift):
    page = somebody().register().make_project(slug).page
    page.goto(f"/{slug}/exchange")
    field = page.locator("#import-file")
    assert int(field.get_attribute("data-most")) > 0
    field.evaluate("field => { field.dataset.most = 1000; }")
    field.set_input_files(str(lift))
    page.click("text=Show what it would bring")
    assert "larger than the server takes" in field.evaluate("field => field.validationMessage")
    assert page.url.endswith("/exchange")
    small = lift.with_name("small.lift")
    small.write_text(LIFT.format(entries=ENTRY.format(n=1, word="a")), encoding="utf-8")
    field.set_input_files(str(small))
    page.click("text=Show what it would bring")
    expect(page.get_by_text("Nothing has been changed yet")).to_be_visible()


def test_the_list_scrolls_through_everything_and_jumps_to_letters(somebody, slug, lift):
    ann = somebody().register().make_project(slug)
    page = ann.page
    page.goto(f"/{slug}/exchange")
    page.set_input_files("input[type=file]", str(lift))
    page.click("text=Show what it would bring")
    page.click("main button:has-text('Import')")
    page.click("text=To the lexicon")
    ann.ready()
    page.locator("#scroll").evaluate("list => { list.scrollTop = list.scrollHeight; }")
    expect(page.locator(".entry-row", has_text="z19")).to_be_visible()
    page.click("#letters a:has-text('K')")
    expect(page.locator(".entry-row", has_text="k00")).to_be_in_viewport()
    page.locator(".entry-row", has_text="k00").locator("a").click()
    expect(page.locator("#entry h1")).to_contain_text("k00")
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator("#entry h1")).to_contain_text("k01")


def test_two_people_in_one_entry(somebody, slug):
    ann = somebody().register().make_project(slug).add_entry("moto", "fire")
    page = ann.page
    entry = page.url
    page.goto(f"/{slug}/members")
    page.select_option("#invite-role", "editor")
    page.click("#invite button[type=submit]")
    link = page.input_value("#new-invitation")

    ben = somebody().register(link)
    if "/invite/" in ben.page.url:
        ben.page.click("main button[type=submit]")
        ben.page.wait_for_load_state()
    for person in (ann, ben):
        person.page.goto(entry)
        expect(person.page.locator("#entry h1")).to_contain_text("moto")
    expect(page.locator("#presence .face")).to_have_count(1)

    # another person's change appears without a reload
    ann.field("gloss").fill("flame")
    ann.field("gloss").blur()
    expect(ben.field("gloss")).to_have_value("flame")

    # different fields merge
    ann.field("definition").fill("what burns")
    ben.field("gloss").fill("blaze")
    ann.field("definition").blur()
    ben.field("gloss").blur()
    expect(ann.field("gloss")).to_have_value("blaze")
    expect(ben.field("definition")).to_have_value("what burns")

    # the same field shows both values and asks
    ann.field("gloss").fill("of Ann")
    ben.field("gloss").fill("of Ben")
    ben.field("gloss").blur()
    expect(ben.state()).to_have_text("Saved")
    ann.field("gloss").blur()
    conflict = page.locator(".conflict")
    expect(conflict).to_contain_text("of Ann")
    expect(conflict).to_contain_text("of Ben")
    conflict.get_by_role("button", name="Keep mine").click()
    expect(ben.field("gloss")).to_have_value("of Ann")


def test_senses_are_added_moved_and_removed_by_keyboard_and_mouse(somebody, slug):
    ann = somebody().register().make_project(slug).add_entry("kaa", "sit")
    page = ann.page
    ann.ready()
    page.locator(".entry__fields > .adds [data-add=senses]").click()
    second = page.locator(".member--sense").nth(1)
    second.locator("textarea").first.fill("crab")
    second.locator("textarea").first.blur()
    expect(page.locator(".entry__preview")).to_contain_text("crab")
    second.hover()
    second.locator("[data-move='-1']").first.click()
    expect(page.locator(".member--sense").first.locator("textarea").first).to_have_value("crab")
    first = page.locator(".member--sense").first
    first.hover()
    first.locator("[data-remove]").first.click()
    expect(page.locator(".member--sense")).to_have_count(1)
    expect(page.locator(".entry__preview")).not_to_contain_text("crab")
    page.locator("body").click(position={"x": 5, "y": 400})
    page.keyboard.press("Control+z")
    expect(page.locator(".member--sense")).to_have_count(2)


def test_a_sense_is_closed_and_opened_again(somebody, slug):
    ann = somebody().register().make_project(slug).add_entry("kaa", "sit")
    page = ann.page
    ann.ready()
    sense = page.locator(".member--sense").first
    for level, locks in (("members", 1), ("", 0)):
        sense.hover()
        sense.locator("[data-access]").first.click()
        dialog = page.locator("#part-access")
        checked = dialog.locator("[name=level]:checked")
        expect(checked).to_have_value("" if level else "members")
        dialog.locator(f"[name=level][value='{level}']").check()
        dialog.get_by_role("button", name="Save").click()
        expect(sense.locator(".entry__lock")).to_have_count(locks)
        expect(ann.state()).to_have_text("Saved")


def test_what_is_refused_is_typed_anew_without_a_conflict(somebody, slug):
    ann = somebody().register().make_project(slug).add_entry("maji", "water")
    gloss = ann.field("gloss")
    gloss.fill("wa\u0007ter")
    gloss.blur()
    expect(ann.state()).to_have_text("This holds U+0007; take it out.")
    gloss.fill("waters")
    gloss.blur()
    expect(ann.state()).to_have_text("Saved")
    ann.page.reload()
    expect(ann.field("gloss")).to_have_value("waters")


def test_a_lost_network_loses_nothing(somebody, slug):
    ann = somebody().register().make_project(slug).add_entry("maji", "water")
    ann.ready()  # all scripts of the page are there before the network is lost
    ann.context.set_offline(True)
    ann.field("gloss").fill("fresh water")
    ann.field("gloss").blur()
    expect(ann.state()).to_contain_text("Offline")
    ann.context.set_offline(False)
    expect(ann.state()).to_have_text("Saved")
    ann.page.reload()
    expect(ann.field("gloss")).to_have_value("fresh water")


def test_a_bulk_change_is_shown_before_and_undone_as_one(somebody, slug):
    ann = somebody().register().make_project(slug)
    for word in ("moja", "mbili"):
        ann.add_entry(word, "number")
    page = ann.page
    page.goto(f"/{slug}/table")
    page.select_option("#b-kind", "replace")
    page.select_option("#b-target", "gloss.en")
    page.fill("#b-find", "number")
    page.fill("#b-value", "numeral")
    page.check("#b-all")
    page.click("button:has-text('Preview')")
    expect(page.locator("tbody ins").first).to_have_text("numeral")
    page.click("text=Change them")
    expect(page.get_by_text("2 entries were changed")).to_be_visible()
    page.goto(f"/{slug}/activity")
    page.click("button:has-text('Undo') >> nth=0")
    page.wait_for_url("**/activity")
    page.goto(f"/{slug}/lexicon")
    expect(page.locator(".row__gloss").first).to_have_text("number")


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_is_wider_than_the_screen(somebody, slug, width):
    ann = somebody(width=width).register().make_project(slug)
    ann.add_entry("ng'ombe wa kunyonyesha sana mno kabisa", "a very long gloss " * 8)
    for path in (
        "lexicon",
        "settings",
        "lists",
        "fields",
        "members",
        "activity",
        "exchange",
        "table",
        "duplicates",
    ):
        ann.page.goto(f"/{slug}/{path}")
        wide = ann.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide <= 0, path


def test_on_a_phone_the_rail_opens_what_has_no_place_on_it(somebody, slug):
    page = somebody(width=390).register().make_project(slug).page
    settings = page.locator(".rail__more").get_by_role("link", name="Settings")
    expect(settings).to_be_hidden()
    page.locator(".rail__more summary").click()
    expect(settings).to_be_in_viewport()
    settings.click()
    page.wait_for_url(f"**/{slug}/settings")
