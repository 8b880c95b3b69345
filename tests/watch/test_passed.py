"""Of what was passed over the beginning is known, and the whole is made when it is asked for."""

from __future__ import annotations

from pathlib import Path

from ckptui.watch.last_good import find_last_good
from ckptui.watch.model import PassedOver
from ckptui.watch.monitor import Monitor
from ckptui.watch.passed import Passed

ALL = tuple(PassedOver(f"ckpt_{n}.pt", "cut short") for n in range(9))


def test_the_whole_is_made_once_and_only_for_what_is_not_known() -> None:
    made: list[int] = []

    def make() -> tuple[PassedOver, ...]:
        made.append(1)
        return ALL

    passed = Passed(ALL[:4], 9, make)
    assert (bool(passed), passed[0], passed[3], passed[:4], passed[:0], len(passed)) == (
        True, ALL[0], ALL[3], ALL[:4], (), 9,
    )  # fmt: skip
    assert not made
    assert (passed[4], passed[-1], passed[:5], passed[1:3], passed[::2]) == (
        ALL[4], ALL[-1], ALL[:5], ALL[1:3], ALL[::2],
    )  # fmt: skip
    assert (list(passed), passed == ALL, len(Passed(ALL[:4], None, make))) == (list(ALL), True, 9)
    assert len(made) == 2


def test_hundreds_without_a_good_one_are_all_named_when_asked_for(tmp_path: Path) -> None:
    for n in range(300):
        (tmp_path / f"ckpt_{n}.pt").write_bytes(b"PK\x03\x04 cut short")
    with Monitor(tmp_path) as monitor:
        shown = monitor.wait_settled(60)
    assert shown.settled
    assert isinstance(shown.last_good_none, Passed)
    assert len(shown.last_good_none) == 300
    assert shown.last_good_none[0].path == "ckpt_299.pt"
    assert (shown.last_good, tuple(shown.last_good_none)) == find_last_good(shown.checkpoints)
