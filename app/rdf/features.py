"""What the labels of a gloss or of a cell of a paradigm mean in LexInfo and UniMorph."""

from __future__ import annotations

from collections.abc import Iterable

from app.domain.leipzig import labels_in
from app.rdf import tables
from app.rdf.context import Context
from app.rdf.tables import Meaning
from app.rdf.terms import Iri


def features_of_gloss(glosses: Iterable[str], context: Context) -> list[tuple[Iri, Iri]]:
    """The features that glosses give a morph; where two contradict, neither.

    >>> from app.rdf.context import Context
    >>> made = features_of_gloss(["1SG"], Context("", {"id": "p_1"}))
    >>> [value.rpartition("#")[2] for _, value in made]
    ['firstPerson', 'singular']
    """
    labels = dict.fromkeys(label for gloss in glosses for label in labels_in(gloss))
    return _agreeing(context.abbreviation(label) for label in labels)


def categories_of_gloss(glosses: Iterable[str], context: Context) -> list[Iri]:
    """What glosses mean in UniMorph, or where the project says it itself, elsewhere."""
    labels = dict.fromkeys(label for gloss in glosses for label in labels_in(gloss))
    found = (one for label in labels for one in context.abbreviation(label).close)
    return list(dict.fromkeys(found))


def features_of_cell(cell: str, context: Context) -> list[tuple[Iri, Iri]]:
    """The features of a form that fills a cell, as `plural`, `first person` or `1SG`."""
    whole = tables.find(tables.features(), (cell,))
    if whole is not None:
        return _agreeing([whole])
    return features_of_gloss([cell], context)


def _agreeing(meanings: Iterable[Meaning]) -> list[tuple[Iri, Iri]]:
    found: dict[Iri, dict[Iri, None]] = {}
    for one in meanings:
        if one.property is not None and one.value is not None:
            found.setdefault(one.property, {})[one.value] = None
    return [(name, next(iter(values))) for name, values in found.items() if len(values) == 1]
