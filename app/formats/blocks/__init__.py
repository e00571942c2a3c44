"""Glossed examples in plain text, as papers and field notes have them."""

from app.formats.blocks.format import BLOCKS
from app.formats.blocks.shape import looks_like_blocks

__all__ = ["BLOCKS", "looks_like_blocks"]
