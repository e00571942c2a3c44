"""CSV, other delimited text, and Excel workbooks."""

from app.formats.table.format import CSV, TABLES, XLSX, TableFormat, choose_columns

__all__ = ["CSV", "TABLES", "XLSX", "TableFormat", "choose_columns"]
