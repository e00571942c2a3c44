"""Texts for people: as a paper in LaTeX, as a page, as a table. Written only."""

from app.formats.papers.format import HTML, LATEX, TEXT_TABLE

__all__ = ["HTML", "LATEX", "TEXT_TABLE"]
