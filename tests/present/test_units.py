"""Numbers as people read them."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone

import pytest

from ckptui.present import units


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (None, "–"), (0, "0B"), (1, "1B"), (1023, "1023B"), (1024, "1.0K"), (1536, "1.5K"),
        (10 * 1024, "10K"), (10188, "9.9K"), (10239, "10K"), (1024**2 - 1, "1.0M"),
        (2_601_385_210, "2.4G"), (44_023_414_784, "41G"), (246 * 1024**3, "246G"),
        (1023.6 * 1024**2, "1.0G"), (3 * 1024**4, "3.0T"), (5 * 1024**7, "5120E"),
    ],
)  # fmt: skip
def test_sizes(count: float | None, text: str) -> None:
    assert units.size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"), (-0.5, "0s"), (0, "0s"), (59.9, "59s"), (60, "1m"), (3599, "59m"),
        (7200, "2h"), (86399, "23h"), (86400 * 3, "3d"), (-240, "in 4m"),
    ],
)  # fmt: skip
def test_ages(seconds: float | None, text: str) -> None:
    assert units.age(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"), (0.4, "0.4 s"), (0.97, "1 s"), (41, "41 s"), (59.6, "1 min"),
        (363, "6 min 3 s"), (900, "15 min"), (11520, "3 h 12 min"), (10800, "3 h"),
        (190800, "2 d 5 h"),
    ],
)  # fmt: skip
def test_durations(seconds: float | None, text: str) -> None:
    assert units.duration(seconds) == text


def test_clock_times_carry_their_zone() -> None:
    east = timezone(timedelta(hours=2), "EET")
    assert units.clock(0, UTC) == "1970-01-01 00:00:00 UTC"
    assert units.clock(0, east, now=60) == "02:00:00 EET"
    assert units.clock(0, UTC, now=90000) == "1970-01-01 00:00:00 UTC"


def test_times_from_disk_never_raise() -> None:
    assert units.seconds_of("1970-01-01T00:01:00+00:00") == 60
    assert units.seconds_of("1970-01-01T00:01:00Z") == 60
    assert units.seconds_of("1970-01-01T00:01:00") == 60
    assert units.seconds_of("yesterday") is None
    assert units.seconds_of("") is None


def test_counts_rates_and_percents() -> None:
    assert units.counted(1, "checkpoint") == "1 checkpoint"
    assert units.counted(3000, "file") == "3,000 files"
    assert units.exact(1_299_227_648) == "1,299,227,648"
    assert units.rate(2.5 * 1024**3) == "2.5G/s"
    assert units.count_rate(3.14) == "3.1/s"
    assert units.count_rate(1500) == "1,500/s"
    assert units.percent(0.999) == "99 %"
