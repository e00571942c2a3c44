"""Backups that are taken away, and erasing for good."""

from __future__ import annotations

import tarfile

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_an_owner_takes_a_backup_away(somebody, slug, tmp_path):
    ann = somebody().register().make_project(slug).add_entry("moto", "fire")
    page = ann.page
    page.goto(f"/{slug}/exchange")
    page.get_by_role("button", name="Write a backup").click()
    expect(page.get_by_text("The file is ready")).to_be_visible()
    with page.expect_download() as waiting:
        page.locator("main a.button--main").click()
    out = tmp_path / "backup.tar"
    waiting.value.save_as(out)
    with tarfile.open(out) as archive:
        assert "manifest.json" in archive.getnames()


def test_an_entry_is_erased_with_a_reason_and_leaves_no_word(somebody, slug):
    ann = somebody().register().make_project(slug).add_entry("siri", "secret")
    page, entry = ann.page, ann.page.url
    page.click("[aria-controls=entry-menu]")
    page.get_by_role("link", name="Erase for good…").click()
    expect(page.locator("main")).to_contain_text("This cannot be undone")

    page.locator("#f-reason").fill(" ")
    page.get_by_role("button", name="Erase for good").click()
    expect(page.locator(".field__error")).to_contain_text("Say why it is erased")

    page.locator("#f-reason").fill("asked for by the family")
    page.get_by_role("button", name="Erase for good").click()
    page.wait_for_url("**/activity")
    events = page.locator(".events")
    expect(events).to_contain_text("erasure")
    expect(events).not_to_contain_text("siri")
    expect(events).not_to_contain_text("secret")
    assert page.goto(entry).status == 404
