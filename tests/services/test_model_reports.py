"""Figures of models: what a learning curve tells of more sentences."""

from __future__ import annotations

import pytest

from app.services.model_reports import curve_of


@pytest.mark.parametrize(
    ("points", "more", "gain"),
    [
        ({50: (0.5, 0.4), 100: (0.6, 0.5)}, 100, 0.1),
        ({400: (0.6, 0.5), 800: (0.7, 0.5)}, 400, 0.0585),
        ({30: (0.5, 0.4)}, 30, 0.0),
    ],
)
def test_a_curve_tells_of_400_more_or_of_as_many_again(points, more, gain):
    told = curve_of(points)
    assert told["more"] == more and told["gain"] == pytest.approx(gain, abs=1e-4)
    assert told["points"] == [[size, *points[size]] for size in sorted(points)]
