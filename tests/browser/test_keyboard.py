"""The lexicon without a mouse: add, find, edit, add a sense, move it, undo, read the history."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def focused(page):
    """What has the focus, as text that a screen reader would find."""
    return page.evaluate(
        "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"
    )


def tab_to(page, selector, most=80, key="Tab"):
    """Tabs until something has the focus; a person would too."""
    for _ in range(most):
        if page.evaluate("one => document.activeElement.matches(one)", selector):
            return
        page.keyboard.press(key)
    pytest.fail(f"{selector} is not reached; the focus is on {focused(page)!r}")


def test_a_day_in_the_lexicon_by_keyboard_alone(somebody, slug):
    ann = somebody().register().make_project(slug)
    page, keys = ann.page, ann.page.keyboard

    # the link past the rail is the first stop
    keys.press("Tab")
    expect(page.locator(".skip")).to_be_focused()

    # two words
    for word, gloss in (("moto", "fire"), ("mti", "tree")):
        ann.ready()
        page.locator("body").press("n")
        expect(page.locator("#add-entry")).to_be_visible()
        tab_to(page, "#add-form input[name^='lemma.']")
        keys.type(word)
        keys.press("Tab")
        keys.type(gloss)
        keys.press("Enter")
        expect(page.locator("#entry h1")).to_have_text(word)

    # search, go down the list, open
    ann.ready()
    page.locator("body").press("/")
    expect(page.locator("#q")).to_be_focused()
    keys.type("moto")
    expect(page.locator(".entry-row")).to_have_count(1)
    keys.press("ArrowDown")
    keys.press("Enter")
    expect(page.locator("#entry h1")).to_have_text("moto")

    # edit a gloss; leaving the field saves it
    tab_to(page, "textarea[data-path*='gloss']")
    keys.press("End")
    keys.type("place")
    keys.press("Tab")
    expect(ann.state()).to_have_text("Saved")
    expect(page.locator(".row__gloss")).to_have_text("fireplace")

    # a second sense, moved up; the focus stays with what was moved
    tab_to(page, ".entry__fields > .adds [data-add=senses]")
    keys.press("Enter")
    expect(page.locator(".member--sense")).to_have_count(2)
    expect(page.locator(".member--sense").nth(1).locator("textarea").first).to_be_focused()
    keys.type("gun")
    second = page.locator(".member--sense").nth(1).get_attribute("id")
    tab_to(page, f"#{second} [data-move='-1']", key="Shift+Tab")
    keys.press("Enter")
    expect(page.locator(".member--sense").first.locator("textarea").first).to_have_value("gun")

    # out of the fields, and back one step
    keys.press("Escape")
    page.locator("body").press("Control+z")
    expect(page.locator(".member--sense").first.locator("textarea").first).to_have_value(
        "fireplace"
    )

    # history, and out of it again
    page.locator("body").press("Alt+h")
    expect(page.locator("#history")).to_be_visible()
    keys.press("Escape")
    expect(page.locator("#history")).to_be_hidden()

    # all keys are told
    page.locator("body").press("?")
    expect(page.locator("#keys")).to_contain_text("new entry")
    keys.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
