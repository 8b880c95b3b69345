"""The caps of a good guest: what a site file can do to them, and what it cannot."""

from __future__ import annotations

import pytest

from ckptui.validation.guest import SiteLimits, parse_site_limits, tightest, workers_for
from ckptui.validation.pace import OPERATIONS, Account


def test_a_site_file_names_its_limits() -> None:
    text = "[limits]\nworkers = 1\nbytes_per_second = 5e7\nentries = 20_000\n"
    assert parse_site_limits(text, "x") == SiteLimits(1, 5e7, entries=20_000)
    assert parse_site_limits("", "x") == SiteLimits()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("limits = 1", "limits: must be a table"),
        ("[limits", "not valid TOML"),
        ("[limits]\ndepth = 2\nworkers = true", "workers: must be a number of at least 1"),
        ("[limits]\ndepth = 2\nworkers = 0", "workers: must be a number of at least 1"),
        ("[limits]\ndepth = 2\nworkers = nan", "workers: must be a number of at least 1"),
        ("[limits]\ndepth = 2\nworkers = '2'", "workers: must be a number of at least 1"),
        ("[limits]\ndepth = 2\nworker = 2", "worker: unknown; it takes workers, "),
    ],
)
def test_a_slip_is_said_and_does_not_lift_the_other_limits(text: str, words: str) -> None:
    found = parse_site_limits(text, "/etc/ckptui.toml")
    assert found.problem.startswith("/etc/ckptui.toml: ")
    assert words in found.problem
    assert found.depth == (2 if "depth" in text else float("inf"))


def test_a_second_file_cannot_loosen_the_first() -> None:
    strict, loose = SiteLimits(workers=1, depth=9), SiteLimits(workers=50, depth=2)
    assert tightest([strict, loose]) == SiteLimits(workers=1, depth=2)


def test_a_file_server_is_read_by_two_workers_unless_somebody_says_otherwise() -> None:
    assert workers_for(None, network=True, usable=64) == 2
    assert workers_for(None, network=True, usable=1) == 1
    assert workers_for(None, network=False, usable=64) == 64
    assert workers_for(5, network=True, usable=64) == 5


def test_an_account_lets_a_little_through_and_then_keeps_the_rate() -> None:
    account = Account(None, OPERATIONS)
    owed = [account.spend(0.02) for _ in range(100)]
    assert owed[0] <= 0  # after a rest, at once
    assert owed[-1] > 100 * 0.02 - 0.1 - 1.0  # two seconds' worth, less what passed meanwhile
