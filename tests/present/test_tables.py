"""Columns, cells and the plain status table, as a person sees them."""

from __future__ import annotations

import os

import pytest

from ckptui.launch.model import RunRecord
from ckptui.present import columns
from ckptui.present.checkpoints import CHECKPOINTS
from ckptui.present.glyphs import CATEGORY, INPUT, MARKER, level_bar
from ckptui.present.safe import cells
from ckptui.present.saving import next_save
from ckptui.present.spans import text_of
from ckptui.present.strip import disk_line, silence_line, strip_lines, watching_line
from ckptui.present.tables import status_table
from ckptui.terms import Category, InputState, MarkerState
from ckptui.watch.model import (
    Checkpoint,
    Disk,
    FailureRow,
    InputHash,
    LastGood,
    PassedOver,
    Snapshot,
    StageRow,
    Watching,
)
from ckptui.watch.rhythm import rhythm_of
from ckptui.watch.tally import tally_of

NOW = 1_000_000.0
G = 1024**3


def row(path: str, step: int, minutes: int, **more: object) -> Checkpoint:
    base = Checkpoint(path, "torch-zip", size=int(2.4 * G), step=step, version="1.0")
    fields = {name: getattr(base, name) for name in Checkpoint.__dataclass_fields__}
    return Checkpoint(**{**fields, "mtime": NOW - 60 * minutes, **more})


def snapshot() -> Snapshot:
    fresh = InputHash("sha256:3fa9c1aa", "sha256:3fa9c1aa", InputState.FRESH)
    stale = InputHash("sha256:77b0e2aa", "sha256:aaaaaaaa", InputState.STALE, "1 added (a.fa)")
    cut = row(
        "ckpt_5000.pt",
        5000,
        4,
        category=Category.CORRUPTED,
        level=1,
        input_hash=fresh,
        marker=MarkerState.MISSING,
        reason="cut short, 1.2 of 2.4G",
        size=int(1.2 * G),
    )
    good = row(
        "ckpt_4500.pt",
        4500,
        19,
        category=Category.VALID,
        level=5,
        input_hash=fresh,
        marker=MarkerState.PRESENT,
        checked_at="1970-01-12T13:34:40+00:00",
    )
    busy = row("ckpt_4000.pt", 4000, 34, level=2, marker=MarkerState.PRESENT, progress=0.41)
    newer = row(
        "ckpt_3500.pt",
        3500,
        49,
        category=Category.INCOMPATIBLE,
        level=3,
        version="2.0",
        input_hash=stale,
        reason="written by a newer format, 2.0",
    )
    evil = Checkpoint(
        "evil\x1b[2J[red].pt",
        marker=MarkerState.ORPHAN,
        size=None,
        category=Category.INCOMPLETE,
        reason="marker without checkpoint",
    )
    rows = {each.path: each for each in (evil, newer, busy, good, cut)}
    return Snapshot(
        "/runs/esm2", rows,
        stages=(StageRow("pipeline_state.json", "merge", "failed", stale, error="disk full"),),
        failures=(FailureRow("/runs/esm2/x.pt", "cut short", "1970-01-12T13:46:40+00:00"),),
        last_good=LastGood("ckpt_4500.pt", 4500, 5, (PassedOver("ckpt_5000.pt", "cut short"),)),
        disk=Disk(41 * G, 100 * G), writers=("train.py alive here 3 h",),
        watching=Watching("events", sentence="live on this host"), settled=True,
        tally=tally_of(rows.values()),
        rhythm=rhythm_of(sorted((cut, good, busy, newer), key=lambda each: each.mtime or 0.0)),
    )  # fmt: skip


RUN = RunRecord("20261120-021455", "ended", ("python", "t.py"), "gpu-07", 7,
                "1970-01-12T13:36:40+00:00", "1970-01-12T13:41:40+00:00", 3,
                note="exit code 3: checkpoint trouble")  # fmt: skip

GOLDEN = os.path.join(os.path.dirname(__file__), "golden", "status.txt")


def test_the_status_table_reads_as_it_should() -> None:
    with open(GOLDEN, encoding="utf-8") as file:
        assert status_table(snapshot(), [RUN], now=NOW) == file.read().splitlines()


