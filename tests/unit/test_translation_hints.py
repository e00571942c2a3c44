"""What the translation of a line says of its words, without a database."""

from __future__ import annotations

import pytest

from app.domain.interlinear import make_words, written_gloss
from app.domain.knowledge import Asked, Knowledge, Order
from app.domain.lessons import is_grammatical, lessons_of, neighbours, order_fact, word_key
from app.domain.line_guessing import guess_line
from app.domain.translation_hints import Hints, likeness
from app.domain.translations import alike, lessons_of_translation, parts_of, rendered


class Learnt:
    """A memory of lines: each with morphs, glosses and translation."""

    def __init__(self, *lines):
        self.knowledge = Knowledge()
        for line, morphs, glosses, translation in lines:
            words = make_words(line, "x", morphs, glosses, "en", facts={"origin": "person"})
            content = {"words": words, "translation": {"en": translation}}
            lessons = lessons_of(content)
            for fact, count in (lessons.counts + lessons_of_translation(content)).items():
                self.knowledge.add(fact.key, fact.value, count)
            self.knowledge.contents |= lessons.contents
        self.orders = {"x": Order(self.knowledge.under(order_fact("x")))}

    def guesses(self, line, translation=""):
        """The guesses of each word of a line."""
        words = make_words(line, "x")
        asked = {
            word["id"]: Asked(
                "x", word["form"]["x"], *neighbours(words, n, "x"), place=(n + 0.5) / len(words)
            )
            for n, word in enumerate(words)
        }
        hints = Hints("en", rendered(translation), self.knowledge) if translation else None
        found = guess_line(asked, self.knowledge, self.orders, hints)
        return [found.get(word["id"], []) for word in words]

    def best(self, line, translation=""):
        found = self.guesses(line, translation)
        return [written_gloss(told[0].analysis) if told else "" for told in found]


LINES = (
    ("ndaona nyumba", "nd-a-ona nyumba", "1SG-PST-see house", "I saw the house."),
    ("ndalima munda", "nd-a-lima munda", "1SG-PST-plant field", "I planted the field."),
    ("ndadya nsomba", "nd-a-dya nsomba", "1SG-PST-eat fish", "I ate the fish."),
    ("ndawoca nyama", "nd-a-woca nyama", "1SG-PST-roast meat", "I roasted the meat."),
)


def test_an_unknown_word_is_what_no_other_word_of_the_line_accounts_for():
    learnt = Learnt(*LINES)
    assert learnt.best("ndaona mbuzi", "I saw the goat.")[1] == "goat"
    assert learnt.best("ndaona mbuzi") == ["1SG-PST-see", ""]


def test_endings_are_learnt_from_the_lines_of_the_project():
    learnt = Learnt(*LINES)
    assert learnt.best("ndamenya nyama", "I roasted, cooked the meat.")[0] == "1SG-PST-cook"


def test_a_gloss_that_was_used_before_is_used_again():
    learnt = Learnt(*LINES, ("khofi", "khofi", "café", "the café"))
    assert learnt.best("ndaona kafe", "I saw the cafe.")[1] == "café"


def test_what_stands_in_the_translation_is_likelier():
    lines = [("mbuzi", "mbuzi", gloss, f"the {gloss}") for gloss in ("goat", "ram", "goat")]
    learnt = Learnt(*LINES, *lines)
    assert learnt.best("mbuzi", "A ram!") == ["ram"]
    assert learnt.best("mbuzi", "A goat!") == learnt.best("mbuzi") == ["goat"]


def test_a_proposal_is_a_guess_of_low_confidence_and_the_open_stem_comes_after_it():
    (_, found) = Learnt(*LINES).guesses("ndaona ndamenya", "I saw, cooked")
    assert found[0].translated == "cooked"
    assert found[0].confidence < 0.4
    assert [one.confidence for one in found] == sorted((o.confidence for o in found), reverse=True)
    assert any(written_gloss(one.analysis) == "1SG-PST-?" for one in found)


def test_labels_are_never_taken_from_a_translation():
    told = Learnt(*LINES).best("ndaona xyz abc", "I saw PST 3SG ABC")
    assert not any(is_grammatical(gloss) for gloss in told[1:])


def test_nothing_is_proposed_before_a_gloss_stood_in_a_translation():
    learnt = Learnt(("ndaona nyumba", "nd-a-ona nyumba", "1SG-PST-see house", ""))
    assert learnt.best("mbuzi", "the goat") == [""]


@pytest.mark.parametrize(
    "translation", ["", "!?", "'", "\u0301", "a" * 5000, "🙂 🙂", "العنزة", "x " * 300]
)
def test_strange_translations_do_no_harm(translation):
    learnt = Learnt(*LINES, ("mbuzi", "mbuzi", "goat", translation))
    assert learnt.best("mbuzi yatsopano", translation)[0] == "goat"


def test_a_name_keeps_its_capital_and_the_beginning_of_a_sentence_does_not():
    words = rendered("“Go!” said Ali. Then Ali went.")
    assert [word.said for word in words] == ["go", "said", "Ali", "then", "Ali", "went"]
    assert [word.key for word in words][2] == "ali"


def test_names_are_recognised_across_scripts():
    assert likeness(word_key("Натаван"), "natavan") > 0.9
    assert likeness(word_key("Натаван"), "house") == 0


def test_words_are_alike_from_their_beginning_on():
    assert alike("llegar", "llega") > 0.8
    assert alike("ir", "ira") == 0
    assert parts_of("go.out") == ("go", "out")


def test_lines_that_nobody_glossed_teach_how_usual_words_of_translations_are():
    line = {"words": [{"form": {"x": "a"}}], "translation": {"en": "the goat, the goat"}}
    taught = lessons_of_translation(line)
    assert {(fact.key, fact.value): n for fact, n in taught.items()} == {
        ("tnen", "n"): 1,
        ("tden\tthe", "n"): 1,
        ("tden\tgoat", "n"): 1,
    }
