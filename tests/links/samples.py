"""A small wordnet in each form in which wordnets come."""

from __future__ import annotations

import lzma

from app.links import wordnet
from app.links.lmf import Lmf
from app.links.wordnet import Wordnet

# id, pos, ili, lexfile, members, definition, what is above it
SYNSETS = (
    ("00000001-n", "n", "i1", "noun.Tops", "animal|fauna", "a living organism that moves", ""),
    (
        "00000002-n",
        "n",
        "i2",
        "noun.animal",
        "bird",
        "animal with feathers and wings",
        "00000001-n",
    ),
    (
        "00000003-n",
        "n",
        "i3",
        "noun.animal",
        "crane",
        "large long-necked wading bird",
        "00000002-n",
    ),
    ("00000004-n", "n", "i4", "noun.artifact", "crane", "lifts and moves heavy objects", ""),
    ("00000005-n", "n", "i5", "noun.artifact", "basket", "a container of wicker", ""),
    ("00000006-n", "n", "i6", "noun.artifact", "house", "a dwelling where people live", ""),
    ("00000007-n", "n", "i7", "noun.group", "house|family", "people of one blood", ""),
    (
        "00000008-v",
        "v",
        "i8",
        "verb.possession",
        "house|put up",
        "give somebody a place to live",
        "",
    ),
    ("00000009-v", "v", "i9", "verb.motion", "walk", "use one's feet to advance", ""),
    ("00000010-v", "v", "i10", "verb.motion", "go|move", "change location", ""),
    ("00000011-a", "a", "i11", "adj.all", "dirty|soiled", "not clean", ""),
    ("00000012-s", "s", "i12", "adj.all", "filthy", "disgustingly dirty", ""),
    ("00000013-n", "n", "", "noun.plant", "Carica papaya|papaya", "tropical tree with fruit", ""),
    ("00000014-r", "r", "i14", "adv.all", "well", "in a good manner", ""),
    ("00000015-n", "n", "i15", "noun.body", "foot", "the part of the leg below the ankle", ""),
)
FORMS = {("go", "v"): "went|gone", ("foot", "n"): "feet"}


def senses():
    """Lemma, part of speech, number, synset."""
    seen: dict[tuple[str, str], int] = {}
    for name, pos, _, _, members, _, _ in SYNSETS:
        for member in members.split("|"):
            key = (member, pos.replace("s", "a"))
            seen[key] = seen.get(key, 0) + 1
            yield *key, seen[key], name


def lmf():
    """The wordnet as WN-LMF."""
    entries = []
    for n, (lemma, pos, _, synset) in enumerate(senses()):
        forms = "".join(
            f'<Form writtenForm="{form}"/>'
            for form in FORMS.get((lemma, pos), "").split("|")
            if form
        )
        entries.append(
            f'<LexicalEntry id="w{n}"><Lemma writtenForm="{lemma}" partOfSpeech="{pos}"/>{forms}'
            f'<Sense id="s{n}" synset="oewn-{synset}"/></LexicalEntry>'
        )
    synsets = [
        f'<Synset id="oewn-{name}" ili="{ili}" partOfSpeech="{pos}" lexfile="{lexfile}">'
        f"<Definition>{definition}</Definition>"
        + (f'<SynsetRelation relType="hypernym" target="oewn-{above}"/>' if above else "")
        + "<Example>as in this</Example></Synset>"
        for name, pos, ili, lexfile, _, definition, above in SYNSETS
    ]
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<!DOCTYPE LexicalResource SYSTEM "http://globalwordnet.github.io/schemas/WN-LMF-1.1.dtd">\n'
        '<LexicalResource xmlns:dc="https://globalwordnet.github.io/schemas/dc/">\n'
        '<Lexicon id="mini" label="Mini wordnet" language="en" email="a@example.org" '
        'license="https://creativecommons.org/licenses/by/4.0/" version="1.0">\n'
        + "\n".join([*entries, *synsets])
        + "\n</Lexicon>\n</LexicalResource>\n"
    )


def write_tables(folder):
    """The wordnet as a pair of packed tables."""
    synsets = ["synset\tpos\tili\twikidata\tlexfile\tmembers\tdefinition\texamples\trelations"]
    synsets += [
        "\t".join(
            (name, pos, ili, "Q1" if ili == "i2" else "", lexfile, members, definition,
             "one ¦ two", f"hypernym={above}" if above else "")
        )
        for name, pos, ili, lexfile, members, definition, above in SYNSETS
    ]  # fmt: skip
    words = ["lemma\tentry_pos\tsense_no\tsynset\tsense_key\tforms"]
    words += [
        "\t".join((lemma, pos, str(n), name, "k", FORMS.get((lemma, pos), "")))
        for lemma, pos, n, name in senses()
    ]
    for name, lines in (("synsets", synsets), ("senses", words)):
        text = "\n".join(lines) + "\n"
        (folder / f"mini-{name}.tsv.xz").write_bytes(lzma.compress(text.encode()))
    return folder


def write_wndb(folder, version="3.1", shift=0):
    """The wordnet as WordNet database files.

    Args:
        shift: what is added to each offset, as in files that were built anew.
    """
    offsets = {name: f"{int(name[:8]) + shift:08d}" for name, *_ in SYNSETS}
    lexfiles = {"noun.Tops": 3, "noun.animal": 5, "noun.artifact": 6, "noun.group": 14,
                "verb.possession": 40, "verb.motion": 38, "adj.all": 0, "noun.plant": 20,
                "adv.all": 2, "noun.body": 8}  # fmt: skip
    for letter, file in (("n", "noun"), ("v", "verb"), ("a", "adj"), ("r", "adv")):
        data = [f"  1 WordNet {version} Copyright by us.  "]
        for name, pos, _, lexfile, members, definition, above in SYNSETS:
            if pos.replace("s", "a") != letter:
                continue
            words = members.split("|")
            told = " ".join(f"{word.replace(' ', '_')} 0" for word in words)
            links = f"001 @ {offsets[above]} n 0000" if above else "000"
            data.append(
                f"{offsets[name]} {lexfiles[lexfile]:02d} {pos} {len(words):02x} {told} {links} "
                f'| {definition}; "as in this"  '
            )
        (folder / f"data.{file}").write_text("\n".join(data) + "\n")
        lemmas: dict[str, list[str]] = {}
        for lemma, pos, _, name in senses():
            if pos == letter:
                lemmas.setdefault(lemma.lower().replace(" ", "_"), []).append(offsets[name])
        lines = [
            f"{lemma} {letter} {len(found)} 0 {len(found)} 0 {' '.join(found)}  "
            for lemma, found in lemmas.items()
        ]
        (folder / f"index.{file}").write_text("\n".join(["  1 head", *lines]) + "\n")
    (folder / "noun.exc").write_text("feet foot\n")
    (folder / "verb.exc").write_text("went go\n")
    return folder


def ili_lines():
    """The table of the interlingual index."""
    return [f"{ili}\t{name}" for name, _, ili, *_ in SYNSETS if ili]


def install(folder):
    """Indexes the wordnet in a folder of catalogs."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "mini.xml"
    path.write_text(lmf(), encoding="utf-8")
    made = wordnet.build(Lmf(path), folder / "wordnet")
    path.unlink()
    return Wordnet(made)
