"""A seeded generator of a realistic LIFT dictionary.

The shape follows real dictionaries: one to three senses, glosses in two languages, definitions of
a few words, a fifth of the entries with examples, some variants, notes, relations and domains;
words of one to five syllables, more common initials having more words.
"""

from __future__ import annotations

import random
import uuid
from pathlib import Path
from xml.sax.saxutils import escape

CONSONANTS = [
    "m",
    "n",
    "k",
    "b",
    "t",
    "p",
    "l",
    "d",
    "s",
    "g",
    "nd",
    "mb",
    "ng",
    "ny",
    "ch",
    "h",
    "r",
    "w",
    "y",
    "f",
    "v",
    "z",
    "j",
    "ng'",
]
VOWELS = ["a", "e", "i", "o", "u", "á", "é", "ì"]
NOUNS = [
    "house",
    "water",
    "fire",
    "tree",
    "stone",
    "river",
    "bird",
    "fish",
    "goat",
    "cow",
    "dog",
    "hand",
    "foot",
    "eye",
    "head",
    "child",
    "woman",
    "man",
    "path",
    "field",
    "maize",
    "bean",
    "salt",
    "oil",
    "pot",
    "basket",
    "mat",
    "rope",
    "knife",
    "spear",
    "drum",
    "song",
    "dance",
    "story",
    "day",
    "night",
    "moon",
    "sun",
    "star",
    "rain",
    "wind",
    "cloud",
    "mountain",
    "valley",
    "sand",
    "grass",
    "leaf",
    "root",
    "fruit",
    "seed",
    "flower",
]
VERBS = [
    "go",
    "come",
    "eat",
    "drink",
    "see",
    "hear",
    "give",
    "take",
    "make",
    "build",
    "cut",
    "carry",
    "sleep",
    "wake",
    "run",
    "walk",
    "sing",
]
QUALITIES = [
    "small",
    "large",
    "old",
    "new",
    "red",
    "black",
    "white",
    "dry",
    "wet",
    "sweet",
    "bitter",
    "long",
    "short",
    "hot",
    "cold",
]
PARTS = ("Noun", "Noun", "Noun", "Verb", "Verb", "Adjective", "Adverb", "Pronoun", "Ideophone")
DOMAINS = tuple(f"{a}.{b}.{c}" for a in range(1, 10) for b in range(1, 9) for c in range(1, 6))
STATUSES = ("draft", "checked", "approved")


def word(rng: random.Random) -> str:
    """A word of one to five syllables."""
    weights = [1 / (n + 1.5) for n in range(len(CONSONANTS))]
    syllables = rng.choices((1, 2, 3, 4, 5), (1, 5, 6, 3, 1))[0]
    return "".join(
        rng.choices(CONSONANTS, weights)[0] + rng.choice(VOWELS) for _ in range(syllables)
    )


def gloss(rng: random.Random) -> str:
    """A gloss of one to three words."""
    if rng.random() < 0.3:
        return f"{rng.choice(VERBS)} {rng.choice(NOUNS)}"
    noun = rng.choice(NOUNS)
    return f"{rng.choice(QUALITIES)} {noun}" if rng.random() < 0.5 else noun


def phrase(rng: random.Random, length: int) -> str:
    """A definition or translation."""
    pools = (NOUNS, VERBS, QUALITIES)
    return " ".join(rng.choice(rng.choice(pools)) for _ in range(length))


def _form(tag: str, lang: str, text: str) -> str:
    return f'<{tag} lang="{lang}"><text>{escape(text)}</text></{tag}>'


def _sense(rng: random.Random, number: int, entry: int, count: int) -> str:
    parts = [f'<sense id="s{entry}_{number}">']
    parts.append(f'<grammatical-info value="{rng.choice(PARTS)}"/>')
    parts.append(_form("gloss", "en", gloss(rng)))
    if rng.random() < 0.8:
        parts.append(_form("gloss", "pt", gloss(rng)))
    if rng.random() < 0.6:
        parts.append(
            f"<definition>{_form('form', 'en', phrase(rng, rng.randint(3, 9)))}</definition>"
        )
    if rng.random() < 0.2:
        example = " ".join(word(rng) for _ in range(rng.randint(3, 7)))
        parts.append(
            f"<example>{_form('form', 'seh', example)}<translation type='Free translation'>"
            f"{_form('form', 'en', phrase(rng, 5))}</translation></example>"
        )
    if rng.random() < 0.1:
        parts.append(f"<note type='grammar'>{_form('form', 'en', phrase(rng, 6))}</note>")
    if rng.random() < 0.05 and count > 10:
        parts.append(f'<relation type="Synonym" ref="e{rng.randrange(count)}"/>')
    if rng.random() < 0.5:
        parts.append(f'<trait name="semantic-domain-ddp4" value="{rng.choice(DOMAINS)}"/>')
    parts.append("</sense>")
    return "".join(parts)


def write(path: Path, count: int, seed: int = 7) -> Path:
    """Writes a LIFT 0.13 file of `count` entries; the same seed gives the same file."""
    rng = random.Random(seed)
    with path.open("w", encoding="utf-8") as out:
        out.write('<?xml version="1.0" encoding="UTF-8"?>\n<lift version="0.13">\n')
        for number in range(count):
            guid = uuid.UUID(int=rng.getrandbits(128), version=4)
            out.write(f'<entry id="e{number}" guid="{guid}" dateCreated="2020-01-01T00:00:00Z">')
            out.write(f"<lexical-unit>{_form('form', 'seh', word(rng))}</lexical-unit>")
            if rng.random() < 0.3:
                out.write(f"<citation>{_form('form', 'seh', word(rng))}</citation>")
            if rng.random() < 0.1:
                out.write(f"<variant>{_form('form', 'seh', word(rng))}</variant>")
            for sense in range(rng.choices((1, 2, 3), (7, 2, 1))[0]):
                out.write(_sense(rng, sense, number, count))
            out.write('<trait name="morph-type" value="stem"/>')
            if rng.random() < 0.5:
                out.write(f'<trait name="status" value="{rng.choice(STATUSES)}"/>')
            out.write("</entry>\n")
        out.write("</lift>\n")
    return path
