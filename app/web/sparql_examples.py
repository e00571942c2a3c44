"""Queries that linguists may start from."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

_PREFIXES = {
    "ontolex": "http://www.w3.org/ns/lemon/ontolex#",
    "lexinfo": "http://www.lexinfo.net/ontology/3.0/lexinfo#",
    "lexicog": "http://www.w3.org/ns/lemon/lexicog#",
    "vartrans": "http://www.w3.org/ns/lemon/vartrans#",
    "decomp": "http://www.w3.org/ns/lemon/decomp#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "ligt": "http://purl.org/ligt/ligt-0.3#",
    "frac": "http://www.w3.org/ns/lemon/frac#",
    "dct": "http://purl.org/dc/terms/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
}


@dataclass(frozen=True)
class Example:
    """A query with what it is good for."""

    title: LazyString
    query: str


def _example(title: LazyString, body: str) -> Example:
    used = [f"PREFIX {name}: <{iri}>" for name, iri in _PREFIXES.items() if f"{name}:" in body]
    return Example(title, "\n".join([*used, "", body.strip()]))


EXAMPLES: tuple[Example, ...] = (
    _example(
        _("Entries with part of speech and glosses"),
        """
SELECT ?word ?pos ?gloss ?entry WHERE {
  ?entry a ontolex:LexicalEntry ; ontolex:canonicalForm/ontolex:writtenRep ?word ;
         ontolex:sense/skos:definition ?gloss .
  OPTIONAL { ?entry lexinfo:partOfSpeech ?category
    OPTIONAL { ?category skos:prefLabel ?name } }
  BIND(COALESCE(?name, ?category) AS ?pos)
} ORDER BY ?word LIMIT 200""",
    ),
    _example(
        _("Entries by their written form"),
        """
SELECT ?entry ?word ?gloss WHERE {
  ?entry ontolex:canonicalForm/ontolex:writtenRep ?word .
  FILTER(STRSTARTS(LCASE(STR(?word)), "ma"))
  OPTIONAL { ?entry ontolex:sense/skos:definition ?gloss }
} ORDER BY ?word LIMIT 100""",
    ),
    _example(
        _("How many entries each part of speech has"),
        """
SELECT (SAMPLE(COALESCE(?name, ?category)) AS ?pos) (COUNT(DISTINCT ?entry) AS ?entries)
WHERE {
  ?entry a ontolex:LexicalEntry ; lexinfo:partOfSpeech ?category .
  OPTIONAL { ?category skos:prefLabel ?name }
} GROUP BY ?category ORDER BY DESC(?entries)""",
    ),
    _example(
        _("Words that are written alike"),
        """
SELECT ?word (COUNT(DISTINCT ?entry) AS ?homographs) WHERE {
  ?entry a ontolex:LexicalEntry ; ontolex:canonicalForm/ontolex:writtenRep ?word .
} GROUP BY ?word HAVING (COUNT(DISTINCT ?entry) > 1) ORDER BY ?word""",
    ),
    _example(
        _("Entries with several senses"),
        """
SELECT ?word (COUNT(?sense) AS ?senses) WHERE {
  ?entry ontolex:canonicalForm/ontolex:writtenRep ?word ; ontolex:sense ?sense .
} GROUP BY ?entry ?word HAVING (COUNT(?sense) > 1) ORDER BY DESC(?senses) ?word LIMIT 100""",
    ),
    _example(
        _("Words of a semantic domain"),
        """
SELECT ?domain ?word ?gloss WHERE {
  ?sense dct:subject/skos:prefLabel ?domain ; ontolex:isSenseOf ?entry ; skos:definition ?gloss .
  ?entry ontolex:canonicalForm/ontolex:writtenRep ?word .
} ORDER BY ?domain ?word LIMIT 300""",
    ),
    _example(
        _("Synonyms, antonyms and other relations of senses"),
        """
SELECT ?one ?category ?other WHERE {
  ?relation a vartrans:SenseRelation ; vartrans:category ?category ;
            vartrans:source/ontolex:isSenseOf/ontolex:canonicalForm/ontolex:writtenRep ?one ;
            vartrans:target/ontolex:isSenseOf/ontolex:canonicalForm/ontolex:writtenRep ?other .
} ORDER BY ?one LIMIT 200""",
    ),
    _example(
        _("Compounds and their parts"),
        """
SELECT ?word ?part WHERE {
  ?entry ontolex:canonicalForm/ontolex:writtenRep ?word ; decomp:subterm ?other .
  ?other ontolex:canonicalForm/ontolex:writtenRep ?part .
} ORDER BY ?word ?part LIMIT 200""",
    ),
    _example(
        _("Links to WordNet and DBpedia"),
        """
SELECT ?word ?gloss ?link WHERE {
  ?sense ontolex:isLexicalizedSenseOf|ontolex:reference ?link ; ontolex:isSenseOf ?entry .
  OPTIONAL { ?sense skos:definition ?gloss }
  ?entry ontolex:canonicalForm/ontolex:writtenRep ?word .
} ORDER BY ?word LIMIT 200""",
    ),
    _example(
        _("Lines of texts with a gloss"),
        """
# To look for another gloss, write it here: VALUES ?gloss { "PST"@en }
SELECT ?line ?morph ?gloss ?translation WHERE {
  { SELECT ?gloss WHERE { ?any a ligt:Morph ; ligt:gloss ?gloss }
    GROUP BY ?gloss ORDER BY DESC(COUNT(?any)) LIMIT 1 }
  ?one ligt:gloss ?gloss ; rdfs:label ?morph ; ^ligt:item/^ligt:hasMorphs ?utterance .
  ?utterance rdfs:label ?line .
  OPTIONAL { ?utterance ligt:translation ?translation }
} LIMIT 100""",
    ),
    _example(
        _("Morphs that follow one another"),
        """
SELECT ?first ?second (COUNT(*) AS ?times) WHERE {
  ?one ligt:nextMorph ?other ; ligt:gloss ?first .
  ?other ligt:gloss ?second .
} GROUP BY ?first ?second ORDER BY DESC(?times) LIMIT 100""",
    ),
    _example(
        _("The commonest glosses"),
        """
SELECT ?gloss (COUNT(?morph) AS ?times) WHERE {
  ?morph a ligt:Morph ; ligt:gloss ?gloss .
} GROUP BY ?gloss ORDER BY DESC(?times) LIMIT 100""",
    ),
    _example(
        _("Where in texts a word of the lexicon occurs"),
        """
SELECT ?word ?gloss ?line WHERE {
  ?meaning frac:attestation ?place .
  ?place frac:locus ?morph ; rdf:value ?line .
  OPTIONAL { ?place frac:gloss ?gloss }
  OPTIONAL { ?meaning ontolex:isSenseOf ?of }
  BIND(COALESCE(?of, ?meaning) AS ?entry)
  ?entry ontolex:canonicalForm/ontolex:writtenRep ?word .
} LIMIT 200""",
    ),
    _example(
        _("Everything said of one entry or line, as a graph"),
        """
CONSTRUCT { ?s ?p ?o } WHERE {
  { SELECT ?graph WHERE {
      VALUES ?kind { ontolex:LexicalEntry ligt:Utterance }
      GRAPH ?graph { ?graph a ?kind }
    } LIMIT 1 }
  GRAPH ?graph { ?s ?p ?o }
}""",
    ),
)
