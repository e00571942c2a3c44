"""CSV, other delimited text, and Excel workbooks."""

from app.formats.table.format import CSV, TABLES, XLSX, TableFormat

__all__ = ["CSV", "TABLES", "XLSX", "TableFormat"]
