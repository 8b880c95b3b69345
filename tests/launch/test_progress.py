"""Progress: cheap, whole, and never a reason to fail."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import pytest

from ckptui.launch.progress import _with_rate, parse_progress, write_progress


def test_nobody_asked(root: str) -> None:
    write_progress(root, 1, 2, "x")
    write_progress({}, 1, 2, "x")
    assert os.listdir(root) == []


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "progress.json"
    env = {"CKPTUI_PROGRESS": str(path)}
    write_progress(env, 1, 4, "caf\udce9 1 of 4")
    assert parse_progress(path.read_text()) == (0.25, "caf\udce9 1 of 4")
    write_progress(env, 4, 4, "done")
    assert parse_progress(path.read_text()) == (1.0, "done")


def test_many_steps_make_few_writes(tmp_path: Path) -> None:
    path = tmp_path / "progress.json"
    env = {"CKPTUI_PROGRESS": str(path)}
    inodes = set()
    for n in range(2000):
        write_progress(env, n, 2001, "x")
        inodes.add((path.stat().st_ino, path.stat().st_mtime_ns))
    # One at the start, then one each half second; the loop takes a small part of one.
    assert len(inodes) < 200
    write_progress(env, 2001, 2001, "x")
    assert json.loads(path.read_text())["done"] == 2001


def test_a_directory_that_is_gone_fails_no_run(tmp_path: Path) -> None:
    env = {"CKPTUI_PROGRESS": str(tmp_path / "gone" / "progress.json")}
    write_progress(env, 1, 2, "x")
    write_progress({"CKPTUI_PROGRESS": str(tmp_path / "p.json")}, math.nan, 2, "x")
    assert os.listdir(tmp_path) == ["state"] or os.listdir(tmp_path) == []


def test_rate_and_time_left() -> None:
    assert _with_rate("features 12 of 40", 12, 40, 3.1) == "features 12 of 40, 3.1/s, 9 s left"
    assert _with_rate("steps", 10, 100, 0.01) == "steps, 36.0/h, 2 h left"
    assert _with_rate("steps", 0, 100, 1.0) == "steps"
    assert _with_rate("steps", 100, 100, 1.0) == "steps"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"done": "a", "total": 0}', "[" * 100_000])
def test_damage_reads_as_nothing(text: str) -> None:
    assert parse_progress(text) == (None, "")
