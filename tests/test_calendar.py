"""The schemes' closed days, which are data, against a library that follows the State Council's notices."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import holidays
import pytest

from perfeval_xl.scheme.loader import load_scheme

SCHEMES = sorted(Path(__file__).parents[1].glob("templates/*/scheme.toml"))


@pytest.mark.parametrize("path", SCHEMES, ids=[path.parent.name for path in SCHEMES])
def test_closed_days_are_the_days_off(path: Path) -> None:
    closed = load_scheme(path).closed_days
    first, last = date(closed[0].year, 1, 1), date(closed[-1].year, 12, 31)
    china = holidays.country_holidays("CN", years=range(first.year, last.year + 1))
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    assert list(closed) == [day for day in days if not china.is_working_day(day)]
