"""Reading wordnets in WN-LMF, the XML of the Global WordNet Association.

Source: Global WordNet Association, WN-LMF 1.0 to 1.4, globalwordnet.github.io/schemas.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from app.domain.errors import Unreadable
from app.domain.messages import say
from app.links.files import opened
from app.links.synsets import About, Synset, WordSense

_ILI = re.compile(r"i\d+")
_OEWN = re.compile(r"(?:oewn|ewn)-(\d{8}-[nvars])")
_OWN = "https://en-word.net/id/oewn-"
_TAGS = ("Lexicon", "LexicalEntry", "Synset")


class Lmf:
    """A WN-LMF file with one lexicon (the first, where there are several)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lemmas: dict[str, list[str]] = {}
        self._words: dict[str, str] = {}
        lexicon = next(self._elements(("start",)), None)
        if lexicon is None or lexicon.tag != "Lexicon":
            raise Unreadable(say("This is no WN-LMF: it has no <Lexicon>."), path.name, 1)
        self.about = About(
            re.sub(r"[^\w.-]", "-", f"{lexicon.get('id', '')}-{lexicon.get('version', '')}"),
            lexicon.get("label", ""),
            lexicon.get("language", ""),
            lexicon.get("version", ""),
            lexicon.get("license", ""),
            lexicon.get("url", ""),
        )

    def iter_synsets(self) -> Iterator[Synset]:
        """All synsets; the members are found by a first walk over the entries."""
        members: dict[str, list[str]] = defaultdict(list)
        for sense in self.iter_senses():
            members[sense.synset].append(sense.lemma)
        found = 0
        for element in self._elements(("end",)):
            if element.tag == "Synset":
                found += 1
                yield self._synset(element, members)
        if not found:
            raise Unreadable(say("There is no synset in this file."), self._path.name)

    def iter_senses(self) -> Iterator[WordSense]:
        """All senses of entries, numbered within lemma and part of speech."""
        numbers: dict[tuple[str, str], int] = defaultdict(int)
        for element in self._elements(("end",)):
            if element.tag != "LexicalEntry":
                continue
            lemma = element.find("Lemma")
            if lemma is None:
                continue
            written, pos = lemma.get("writtenForm", ""), lemma.get("partOfSpeech", "")
            pos = "a" if pos == "s" else pos
            forms = tuple(form.get("writtenForm", "") for form in element.iter("Form"))
            for sense in element.iter("Sense"):
                numbers[written.lower(), pos] += 1
                count = sum(_number(one.text) for one in sense.iter("Count"))
                place = numbers[written.lower(), pos]
                synset = _short(sense.get("synset", ""))
                yield WordSense(written, pos, place, synset, count, forms)

    def iter_forms(self) -> Iterator[tuple[str, str]]:
        """None: forms stand beside the senses."""
        return iter(())

    def _synset(self, element: etree._Element, members: dict[str, list[str]]) -> Synset:
        name = element.get("id", "")
        ili = element.get("ili", "")
        short = _short(name)
        definition = element.find("Definition")
        return Synset(
            short,
            element.get("partOfSpeech", ""),
            ili if _ILI.fullmatch(ili) else "",
            f"{_OWN}{short}" if short != name else "",
            _subject(element),
            "",
            (definition.text or "") if definition is not None else "",
            tuple(members.get(_short(name), ())),
            tuple(one.text for one in element.iter("Example") if one.text),
            tuple(
                (one.get("relType", ""), _short(one.get("target", "")))
                for one in element.iter("SynsetRelation")
            ),
        )

    def _elements(self, events: tuple[str, ...]) -> Iterator[etree._Element]:
        """Lexicon, entries and synsets of the first lexicon, each forgotten after its use."""
        with opened(self._path) as stream:
            walk = etree.iterparse(
                stream,
                events=events,
                tag=_TAGS,
                resolve_entities=False,
                no_network=True,
                load_dtd=False,
                huge_tree=True,
            )
            try:
                over = False  # the rest is read too, so that a file cut off is noticed
                for _, element in walk:
                    if not over:
                        yield element
                    if events == ("end",):
                        over = over or element.tag == "Lexicon"
                        _forget(element)
            except etree.XMLSyntaxError as error:
                line, column = error.position
                raise Unreadable(
                    say(
                        "The XML is damaged or ends too early (%(why)s). Fetch the file again; "
                        "nothing was changed.",
                        why=error.msg or "",
                    ),
                    self._path.name,
                    line or 0,
                    column or 0,
                ) from error


def _forget(element: etree._Element) -> None:
    """Frees what was read: an element and what stands before it."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _short(name: str) -> str:
    """A synset's id without the prefix of its wordnet, where it is one of Open English WordNet."""
    known = _OEWN.fullmatch(name)
    return known[1] if known else name


def _subject(element: etree._Element) -> str:
    """The lexicographer file: `lexfile`, or `dc:subject` in whichever namespace."""
    values = (str(value) for key, value in element.items() if str(key).endswith("}subject"))
    return str(element.get("lexfile") or next(values, ""))


def _number(text: str | None) -> int:
    return int(text) if text and text.strip().isdigit() else 0
