"""Two databases as a start of the program leaves them."""

from __future__ import annotations

import pytest

from tests.store.backups import migrated


@pytest.fixture
def store(database):
    """A server's database."""
    return migrated(database)


@pytest.fixture
def other(other_database):
    """Another server's database, empty but for what every one has."""
    return migrated(other_database)
