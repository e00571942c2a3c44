"""Reading backups back: everything is verified before anything is written.

Projects and accounts are written last, so that nobody sees half of a restore. A mark in the
database tells one that was broken off; the next one clears away what it had written.
"""

from __future__ import annotations

import gzip
import hashlib
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any

from bson import encode, json_util
from bson.errors import BSONError
from gridfs import GridFSBucket
from pymongo import UpdateOne

from app.domain.errors import Conflict, Invalid, Problem, Unavailable, Unreadable
from app.store import erase, files, followers, migrations, releases, rows
from app.store.backup import (
    BESIDE,
    FORMAT_VERSION,
    JSON,
    LOGGED,
    MANIFEST,
    RECORDS,
    SEAL,
    SERVER,
    HeldProject,
    Manifest,
    Progress,
    manifest_of,
    quiet,
)
from app.store.database import Document, Store
from app.store.derived import FOLLOWERS
from app.store.projects import BASE

MARK = "restore"
_DERIVED = ("rows", "letters", "beginnings", "orders")
_LONGEST_MANIFEST = 256 << 20
_LONGEST_LINE = 64 << 20
_CHUNK = 1 << 20
_BATCH = 1000
_BATCH_OF_PARTS = 10  # of up to 3 MB each
_SERVER_ONLY = (*SERVER, "counters")


class Archive:
    """An archive that was verified, open for reading.

    Attributes:
        manifest: what it holds.
    """

    def __init__(self, path: Path, tar: tarfile.TarFile, manifest: Manifest) -> None:
        self._path, self._tar, self.manifest = path, tar, manifest
        self._places = {info.name: info for info in tar}

    def iter_documents(self, name: str) -> Iterator[Document]:
        """The documents of a member; none if the archive lacks it.

        Raises:
            Unreadable: a line is no document.
        """
        if name not in self.manifest.members:
            return
        with gzip.GzipFile(fileobj=self.open(name)) as lines:
            number = 0
            while line := lines.readline(_LONGEST_LINE):
                number += 1
                try:
                    found = json_util.loads(line, json_options=JSON)
                    encode(found)
                except (ValueError, TypeError, BSONError) as error:
                    what = f"{name}, line {number} is no document ({error})"
                    raise Unreadable(what, self._path.name) from error
                yield found

    def open(self, name: str) -> IO[bytes]:
        """The bytes of a member."""
        stream = self._tar.extractfile(self._places[name])
        assert stream is not None
        return stream


@contextmanager
def open_archive(path: Path, progress: Progress = quiet) -> Iterator[Archive]:
    """Verifies an archive as a whole, and opens it.

    Raises:
        Unreadable: it is no backup, or was cut off or changed.
        Unavailable: a newer program wrote it.
    """
    try:
        with tarfile.open(path, "r:") as tar:
            yield Archive(path, tar, _verify(path, tar, progress))
    except (tarfile.TarError, OSError, EOFError) as error:
        raise Unreadable(
            f"The file is no backup, or it is cut off ({error}).", path.name
        ) from error


def _verify(path: Path, tar: tarfile.TarFile, progress: Progress) -> Manifest:
    found: dict[str, tuple[int, str]] = {}
    text = b""
    for number, info in enumerate(tar):
        stream = tar.extractfile(info) if info.isreg() else None
        if stream is None or info.name in found:
            raise Unreadable(f"The backup holds “{info.name}”, which is no file.", path.name)
        if info.name == MANIFEST:
            text = stream.read(_LONGEST_MANIFEST)
            stream.seek(0)
        progress("verified files", number, 0)
        found[info.name] = (info.size, _digest(stream))
        seal = info.name == SEAL and tar.extractfile(info)
        if seal and seal.read(64).decode("ascii", "replace") != found.get(MANIFEST, (0, ""))[1]:
            raise Unreadable("The list of contents was changed after it was written.", path.name)
    if SEAL not in found or not text:
        raise Unreadable("The file is no backup, or its end is missing.", path.name)
    manifest = _manifest(path, text)
    del found[MANIFEST], found[SEAL]
    for name, member in manifest.members.items():
        if found.pop(name, None) != (member.size, member.sha256):
            raise Unreadable(f"“{name}” is missing or not what was written.", path.name)
    if found:
        raise Unreadable(f"“{next(iter(found))}” is not in the list of contents.", path.name)
    return manifest


