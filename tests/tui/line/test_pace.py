"""How much may be on its way: it follows the line, and never stops where no answer comes."""

from __future__ import annotations

import itertools
from collections import deque

import pytest

from ckptui.tui.line.pace import PATIENCE, Pace


def _longest_queue(rate: float, delay: float) -> float:
    """Seconds that what was sent last waits in the line, once the line is known.

    The line passes ``rate`` bytes a second and its answers come ``delay`` seconds late; there is
    always something to send.
    """
    pace, now, free, longest = Pace(), 0.0, 0.0, 0.0
    answers: deque[float] = deque()
    for turn in range(60):
        sizes = [1500] * 2 if turn == 0 else []
        while sizes or (turn and (room := pace.room(now)) > 0):
            size = sizes.pop() if sizes else min(room, 1500)
            pace.leaves(size, now)
            free = max(free, now) + size / rate
            answers.append(free + delay)
        if turn > 20:
            longest = max(longest, free - now)
        now = answers.popleft()
        assert pace.arrived(now)
    return longest


@pytest.mark.parametrize(
    ("rate", "delay"), [(960, 0.01), (5600, 0.05), (5600, 0.3), (20_000, 0.2), (1_000_000, 0.001)]
)
def test_what_waits_in_the_line_passes_in_a_moment(rate: float, delay: float) -> None:
    assert _longest_queue(rate, delay) < 0.8 + 2 * delay


def test_a_fast_line_is_never_held_back() -> None:
    pace = Pace()
    for at in range(20):
        pace.leaves(4000, float(at))
        assert pace.arrived(at + 0.002)
    assert pace.room(20.0) > 20_000


def test_a_terminal_that_never_answers_is_written_to_as_before() -> None:
    pace = Pace()
    for at in range(100):
        assert pace.room(float(at)) > 60_000
        pace.leaves(5000, float(at))
    assert not pace.expects


def test_a_lost_answer_is_given_up() -> None:
    pace = Pace()
    pace.leaves(100, 0.0)
    pace.arrived(0.1)
    pace.leaves(1_000_000, 1.0)
    assert pace.expects
    assert pace.room(1.1) <= 0
    due = pace.due(1.1)
    assert due is not None
    assert due >= PATIENCE - 0.2
    assert pace.room(1.2 + due) > 0


def test_a_line_is_slow_by_most_of_what_was_seen_and_not_by_one_stall() -> None:
    pace, now = Pace(), 0.0
    for took in (0.02, 0.02, 1.5, 0.02, 0.02):
        pace.leaves(1000, now)
        now += took
        pace.arrived(now)
    assert not pace.slow
    for _ in range(9):
        pace.leaves(1000, now)
        now += 1.04
        pace.arrived(now)
    assert pace.slow


def test_a_busy_machine_is_no_slow_line_and_a_slow_one_does_not_go_to_and_fro() -> None:
    pace, now = Pace(), 0.0
    for took in (0.001, *[0.05] * 30):  # 3 kB/s, were it the line
        pace.leaves(150, now)
        now += took
        pace.arrived(now)
    assert not pace.slow
    told: list[bool] = []
    for rate in [2_000.0] * 10 + [10_000.0, 14_000.0] * 20 + [100_000.0] * 10:
        pace.leaves(3000, now)
        now += 3000 / rate
        pace.arrived(now)
        told.append(pace.slow)
    changes = [now for before, now in itertools.pairwise(told) if before != now]
    assert changes == [True, False]
