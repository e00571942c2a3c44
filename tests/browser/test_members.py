"""Members: invited by link, given a role, taken out; an invitation that is revoked."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_an_invitation_makes_a_member_whose_role_then_changes(somebody, slug):
    ann = somebody().register().make_project(slug).add_entry("moto", "fire")
    entry = ann.page.url
    ben = somebody().register(ann.invite(slug))
    ben.page.get_by_role("button", name="Accept").click()
    ben.page.wait_for_url(f"**/{slug}**")

    ben.page.goto(entry)
    expect(ben.page.locator("#entry-state")).to_have_text("Read only")
    expect(ben.page.locator("textarea:not([readonly])")).to_have_count(0)

    ann.page.goto(f"/{slug}/members")
    row = ann.page.locator("tr", has_text=ben.name)
    row.locator("select").select_option("editor")
    expect(ann.page.locator("[data-flash]")).to_be_visible()
    ben.page.reload()
    expect(ben.page.locator("#entry-state")).to_have_text("Saved")

    row.locator("[aria-controls^=more-]").click()
    row.get_by_role("button", name="Remove from the project").click()
    expect(ann.page.locator("tbody th", has_text=ben.name)).to_have_count(0)
    assert ben.page.goto(entry).status == 404


def test_a_revoked_invitation_says_so_and_what_to_do(somebody, slug):
    ann = somebody().register().make_project(slug)
    link = ann.invite(slug, note="for Ben")
    ann.page.locator("tr", has_text="for Ben").get_by_role("button", name="Revoke").click()
    expect(ann.page.get_by_text("for Ben")).to_have_count(0)
    guest = somebody()
    guest.page.goto(link)
    expect(guest.page.locator("main")).to_contain_text("Ask for a new link")
