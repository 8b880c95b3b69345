"""Logs: followed to their end, cut and replaced ones too; the end of a huge one alone."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ckptui.errors import CkptuiError
from ckptui.launch.command import Command
from ckptui.launch.local import cancel_run, start_run
from ckptui.launch.log import follow, log_path, tail
from tests.launch.helpers import LINES, python, wait_for, wait_for_state


def test_following_to_the_end_loses_no_line(root: str) -> None:
    run = start_run(root, python(LINES))
    data = b"".join(follow(root))
    assert data.decode().splitlines() == [f"line {n}" for n in range(30)]
    # It came to its end because the run did.
    assert wait_for_state(root, run.id, "ended").exit_code == 42
    assert b"".join(follow(root, run.id[:-1], max_bytes=16)) == b"line 28\nline 29\n"


def test_without_following_it_returns_at_once(root: str) -> None:
    run = start_run(root, Command(("sh", "-c", "echo one; sleep 600")))
    path = Path(log_path(root, run.id))
    wait_for(lambda: path.exists() and path.read_bytes())
    assert list(follow(root, follow=False)) == [b"one\n"]


def test_there_is_no_log(root: str) -> None:
    with pytest.raises(CkptuiError, match="there is no run at all; known: none"):
        list(follow(root))


def test_both_streams_in_order(root: str) -> None:
    start_run(root, Command(("sh", "-c", "echo one; echo two >&2; echo three")))
    assert b"".join(follow(root)) == b"one\ntwo\nthree\n"


class Reader:
    """Follows in a thread and keeps what it saw."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.seen = b""
        self._pieces = pieces
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        for piece in self._pieces:
            self.seen += piece


def test_a_log_that_is_cut_or_replaced_is_read_anew(root: str) -> None:
    run = start_run(root, Command(("sh", "-c", "echo a long first line; sleep 600")))
    path = log_path(root, run.id)
    reader = Reader(follow(root, run.id))
    wait_for(lambda: reader.seen == b"a long first line\n")
    os.truncate(path, 0)
    with open(path, "ab") as log:
        log.write(b"cut\n")
    wait_for(lambda: reader.seen.endswith(b"\ncut\n"))
    with open(path + ".new", "wb") as log:
        log.write(b"a replaced log, longer than before\n")
    os.replace(path + ".new", path)
    wait_for(lambda: reader.seen.endswith(b"\ncut\na replaced log, longer than before\n"))
    cancel_run(root)
    reader.thread.join(30)
    assert not reader.thread.is_alive()


@pytest.mark.parametrize(
    ("content", "limit", "end"),
    [
        (b"one\ntwo\nthree\n", 100, b"one\ntwo\nthree\n"),
        (b"one\ntwo\nthree\n", 10, b"two\nthree\n"),
        (b"one\ntwo\nthree\n", 9, b"three\n"),
        (b"one\ntwo\nthr", 4, b"thr"),
        (b"one\ntwo\nthree\n", 3, b"ee\n"),
        (b"x" * 50, 5, b"xxxxx"),
        (b"", 5, b""),
    ],
)
def test_the_tail_is_whole_lines(tmp_path: Path, content: bytes, limit: int, end: bytes) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes(content)
    assert tail(str(path), limit) == end


def read_so_far() -> int:
    counts = Path("/proc/self/io").read_text().split()
    return int(counts[counts.index("rchar:") + 1])


def test_the_tail_of_a_huge_log_reads_only_its_end(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    with open(path, "wb") as log:
        log.truncate(1 << 30)
        log.seek(0, os.SEEK_END)
        log.write(b"\nthe last line\n")
    before = read_so_far()
    assert tail(str(path), 4096) == b"the last line\n"
    assert read_so_far() - before < 1 << 16
    assert tail(str(tmp_path / "missing"), 10) == b""
