"""What scripts say is in the language of the page, which runs from right to left here."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.translation import TAG, bracketed

pytestmark = pytest.mark.browser


def test_scripts_say_nothing_without_a_translation(somebody, slug):
    ann = somebody(locale=TAG).register().make_project(slug).add_entry("moto", "fire")
    page = ann.page
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    ann.ready()  # all scripts of the page are there before the network is lost
    ann.context.set_offline(True)
    ann.field("gloss").fill("flame")
    ann.field("gloss").blur()
    expect(ann.state()).to_have_text(bracketed("Offline: kept here, trying again"))
    ann.context.set_offline(False)
    expect(ann.state()).to_have_text(bracketed("Saved"))

    page.fill("#q", "mo")
    expect(page.locator(".entry-row")).to_have_count(1)
    expect(page.locator("#count")).to_have_text(bracketed("1 entries"))  # its plural is made up

    page.fill("#q", "")
    page.click("[data-dialog=add-entry]")
    page.fill("#add-form input[name^='lemma.']", "moto")
    expect(page.locator("#same")).to_contain_text("⟦There already:")


def test_nothing_is_wider_than_the_screen_from_right_to_left(somebody, slug):
    ann = somebody(width=390, locale=TAG).register().make_project(slug)
    ann.add_entry("moto", "fire")
    for path in (ann.page.url, f"/{slug}/settings", f"/{slug}/members", f"/{slug}/exchange"):
        ann.page.goto(path)
        for width in (390, 1440):
            ann.page.set_viewport_size({"width": width, "height": 900})
            wide = ann.page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert wide <= 0, (path, width)
