"""Reading linked data: OntoLex and Ligt, of our own or others' making, in any syntax."""

from app.rdf.reader.read import Found, Names, read_graph

__all__ = ["Found", "Names", "read_graph"]
