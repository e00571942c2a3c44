"""A model of a project: trained, read about, used, trained again, brought in elsewhere."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.test_glossing import open_text, saved, words
from tests.modelling import VERBS, add_lines, make_line

pytestmark = pytest.mark.browser

LINES = 60
SEEN = {word for number in range(LINES) for word in make_line(number)["line"].split()}
NEW = next(word for verb in sorted(VERBS) if (word := f"tume{verb}") not in SEEN)
UNSEEN = f"punda {NEW} kuku"


def train(page, slug):
    """Presses the button, watches the work and comes to the model's page."""
    page.goto(f"/{slug}/models")
    page.locator("section", has=page.get_by_role("heading", name="Gloss", exact=True)).get_by_role(
        "button", name="Train"
    ).click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.wait_for_url("**/models/a_*", timeout=60_000)


def test_from_training_to_a_model_brought_into_another_project(
    somebody, slug, open_project, tmp_path
):
    ann = somebody().register().make_project(slug)
    page = ann.page
    add_lines(open_project(slug), LINES, texts=2)

    # trained and read about
    train(page, slug)
    figures = page.get_by_role("region", name="Figures")
    expect(figures).to_contain_text("that it never saw")
    expect(figures).to_contain_text("Lookup:")
    page.get_by_text("sentences", exact=False).and_(page.locator("summary")).first.click()
    expect(page.locator(".sentence").first).to_be_visible()
    expect(page.get_by_role("button", name="Stop its guesses")).to_be_visible()
    model = page.url

    # used where the work is done
    page = open_text(ann, slug, UNSEEN)
    expect(words(page, "guess")).to_have_count(3)
    for word in words(page, "guess").all():  # once it is loaded
        expect(word).to_contain_text("the model")
    page.locator("[data-word]").first.click()
    for word in UNSEEN.split():
        expect(page.get_by_role("group", name=f"Gloss {word}")).to_be_visible()
        page.keyboard.press("Control+Enter")
    saved(page)
    expect(words(page, "confirmed")).to_have_count(3)
    expect(page.locator("[data-line]").first).to_contain_text("1PL")

    # trained again: another version, beside the first
    page.goto(model)
    page.get_by_role("button", name="Train a new version").click()
    page.wait_for_url(lambda url: "/models/a_" in url and url != model, timeout=60_000)
    expect(page.locator("main")).to_contain_text("version 2")

    # taken away, and brought into another project
    with page.expect_download() as taken:
        page.get_by_role("link", name="Download").click()
    archive = tmp_path / "glosser.zip"
    taken.value.save_as(archive)
    other = f"{slug}-2"
    ann.make_project(other)
    add_lines(open_project(other), 12, first=200)
    page.goto(f"/{other}/models/upload")
    page.set_input_files("input[name=file]", archive)
    page.get_by_role("button", name="Look through it").click()
    expect(page.get_by_label("Name")).to_have_value("glosser")
    page.get_by_role("button", name="Try it", exact=True).click()
    trial = page.get_by_role("region", name="The trial")
    expect(trial).to_contain_text("Tried on")
    page.get_by_role("button", name="Accept it as it was tried").click()
    page.get_by_role("link", name="Try it", exact=True).click()
    page.fill("textarea[name=typed]", UNSEEN)
    page.get_by_role("button", name="Ask the model").click()
    expect(page.locator("table")).to_contain_text("1PL-PRF-")
