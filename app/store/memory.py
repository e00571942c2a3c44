"""The memory of analyses: derived from the confirmed words of utterances, by following the log.

`memory` has a row for each fact that was taught (`app.domain.lessons`) with how often; the rows of
words and morphs hold the analysis or morph too. `memory_lines` has what each utterance
taught, so that what changes is the difference, and of translated ones the words that are yet to be
confirmed. What only groups of members may read teaches those
groups alone: its rows are kept apart (`groups`).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from pymongo import DeleteOne, ReplaceOne, UpdateOne
from pymongo.client_session import ClientSession

from app.domain.knowledge import Knowledge
from app.domain.lessons import Fact, confirmed, lessons_of, word_key
from app.domain.text import plain
from app.domain.translations import lessons_of_translation, rendered
from app.store.access import Scope
from app.store.database import Document, Store
from app.store.followers import Touched, live

Groups = tuple[str, ...]
_AT_ONCE = 5000  # keys that one query asks for
_ROWS = 20_000  # that one answer holds
_LINES, _WORDS = 20, 30  # lines that are read for a word, and words of a line
_TAB = "\t"


class _Row(NamedTuple):
    groups: Groups
    key: str
    value: str


class Memory:
    """Follows utterances, and the access of texts."""

    name = "memory"
    version = 3
    kinds = frozenset({"text", "utterance"})
    collections = ("memory", "memory_lines")

    def follow(self, store: Store, project: str, touched: Touched, session: ClientSession) -> None:
        """Replaces what utterances taught by what they teach now."""
        ids = set(touched.get("utterance", ()))
        ids |= _moved(store, project, touched.get("text", frozenset()), session)
        mine = {"project": project, "_id": {"$in": sorted(ids)}}
        counts: Counter[_Row] = Counter()
        for line in store.memory_lines.find(mine, session=session):
            counts.subtract(_taught(line))
        contents: dict[str, Document] = {}
        made = list(_lines(store, project, ids, contents, session))
        for line in made:
            counts.update(_taught(line))
        _write_lines(store, ids, made, session)
        _count(store, project, counts, contents, session)

    def clear(self, store: Store, project: str) -> None:
        """Forgets everything of a project."""
        for name in self.collections:
            store[name].delete_many({"project": project})


def look_up(store: Store, scope: Scope, keys: Collection[str], knowledge: Knowledge) -> None:
    """Adds what was taught under some keys to what is known: one query for up to 5,000 of them."""
    wanted = sorted(keys)
    for start in range(0, len(wanted), _AT_ONCE):
        query = {"project": scope.project, "key": {"$in": wanted[start : start + _AT_ONCE]}}
        fields = {"_id": 0, "key": 1, "value": 1, "n": 1, "what": 1}
        for row in store.memory.find(query | _open_to(scope), fields, batch_size=_ROWS):
            knowledge.add(row["key"], row["value"], row["n"], row.get("what"))


def translated(
    store: Store, scope: Scope, words: Collection[tuple[str, str]], ws: str
) -> dict[str, list[frozenset[str]]]:
    """The translations of lines in which words stand that nobody has confirmed, in one query.

    Args:
        words: the language and key of each.
        ws: the language of the translations.

    Returns:
        By the key of the word the keys of the words of some of these translations.
    """
    wanted = [f"{language}{_TAB}{key}" for language, key in sorted(set(words))][:_WORDS]
    if not wanted:
        return {}
    branches: list[list[Document]] = [
        [
            {"$match": {"project": scope.project, "words": one} | _open_to(scope)},
            {"$limit": _LINES},
            {"$project": {"_id": 0, "word": {"$literal": one}, "said": f"$said.{ws}"}},
        ]
        for one in wanted
    ]
    first, *others = branches
    joined = [{"$unionWith": {"coll": "memory_lines", "pipeline": one}} for one in others]
    found: dict[str, list[frozenset[str]]] = {}
    for row in store.memory_lines.aggregate([*first, *joined]):
        if row.get("said"):
            key = row["word"].partition(_TAB)[2]
            found.setdefault(key, []).append(frozenset(row["said"]))
    return found


def _open_to(scope: Scope) -> Document:
    """The filter of the rows that may be read."""
    if scope.everything:
        return {}
    if not scope.groups:
        return {"groups": None}
    return {"$or": [{"groups": None}, {"groups": {"$in": sorted(scope.groups)}}]}


def _moved(store: Store, project: str, texts: frozenset[str], session: ClientSession) -> set[str]:
    """The utterances of texts that other groups may read now than when they taught."""
    if not texts:
        return set()
    accesses = _accesses(store, project, texts, session)
    mine = {"project": project, "text": {"$in": sorted(texts)}}
    known = store.memory_lines.find(mine, {"text": 1, "text_groups": 1}, session=session)
    had = {line["text"]: tuple(line.get("text_groups", ())) for line in known}
    moved = [text for text, groups in had.items() if groups != accesses.get(text, ())]
    if not moved:
        return set()
    again = {"project": project, "text": {"$in": moved}}
    return {line["_id"] for line in store.memory_lines.find(again, {"_id": 1}, session=session)}


def _accesses(
    store: Store, project: str, texts: Iterable[str], session: ClientSession
) -> dict[str, Groups]:
    """The groups to which texts are open; those open to all members are left out."""
    query = {"project": project, "_id": {"$in": sorted(texts)}, "access.level": "groups"}
    found = store.texts.find(query, {"access": 1}, session=session)
    return {text["_id"]: _groups(text) for text in found}


def _groups(record: Document) -> Groups:
    access = record.get("access") or {}
    if access.get("level") != "groups":
        return ()
    return tuple(sorted(access.get("groups") or ())) or ("",)  # no group: owner and managers


def _lines(
    store: Store,
    project: str,
    ids: Iterable[str],
    contents: dict[str, Document],
    session: ClientSession,
) -> Iterable[Document]:
    """What utterances teach as they are now; adds what the facts hold to `contents`."""
    query = live(store, project, session) | {"_id": {"$in": sorted(ids)}}
    fields = ("words", "text", "access", "translation")
    found = list(store.utterances.find(query, dict.fromkeys(fields, 1), session=session))
    texts = _accesses(store, project, {one["text"] for one in found if one.get("text")}, session)
    for utterance in found:
        lessons = lessons_of(utterance)
        contents |= lessons.contents
        line: Document = {"_id": utterance["_id"], "project": project}
        line["text"] = utterance.get("text")
        above = texts.get(str(line["text"]), ())
        if above:
            line["text_groups"] = list(above)
        groups = _both(above, _groups(utterance))
        if groups:
            line["groups"] = list(groups)
        counts = lessons.counts + lessons_of_translation(utterance)
        line["facts"] = [[*fact, count] for fact, count in sorted(counts.items())]
        yield line | _open_words(utterance)


def _open_words(utterance: Document) -> Document:
    """The words of a translated utterance that nobody has confirmed, and those that translate."""
    said = {
        ws: sorted({word.key for word in rendered(plain(value))})
        for ws, value in (utterance.get("translation") or {}).items()
        if plain(value)
    }
    words = {
        f"{word.get('language') or ws}{_TAB}{word_key(plain(form))}"
        for word in utterance.get("words", ())
        if word.get("type") != "punctuation" and confirmed(word) is None
        for ws, form in (word.get("form") or {}).items()
        if plain(form)
    }
    return {"words": sorted(words), "said": said} if words and said else {}


def _both(text: Groups, utterance: Groups) -> Groups:
    """The groups that may read an utterance for certain: those of its text and its own."""
    if not text or not utterance:
        return text or utterance
    return tuple(sorted(set(text) & set(utterance))) or ("",)


def _taught(line: Document) -> Counter[_Row]:
    groups = tuple(line.get("groups", ()))
    return Counter({_Row(groups, key, value): n for key, value, n in line["facts"]})


def _write_lines(
    store: Store, ids: Iterable[str], made: Iterable[Document], session: ClientSession
) -> None:
    """Every utterance that still is has a line, so that its text can be found by it."""
    lines = {line["_id"]: line for line in made}
    requests: list[Any] = [ReplaceOne({"_id": one}, line, True) for one, line in lines.items()]
    requests += [DeleteOne({"_id": one}) for one in sorted(set(ids) - lines.keys())]
    if requests:
        store.memory_lines.bulk_write(requests, ordered=False, session=session)


def _count(
    store: Store,
    project: str,
    counts: Counter[_Row],
    contents: dict[str, Document],
    session: ClientSession,
) -> None:
    """Brings the rows up to date; one that nothing teaches any more goes."""
    requests, fewer = [], []
    for row, more in counts.items():
        if not more:
            continue
        at = _id(project, row)
        fewer += [at] if more < 0 else []
        facts: Document = {"project": project, "key": row.key, "value": row.value}
        if row.groups:
            facts["groups"] = list(row.groups)
        if row.value in contents and Fact(row.key, row.value).has_content:
            facts["what"] = contents[row.value]
        requests.append(UpdateOne({"_id": at}, {"$inc": {"n": more}, "$setOnInsert": facts}, True))
    if requests:
        store.memory.bulk_write(requests, ordered=False, session=session)
    if fewer:
        store.memory.delete_many({"_id": {"$in": fewer}, "n": {"$lte": 0}}, session=session)


def _id(project: str, row: _Row) -> str:
    told = "\n".join((project, *row.groups, row.key, row.value))
    return hashlib.blake2b(told.encode(), digest_size=15).hexdigest()
