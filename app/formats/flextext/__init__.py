"""FieldWorks' interlinear texts (.flextext), without loss."""

from app.formats.flextext.format import FLEXTEXT

__all__ = ["FLEXTEXT"]
