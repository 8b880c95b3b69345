"""Versions compare as numbers, and nothing that stands under ``version`` crashes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckptui.formats.model import Opaque
from ckptui.version import CHECKPOINT_VERSION, checkpoint_version, parse_version, version_problem


@pytest.mark.parametrize("value", ["1.0", "1", 1, 1.0, "1.0.0", " 1.0 ", "0.9", "0.x", "0.9.9", 0])
def test_what_we_read(value: object) -> None:
    assert version_problem(value) is None


@pytest.mark.parametrize("value", [2, "2", "2.0", "10.0", "1.0.1", "1.1", 1.5, "99999999999"])
def test_newer_names_both_and_says_to_upgrade(value: object) -> None:
    problem = version_problem(value) or ""
    assert str(value) in problem
    assert CHECKPOINT_VERSION in problem
    assert "upgrade" in problem


@pytest.mark.parametrize("value", [None, "", "abc", "1.", ".1", "-1", True, {"a": 1}, [1], b"1.0"])
def test_what_is_no_version_is_shown(value: object) -> None:
    problem = version_problem(value) or ""
    assert repr(value) in problem
    assert "not a version number" in problem


def test_a_huge_value_is_cut_in_the_message() -> None:
    assert len(version_problem("x" * 100_000) or "") < 300
    assert len(version_problem("9" * 5000) or "") < 300


@pytest.mark.parametrize("value", [1, "1", "1.0", "1.0.0", 1.0])
def test_equal_versions_are_equal(value: object) -> None:
    assert parse_version(value) == (1,)


def test_a_stand_in_of_the_header_reader_is_named() -> None:
    assert "<list>" in (version_problem(Opaque("list")) or "")


def test_ten_is_newer_than_nine() -> None:
    assert (parse_version("10.0") or ()) > (parse_version("9.5") or ())


def test_the_version_of_a_checkpoint() -> None:
    checkpoint: dict[str, object] = {"data": 1}
    assert checkpoint_version(checkpoint) == "0.x"
    assert checkpoint == {"data": 1}
    assert checkpoint_version({"version": 2}) == "2"
    assert checkpoint_version({"version": None}) == "None"


@given(st.one_of(st.none(), st.text(), st.integers(), st.floats(), st.binary(), st.booleans()))
def test_nothing_crashes(value: object) -> None:
    checkpoint_version({"version": value})
    problem = version_problem(value)
    assert problem is None or problem


@given(st.lists(st.integers(0, 9999), min_size=1, max_size=5))
def test_order_is_the_order_of_numbers(numbers: list[int]) -> None:
    text = ".".join(map(str, numbers))
    assert (version_problem(text) is None) == (tuple(numbers) <= (1,) + (0,) * len(numbers))
