"""The vocabularies that are written, by their usual prefixes.

Source: STANDARDS of the vocabularies themselves: W3C OntoLex final report 2016 (core, lime,
vartrans, synsem, decomp), lexicog report 2019, FrAC draft, LexInfo 3.0, Ligt 0.3, NIF core 2,
SKOS, DCMI terms, PROV-O, VoID, DCAT 2, FOAF.
"""

from __future__ import annotations

from functools import lru_cache

from app.rdf.terms import Iri


class Namespace:
    """The beginning of the IRIs of a vocabulary; its terms are its attributes.

    >>> Namespace("http://example.org/").noun
    'http://example.org/noun'
    """

    def __init__(self, base: str) -> None:
        self.base = base

    def __getattr__(self, name: str) -> Iri:
        if name.startswith("__"):
            raise AttributeError(name)
        found = Iri(self.base + name)
        setattr(self, name, found)  # the next time it is there
        return found

    def term(self, name: str) -> Iri:
        """A term whose name is known when the program runs."""
        return Iri(self.base + name)


RDF = Namespace("http://www.w3.org/1999/02/22-rdf-syntax-ns#")
RDFS = Namespace("http://www.w3.org/2000/01/rdf-schema#")
OWL = Namespace("http://www.w3.org/2002/07/owl#")
XSD = Namespace("http://www.w3.org/2001/XMLSchema#")
SKOS = Namespace("http://www.w3.org/2004/02/skos/core#")
DCT = Namespace("http://purl.org/dc/terms/")
DCMITYPE = Namespace("http://purl.org/dc/dcmitype/")
PROV = Namespace("http://www.w3.org/ns/prov#")
FOAF = Namespace("http://xmlns.com/foaf/0.1/")
VOID = Namespace("http://rdfs.org/ns/void#")
DCAT = Namespace("http://www.w3.org/ns/dcat#")
ONTOLEX = Namespace("http://www.w3.org/ns/lemon/ontolex#")
LIME = Namespace("http://www.w3.org/ns/lemon/lime#")
VARTRANS = Namespace("http://www.w3.org/ns/lemon/vartrans#")
SYNSEM = Namespace("http://www.w3.org/ns/lemon/synsem#")
DECOMP = Namespace("http://www.w3.org/ns/lemon/decomp#")
LEXICOG = Namespace("http://www.w3.org/ns/lemon/lexicog#")
FRAC = Namespace("http://www.w3.org/ns/lemon/frac#")
LEXINFO = Namespace("http://www.lexinfo.net/ontology/3.0/lexinfo#")
LIGT = Namespace("http://purl.org/ligt/ligt-0.3#")
NIF = Namespace("http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#")
UNIMORPH = Namespace("http://purl.org/olia/unimorph/unimorph.owl#")

OWN_PATH = "/ontology/life#"

PREFIXES: dict[str, str] = {
    "rdf": RDF.base,
    "rdfs": RDFS.base,
    "owl": OWL.base,
    "xsd": XSD.base,
    "skos": SKOS.base,
    "dct": DCT.base,
    "dcmitype": DCMITYPE.base,
    "prov": PROV.base,
    "foaf": FOAF.base,
    "void": VOID.base,
    "dcat": DCAT.base,
    "ontolex": ONTOLEX.base,
    "lime": LIME.base,
    "vartrans": VARTRANS.base,
    "decomp": DECOMP.base,
    "lexicog": LEXICOG.base,
    "frac": FRAC.base,
    "lexinfo": LEXINFO.base,
    "ligt": LIGT.base,
    "nif": NIF.base,
    "unimorph": UNIMORPH.base,
}


@lru_cache(maxsize=64)
def own(base: str) -> Namespace:
    """The program's own vocabulary as a server with this base writes it."""
    return Namespace(base + OWN_PATH)


@lru_cache(maxsize=256)
def numbered(place: int) -> Iri:
    """`rdf:_1`, `rdf:_2` ...

    Args:
        place: from 1.
    """
    return Iri(f"{RDF.base}_{place}")
