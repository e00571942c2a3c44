"""Glossing texts: by keyboard alone, by two people at once, from right to left."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

STEMS = {"soma": "read", "pika": "cook", "ona": "see", "leta": "bring"}
NOUNS = {"buku": "book", "nyama": "meat", "mtu": "person", "maji": "water"}


def open_text(person, slug, typed, title="Nyama"):
    """Types a text and opens it to be glossed."""
    page = person.page
    page.goto(f"/{slug}/texts/new")
    page.fill("input[name^='title.']", title)
    page.fill("textarea[name=typed]", typed)
    page.click("button[value=add]")
    page.wait_for_selector("#text[data-ready]")
    return page


def words(page, state):
    return page.locator(f"[data-word][data-state={state}]")


def saved(page):
    expect(page.locator("#text-state")).to_have_text("Saved")


def expect_finds(page, told):
    """What is derived follows within two seconds: the page is asked for again until it is there."""
    for _ in range(40):
        if told in page.locator("main").inner_text():
            return
        page.reload()
    expect(page.locator("#found")).to_contain_text(told)


def test_twenty_lines_are_glossed_by_keyboard_alone(somebody, slug):
    ann = somebody().register().make_project(slug)
    lines = [f"wa{stem} {noun}." for stem in STEMS for noun in NOUNS] + ["wasoma maji."] * 4
    page = open_text(ann, slug, "\n".join(lines))
    keys = page.keyboard
    expect(page.locator("[data-line]")).to_have_count(20)
    expect(words(page, "open")).to_have_count(40)

    def type_word(prefix, stem, gloss):
        """Splits the word, types its glosses and goes on."""
        if prefix:
            keys.press("Home")
            for _ in prefix:
                keys.press("ArrowRight")
            keys.press("-")
            expect(page.locator(".box input[data-part=form]")).to_have_count(2)
            keys.press("Tab")  # its entry, as far as it has one
            keys.press("Tab")
            keys.press("Tab")
            keys.type("3PL-")
        else:
            keys.press("Tab")
            keys.press("Tab")
        keys.type(gloss)
        keys.press("Control+Enter")

    page.locator("body").press("g")
    seen = set()
    for number, line in enumerate(lines, start=1):
        verb, noun = line.rstrip(".").split()
        for word, table in ((verb.removeprefix("wa"), STEMS), (noun, NOUNS)):
            box = page.locator(".box")
            prefix = "wa" if table is STEMS else ""
            expect(box).to_have_attribute("aria-label", f"Gloss {prefix}{word}")
            if word in seen:
                expect(box.locator("input[data-part=gloss]").last).to_have_value(table[word])
                keys.press("Enter")  # accepts the guess
            else:
                guess = page.locator(".box--guess")
                if guess.count():
                    gloss = box.locator("input[data-part=gloss]")
                    gloss.last.fill(table[word])
                    keys.press("Control+Enter")
                else:
                    type_word(prefix, word, table[word])
                seen.add(word)
                saved(page)
                # what was confirmed once is offered where the word stands again
                if page.locator(f'[data-key="{prefix}{word}"]').count() > 1:
                    again = page.locator(f'[data-key="{prefix}{word}"]').last
                    expect(again).to_have_attribute("data-state", re.compile("guess|confirmed"))
        translation = page.locator("[data-line]", has=page.locator("textarea:focus"))
        expect(translation).to_have_count(1)
        if number == len(lines):  # the same line was translated above
            expect(translation.locator(".line__said")).to_have_text("They do it.")
            keys.press("Control+Enter")
            expect(translation.locator(".line__offers")).to_have_count(0)
        else:
            keys.type("They do it.")
        keys.press("Enter")
    saved(page)
    page.reload()
    page.wait_for_selector("#text[data-ready]")
    expect(words(page, "confirmed")).to_have_count(40)
    expect(page.locator("[data-line] textarea")).to_have_count(20)
    assert {field.input_value() for field in page.locator("[data-line] textarea").all()} == {
        "They do it."
    }
    expect(page.locator(".igt__gloss", has_text="3PL")).to_have_count(20)


def test_two_people_gloss_one_text(somebody, slug):
    ann = somebody().register().make_project(slug)
    first = open_text(ann, slug, "wasoma buku.\nwapika nyama.")
    address = first.url
    ben = somebody().register(ann.invite(slug, "editor"))
    ben.page.get_by_role("button", name="Accept").click()
    ben.page.wait_for_url(f"**/{slug}**")
    first.goto(address)
    second = ben.page
    second.goto(address)
    for page in (first, second):
        page.wait_for_selector("#text[data-ready]")

    # each sees what the other glosses, and where the other is
    second.locator("[data-word]").nth(2).click()
    expect(first.locator(".line").nth(1).locator("[data-here] .face")).to_have_count(1)
    first.locator("[data-word]").nth(0).click()
    first.locator(".box input[data-part=gloss]").fill("they.read")
    first.keyboard.press("Control+Enter")
    expect(second.locator("[data-word]").nth(0)).to_contain_text("they.read")
    expect(second.locator(".box")).to_have_count(1)  # one's own work is not disturbed

    # both type the same new word
    second.locator(".box input[data-part=gloss]").fill("they.cook")
    first.locator("[data-word]").nth(2).click()
    first.locator(".box input[data-part=gloss]").fill("they.fry")
    second.keyboard.press("Control+Enter")
    saved(second)
    first.keyboard.press("Control+Enter")
    conflict = first.locator(".conflict")
    expect(conflict).to_contain_text("somebody else changed the same field")
    conflict.get_by_role("button", name="Keep mine").click()
    expect(second.locator("[data-word]").nth(2)).to_contain_text("they.fry")


def test_words_and_lines_are_parted_and_joined_and_undone(somebody, slug):
    ann = somebody().register().make_project(slug)
    page = open_text(ann, slug, "wasoma buku leo.")
    baseline = page.locator(".line__baseline")
    page.locator("[data-word]").first.click()
    field = page.locator(".box input[data-part=word]")
    field.focus()
    field.press("Home")
    field.press("ArrowRight")
    field.press("ArrowRight")
    field.press("Space")
    expect(baseline).to_have_text("wa soma buku leo.")
    page.locator("[data-word]").nth(1).click()
    page.locator(".box input[data-part=word]").focus()
    page.keyboard.press("Home")
    page.keyboard.press("Backspace")
    expect(baseline).to_have_text("wasoma buku leo.")
    page.locator("[data-word]").nth(1).click()
    page.get_by_role("button", name="New line from here").click()
    expect(page.locator("[data-line]")).to_have_count(2)
    expect(baseline.nth(1)).to_have_text("buku leo.")
    page.keyboard.press("Escape")
    page.locator("#undo-last").click()
    expect(page.locator("[data-line]")).to_have_count(1)
    expect(baseline).to_have_text("wasoma buku leo.")


def test_an_infix_an_entry_and_a_warning(somebody, slug):
    ann = somebody().register().make_project(slug).add_entry("bili", "buy")
    page = open_text(ann, slug, "bumili")
    keys = page.keyboard
    page.locator("body").press("g")
    form = page.locator(".box input[data-part=form]")
    form.first.fill("")
    keys.type("b<um>ili")
    expect(form).to_have_count(2)
    assert [one.input_value() for one in form.all()] == ["bili", "um"]
    page.locator(".box input[data-part=gloss]").nth(1).fill("WHAT")
    expect(page.locator(".box__warnings")).to_contain_text("WHAT is not in the project's list")
    page.locator(".box button[data-part=entry]").first.click()
    expect(page.get_by_role("option", name="bili buy", exact=True)).to_be_visible()
    keys.press("Enter")
    expect(page.locator(".box input[data-part=gloss]").first).to_have_value("buy")
    keys.press("Control+Enter")
    saved(page)
    column = page.locator("[data-word]")
    expect(column).to_have_attribute("data-state", "confirmed")
    expect(column.locator(".igt__gloss")).to_have_count(2)
    page.get_by_role("link", name="Read", exact=True).click()
    page.locator(".igt__form a", has_text="bili").click()
    expect(page.locator("#entry h1")).to_have_text("bili")


def test_glosses_in_two_languages(somebody, slug):
    ann = somebody().register().make_project(slug, analysis="en id")
    page = open_text(ann, slug, "nisoma.")
    page.get_by_role("button", name="Tiers…").click()
    for name in ("English", "Indonesian"):
        page.get_by_role("group", name="Glosses in").get_by_label(name).check()
    page.get_by_role("button", name="Show these").click()
    page.wait_for_selector("#text[data-ready]")
    page.locator("body").press("g")
    keys = page.keyboard
    keys.press("Home")
    keys.press("ArrowRight")
    keys.press("ArrowRight")
    keys.press("-")
    glosses = page.locator(".box input[data-part=gloss]")
    expect(glosses).to_have_count(4)
    for field, said in zip(glosses.all(), ("1SG", "read", "1TG", "baca"), strict=True):
        field.fill(said)
    keys.press("Control+Enter")
    saved(page)
    told = page.locator("[data-word]").first.locator(".igt__morph")
    expect(told.nth(1).locator(".igt__gloss")).to_have_text(["-read", "-baca"])
    page.locator("[data-word]").first.click()
    expect(glosses.nth(3)).to_have_value("baca")
    page.locator(".box input[data-part=form]").nth(1).press("Home")
    keys.press("Backspace")
    expect(glosses).to_have_count(2)
    expect(glosses.nth(1)).to_have_value("1TG.baca")


def test_a_text_from_right_to_left(somebody, slug):
    ann = somebody().register().make_project(slug, "ar")
    page = open_text(ann, slug, "الكتاب جديد.")
    line = page.locator("ol.igt")
    expect(line).to_have_attribute("dir", "rtl")
    first, second = page.locator("[data-word]").all()
    assert first.bounding_box()["x"] > second.bounding_box()["x"]
    first.click()
    box = page.locator(".box")
    form = box.locator("input[data-part=form]")
    expect(form).to_have_attribute("dir", "rtl")
    form.press("Home")
    form.press("ArrowLeft")
    form.press("ArrowLeft")
    form.press("-")
    expect(form).to_have_count(2)
    assert [one.input_value() for one in form.all()] == ["ال", "كتاب"]
    place = box.bounding_box()
    assert place["x"] >= 0 and place["x"] + place["width"] <= 1440
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("DEF-book")
    page.keyboard.press("Control+Enter")
    saved(page)
    expect(page.locator("[data-word]").first.locator(".igt__gloss")).to_have_count(2)


def test_from_the_concordance_to_the_line_and_the_entry_and_back(somebody, slug):
    ann = somebody().register().make_project(slug).add_entry("soma", "read")
    page = open_text(ann, slug, "wasoma buku.\nnisoma nyama.")
    for place, prefix in ((0, "wa"), (2, "ni")):
        page.locator("[data-word]").nth(place).click()
        form = page.locator(".box input[data-part=form]")
        form.first.press("Home")
        for _ in prefix:
            page.keyboard.press("ArrowRight")
        if form.count() == 1:
            page.keyboard.press("-")
        expect(form).to_have_count(2)
        gloss = page.locator(".box input[data-part=gloss]")
        gloss.first.fill(prefix.upper())
        gloss.last.fill("read")
        page.keyboard.press("Control+Enter")
        saved(page)
    page.keyboard.press("Escape")

    # from the sense to all its occurrences
    page.goto(f"/{slug}/lexicon")
    page.locator(".row__link").first.click()
    expect(page.locator("#entry h1")).to_have_text("soma")
    expect_finds(page, "Occurrences")
    occurrences = page.locator("#entry a", has_text="Occurrences")
    occurrences.click()
    page.wait_for_url("**/concordance**")
    expect_finds(page, "2 finds")

    # a gloss right after a morph, found by a form without a syntax
    page.goto(f"/{slug}/concordance")
    page.select_option("select[name=line]", "gloss")
    page.fill("input[name=text]", "read")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("#found")).to_contain_text("2 finds")

    # to the line in its text, and from there to the entry
    link = page.locator("main a[href*='?at=l_']").last
    link.click()
    page.wait_for_selector("#text[data-ready]")
    line = re.search("#(l_.*)", page.url).group(1)
    expect(page.locator(f"#{line}")).to_contain_text("nyama")
    page.go_back()
    expect(page.locator("#found")).to_contain_text("2 finds")