def test_in_ascii_it_says_the_same_in_ascii() -> None:
    lines = status_table(snapshot(), [RUN], now=NOW, ascii_only=True)
    assert all(line.isascii() for line in lines)
    text = "\n".join(lines)
    assert "XX corrupted" in text and "###--- 3" in text and "77b0e2 *" in text


@pytest.mark.parametrize("width", [20, 40, 80, 100, 120, 200])
def test_every_line_fits_its_terminal(width: int) -> None:
    assert all(
        cells(line) <= width for line in status_table(snapshot(), [RUN], now=NOW, width=width)
    )


def test_at_80_columns_format_input_and_age_give_way_first() -> None:
    kept = columns.fitting(CHECKPOINTS, 80)
    assert {"name", "step", "version", "marker", "level", "size", "verdict"} <= set(kept)
    assert not {"format", "input", "age", "reason"} & set(kept)
    assert sum(kept.values()) + columns.GAP * (len(kept) - 1) == 80
    wide = columns.fitting(CHECKPOINTS, 130)
    assert set(wide) == {column.id for column in CHECKPOINTS}


@pytest.mark.parametrize("width", [12, 17, 35, 40])
def test_the_name_and_the_verdict_stay_where_there_is_room_for_nothing_else(width: int) -> None:
    kept = columns.fitting(CHECKPOINTS, width)
    assert list(kept) == ["name", "verdict"]
    assert sum(kept.values()) + columns.GAP == width
    assert kept["name"] >= 8
    assert next(iter(columns.fitting(columns.FAILURES, width))) == "path"
    assert list(columns.fitting(columns.RUNS, width)) == ["run", "state"]


def test_sorting_is_numeric_and_nothing_sorts_last_both_ways() -> None:
    keys = {name: columns.by_text(name) for name in ("ckpt_500", "ckpt_4500", "ckpt_60")}
    assert columns.sorted_rows(keys) == ["ckpt_60", "ckpt_500", "ckpt_4500"]
    steps = {"a": columns.by_number(None), "b": columns.by_number(1), "c": columns.by_number(20)}
    assert columns.sorted_rows(steps) == ["b", "c", "a"]
    assert columns.sorted_rows(steps, reverse=True) == ["c", "b", "a"]


def test_one_glyph_has_one_meaning() -> None:
    for family in (CATEGORY, MARKER):
        assert len({glyph.unicode for glyph in family.values()}) == len(family)
        assert len({glyph.ascii for glyph in family.values()}) == len(family)
    assert set(CATEGORY) == set(Category)
    assert all(glyph.ascii.isascii() for glyph in (*CATEGORY.values(), *INPUT.values()))


def test_the_level_bar_shows_what_a_format_cannot_be_asked() -> None:
    assert level_bar(3, {}, ascii_only=False) == "▰▰▰▱▱▱ 3"
    assert level_bar(3, {}, ascii_only=True) == "###--- 3"
    checks = {"checksums": "none-recorded: no checksums in this format"}
    assert level_bar(6, checks, ascii_only=False) == "▰▰▰▰·▰ 6"
    assert level_bar(4, checks, ascii_only=False) == "▰▰▰▰·▱ 4"  # read whole, nothing to compare


def test_a_save_that_will_not_fit_is_said() -> None:
    tight = snapshot()
    tight = Snapshot("/r", tight.checkpoints, rhythm=tight.rhythm, disk=Disk(G, 100 * G))
    coming = next_save(tight, now=NOW)
    assert coming is not None and coming.fits is False
    assert text_of(disk_line(tight, now=NOW)) == "next save ≈ 2.4G in 11m does not fit: free 1.0G"


def test_a_job_that_stopped_saving_has_no_next_time() -> None:
    coming = next_save(snapshot(), now=NOW + 86400)
    assert coming is not None and coming.seconds is None


def test_silence_is_said_after_five_seconds() -> None:
    silent = Snapshot("/r", silent_since=NOW - 12)
    assert "no answer for 12 s" in text_of(watching_line(silent, now=NOW))
    assert silence_line(Snapshot("/r", silent_since=NOW - 2), now=NOW) == ()


def test_the_strip_takes_two_lines() -> None:
    assert [len(strip_lines(snapshot(), now=NOW, width=width)) for width in (80, 120)] == [2, 2]
