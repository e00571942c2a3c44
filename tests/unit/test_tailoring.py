"""Sorting by ICU's tailoring rules; expectations are what ICU's user guide and CLDR say."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.project import Collation
from app.domain.sorting import OTHER_LETTER, Tailored, make_sorter, problem_of
from app.domain.tailoring import RuleError, Tailoring


def in_order(rules, words):
    sorter = Tailored(rules)
    return sorted(sorted(words.split()), key=lambda word: sorter.sort_key(word).key)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("& C < č <<< Č < ć <<< Ć", "CUKIĆ CURIĆ CVRKALJ ČUKIĆ ĆURIĆ DA"),
        ("&n < ng <<< Ng < ny", "na nz nga Nga NGA nya o"),
        ("&N<nh<<<Nh<<<NH<ny<<<Ny<<<NY<ŋ<<<Ŋ", "n N nz nh Nh NH ny Ny NY ŋ Ŋ o"),
        ("&E<ɛ<<<Ɛ&O<ɔ<<<Ɔ", "e ez ɛ Ɛ ɛa f o oz ɔ p"),
        ("&a << ä <<< Ä", "a A ä Ä ab äb ac"),
        ("&a < b < c &a < d", "a d b c e"),
        ("&a < b < c &b < d", "a b d c e"),
        ("&z < å <<< Å < ä < ö", "a o z å Å ä ö"),
        ("&[before 1]b < z", "a z za b c y"),
        ("&[before 1]b < z < y", "a z y b c x"),
        ("&[before 2]a << â", "â a ab ac"),
        ("&[before 3]a <<< A", "A a Ab ab"),
        ("&N<<<ŉ", "n N ŉ na"),
        ("&ae << æ <<< Æ", "ad ae æ Æ af"),
        ("&c < ch / h", "c cz ch chz d"),
        ("&a = x", "aa ab xb ac"),
        ("&b <* cda-b &z < y", "c d a b e z y"),
        ("&n < 'n''' < '-'", "n nz n'a -a o"),
        (r"&n < n\u0303 < \\ < \'", "n nz ñ \\ ' o"),
        ("# the order\n&n < ng # digraph\n[normalization on]", "n nz ng o"),
        ("&á << x", "a á x b"),
        ("&a ; b , c", "a b c ad"),
        ("", "😀 a á b"),
    ],
)
def test_the_rules_make_the_order(rules, expected):
    assert in_order(rules, expected) == expected.split()


@pytest.mark.parametrize(
    ("rules", "named"),
    [
        ("&a < b [reorder Grek]", r"\[reorder Grek\]"),
        ("[import de-u-co-phonebk]", "import"),
        ("[caseFirst upper]", "caseFirst upper"),
        ("[backwards 2] &a < b", "backwards 2"),
        ("&[last regular] < x", "last regular"),
        ("&[before 1]a << b", "before 1"),
        ("&a < b | c", r"\|"),
        ("&a <<<< b", "<<<<"),
        ("&a < b*c", r"\*"),
        ("< a", "<"),
        ("a < b", "a"),
        ("&", "&"),
        ("& < b", "<"),
        ("&a <", "&a"),
        ("&a / b", "/"),
        ("&a < b /", "&a"),
        ("&- < x", "-"),
        ("&a <* z-b", "z-b"),
        (r"&a < \uD800", "D800"),
        ("&a < [unclosed", "unclosed"),
    ],
)
def test_what_is_not_understood_is_named_and_the_usual_order_is_used(rules, named):
    with pytest.raises(RuleError, match=named):
        Tailoring(rules)
    collation = Collation(kind="icu", rules=rules)
    assert problem_of(collation).endswith(".")
    assert make_sorter(collation).sort_key("b") == make_sorter(Collation()).sort_key("b")


def test_headings_and_where_their_words_begin():
    sorter = make_sorter(Collation(kind="icu", rules="&n < ng < ny &[before 1]b < z &a << â"))
    words = ["âb", "7up", "zaa", "bee", "nab", "ngoma", "nya", "Nyo", "oga", "-x", "..."]
    found = {word: sorter.sort_key(word) for word in words}
    assert {word: one.letter for word, one in found.items()} == {
        "âb": "A", "7up": OTHER_LETTER, "zaa": "Z", "bee": "B", "nab": "N", "ngoma": "Ng",
        "nya": "Ny", "Nyo": "Ny", "oga": "O", "-x": "X", "...": OTHER_LETTER,
    }  # fmt: skip
    in_turn = sorted(found.values(), key=lambda one: one.key)
    headings = list(dict.fromkeys(one.letter for one in in_turn))
    assert headings == [OTHER_LETTER, "A", "Z", "B", "N", "Ng", "Ny", "O", "X"]
    for one in in_turn:
        assert sorter.letter_start(one.letter) <= one.key
        later = headings[headings.index(one.letter) + 1 :]
        assert all(one.key < sorter.letter_start(heading) for heading in later)


RULES = "&n < ng <<< Ng < ny &a << â &[before 1]o < ə = ɘ &e <* ɛœ"


@given(st.text(max_size=12), st.text(max_size=12))
def test_every_word_has_a_key_whatever_its_normal_form(one, other):
    sorter = Tailored(RULES)
    for word in (one, other):
        forms = {sorter.sort_key(unicodedata.normalize(form, word)).key for form in ("NFC", "NFD")}
        assert len(forms) == 1


@given(st.text("aâbnŋgyəɛoeANG", max_size=8), st.text("aâbnŋgyəɛoeANG", max_size=8))
def test_a_word_comes_before_what_it_begins(one, other):
    sorter = Tailored("&o < p")
    keys = [sorter.sort_key(word).key for word in (one, one + other)]
    assert keys == sorted(keys)


@given(st.text(max_size=30))
def test_any_text_is_rules_or_refused_with_a_reason(rules):
    try:
        Tailoring(rules).weights("word")
    except RuleError as error:
        assert str(error)


@given(st.lists(st.text("abcdnghyâé", min_size=1, max_size=6), max_size=6))
def test_without_rules_the_order_of_letters_is_the_usual_one(words):
    plain, tailored = make_sorter(Collation()), Tailored("")
    found = sorted(words, key=lambda word: tailored.sort_key(word).key)
    first = [plain.sort_key(word).key.split("\x01")[0] for word in found]
    assert first == sorted(first)
    assert [tailored.sort_key(word).letter for word in words] == [
        plain.sort_key(word).letter for word in words
    ]
