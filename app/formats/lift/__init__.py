"""LIFT, the Lexicon Interchange Format of FieldWorks, WeSay and The Combine, without loss."""

from app.formats.lift.format import LIFT

__all__ = ["LIFT"]
