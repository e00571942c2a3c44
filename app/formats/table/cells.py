"""Cells that a spreadsheet would run as a formula, made harmless in a way that can be undone.

Source: OWASP, "CSV Injection".
"""

from __future__ import annotations

import re

SEPARATOR = "; "
_DANGEROUS = re.compile(r"'*(\s*[=+\-@＝＋－＠]|[\t\r\n])")
_GUARDED = re.compile(r"'+(\s*[=+\-@＝＋－＠]|[\t\r\n])")


def guard(value: str) -> str:
    """A value as it is written: one apostrophe before what a spreadsheet would run.

    A value that has apostrophes before such a sign gets one more, so that none is ever in doubt.

    >>> guard("-aji"), guard("'-aji"), guard("'ala")
    ("'-aji", "''-aji", "'ala")
    """
    return f"'{value}" if _DANGEROUS.match(value) else value


def unguard(cell: str) -> str:
    """The value that `guard` was given.

    >>> unguard("'-aji"), unguard("''-aji"), unguard("'ala"), unguard("-aji")
    ('-aji', "'-aji", "'ala", '-aji')
    """
    return cell[1:] if _GUARDED.match(cell) else cell


def split(cell: str) -> list[str]:
    """The values that stand in one cell.

    >>> split("fish;  bird; ")
    ['fish', 'bird']
    """
    return [value.strip() for value in cell.split(";") if value.strip()]
