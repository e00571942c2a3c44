"""Removing records for good: from records, from all past changes, from derived data and files.

That something was erased, when and by whom stays in the log; values do not. The collection
`erasures` lists ids only, so that a backup from before can be read back without what was erased.
The first step is one transaction; the rest can be done again, and is, if it was broken off.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo.client_session import ClientSession
from pymongo.collection import Collection

from app.domain.diff import FieldChange
from app.domain.errors import Conflict, NotFound
from app.domain.ids import new_id
from app.domain.kinds import KINDS
from app.domain.messages import say
from app.domain.roles import Actor
from app.domain.text import plains
from app.store import bulk, changes, files, followers, link_candidates, models, releases, rows
from app.store.database import Document, Store
from app.store.derived import FOLLOWERS
from app.store.operation import ERASED, Op
from app.store.writer import Writer

ERASABLE = ("entry", "text", "utterance", "person", "relation", "comment", "file")
_FILE_ID = re.compile(rb"b_[0-9a-v]{26}")
_AT_WORK = {"$in": ["applying", "reverting", "preparing"]}


@dataclass
class Doomed:
    """What goes together.

    Attributes:
        records: kind by id of the record asked for and of what only makes sense with it.
        kept: relations with further members, which are made anew without the erased one.
        shows: operations that take an erased file out of the records that show it.
        files: stored files that may be used by nothing else.
        words: headwords and foreign ids, as reports of imports name them.
    """

    records: dict[str, str] = field(default_factory=dict)
    kept: list[Document] = field(default_factory=list)
    shows: list[Op] = field(default_factory=list)
    files: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)


def erase(
    store: Store,
    project: str,
    actor: Actor,
    kind: str,
    record: str,
    *,
    reason: str,
    change_id: str,
    now: datetime,
) -> Document:
    """Erases a record with what hangs on it; returns the change that notes it.

    Raises:
        NotFound: the project has no such record.
        Conflict: an import or bulk change is at work.
    """
    known = store.changes.find_one({"_id": change_id, "project": project, "cause": "erase"})
    if known is not None:  # a retry of what went through
        return known
    change, erasure = begin(
        store, project, actor, kind, record, reason=reason, change_id=change_id, now=now
    )
    _finish(store, erasure)
    return change


def begin(
    store: Store,
    project: str,
    actor: Actor,
    kind: str,
    record: str,
    *,
    reason: str,
    change_id: str,
    now: datetime,
) -> tuple[Document, Document]:
    """The first step of `erase`: the records go, and what is to follow is noted for `resume`.

    Returns:
        The change that notes it, and the erasure.
    """
    if store.changes.find_one({"project": project, "state": _AT_WORK}, {"_id": 1}) is not None:
        raise Conflict("An import or bulk change of this project is at work; wait for its end.")
    doomed = gather(store, project, kind, record)
    erasure: Document = {
        "_id": new_id("z"),
        "project": project,
        "kind": kind,
        "records": doomed.records,
        "files": sorted(doomed.files),
        "words": sorted(doomed.words),  # gone when the last step is done
        "actor": actor.id,
        "time": now,
        "state": "erasing",
    }

    def run(session: ClientSession) -> Document:
        change = changes.header(project, actor, "erase", change_id, now, reason, None)
        writer = Writer(store, project, actor, now, session)
        made = [_without(relation, doomed.records) for relation in doomed.kept]
        ops = [Op("relation", one["id"], "create", one) for one in made]
        writer.load(doomed.shows)
        done = [found for op in (*ops, *doomed.shows) if (found := writer.write(op)) is not None]
        done += [{"kind": k, "id": one, "action": ERASED} for one, k in doomed.records.items()]
        seq = changes.next_seq(store, project, session)
        writer.flush(seq)
        rows.count_letters(store, project, writer.letters, session)
        _remove(store, project, doomed.records, session)
        change |= {"seq": seq, "state": "done", "ops": done}
        store.changes.insert_one(change, session=session)
        store.erasures.insert_one(erasure, session=session)
        return change

    with store.client.start_session() as session:
        return session.with_transaction(run), erasure


def resume(store: Store) -> int:
    """Ends the erasures that were broken off; returns how many there were."""
    found = list(store.erasures.find({"state": "erasing"}))
    for erasure in found:
        _finish(store, erasure)
    return len(found)


def apply_list(store: Store, project: str) -> None:
    """Takes out of what a backup brought all that was erased since."""
    for erasure in list(store.erasures.find({"project": project})):
        records: dict[str, str] = dict(erasure["records"])
        doomed = Doomed(files=set(erasure["files"]), words=set(erasure.get("words", ())))
        for record, kind in list(records.items()):
            if kind != "file" and store[_collection(kind)].find_one({"_id": record}) is not None:
                found = gather(store, project, kind, record)
                records |= found.records
                doomed.files |= found.files
                doomed.words |= found.words
        for record, kind in records.items():
            if kind != "file":
                store[_collection(kind)].delete_one({"_id": record, "project": project})
        again = {**erasure, "records": records}
        _finish(store, {**again, "files": sorted(doomed.files), "words": sorted(doomed.words)})


def gather(store: Store, project: str, kind: str, record: str) -> Doomed:
    """What has to go with a record: comments on it, and relations to it.

    Raises:
        NotFound: the project has no such record.
    """
    doomed = Doomed({record: kind})
    if kind == "file":
        _gather_file(store, project, record, doomed)
        return doomed
    stored = store[_collection(kind)].find_one({"_id": record, "project": project})
    if stored is None:
        raise NotFound(
            say("There is no %(kind)s %(record)s in this project.", kind=kind, record=record)
        )
    doomed.words |= _words(stored)
    if kind == "entry":
        query = {"project": project, "members.entry": record}
        for relation in store.relations.find(query):
            doomed.records[relation["_id"]] = "relation"
            others = {m.get("entry") or m["id"] for m in relation["members"]} - {record}
            if len(others) > 1 and not relation.get("deleted"):
                doomed.kept.append(relation)
    if kind == "text":
        lines = store.utterances.find({"project": project, "text": record}, {"_id": 1})
        doomed.records |= {line["_id"]: "utterance" for line in lines}
    waiting = list(doomed.records)
    while waiting:
        about = waiting.pop()
        said = {"project": project, "$or": [{"on": about}, {"reply_to": about}]}
        for comment in store.comments.find(said, {"_id": 1}):
            if comment["_id"] not in doomed.records:
                doomed.records[comment["_id"]] = "comment"
                waiting.append(comment["_id"])
    doomed.files |= _files_of(store, project, doomed.records)
    return doomed


def _gather_file(store: Store, project: str, file_id: str, doomed: Doomed) -> None:
    query = {"_id": file_id, "metadata.project": project}
    if store["blobs.files"].find_one(query, {"_id": 1}) is None:
        raise NotFound(say("There is no file %(file_id)s in this project.", file_id=file_id))
    doomed.files.add(file_id)
    for kind in KINDS.values():
        found = store[kind.collection].find({"project": project, "deleted": {"$ne": True}})
        for document in found:
            paths = list(_paths(document, file_id))
            if paths:
                gone = tuple(FieldChange(path, file_id, None) for path in paths)
                doomed.shows.append(Op(kind.name, document["_id"], changes=gone))


def _paths(value: Any, wanted: str, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where in a document a file is named, as keys and ids of members."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if inner == wanted and key != "_id":
                yield (*path, key)
            elif isinstance(inner, dict | list):
                yield from _paths(inner, wanted, (*path, key))
    elif isinstance(value, list):
        for member in value:
            if isinstance(member, dict) and "id" in member:
                yield from _paths(member, wanted, (*path, member["id"]))


def _without(relation: Document, gone: dict[str, str]) -> dict[str, Any]:
    """A new relation of the members that stay."""
    members = [m for m in relation["members"] if m.get("entry") not in gone]
    ids = {member["id"] for member in members}
    said = [s for s in relation.get("statements", ()) if s["at"] in ids and s["to"] in ids]
    made: dict[str, Any] = {"id": new_id("r"), "type": relation["type"], "members": members}
    for key, value in (("statements", said), ("access", relation.get("access"))):
        if value:
            made[key] = value
    return made


def _words(stored: Document) -> set[str]:
    """How a report of an import may call an entry."""
    texts = {text for name in ("lemma", "citation") for text in plains(stored.get(name) or {})}
    for source in stored.get("sources", ()):
        texts |= {source.get("id", ""), source.get("guid", "")}
    for sense in rows.iter_senses(stored.get("senses", ())):
        texts.add(sense.get("source_id") or "")
    return texts - {""}


def _files_of(store: Store, project: str, records: Iterable[str]) -> set[str]:
    """The stored files that some records name, now or in the past."""
    ids = list(records)
    wanted = {"$in": ids}
    found: set[str] = set()
    for kind in KINDS.values():
        for raw in _raw(store, kind.collection, {"_id": wanted, "project": project}):
            found |= {match.decode() for match in _FILE_ID.findall(raw)}
    for name in ("changes", "change_parts"):
        for document in store[name].find({"project": project, "ops.id": wanted}, {"ops": 1}):
            for op in document["ops"]:
                if op["id"] in ids:
                    found |= {match.decode() for match in _FILE_ID.findall(repr(op).encode())}
    return found


def _raw(store: Store, collection: str, query: Document) -> Iterator[bytes]:
    """Documents as the bytes in which they are stored, in which ids stand as they are."""
    options: CodecOptions[Any] = store.codec_options.with_options(document_class=RawBSONDocument)
    found: Collection[Any] = store.get_collection(collection, codec_options=options)
    for document in found.find(query):
        yield bytes(document.raw)


def _remove(store: Store, project: str, records: dict[str, str], session: ClientSession) -> None:
    """Deletes the records, with the rows of entries."""
    by_kind: dict[str, list[str]] = {}
    for record, kind in records.items():
        by_kind.setdefault(kind, []).append(record)
    for kind, ids in by_kind.items():
        if kind == "file":
            continue
        wanted = {"_id": {"$in": ids}, "project": project}
        if kind == "entry":
            found = list(store.entries.find(wanted, session=session))
            gone = [{**entry, "deleted": True} for entry in found]
            before = {entry["_id"]: entry for entry in found}
            letters = rows.replace(store, project, gone, before, session)
            rows.count_letters(store, project, letters, session)
            rows.forget_beginnings(store, project, found, session)
        store[_collection(kind)].delete_many(wanted, session=session)


def _finish(store: Store, erasure: Document) -> None:
    """All that follows the removal; doing it again changes nothing."""
    project, ids = erasure["project"], list(erasure["records"])
    followers.forget(store, project, FOLLOWERS, erasure["records"])
    _forget_prepared(store, project, ids)
    _scrub_log(store, project, ids)
    _scrub_reports(store, project, set(erasure.get("words", ())))
    store.deliveries.delete_many({"_id": {"$in": ids}})
    store.not_duplicates.delete_many({"project": project, "pair": {"$in": ids}})
    link_candidates.forget_project(store, project)
    releases.take_down(store, project, ids, erasure["time"])
    models.forget_reports(store, project, ids)
    _delete_files(store, project, erasure)
    store.erasures.update_one(
        {"_id": erasure["_id"]},
        {
            "$set": {"state": "done", "records": erasure["records"], "files": erasure["files"]},
            "$unset": {"words": ""},
        },
    )


def _forget_prepared(store: Store, project: str, ids: list[str]) -> None:
    """Discards prepared imports and bulk changes that would bring an erased record back."""
    wanted = {"$in": ids}
    for named in ("ops.id", "ops.content.members.entry"):
        parts = {"project": project, named: wanted, "applied": {"$ne": True}}
        for change in store.change_parts.distinct("change", parts):
            bulk.discard(store, change)


def _scrub_log(store: Store, project: str, ids: list[str]) -> None:
    """Leaves of the erased records' operations that they were erased, in every change."""
    bare = {"kind": "$$op.kind", "id": "$$op.id", "action": ERASED}
    scrubbed = {
        "$map": {
            "input": "$ops",
            "as": "op",
            "in": {"$cond": [{"$in": ["$$op.id", ids]}, bare, "$$op"]},
        }
    }
    known = {"id": {"$in": ids}, "action": {"$ne": ERASED}}
    query = {"project": project, "ops": {"$elemMatch": known}}
    for name in ("changes", "change_parts"):
        edits = {"$add": [{"$ifNull": ["$edits", 0]}, 1]}  # tells whoever is applying a part
        store[name].update_many(query, [{"$set": {"ops": scrubbed, "edits": edits}}])
    store.change_parts.update_many(
        {"project": project, "conflicts.record": {"$in": ids}},
        {"$pull": {"conflicts": {"record": {"$in": ids}}}},
    )


