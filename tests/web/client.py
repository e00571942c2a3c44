"""The one client that fetches pages in tests, and checks every page that it fetches."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from lxml import html
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

REPOSITORY = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery"
_CHECKED: set[tuple] = set()  # kinds of links that were tried
NEEDS_LABEL = "//input[not(@type='hidden' or @type='submit')] | //select | //textarea"


class Validator:
    """html-validate, kept running."""

    def __init__(self):
        self.process = subprocess.Popen(
            ["node", str(Path(__file__).with_name("html_validate.mjs"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def check(self, page: str) -> list[str]:
        self.process.stdin.write(json.dumps(page) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=10)
        self.process.stdout.close()


def make_validator() -> Validator | None:
    """The checker of HTML; None where it is not installed, which is a failure in CI."""
    if shutil.which("node") and (REPOSITORY / "node_modules" / "html-validate").is_dir():
        return Validator()
    if os.environ.get("CI") == "true":
        pytest.fail("html-validate is not installed; scripts/setup --dev installs it")
    return None


class Client:
    """Fetches pages like a browser with cookies, and checks them."""

    def __init__(self, app, validator=None):
        self.app = app
        self.validator = validator
        self.http = app.test_client()
        self._token = ""

    # Sessions

    @property
    def csrf_token(self) -> str:
        """The token that this session's forms carry."""
        if not self._token:
            page = html.fromstring(self.http.get("/login", follow_redirects=True).text)
            self._token = page.xpath("string(//meta[@name='csrf-token']/@content)")
        return self._token

    def login(self, user, password=PASSWORD):
        """Signs in as an account (a stored document, or a username)."""
        username = user if isinstance(user, str) else user["username"]
        answer = self.post("/login", {"username": username, "password": password})
        self._token = ""
        assert answer.status_code == 302, text_of(answer)

    def logout(self):
        """Signs out."""
        left = self.post("/logout")
        self._token = ""
        assert left.status_code == 302

    # Requests

    def get_page(self, url: str, status: int = 200):
        """Fetches a page, checks it whole and gives it as a tree."""
        answer = self.http.get(url)
        assert answer.status_code == status, f"{url}: {answer.status_code} {text_of(answer)}"
        return self.check_page(url, answer)

    def post(self, url: str, data=None, **kwargs):
        """Posts a form with the session's token."""
        form = {"csrf_token": self.csrf_token, **(data or {})}
        return self.http.post(url, data=form, **kwargs)

    def post_page(self, url: str, data=None, status: int = 200):
        """Posts a form that is answered by a page; checks that and gives it as a tree."""
        answer = self.post(url, data)
        assert answer.status_code == status, f"{url}: {answer.status_code} {text_of(answer)}"
        return self.check_page(url, answer)

    def submit(self, url: str, data=None):
        """Posts a form that leads to another page; checks that and gives it as a tree."""
        answer = self.post(url, data)
        assert answer.status_code == 302, f"{url}: {answer.status_code} {text_of(answer)}"
        return self.get_page(answer.headers["Location"])

    # Checks

    def check_page(self, url: str, answer):
        """Checks what every page promises."""
        assert answer.mimetype == "text/html", url
        source = answer.get_data(as_text=True)
        if self.validator:
            wrong = self.validator.check(source)
            assert not wrong, f"{url}: {wrong}"
        page = html.document_fromstring(source)
        assert page.get("lang"), f"{url}: no lang"
        assert page.get("dir") in {"ltr", "rtl"}, f"{url}: no dir"
        headings = [heading.text_content().strip() for heading in page.iter("h1")]
        assert len(headings) == 1 and headings[0], f"{url}: h1 {headings}"
        assert page.xpath("string(//title)").strip(), f"{url}: no title"
        self._check_ids(url, page)
        self._check_labels(url, page)
        self._check_nothing_inline(url, page)
        self._check_links(url, page)
        return page

    def _check_ids(self, url, page):
        ids = page.xpath("//@id")
        doubled = {one for one in ids if ids.count(one) > 1}
        assert not doubled, f"{url}: ids twice {doubled}"
        for attribute in ("for", "aria-controls", "aria-describedby", "aria-labelledby", "list"):
            for value in page.xpath(f"//@{attribute}"):
                missing = set(value.split()) - set(ids)
                assert not missing, f"{url}: {attribute} names {missing}"

    def _check_labels(self, url, page):
        labelled = set(page.xpath("//label/@for"))
        for control in page.xpath(NEEDS_LABEL):
            named = control.get("aria-label") or control.get("aria-labelledby")
            inside = control.xpath("ancestor::label")
            assert named or inside or control.get("id") in labelled, (
                f"{url}: no label for {html.tostring(control)!r}"
            )
        for button in page.xpath("//button | //a[@href]"):
            name = button.get("aria-label") or button.text_content().strip()
            name = name or button.xpath("string(.//@alt | .//@aria-label)")
            assert name, f"{url}: no name for {html.tostring(button)!r}"

    def _check_nothing_inline(self, url, page):
        assert not page.xpath("//@style | //style"), f"{url}: style in the page"
        assert not page.xpath("//script[not(@src)]"), f"{url}: script in the page"
        assert not page.xpath("//@*[starts-with(name(), 'on')]"), f"{url}: handler in the page"

    def _check_links(self, url, page):
        """Every internal address that the page names leads somewhere.

        Links of a kind, from the same route to the same route with the same arguments of a query,
        are tried once in a run.
        """
        anchors = set(page.xpath("//@id"))
        for target in page.xpath(
            "//@href | //@src | //form[@method='get' or not(@method)]/@action"
        ):
            parsed = urlsplit(urljoin(url, target))
            if parsed.scheme or parsed.netloc:
                continue
            if target.startswith("#"):
                assert target[1:] in anchors, f"{url}: {target} leads nowhere"
                continue
            kind = (self._route(urlsplit(url).path), *self._kind(parsed))
            if kind not in _CHECKED:
                _CHECKED.add(kind)
                address = parsed.path + (f"?{parsed.query}" if parsed.query else "")
                self._check_link(url, address)

    def _kind(self, parsed):
        route = self._route(parsed.path)
        return (route or parsed.path, tuple(sorted(parse_qs(parsed.query))) if route else "")

    def _route(self, path):
        try:
            endpoint = self.app.url_map.bind("localhost").match(path)[0]
        except (HTTPException, RequestRedirect):
            return ""
        return "" if endpoint == "static" else endpoint

    def _check_link(self, url, address):
        with self.http.get(address, buffered=False) as answer:
            assert answer.status_code < 400, f"{url}: link to {address} gives {answer.status_code}"


def text_of(answer) -> str:
    """The words of a page, for a message."""
    try:
        return " ".join(html.fromstring(answer.get_data(as_text=True)).text_content().split())[:600]
    except Exception as error:
        return f"({error})"


def flashes(page) -> list[str]:
    """What a page says was just done."""
    return [one.text_content().strip() for one in page.xpath("//*[@data-flash]/span")]
