"""The style sheets keep the rules of the house: tokens, contrast, logical properties."""

import itertools
import re

import pytest

from app.settings import REPOSITORY

SHEETS = sorted((REPOSITORY / "static" / "css").glob("*.css"))
TOKENS = (REPOSITORY / "static" / "css" / "tokens.css").read_text()
GROUNDS = ("paper", "raised", "sunken")
INKS = ("ink", "quiet", "accent", "accent-strong", "machine", "warn", "danger", "done")
ON_WASHES = [(f"{tone}", f"{tone}-wash") for tone in ("machine", "warn", "danger", "done")]
TEXT = [
    *itertools.product(INKS, GROUNDS),
    *ON_WASHES,
    *((ink, f"{tone}-wash") for ink in ("ink", "quiet") for tone in ("accent", "warn", "danger")),
    ("accent-strong", "accent-wash"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
]
EDGES = [("outline", ground) for ground in GROUNDS]
PHYSICAL = re.compile(
    r"(?<![-\w])(?:(?:margin|padding|border)-(?:left|right|top|bottom)|left|right|top|bottom"
    r"|width|height|min-width|max-width|min-height|max-height)\s*:"
)


PAIRS = re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", TOKENS)
LIGHT = {name: light for name, light, _dark in PAIRS}
DARK = {name: dark for name, _light, dark in PAIRS}


def luminance(colour):
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    """Source: WCAG 2.2, definition of contrast ratio."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_and_edges_of_controls_can_be_seen(theme):
    poor = [
        f"{ink} on {ground}: {contrast(theme[ink], theme[ground]):.2f}"
        for pairs, least in ((TEXT, 4.5), (EDGES, 3.0))
        for ink, ground in pairs
        if contrast(theme[ink], theme[ground]) < least
    ]
    assert poor == []


def test_every_colour_is_said_once_for_light_and_for_dark():
    for_print = TOKENS.index("@media print")
    alone = re.findall(r"--[\w-]+: #[0-9a-f]{3,8};", TOKENS[:for_print])
    assert alone == []


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_colours_are_tokens(sheet):
    if sheet.name == "tokens.css":
        return
    found = re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[;\s,)])", sheet.read_text())
    assert found == []


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_properties_are_logical(sheet):
    source = re.sub(r"/\*.*?\*/|\([^()]*\)", "", sheet.read_text(), flags=re.S)
    assert PHYSICAL.findall(source) == []


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_sides_in_shorthands_are_alike(sheet):
    """`padding: 1px 2px 3px 4px` says left and right, which do not turn with the script."""
    found = re.findall(
        r"(?:margin|padding|inset|border-width): (\S+) (\S+) (\S+) (\S+);",
        re.sub(r"(?<=\()[^()]*(?=\))", "", sheet.read_text()),
    )
    assert [sides for sides in found if sides[1] != sides[3]] == []


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_every_rule_is_in_a_layer(sheet):
    assert re.search(r"^@layer (tokens|base|components|pages)\b", sheet.read_text(), re.M)
    outside = re.sub(r"^@layer [^{;]+\{\n.*?^\}", "", sheet.read_text(), flags=re.M | re.S)
    assert "{" not in outside


def test_every_icon_that_is_used_is_drawn():
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (REPOSITORY / "static/icons.svg").read_text()))
    used = {
        name
        for page in (REPOSITORY / "templates").rglob("*.html")
        for name in re.findall(r'(?<![\w.])icon\("([\w-]+)"', page.read_text())
    }
    assert used - drawn == set()


def test_nothing_typed_is_let_through_unescaped():
    for page in (REPOSITORY / "templates").rglob("*.html"):
        assert not re.search(r"\|\s*safe\b|autoescape\s+false", page.read_text()), page
