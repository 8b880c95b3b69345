"""The line of a running validation and the summary at its end."""

from __future__ import annotations

import pytest

from ckptui.present.batch import MOST_LISTED, Standing, Tally, progress_line, summary_lines
from ckptui.present.safe import cells
from ckptui.terms import Category

GIB = 1 << 30


def standing(**other: object) -> Standing:
    values: dict[str, object] = {
        "done": 12, "files": 41, "bytes_done": 5 * GIB, "bytes_all": 12 * GIB, "seconds": 10.0,
        "reading": [("runs/ckpt_0004\x1b[2J00.pt", 0.41)],
    }  # fmt: skip
    return Standing(**{**values, **other})  # type: ignore[arg-type]  # fields of Standing


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("width", range(200))
def test_the_line_fits_every_terminal(width: int, ascii_only: bool) -> None:
    line = progress_line(standing(), width, ascii_only=ascii_only)
    assert cells(line) <= width
    assert "\x1b" not in line
    assert line.isascii() or not ascii_only


def test_at_80_columns_it_tells_files_bytes_rate_time_left_and_the_file() -> None:
    line = progress_line(standing(), 80)
    assert line.startswith("▰▰▰▰▱▱▱▱▱▱  12 of 41 files, 5.0G of 12G, 512M/s, 14 s left  ")
    assert line.endswith("00.pt 41 %")


def test_a_narrow_one_keeps_what_matters() -> None:
    assert progress_line(standing(), 40) == "12 of 41 files, 5.0G of 12G, 14 s left"
    assert progress_line(standing(), 24) == "12 of 41 files, 41 %"
    assert progress_line(standing(), 6) == "12/41"


def test_no_time_left_is_told_where_nothing_tells_it() -> None:
    for early in (standing(open_end=True), standing(done=0, bytes_done=0), standing(seconds=0.5)):
        assert early.seconds_left is None
        assert "left" not in progress_line(early, 120)


def test_headers_alone_are_counted_in_files() -> None:
    line = progress_line(standing(bytes_done=0, bytes_all=0, reading=()), 80)
    assert line == "▰▰▱▱▱▱▱▱▱▱  12 of 41 files, 1.2/s, 24 s left"


def test_the_summary_is_in_order_of_precedence_and_bounded() -> None:
    tally = Tally()
    for number in range(MOST_LISTED + 3):
        tally.add(Category.CORRUPTED, f"c{number}.pt", "cut short", 0)
    tally.add(Category.VALID, "v.pt", "", 3 * GIB)
    tally.add(Category.UNREADABLE, "u\x1b[2J.pt", "permission denied", 0)
    tally.add(Category.CHANGING, "w.pt", "being written", 0)
    lines = summary_lines(tally, 6.0)
    assert lines[0] == (
        "16 checkpoints: 1 unreadable, 1 changing, 13 corrupted, 1 valid; 3.0G read in 6 s (512M/s)"
    )
    assert lines[1:4] == [
        "  ⨯ unreadable", "    u\\x1b[2J.pt: permission denied", "  ✗ corrupted",
    ]  # fmt: skip
    assert lines[-1] == "    and 3 more"
    assert len(lines) == 1 + 2 + 1 + MOST_LISTED + 1
    assert all(line.isascii() for line in summary_lines(tally, 6.0, ascii_only=True))


def test_one_checkpoint_is_one_line() -> None:
    tally = Tally()
    tally.add(Category.CORRUPTED, "c.pt", "cut short", 0)
    assert summary_lines(tally, 0.01) == ["1 checkpoint: 1 corrupted; took 0.1 s"]
