"""Writing the rows of a SPARQL query, as many as are allowed.

Source: SPARQL 1.1 Query Results JSON, XML, CSV and TSV formats.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import IO, Any
from xml.sax.saxutils import escape, quoteattr

import pyoxigraph as ox

JSON = "application/sparql-results+json"
XML = "application/sparql-results+xml"
CSV = "text/csv"
TSV = "text/tab-separated-values"
FORMATS = (JSON, XML, CSV, TSV)
_XSD_STRING = "http://www.w3.org/2001/XMLSchema#string"
_RDF_LANG = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
_SPARQL = "http://www.w3.org/2005/sparql-results#"
Row = Sequence[Any]


def write_rows(
    found: ox.QuerySolutions, media_type: str, out: IO[bytes], most: int
) -> tuple[int, bool]:
    """Writes the rows of a SELECT; returns how many there were, and whether there are more."""
    names = [one.value for one in found.variables]
    counted = _Counted(found, len(names), most)
    for piece in _WRITERS[media_type](names, iter(counted)):
        out.write(piece.encode())
    return counted.told, next(iter(found), None) is not None if counted.told == most else False


def write_answer(answer: bool, media_type: str, out: IO[bytes]) -> None:
    """Writes the answer of an ASK."""
    said = "true" if answer else "false"
    if media_type == JSON:
        out.write(json.dumps({"head": {}, "boolean": answer}).encode())
    elif media_type == XML:
        out.write(
            f'<?xml version="1.0"?>\n<sparql xmlns="{_SPARQL}"><head/>'
            f"<boolean>{said}</boolean></sparql>\n".encode()
        )
    else:
        out.write(f"{said}\n".encode())


class _Counted:
    """The rows that are allowed, counted."""

    def __init__(self, found: ox.QuerySolutions, width: int, most: int) -> None:
        self._found, self._width, self._most = found, width, most
        self.told = 0

    def __iter__(self) -> Iterator[Row]:
        for solution in islice(self._found, self._most):
            self.told += 1
            yield [solution[place] for place in range(self._width)]


def _json(names: list[str], rows: Iterator[Row]) -> Iterator[str]:
    yield f'{{"head":{{"vars":{json.dumps(names)}}},"results":{{"bindings":['
    for place, row in enumerate(rows):
        bound = {
            name: _json_term(value)
            for name, value in zip(names, row, strict=True)
            if value is not None
        }
        yield ("," if place else "") + "\n" + json.dumps(bound, ensure_ascii=False)
    yield "\n]}}\n"


def _json_term(value: Any) -> dict[str, str]:
    if isinstance(value, ox.NamedNode):
        return {"type": "uri", "value": value.value}
    if isinstance(value, ox.BlankNode):
        return {"type": "bnode", "value": value.value}
    if not isinstance(value, ox.Literal):
        return {"type": "literal", "value": str(value)}
    made = {"type": "literal", "value": value.value}
    if value.language:
        return made | {"xml:lang": value.language}
    if value.datatype.value not in (_XSD_STRING, _RDF_LANG):
        made["datatype"] = value.datatype.value
    return made


def _xml(names: list[str], rows: Iterator[Row]) -> Iterator[str]:
    yield f'<?xml version="1.0"?>\n<sparql xmlns="{_SPARQL}"><head>'
    yield "".join(f"<variable name={quoteattr(name)}/>" for name in names)
    yield "</head><results>\n"
    for row in rows:
        cells = (
            f"<binding name={quoteattr(name)}>{_xml_term(value)}</binding>"
            for name, value in zip(names, row, strict=True)
            if value is not None
        )
        yield f"<result>{''.join(cells)}</result>\n"
    yield "</results></sparql>\n"


def _xml_term(value: Any) -> str:
    if isinstance(value, ox.NamedNode):
        return f"<uri>{escape(value.value)}</uri>"
    if isinstance(value, ox.BlankNode):
        return f"<bnode>{escape(value.value)}</bnode>"
    if not isinstance(value, ox.Literal):
        return f"<literal>{escape(str(value))}</literal>"
    facts = ""
    if value.language:
        facts = f" xml:lang={quoteattr(value.language)}"
    elif value.datatype.value != _XSD_STRING:
        facts = f" datatype={quoteattr(value.datatype.value)}"
    return f"<literal{facts}>{escape(value.value)}</literal>"


def _csv(names: list[str], rows: Iterator[Row]) -> Iterator[str]:
    yield _csv_line(names)
    for row in rows:
        yield _csv_line(["" if one is None else _bare(one) for one in row])


def _bare(value: Any) -> str:
    if isinstance(value, ox.BlankNode):
        return f"_:{value.value}"
    return value.value if isinstance(value, ox.NamedNode | ox.Literal) else str(value)


def _csv_line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue()


def _tsv(names: list[str], rows: Iterator[Row]) -> Iterator[str]:
    yield "\t".join(f"?{name}" for name in names) + "\n"
    for row in rows:
        yield "\t".join("" if one is None else str(one).replace("\t", "\\t") for one in row) + "\n"


_WRITERS: dict[str, Callable[[list[str], Iterator[Row]], Iterator[str]]] = {
    JSON: _json,
    XML: _xml,
    CSV: _csv,
    TSV: _tsv,
}
