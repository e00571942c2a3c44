"""Cross-Linguistic Data Formats: dictionaries, texts and examples as tables with metadata."""

from app.formats.cldf.format import CLDF

__all__ = ["CLDF"]
