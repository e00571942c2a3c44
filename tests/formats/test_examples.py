"""One line as an example for a paper, in each style."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from app.domain.interlinear import make_words, written_gloss
from app.formats.examples import STYLES, make_example

STYLE = {style.id: style.write for style in STYLES}


def example(line="Watoto wanasoma, “vitabu”.", written="", glossed="", told="", **facts):
    words = make_words(line, "swh", written, glossed, "en")
    utterance = {"baseline": {"swh": line}, "words": words, "translation": {"en": told}}
    return make_example(utterance, "swh", "en", **facts)


@pytest.fixture
def glossed():
    return example(
        written="wa-toto wa-na-soma vi-tabu",
        glossed="CL2-child 3PL.SBJ-PRS-read CL8-book",
        told="The children read 50% of the books.",
        reference="TC 2",
    )


def test_gb4e(glossed):
    assert STYLE["gb4e"](glossed) == (
        "\\begin{exe}\n"
        "\\ex \\gll wa-toto wa-na-soma, “vi-tabu”.\\\\\n"
        "     \\textsc{cl2}-child \\textsc{3pl}.\\textsc{sbj}-\\textsc{prs}-read "
        "\\textsc{cl8}-book\\\\\n"
        "\\glt `The children read 50\\% of the books.' (TC 2)\n"
        "\\end{exe}\n"
    )


def test_expex(glossed):
    assert STYLE["expex"](glossed).split("\n")[:3] == [
        "\\ex",
        "\\begingl",
        "\\gla wa-toto wa-na-soma, “vi-tabu”. //",
    ]
    assert STYLE["expex"](glossed).endswith("//\n\\endgl\n\\xe\n")


def test_linguex(glossed):
    lines = STYLE["linguex"](glossed).split("\n")
    assert lines[0] == "\\exg. wa-toto wa-na-soma, “vi-tabu”.\\\\"
    assert lines[2].startswith("`The children")


def test_a_morph_that_is_no_stretch_of_its_own_is_set_apart_by_a_backslash():
    morphs = [
        {"id": "m_1", "form": {"seh": "enda"}, "gloss": {"en": "go"}},
        {"id": "m_2", "form": {"seh": "́"}, "gloss": {"en": "Q"}},
    ]
    analysis = {"id": "y_1", "morphs": morphs}
    assert written_gloss(analysis, "en") == "goQ"
    assert written_gloss(analysis, "en", fused="\\") == "go\\Q"


def test_plain_text_stands_in_columns(glossed):
    words, glosses, told, end = STYLE["text"](glossed).split("\n")
    assert (told, end) == ("‘The children read 50% of the books.’ (TC 2)", "")
    assert words.index("wa-na") == glosses.index("3PL")
    assert words.index("“vi") == glosses.index("CL8")


def test_columns_stand_right_with_marks_and_wide_letters():
    found = example("kṵ̀ 감다 x", written="kṵ̀ 감다 x", glossed="a b c")
    words, glosses, _ = STYLE["text"](found).split("\n")
    assert words == "kṵ̀  감다  x"
    assert glosses == "a   b     c"


def test_html_escapes_and_marks_labels():
    found = example(
        "<b>a</b>", written="<b>a</b>", glossed="<PST>x", told="<script>", language="swh"
    )
    page = html.fromstring(STYLE["html"](found))
    assert page.xpath("//script") == [] and page.xpath("//b") == []
    assert page.xpath("//tr")[0].get("lang") == "swh"


def test_a_line_without_glosses_is_one_line():
    for style in STYLES:
        written = style.write(example("Simba hakuja.", told="The lion did not come."))
        assert "hakuja" in written and "did not come" in written and "\\gll" not in written
    bare = make_example({"baseline": {"swh": "Simba hakuja."}}, "swh")
    assert STYLE["text"](bare) == "Simba  hakuja.\n"


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_latex_is_balanced_whatever_was_typed(line, glossed, told):
    found = example(line, written=line, glossed=glossed, told=told, reference=told)
    for name in ("gb4e", "expex", "linguex"):
        written = re.sub(r"\\[{}&%$#_]", "", STYLE[name](found))
        assert written.count("{") == written.count("}")
        assert not re.search(r"(?<!\\)[&%$#^~]", written)
