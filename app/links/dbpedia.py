"""DBpedia over the network: its Lookup and its SPARQL service.

Source: dbpedia-lookup README (format=JSON_RAW: every value is a list of strings, any key may be
missing); SPARQL 1.1 Query Results JSON Format.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol
from urllib.parse import quote

from app.domain.concepts import Thing
from app.domain.errors import Unavailable
from app.domain.messages import say
from app.links.web_client import Limits, fetch_json

RESOURCE = "http://dbpedia.org/resource/"
_WIKIDATA = "http://www.wikidata.org/entity/"
_QID = re.compile(r"Q[1-9]\d*")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_MOST = 10
_TAGS = re.compile(r"</?B>")
_RESULTS = "application/sparql-results+json"
_BY_LABEL = """PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX dbo: <http://dbpedia.org/ontology/>
SELECT DISTINCT ?r ?l ?c WHERE {{ VALUES ?l {{ {labels} }} ?r rdfs:label ?l .
 FILTER(STRSTARTS(STR(?r), "http://dbpedia.org/resource/"))
 FILTER NOT EXISTS {{ ?r dbo:wikiPageRedirects ?x }}
 FILTER NOT EXISTS {{ ?r dbo:wikiPageDisambiguates ?y }}
 OPTIONAL {{ ?r rdfs:comment ?c FILTER(lang(?c) = "{language}") }} }} LIMIT 20"""
_BY_QID = """PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
SELECT DISTINCT ?r ?l ?c WHERE {{ ?r owl:sameAs <http://www.wikidata.org/entity/{qid}> .
 FILTER(STRSTARTS(STR(?r), "http://dbpedia.org/resource/"))
 OPTIONAL {{ ?r rdfs:label ?l FILTER(lang(?l) = "{language}") }}
 OPTIONAL {{ ?r rdfs:comment ?c FILTER(lang(?c) = "{language}") }} }} LIMIT 5"""


class Things(Protocol):
    """Where things with a label are found."""

    name: str

    def find(self, label: str, language: str) -> list[Thing]:
        """Things with a label, the likeliest first.

        Raises:
            Unavailable: the service cannot be used now.
        """


class Lookup:
    """DBpedia's Lookup service; it knows English labels."""

    name = "DBpedia Lookup"

    def __init__(self, address: str, limits: Limits | None = None) -> None:
        self.address = address
        self._limits = limits or Limits()

    def find(self, label: str, language: str) -> list[Thing]:
        """Things that the service finds for a word.

        Raises:
            Unavailable: it does not answer, or not as it should.
        """
        asked = {"query": label, "format": "JSON_RAW", "maxResults": str(_MOST)}
        answer = fetch_json(self.address, asked, self._limits)
        if not isinstance(answer, dict) or not isinstance(answer.get("docs"), list):
            raise Unavailable(say("DBpedia Lookup answered in a form that is not known."))
        found = (_thing(one) for one in answer["docs"][:_MOST] if isinstance(one, dict))
        return [one for one in found if one is not None]


class Sparql:
    """DBpedia's SPARQL service: exact labels, and what is the same as something of Wikidata."""

    name = "DBpedia SPARQL"

    def __init__(self, address: str, limits: Limits | None = None) -> None:
        self.address = address
        self._limits = limits or Limits()

    def find(self, label: str, language: str) -> list[Thing]:
        """Things with exactly this label, also with a capital.

        Raises:
            Unavailable: the service does not answer, or not as it should.
        """
        tag = _language(language)
        labels = " ".join(
            f'"{_escaped(one)}"@{tag}' for one in dict.fromkeys((label, _capital(label)))
        )
        return self._ask(_BY_LABEL.format(labels=labels, language=tag))

    def same_as(self, qid: str, language: str = "en") -> list[Thing]:
        """Things that are the same as an item of Wikidata, such as `Q5151`.

        Raises:
            Unavailable: the service does not answer, or not as it should.
        """
        if not _QID.fullmatch(qid):
            return []
        return self._ask(_BY_QID.format(qid=qid, language=_language(language)))

    def _ask(self, query: str) -> list[Thing]:
        asked = {"query": query, "format": _RESULTS, "timeout": "4000"}
        answer = fetch_json(self.address, asked, self._limits)
        try:
            rows = answer["results"]["bindings"]
            return [_row(row) for row in rows[:_MOST]]
        except (KeyError, TypeError, AttributeError) as error:
            told = say("The SPARQL service answered in a form that is not known.")
            raise Unavailable(told) from error


def resource(title: str) -> str:
    """The IRI of a title: spaces as `_`, a capital first, escaped only where IRIs forbid it.

    >>> resource("breadfruit (tree)")
    'http://dbpedia.org/resource/Breadfruit_(tree)'
    """
    name = _capital("_".join(title.split()))
    return RESOURCE + "".join(quote(c) if c in '"<>\\^`{|}%#?[]' else c for c in name)


def wikidata(qid: str) -> str:
    """The IRI of an item of Wikidata; empty for what is no item."""
    return f"{_WIKIDATA}{qid}" if _QID.fullmatch(qid) else ""


def _thing(document: Mapping[str, Any]) -> Thing | None:
    iri = _first(document, "resource")
    if not iri.startswith(RESOURCE):
        return None
    label = _TAGS.sub("", _first(document, "label")) or iri.removeprefix(RESOURCE)
    comment = _TAGS.sub("", _first(document, "comment"))
    return Thing(iri, label, comment, tuple(_all(document, "typeName")), Lookup.name)


def _row(row: Mapping[str, Any]) -> Thing:
    iri = str(row["r"]["value"])
    label = str(row.get("l", {}).get("value") or iri.rpartition("/")[2].replace("_", " "))
    return Thing(iri, label, str(row.get("c", {}).get("value", "")), (), Sparql.name)


def _first(document: Mapping[str, Any], key: str) -> str:
    return next(_all(document, key), "")


def _all(document: Mapping[str, Any], key: str) -> Iterator[str]:
    values = document.get(key)
    return (one for one in (values if isinstance(values, list) else ()) if isinstance(one, str))


def _escaped(text: str) -> str:
    pairs = (("\\", "\\\\"), ('"', '\\"'), ("\n", " "), ("\r", " "))
    for sign, instead in pairs:
        text = text.replace(sign, instead)
    return text


def _language(tag: str) -> str:
    beginning = tag.partition("-")[0].lower()
    return beginning if _LANGUAGE.fullmatch(beginning) else "en"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
