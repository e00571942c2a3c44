"""Backups: one archive with everything that cannot be rebuilt, consistent while people edit.

A tar file of gzip'd JSON lines (MongoDB's relaxed Extended JSON), one member a collection, and of
the stored files as they are. The last two members are `manifest.json`, which names every other
one with its SHA-256, and the SHA-256 of the manifest itself: an archive that was cut off or
changed is found out before anything is made of it.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any, BinaryIO

from bson import json_util
from pymongo.client_session import ClientSession

from app.domain.errors import Conflict, NotFound, Unavailable
from app.domain.kinds import KINDS
from app.store import erase, files, migrations
from app.store.changes import current_seq
from app.store.database import Document, Store
from app.store.past import Past

FORMAT, FORMAT_VERSION = "life-backup", 1
MANIFEST, SEAL = "manifest.json", "manifest.sha256"
JSON = json_util.RELAXED_JSON_OPTIONS.with_options(tz_aware=True)
# What belongs to the server; secrets that only open doors (sessions, tokens, links) are left out.
SERVER = ("accounts", "invitations", "server", "quotas")
# What belongs to a project beside its records and their log.
BESIDE = ("members", "audit", "not_duplicates", "erasures", "releases")
LOGGED = ("changes", "change_parts", "deliveries")
RECORDS = {kind.collection: kind.name for kind in KINDS.values()}
_CHUNK = 1 << 20
_IN_MEMORY = 8 << 20
_TRIES = 3
_PACKED = 0.4  # of the size in the database, at most what compressed JSON was seen to need
Progress = Callable[[str, int, int], None]


def quiet(_phase: str, _done: int, _total: int) -> None:
    """No progress is shown."""


@dataclass
class Member:
    """One file of an archive: bytes and hash as they stand there, and how many lines it has."""

    size: int
    sha256: str
    documents: int | None = None


@dataclass
class HeldProject:
    """A project in an archive, as it was after change number `seq`."""

    id: str
    slug: str
    title: str
    seq: int
    counts: dict[str, int] = field(default_factory=dict)


@dataclass
class Manifest:
    """What an archive holds.

    Attributes:
        schema: number of the last migration that the data have seen.
        scope: `server` for all of it, `project` for one project without accounts.
    """

    made: str
    schema: int
    scope: str
    projects: list[HeldProject] = field(default_factory=list)
    members: dict[str, Member] = field(default_factory=dict)
    format: str = FORMAT
    format_version: int = FORMAT_VERSION


def write(
    store: Store,
    out: BinaryIO,
    scratch: Path,
    now: datetime,
    *,
    project: str | None = None,
    progress: Progress = quiet,
) -> Manifest:
    """Writes an archive; begins again where something was erased while it was written.

    Args:
        out: an empty file, open for writing.
        scratch: a folder for one member at a time.
        project: id of the only project; all of the server where left out.

    Raises:
        Conflict: somebody erases records all the time.
    """
    for _ in range(_TRIES):
        erase.resume(store)
        erased = store.erasures.count_documents({})
        out.seek(0)
        out.truncate()
        manifest = _Writing(store, out, scratch, now, project, progress).run()
        still = store.erasures.find_one({"state": "erasing"}) is None
        if still and store.erasures.count_documents({}) == erased:
            return manifest
    raise Conflict("Records were erased while the backup was written; start it again.")


def estimate(store: Store, project: str | None = None) -> int:
    """About how many bytes a backup will have: what lies in the database, and the files."""
    total = 0.0
    for name in (*RECORDS, *LOGGED):
        only = {"project": project} if project else {}
        stages: list[Document] = [{"$collStats": {"storageStats": {}}}]
        if name in store.list_collection_names():
            stats = next(iter(store[name].aggregate(stages)))["storageStats"]
            number = store[name].count_documents(only) if project else stats["count"]
            total += number * stats.get("avgObjSize", 0) * _PACKED
    match = {"metadata.project": project} if project else {}
    group = {"_id": None, "bytes": {"$sum": "$length"}}
    for found in store["blobs.files"].aggregate([{"$match": match}, {"$group": group}]):
        total += found["bytes"]
    return int(total)


def require_disk(folder: Path, needed: int, what: str) -> None:
    """Refuses to begin what will not fit.

    Raises:
        Unavailable: the disk of a folder has less room than `needed`.
    """
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise Unavailable(
            f"{what} needs about {needed / 1e6:,.0f} MB and the disk of {folder} has "
            f"{free / 1e6:,.0f} MB free; make room or choose another disk."
        )


class _Writing:
    """Writes one archive once."""

    def __init__(
        self,
        store: Store,
        out: BinaryIO,
        scratch: Path,
        now: datetime,
        project: str | None,
        progress: Progress,
    ) -> None:
        self.store, self.scratch, self.only, self.progress = store, scratch, project, progress
        self.tar = tarfile.TarFile(fileobj=out, mode="w", format=tarfile.PAX_FORMAT)
        scope = "project" if project else "server"
        self.manifest = Manifest(now.isoformat(), migrations.version(store), scope)

    def run(self) -> Manifest:
        """Writes everything, the manifest last."""
        with self.tar:
            with self.store.client.start_session(snapshot=True) as session:
                held = self._begin(session)
            for place, one in enumerate(held):
                self.progress(f"project {one.slug}, number", place + 1, len(held))
                self._project(one)
                self.manifest.projects.append(one)
            self._seal()
        return self.manifest

    def _begin(self, session: ClientSession) -> list[HeldProject]:
        """Notes at which change each project is, and writes what is small, as of one moment."""
        query = {"_id": self.only} if self.only else {}
        held = [
            HeldProject(
                found["_id"],
                found["slug"],
                found["title"],
                current_seq(self.store, found["_id"], session),
            )
            for found in self.store.projects.find(query, session=session).sort("_id", 1)
        ]
        beside = {"project": self.only} if self.only else {}
        for name in BESIDE:
            self._lines(f"{name}.jsonl.gz", self.store[name].find(beside, session=session))
        self._lines("counters.jsonl.gz", ({"_id": one.id, "seq": one.seq} for one in held))
        if not self.only:
            for name in SERVER:
                found = map(_without_secrets, self.store[name].find(session=session))
                self._lines(f"{name}.jsonl.gz", found)
        return held

    def _project(self, held: HeldProject) -> None:
        folder = f"projects/{held.id}"
        past = Past(self.store, held.id, held.seq)
        for collection, kind in RECORDS.items():
            name = f"{folder}/{collection}.jsonl.gz"
            held.counts[collection] = self._lines(name, past.iter_records(kind))
        for collection, found in (
            ("changes", past.iter_changes()),
            ("change_parts", past.iter_parts()),
            ("deliveries", past.iter_deliveries()),
        ):
            held.counts[collection] = self._lines(f"{folder}/{collection}.jsonl.gz", found)
        held.counts["files"] = self._lines(f"{folder}/files.jsonl.gz", self._files(held.id))

    def _files(self, project: str) -> Iterator[Document]:
        """Writes the stored files that are kept, and yields what is known of each."""
        for found in list(files.iterate(self.store, project, use={"$in": [None, "release"]})):
            try:
                stream = files.open_file(self.store, project, found["_id"])
            except NotFound:  # it belonged to an import that was given up
                continue
            with self._spool() as spool:
                shutil.copyfileobj(stream, spool, _CHUNK)
                self._add(f"projects/{project}/files/{found['_id']}", spool)
            yield found

    def _lines(self, name: str, documents: Iterable[Document]) -> int:
        """Adds documents as gzip'd JSON lines; returns how many."""
        count = 0
        with self._spool() as spool:
            with gzip.GzipFile(fileobj=spool, mode="wb", compresslevel=6, mtime=0) as packed:
                for document in documents:
                    packed.write(json_util.dumps(document, json_options=JSON).encode() + b"\n")
                    count += 1
            self._add(name, spool, count)
        return count

    def _add(self, name: str, spool: IO[bytes], documents: int | None = None) -> None:
        size = spool.tell()
        spool.seek(0)
        digest = hashlib.sha256()
        while block := spool.read(_CHUNK):
            digest.update(block)
        spool.seek(0)
        self._put(name, spool, size)
        self.manifest.members[name] = Member(size, digest.hexdigest(), documents)

    def _put(self, name: str, stream: IO[bytes], size: int) -> None:
        info = tarfile.TarInfo(name)
        info.size = size
        info.mode = 0o600
        self.tar.addfile(info, stream)

    def _spool(self) -> IO[bytes]:
        spool: IO[bytes] = tempfile.SpooledTemporaryFile(  # noqa: SIM115  the caller closes it
            _IN_MEMORY, dir=str(self.scratch)
        )
        return spool

    def _seal(self) -> None:
        text = json.dumps(asdict(self.manifest), ensure_ascii=False, indent=1).encode()
        self._put(MANIFEST, io.BytesIO(text), len(text))
        seal = hashlib.sha256(text).hexdigest().encode()
        self._put(SEAL, io.BytesIO(seal), len(seal))


def _without_secrets(document: Document) -> Document:
    """An account without the stamp that keeps its sessions alive."""
    return {key: value for key, value in document.items() if key != "stamp"}


def manifest_of(text: bytes) -> Manifest:
    """The manifest that a JSON text describes.

    Raises:
        ValueError: it is not one.
    """
    try:
        found: dict[str, Any] = json.loads(text)
        if found["format"] != FORMAT:
            raise ValueError(f"format {found['format']}")
        projects = [HeldProject(**one) for one in found.pop("projects")]
        members = {name: Member(**one) for name, one in found.pop("members").items()}
        return Manifest(projects=projects, members=members, **found)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(str(error)) from error
