"""Pauses: what is made while verdicts stream in is looked through a little at a time."""

from __future__ import annotations

import subprocess
import sys

import pytest

_ROWS = 30_000
_REPLACE = """
import gc, sys
from ckptui.tui.pauses import rows_made, shorten_pauses
from ckptui.watch.model import Checkpoint

shorten_pauses()
count, told, rows = int(sys.argv[1]), sys.argv[2] == "told", {}
for number in range(count):
    rows[number] = Checkpoint(f"a{number}.pt", detail=(f"first {number}",))
gc.collect()
for number in range(count):  # one verdict after the other: each row goes as another comes
    rows[number] = Checkpoint(f"a{number}.pt", detail=(f"then {number}",))
    if told and number % 100 == 99:
        rows_made.add(100)
print(len(gc.get_objects(generation=0)) + len(gc.get_objects(generation=1)))
"""


def _waiting(how: str) -> int:
    """Objects that the collector has still to look through, in a process that replaced rows."""
    done = subprocess.run(
        [sys.executable, "-c", _REPLACE, str(_ROWS), how],
        check=True, capture_output=True, text=True, timeout=60.0,
    )  # fmt: skip
    return int(done.stdout)


@pytest.mark.parametrize(("how", "few"), [("told", True), ("untold", False)])
def test_rows_that_take_the_place_of_others_do_not_gather_for_one_long_look(
    how: str, few: bool
) -> None:
    # The other half shows that the collector alone would not have looked.
    assert (_waiting(how) < _ROWS / 2) is few