def _scrub_reports(store: Store, project: str, words: set[str]) -> None:
    """Takes an erased record out of what imports told when they were previewed or failed."""
    if not words:
        return
    for change in store.changes.find({"project": project, "report": {"$exists": True}}):
        report = change["report"]
        report["examples"] = {
            outcome: [one for one in kept if one.get("label") not in words]
            for outcome, kept in report.get("examples", {}).items()
        }
        report["problems"] = [
            one
            for one in report.get("problems", ())
            if not any(f"“{word}”" in one["what"] for word in words)
        ]
        store.changes.update_one({"_id": change["_id"]}, {"$set": {"report": report}})
    for job in store.jobs.find({"project": project, "error": {"$exists": True}}, {"error": 1}):
        if any(word in job["error"] for word in words):
            told = "It failed; the reason named what was erased since."
            store.jobs.update_one({"_id": job["_id"]}, {"$set": {"error": told}})


def _delete_files(store: Store, project: str, erasure: Document) -> None:
    """Deletes the files that nothing uses any more, and those that were made for once."""
    doomed = {one for one, kind in erasure["records"].items() if kind == "file"}
    unsure = set(erasure["files"]) - doomed
    if unsure:
        used: set[str] = set()
        for name in (*(kind.collection for kind in KINDS.values()), "changes", "change_parts"):
            for raw in _raw(store, name, {"project": project}):
                used |= {one for one in unsure - used if one.encode() in raw}
        doomed |= unsure - used
    for found in store["blobs.files"].find({"metadata.project": project}, {"metadata": 1}):
        use = found["metadata"].get("use")
        if use == "release":  # each is looked through by `releases`
            continue
        if found["_id"] in doomed or use == "export" or (use and not _is_awaited(store, found)):
            files.delete(store, found["_id"])


def _is_awaited(store: Store, found: Document) -> bool:
    """Whether an uploaded file is still to be read."""
    wanted = {"arguments.file": found["_id"], "state": {"$in": ["waiting", "running"]}}
    return store.jobs.find_one(wanted, {"_id": 1}) is not None


def _collection(kind: str) -> str:
    return KINDS[kind].collection
