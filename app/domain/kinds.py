"""The kinds of record: their name in changes, their type, their collection."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.corpus_query import SavedQuery
from app.domain.lexicon import LexicalEntry, Relation
from app.domain.models import ProjectModel
from app.domain.project import (
    Comment,
    FieldDefinition,
    ListItem,
    Person,
    Project,
    SourceDocument,
)
from app.domain.records import Record
from app.domain.texts import InterlinearText, Utterance


@dataclass(frozen=True)
class Kind:
    """One kind of record.

    Attributes:
        name: as in changes and addresses of the API.
        letter: first letter of its ids.
        collection: MongoDB collection.
        type: the domain type that validates it.
    """

    name: str
    letter: str
    collection: str
    type: type[Record]


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("project", "p", "projects", Project),
        Kind("entry", "e", "entries", LexicalEntry),
        Kind("relation", "r", "relations", Relation),
        Kind("item", "i", "items", ListItem),
        Kind("field", "f", "fields", FieldDefinition),
        Kind("document", "d", "documents", SourceDocument),
        Kind("person", "h", "people", Person),
        Kind("text", "t", "texts", InterlinearText),
        Kind("utterance", "l", "utterances", Utterance),
        Kind("query", "q", "queries", SavedQuery),
        Kind("comment", "c", "comments", Comment),
        Kind("model", "a", "models", ProjectModel),
    )
}
