"""The failure log: any path survives, no writer loses a line, no line is fatal."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ckptui.failure_log import (
    FAILURE_LOG,
    load_failed_checkpoints,
    log_failed_checkpoint,
    parse_failure_log,
)

# Names as the kernel gives them: any bytes but NUL and the slash.
names = st.binary(min_size=1, max_size=40).map(
    lambda raw: os.fsdecode(raw.replace(b"\0", b"0").replace(b"/", b"_"))
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def test_a_line_is_path_reason_timestamp(tmp_path: Path) -> None:
    log_failed_checkpoint(tmp_path / "x.pt", "corrupted: cut short", "2026-01-02T03:04:05+00:00")
    text = (tmp_path / FAILURE_LOG).read_text()
    assert text == f"{tmp_path}/x.pt|corrupted: cut short|2026-01-02T03:04:05+00:00\n"


def test_the_timestamp_is_now_in_utc(tmp_path: Path) -> None:
    before = datetime.now(UTC)
    log_failed_checkpoint(tmp_path / "x.pt", "r")
    log_failed_checkpoint(tmp_path / "y.pt", "r", before)
    (_, _, first), (_, _, second) = load_failed_checkpoints(tmp_path)
    assert before <= datetime.fromisoformat(first) <= datetime.now(UTC)
    assert second == before.isoformat()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(rows=st.lists(st.tuples(names, texts, texts), min_size=1, max_size=5))
def test_every_name_and_reason_comes_back(tmp_path: Path, rows: list[tuple[str, str, str]]) -> None:
    (tmp_path / FAILURE_LOG).unlink(missing_ok=True)
    for name, reason, timestamp in rows:
        log_failed_checkpoint(os.path.join(tmp_path, name), reason, timestamp)
    expected = [(os.path.join(tmp_path, name), *rest) for name, *rest in rows]
    assert load_failed_checkpoints(tmp_path) == expected


def test_a_reason_that_is_not_unicode_is_no_reason_to_fail(tmp_path: Path) -> None:
    log_failed_checkpoint(tmp_path / "x.pt", "torn \ud800 text", "t")
    assert load_failed_checkpoints(tmp_path)[0][1] == "torn \\ud800 text"


@given(st.text(max_size=300))
def test_no_text_is_fatal(text: str) -> None:
    rows, malformed = parse_failure_log(text)
    lines = [line for line in text.split("\n") if line.removesuffix("\r").strip()]
    assert len(rows) + len(malformed) == len(lines)


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ("a.pt|bad|t", ("a.pt", "bad", "t")),
        ("a.pt|bad|t\r", ("a.pt", "bad", "t")),
        ("100%.pt|50%25 done|t", ("100%.pt", "50% done", "t")),
        ("a%7cb.pt|r|t", ("a|b.pt", "r", "t")),
        # Writers that encode nothing: a path, or a reason, with the separator in it.
        ("/run/a|b.pt|corrupted: x|t", ("/run/a|b.pt", "corrupted: x", "t")),
        ("/run/a.pt|one | two|t", ("/run/a.pt", "one | two", "t")),
        ("shard|x|y|t", ("shard", "x|y", "t")),
    ],
)
def test_lines_by_other_writers_read(line: str, row: tuple[str, str, str]) -> None:
    assert parse_failure_log(line + "\n") == ([row], [])


def test_malformed_lines_are_reported_and_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FAILURE_LOG).write_text("a.pt|bad|t\nnoise\n\n|no path|t\nb.pt|bad|t\n")
    with caplog.at_level(logging.WARNING, "ckptui"):
        rows = load_failed_checkpoints(tmp_path)
    assert [path for path, _, _ in rows] == ["a.pt", "b.pt"]
    assert "noise" in caplog.text
    assert "no path" in caplog.text


def test_a_torn_line_is_ended_before_the_next(tmp_path: Path) -> None:
    (tmp_path / FAILURE_LOG).write_bytes(b"a.pt|corrupted|t\nb.pt|corr")
    log_failed_checkpoint(tmp_path / "c.pt", "bad", "t")
    rows, malformed = parse_failure_log((tmp_path / FAILURE_LOG).read_text())
    assert [path for path, _, _ in rows] == ["a.pt", f"{tmp_path}/c.pt"]
    assert malformed == ["b.pt|corr"]


def test_no_log_is_no_failures(tmp_path: Path) -> None:
    assert load_failed_checkpoints(tmp_path) == []
    assert load_failed_checkpoints(tmp_path / "nowhere") == []


WRITER = """
import sys
from ckptui.failure_log import log_failed_checkpoint
directory, who, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
for n in range(count):
    log_failed_checkpoint(f"{directory}/{who}-{n}.pt", "x" * 300, "t")
"""


def test_concurrent_writers_lose_no_line(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), str(who), "150"])
        for who in range(6)
    ]
    assert [writer.wait(60) for writer in writers] == [0] * 6
    rows, malformed = parse_failure_log((tmp_path / FAILURE_LOG).read_text())
    assert malformed == []
    assert len(rows) == 900
    assert {path for path, _, _ in rows} == {
        f"{tmp_path}/{who}-{n}.pt" for who in range(6) for n in range(150)
    }
    for who in range(6):  # and each writer's own lines keep their order
        mine = [path for path, _, _ in rows if f"/{who}-" in path]
        assert mine == [f"{tmp_path}/{who}-{n}.pt" for n in range(150)]
