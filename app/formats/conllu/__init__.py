"""CoNLL-U: treebanks of Universal Dependencies, with glosses where they have them."""

from app.formats.conllu.format import CONLLU

__all__ = ["CONLLU"]
