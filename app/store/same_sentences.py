"""Utterances that say the same: the same words one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.domain.lessons import form_of, word_key
from app.domain.occurrences import WORD, key_of
from app.store import records
from app.store.access import Scope
from app.store.database import Document, Store

_MOST = 200  # utterances with the same first word that are looked at


def find_same(
    store: Store, scope: Scope, line: Mapping[str, Any], ws: str, **only: Any
) -> list[Document]:
    """Other utterances of the project that may be read and have the words of this one.

    Case and punctuation do not count; of a frequent first word not all utterances are looked at.

    Args:
        ws: writing system of the words.
        only: what else they have to have.
    """
    wanted = _words(line, ws)
    if not wanted:
        return []
    first = {"project": scope.project, "keys": key_of(WORD, wanted[0]), "left": ""}
    rows = store.occurrences.find(first, {"line": 1}).hint("by_left").limit(_MOST)
    ids = {str(row["line"]) for row in rows} - {str(line["_id"])}
    found = records.find_many(store, scope, "utterance", sorted(ids), **only)
    return [one for one in found.values() if _words(one, ws) == wanted]


def _words(line: Mapping[str, Any], ws: str) -> list[str]:
    return [
        word_key(form_of(word, ws))
        for word in line.get("words", ())
        if word.get("type") != "punctuation"
    ]
