"""Markers: empty, beside their checkpoint, and never a reason to open it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ckptui.marker import (
    create_done_marker,
    has_done_marker,
    marker_path,
    marker_state,
    remove_done_marker,
)
from ckptui.terms import MarkerState


def test_where_markers_stand() -> None:
    assert marker_path("run/x.pt") == "run/x.pt.done"
    assert marker_path("run/x.tar.pt") == "run/x.tar.pt.done"
    assert marker_path("run/checkpoint-500") == "run/checkpoint-500.done"
    assert marker_path("run/checkpoint-500/") == "run/checkpoint-500.done"


@pytest.mark.parametrize("durable", [True, False])
def test_create_and_remove(tmp_path: Path, durable: bool) -> None:
    path = tmp_path / "x.pt"
    path.write_bytes(b"bytes")
    assert not has_done_marker(path)
    create_done_marker(path, durable=durable)
    assert has_done_marker(path)
    assert (tmp_path / "x.pt.done").read_bytes() == b""
    remove_done_marker(path, durable=durable)
    remove_done_marker(path, durable=durable)
    assert not has_done_marker(path)


def test_create_renews_the_time_and_empties(tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    marker = tmp_path / "x.pt.done"
    for content in (b"", b"by another writer"):
        marker.write_bytes(content)
        os.utime(marker, (1, 1))
        create_done_marker(path)
        assert marker.stat().st_mtime > 1_000_000
        assert marker.read_bytes() == b""


def test_the_mode_follows_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        create_done_marker(tmp_path / "x.pt")
    finally:
        os.umask(old)
    assert (tmp_path / "x.pt.done").stat().st_mode & 0o777 == 0o640


def test_reading_a_marker_never_touches_the_checkpoint(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.pt")  # opening it would hang for ever
    create_done_marker(tmp_path / "x.pt")
    assert has_done_marker(tmp_path / "x.pt")


def test_a_directory_or_a_path_through_a_file_is_no_marker(tmp_path: Path) -> None:
    (tmp_path / "x.pt.done").mkdir()
    (tmp_path / "file").write_bytes(b"")
    assert not has_done_marker(tmp_path / "x.pt")
    assert not has_done_marker(tmp_path / "file" / "x.pt")


@pytest.mark.parametrize(
    ("checkpoint", "marker", "used", "state"),
    [
        (None, None, True, None),
        (None, 5.0, False, MarkerState.ORPHAN),
        (5.0, None, False, None),
        (5.0, None, True, MarkerState.MISSING),
        (5.0, 5.0, True, MarkerState.PRESENT),
        (5.0, 4.0, True, MarkerState.PRESENT),
        (5.0, 3.0, True, MarkerState.PRESENT),
        (5.0, 2.9, True, MarkerState.OUTDATED),
        (5.0, 9.0, True, MarkerState.PRESENT),
    ],
)
def test_states(
    checkpoint: float | None, marker: float | None, used: bool, state: MarkerState | None
) -> None:
    assert marker_state(checkpoint, marker, used) is state
