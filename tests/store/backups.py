"""A server worth a backup, and what tests of backups, restores and checks do with it."""

from __future__ import annotations

import gzip
import io
import tarfile

from app.domain.diff import FieldChange
from app.domain.ids import new_id
from app.domain.kinds import KINDS
from app.domain.roles import SYSTEM, Role
from app.services import backup as service
from app.services import sample
from app.services.accounts import NewAccount, register
from app.services.clock import utc_now
from app.store import changes, files, members, migrations, past
from app.store.changes import Op
from tests.factories import make_desk, make_store, save_entry

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
KEPT = (
    *(kind.collection for kind in KINDS.values()),
    *("changes", "change_parts", "deliveries", "counters", "members", "audit", "erasures"),
    *("accounts", "invitations", "server", "quotas", "not_duplicates", "rows", "letters", "orders"),
    *("blobs.files", "blobs.chunks"),
)


def fill(store):
    """A server with the sample project, one of our own with history, files and people."""
    account = register(
        store, NewAccount("ann", "Ann", "", "correct horse battery"), True, utc_now()
    )
    sample.ensure_sample(store, lambda _line: None)
    desk = make_desk(store)
    members.put(store, desk.project_id, account["_id"], Role.OWNER, by=SYSTEM, at=utc_now())
    first, second = save_entry(desk), save_entry(desk, "moto", "fire")
    picture = files.put(store, desk.project_id, io.BytesIO(PICTURE), "house.png", "image/png")
    files.put(store, desk.project_id, io.BytesIO(b"once"), "export.lift", use="export")
    shown = {"id": new_id("m"), "href": "house.png", "file": picture}
    path = ("senses", first["senses"][0]["id"], "pictures", shown["id"])
    edit(desk, first, FieldChange(path, None, shown, member=True))
    edit(desk, second, gloss(second, "fire", "blaze"))
    commit(desk, Op("entry", second["id"], "delete"))
    return desk


def gloss(entry, before, after):
    return FieldChange(("senses", entry["senses"][0]["id"], "gloss", "en"), before, after)


def commit(desk, *ops, cause="edit"):
    change = new_id("x")
    return changes.commit(desk.store, desk.project_id, desk.actor, cause, ops, change_id=change)


def edit(desk, entry, *made):
    return commit(desk, Op("entry", entry["id"], changes=made))


def contents(store, *, but=()):
    """Everything that a backup keeps, by collection and id, with what may differ left out."""
    found = {}
    for name in KEPT:
        if name in but:
            continue
        for document in store[name].find({}):
            if name.startswith("blobs") and _is_temporary(store, document):
                continue
            if document.get("count") == 0:  # a letter that has no entries any more
                continue
            document = {k: v for k, v in document.items() if k not in ("stamp", "held")}
            if name == "blobs.chunks":  # their ids mean nothing
                document["_id"] = (document["files_id"], document["n"])
            found[name, document["_id"]] = document
    return found


def _is_temporary(store, document):
    about = document.get("files_id", document["_id"])
    return "use" in store["blobs.files"].find_one({"_id": about})["metadata"]


def back_up(store, path, **more):
    return service.back_up_server(store, SYSTEM, path, utc_now(), **more)


def bring_back(store, path, **more):
    return service.restore(store, SYSTEM, path, **more)


def is_whole(store):
    return service.check(store, SYSTEM) == []


def members_of(path):
    """The members of an archive, unpacked."""
    with tarfile.open(path) as tar:
        found = {info.name: tar.extractfile(info).read() for info in tar}
    return {n: gzip.decompress(b) if n.endswith(".gz") else b for n, b in found.items()}


def at(store, project, seq):
    """All records of a project after a change."""
    taken = past.Past(store, project, seq)
    return {r["_id"]: r for kind in KINDS for r in taken.iter_records(kind)}


def now(store, project):
    names = [kind.collection for kind in KINDS.values()]
    return {r["_id"]: r for name in names for r in store[name].find({"project": project})}


def migrated(database):
    """A database as a start of the program leaves it."""
    store = make_store(database)
    migrations.migrate(store)
    return store


def last_change(store, project):
    return store.changes.find({"project": project}).sort("seq", -1).next()["_id"]