def _manifest(path: Path, text: bytes) -> Manifest:
    try:
        manifest = manifest_of(text)
    except ValueError as error:
        raise Unreadable(f"The list of contents cannot be read ({error}).", path.name) from error
    newest = migrations.MIGRATIONS[-1].number
    if manifest.format_version > FORMAT_VERSION or manifest.schema > newest:
        raise Unavailable(
            f"{path.name} was written by a newer program (its data are of version "
            f"{manifest.schema}, this program knows up to {newest}): restore it with that one."
        )
    return manifest


def _digest(stream: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while block := stream.read(_CHUNK):
        digest.update(block)
    return digest.hexdigest()


def refuse_half(store: Store) -> None:
    """Keeps a program from working on the remains of a restore that was broken off.

    Raises:
        Unavailable: there are some.
    """
    if store.meta.find_one({"_id": MARK}) is not None:
        raise Unavailable(
            "A restore was broken off and the data are not whole. Run `python -m app restore FILE` "
            "again, which begins anew, or `python -m app restore --clear` to take back what it "
            "had written."
        )


def clear(store: Store) -> bool:
    """Takes back what a restore that was broken off had written; returns whether there was one."""
    mark = store.meta.find_one({"_id": MARK})
    if mark is None:
        return False
    project = mark["project"]
    only = {"project": project} if project else {}
    for name in (*RECORDS, *LOGGED, *_DERIVED, *BESIDE):
        if name != "erasures":
            store[name].delete_many({"_id": project} if name == "orders" and project else only)
    followers.clear(store, FOLLOWERS, project)
    in_project = {"metadata.project": project} if project else {}
    for found in store["blobs.files"].find(in_project, {"_id": 1}):
        files.delete(store, found["_id"])
    if project:
        store.counters.delete_one({"_id": project})
    else:
        for name in (*_SERVER_ONLY, "blobs.chunks"):
            store[name].delete_many({})
    store.meta.delete_one({"_id": MARK})
    return True


def restore(
    store: Store,
    archive: Archive,
    *,
    erased_since: Iterable[Document] = (),
    progress: Progress = quiet,
    make_stamp: Callable[[], str],
) -> list[str]:
    """Writes what an archive holds into an empty database, or one project beside others.

    Args:
        erased_since: erasures of newer archives; those that the server knows count anyway.
        make_stamp: gives each account the mark without which no old session goes on.

    Returns:
        What a person should know of it.

    Raises:
        Conflict: there is something already.
    """
    clear(store)
    manifest = archive.manifest
    _require_room(store, manifest)
    project = manifest.projects[0].id if manifest.scope == "project" else None
    store.meta.insert_one({"_id": MARK, "project": project})
    try:
        loading = _Loading(store, archive, progress, project)
        loading.load([*store.erasures.find({}), *erased_since])
        loading.publish(make_stamp)
    except BaseException:
        clear(store)
        raise
    store.meta.update_one({"_id": "schema"}, {"$set": {"version": manifest.schema}}, upsert=True)
    store.meta.delete_one({"_id": MARK})
    migrations.migrate(store)
    return loading.told


def _require_room(store: Store, manifest: Manifest) -> None:
    if manifest.scope == "project":
        for held in manifest.projects:
            if store.projects.find_one({"_id": held.id}) is not None:
                raise Conflict(f"The project “{held.title}” ({held.slug}) is here already.")
            if store.projects.find_one({"slug": held.slug}) is not None:
                what = f"Another project has the address {held.slug}: give that one another first."
                raise Invalid(Problem("slug", what))
        return
    for name in (*RECORDS, *LOGGED, *SERVER, "members", "audit", "blobs.files"):
        ours = {"_id": {"$ne": BASE}} if name == "server" else {}  # each start notes its address
        if store[name].find_one(ours, {"_id": 1}) is not None:
            raise Conflict(
                f"The database is not empty (there are {name}). A backup of a whole server goes "
                "into an empty one: set LIFE_DATA to a new folder, or LIFE_DATABASE to a new name."
            )


class _Loading:
    """Writes one archive."""

    def __init__(
        self, store: Store, archive: Archive, progress: Progress, project: str | None
    ) -> None:
        self.store, self.archive, self.progress, self.project = store, archive, progress, project
        self.told: list[str] = []

    def load(self, erasures: Iterable[Document]) -> None:
        """Writes what nobody sees without its project, and makes what is derived."""
        self._insert("erasures", self._beside("erasures"), replace=True)
        for found in erasures:
            if self.project is None or found["project"] == self.project:
                self._insert("erasures", [found], replace=True)
        for held in self.archive.manifest.projects:
            self.progress(f"project {held.slug}, change", held.seq, 0)
            self._project(held)
        for name in BESIDE:
            if name != "erasures":
                self._insert(name, self._members() if name == "members" else self._beside(name))
        for held in self.archive.manifest.projects:
            releases.take_down_erased(self.store, held.id)

    def publish(self, make_stamp: Callable[[], str]) -> None:
        """Writes projects and accounts, from when on people can see it all."""
        for held in self.archive.manifest.projects:
            self._insert("projects", self._of_project(held.id, "projects"))
        if self.project is None:
            for name in reversed(SERVER):
                found = self.archive.iter_documents(f"{name}.jsonl.gz")
                if name == "accounts":
                    found = ({**one, "stamp": make_stamp()} for one in found)
                if name == "server":
                    found = iter(kept := list(found))
                    self.store.server.delete_many({"_id": {"$in": [one["_id"] for one in kept]}})
                self._insert(name, found)

    def _project(self, held: HeldProject) -> None:
        for name in (*RECORDS, *LOGGED):
            if name != "projects":
                self._insert(name, self._of_project(held.id, name))
        self._files(held.id)
        self.store.counters.insert_one({"_id": held.id, "seq": held.seq})
        erase.apply_list(self.store, held.id)
        settings = next(self._of_project(held.id, "projects"), {})
        orders = rows.orders_of(settings)
        self.store.orders.insert_one({"_id": held.id, "orders": orders, "current": orders[0]["id"]})
        rows.rebuild(self.store, held.id, orders)

    def _files(self, project: str) -> None:
        bucket = GridFSBucket(self.store, "blobs")
        for found in self._of_project(project, "files"):
            stream = self.archive.open(f"projects/{project}/files/{found['_id']}")
            bucket.upload_from_stream_with_id(
                found["_id"],
                found["filename"],
                stream,
                chunk_size_bytes=found["chunkSize"],
                metadata=found["metadata"],
            )
            dated = {"$set": {"uploadDate": found["uploadDate"]}}
            self.store["blobs.files"].update_one({"_id": found["_id"]}, dated)

    def _of_project(self, project: str, name: str) -> Iterator[Document]:
        """The documents of one project's member, each of which must be that project's."""
        for found in self.archive.iter_documents(f"projects/{project}/{name}.jsonl.gz"):
            owner = found["metadata"] if name == "files" else found
            if owner.get("project") != project:
                raise Unreadable(f"{name} of project {project} holds what is not of it")
            yield found

    def _beside(self, name: str) -> Iterator[Document]:
        for found in self.archive.iter_documents(f"{name}.jsonl.gz"):
            if self.project is None or found.get("project") == self.project:
                yield found

    def _members(self) -> Iterator[Document]:
        """The members; with one project only those who have an account here."""
        unknown = 0
        for found in self._beside("members"):
            known = self.project is None or self.store.accounts.find_one({"_id": found["user"]})
            if known:
                yield found
            else:
                unknown += 1
        if unknown:
            self.told.append(
                f"{unknown} members have no account on this server and were left out; "
                "`python -m app user role` gives others a role in the project."
            )

    def _insert(
        self, collection: str, documents: Iterable[Mapping[str, Any]], *, replace: bool = False
    ) -> None:
        """Writes documents in batches; `replace` where some may be there already."""
        if replace:
            requests = [
                UpdateOne({"_id": one["_id"]}, {"$setOnInsert": dict(one)}, upsert=True)
                for one in documents
            ]
            if requests:
                self.store[collection].bulk_write(requests)
            return
        size = _BATCH_OF_PARTS if collection == "change_parts" else _BATCH
        waiting = iter(documents)
        while batch := [dict(one) for one in islice(waiting, size)]:
            self.store[collection].insert_many(batch, ordered=False)
