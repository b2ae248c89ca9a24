"""Numbers and dates as they are typed into settings, options and arguments."""

from datetime import date

import pytest
from scrapy.exceptions import UsageError

from nkcrawl.options import day, whole_number


@pytest.mark.parametrize("value", ["7", " 007 ", "1000000"])
def test_a_whole_number(value: str) -> None:
    assert whole_number("--limit", value, 1) == int(value)


@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5", "", "９", "1000001", "9" * 5_000])
def test_values_that_are_not_whole_numbers_in_range(value: str) -> None:
    with pytest.raises(UsageError) as raised:
        whole_number("--limit", value, 1)
    assert str(raised.value) == (
        f"--limit={value!r}: expected a whole number of at least 1 and at most 1000000."
    )


def test_a_range_of_its_own() -> None:
    assert whole_number("--port", "0", 0, 65_535) == 0
    with pytest.raises(UsageError, match="at least 0 and at most 65535"):
        whole_number("--port", "65536", 0, 65_535)


def test_a_day() -> None:
    assert day("since", "2024-02-29") == date(2024, 2, 29)


@pytest.mark.parametrize(
    "value", ["", "2025", "2025-02-29", "20250620", "2025-6-20", "２025-06-20"]
)
def test_values_that_are_not_days(value: str) -> None:
    with pytest.raises(UsageError) as raised:
        day("since", value)
    assert str(raised.value) == f"since: invalid date {value!r}, expected YYYY-MM-DD."
