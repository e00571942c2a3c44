"""Fixtures of the tests of models."""

from tests.ml.uploads import refused, upload  # noqa: F401
