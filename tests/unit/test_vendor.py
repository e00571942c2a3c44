"""What scripts/setup put into static/vendor is whole, and loads from nowhere else."""

from __future__ import annotations

import re

import pytest

from app.settings import REPOSITORY

VENDOR = REPOSITORY / "static" / "vendor"


@pytest.fixture(scope="module")
def fonts():
    return (VENDOR / "fonts.css").read_text(encoding="utf-8")


def test_every_font_that_the_style_sheet_names_is_there(fonts):
    named = re.findall(r'url\("([^"]+)"\)', fonts)
    assert len(named) == fonts.count("@font-face")
    for place in named:
        assert (VENDOR / place).stat().st_size > 1000


@pytest.mark.parametrize(
    "family",
    [
        "Inter",
        "Charis SIL",
        "Noto Naskh Arabic",
        "Noto Sans Devanagari",
        "Noto Sans Ethiopic",
        "Noto Sans Hebrew",
        "Noto Sans Thai",
    ],
)
def test_every_family_has_a_face(fonts, family):
    assert f'font-family: "{family}"' in fonts


def test_faces_of_other_scripts_load_only_where_their_letters_are(fonts):
    for rule in fonts.splitlines():
        assert "unicode-range" in rule or '"Charis SIL"' in rule


@pytest.mark.parametrize(
    "name", ["idiomorph.js", "swagger-ui/swagger-ui-bundle.js", "swagger-ui/swagger-ui.css"]
)
def test_scripts_are_there(name):
    assert (VENDOR / name).is_file()


def test_idiomorph_is_a_module():
    assert re.search(r"export\s*\{\s*Idiomorph", (VENDOR / "idiomorph.js").read_text())
