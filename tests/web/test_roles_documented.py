"""docs/roles.md shows the table that the code goes by."""

import itertools

from app.domain.roles import DESCRIPTIONS, MAY, Action, Role
from app.settings import REPOSITORY


def documented_table():
    page = (REPOSITORY / "docs" / "roles.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("|")]
    header = cells(rows[0])
    table = {}
    for row in rows[2 : 2 + len(Action)]:
        action, meaning, *marks = cells(row)
        table[action.strip("`")] = (meaning, dict(zip(header[2:], marks, strict=True)))
    return table


def cells(row):
    return [cell.strip() for cell in row.strip("|").split("|")]


def test_the_documented_table_is_the_codes():
    expected = {
        action.value: (
            DESCRIPTIONS[action],
            {role.value: "yes" if action in MAY[role] else "–" for role in Role},
        )
        for action in Action
    }
    assert documented_table() == expected


def test_a_higher_role_may_whatever_a_lower_one_may():
    ordered = [MAY[role] for role in Role]
    for higher, lower in itertools.pairwise(ordered):
        assert lower < higher
