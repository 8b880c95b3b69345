"""The reader process: any text file in bounded pieces, alike from wherever it is read."""

from __future__ import annotations

import os
import queue
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ckptui.launch.reader_link import ReaderLink
from ckptui.launch.rows import BLOCK, LONGEST, Row, row_start, rows_after, rows_before
from ckptui.launch.textsearch import Words
from ckptui.watch.protocol import Message

PATIENCE = 30.0
GIGABYTE = 1 << 30


class Asker:
    """Asks a real reader process and waits for its answers."""

    def __init__(self, path: str) -> None:
        self.heard: queue.Queue[Message | None] = queue.Queue()
        self.link = ReaderLink(path, self.heard.put, os.environ)
        self.number = 0

    def ask(self, what: str, answer: str = "", **question: object) -> Message:
        """One question, and the answer of this kind."""
        self.number += 1
        self.link.send({"do": what, "id": self.number, **question})
        while True:
            said = self.heard.get(timeout=PATIENCE)
            assert said is not None, "the reader ended"
            if said["is"] in (answer or what, "problem"):
                return said

    def texts(self, where: str, at: int = 0, count: int = 10) -> list[object]:
        """Rows as text."""
        rows = self.ask("rows", where=where, at=at, count=count)["rows"]
        assert isinstance(rows, list)
        return [row[2] for row in rows]


@contextmanager
def reader(path: Path | str) -> Iterator[Asker]:
    asker = Asker(os.fspath(path))
    asker.link.start()
    try:
        yield asker
    finally:
        asker.link.close()


def _at(data: bytes, at: int, count: int) -> bytes:
    return data[at : at + count]


_PARTS = st.sampled_from(
    [
        b"\n",
        b"line\n",
        b"x" * 3000,
        b"\r50%\r",
        "é".encode() * 2000,
        b"\0" * 5000,
        b"a\r\n",
        b"\xff",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_PARTS, max_size=40).map(b"".join), st.data())
def test_rows_are_the_same_from_wherever_they_are_read(data: bytes, draw: st.DataObject) -> None:
    size = len(data)

    def read(at: int, count: int) -> bytes:
        return _at(data, at, count)

    def after(at: int, count: int) -> list[Row]:
        return rows_after(read, at, count=count, size=size, most=8 * LONGEST)

    at = row_start(read, draw.draw(st.integers(0, size)))
    for _ in range(20):
        rows = after(at, 3)
        if not rows:
            break
        assert rows[0].start == at
        for row in rows:
            assert row_start(read, row.start) == row.start or row.start == size
            assert len(row.raw) <= LONGEST
        assert all(one.end == two.start for one, two in pairwise(rows))
        before = rows_before(read, rows[-1].end, count=1, most=8 * LONGEST)
        assert before[-1].end == rows[-1].end
        at = rows[-1].end


def test_all_lines_are_there_forward_and_backward(tmp_path: Path) -> None:
    lines = [f"line {number} " + "x" * (number * 37 % 300) for number in range(3000)]
    log = tmp_path / "log"
    log.write_text("\n".join(lines) + "\n")
    with reader(log) as asker:
        seen: list[object] = []
        at = 0
        while rows := asker.ask("rows", where="after", at=at, count=100)["rows"]:
            assert isinstance(rows, list)
            seen += [row[2] for row in rows]
            at = rows[-1][1]
        assert seen == lines
        back: list[object] = []
        while rows := asker.ask("rows", where="before", at=at, count=70)["rows"]:
            assert isinstance(rows, list)
            back[:0] = [row[2] for row in rows]
            at = rows[0][0]
        assert back == lines


def test_a_gigabyte_is_read_at_both_ends_in_little_memory(tmp_path: Path) -> None:
    log = tmp_path / "big"
    with log.open("wb") as file:
        file.write(b"the top\n" + b"x\n" * 100)
        file.truncate(GIGABYTE)
        file.seek(GIGABYTE)
        file.write(b"\nthe needle\nthe end\n")
    with reader(log) as asker:
        assert asker.texts("end", count=2) == ["the needle", "the end"]
        assert asker.texts("around", at=0, count=2) == ["the top", "x"]
        hole = asker.texts("around", at=GIGABYTE // 2, count=4)
        assert "4096 NUL bytes" in str(hole[0])
        asker.ask("words", words="needle")
        found = asker.ask("find", "found", at=0)
        assert found["at"] == GIGABYTE + 5
        counted = asker.ask("look", "counting")
        while not counted["counted"]:
            counted = asker.ask("look", "counting")
        assert (counted["count"], counted["number"]) == (1, 1)
        assert asker.ask("line", number=104)["at"] == GIGABYTE + 12
        assert asker.ask("line", number=9_999)["at"] is None
        assert _peak(asker.link.pid) < 64 << 20


def _peak(pid: int | None) -> int:
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        line = next(line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def test_a_line_without_an_end_comes_in_pieces(tmp_path: Path) -> None:
    log = tmp_path / "dump"
    log.write_bytes(b"y" * 40_000_000)
    with reader(log) as asker:
        rows = asker.texts("end", count=3)
        assert all(len(str(row)) <= LONGEST for row in rows)
        assert asker.texts("around", at=20_000_000, count=2)[-1] == "y" * BLOCK


def test_what_wrote_over_itself_is_one_row(tmp_path: Path) -> None:
    log = tmp_path / "bar"
    bar = b"".join(b"\r%3d%%|%s" % (number // 10, b"#" * 60) for number in range(1001))
    log.write_bytes(b"before\n" + bar + b"\nafter\n")
    with reader(log) as asker:
        rows = asker.texts("after", count=9)
        assert len(rows) == 3
        assert str(rows[1]).endswith("100%|" + "#" * 60)


def test_growth_cuts_and_replacements_are_told(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with reader(log) as asker:
        assert asker.ask("look")["event"] == "gone"
        log.write_bytes(b"one\n")
        assert asker.ask("look")["event"] == "back"
        with log.open("ab") as file:
            file.write(b"two\nthree\n")
        said = asker.ask("look", below=4)
        assert (said["event"], said["size"], said["below"]) == ("", 14, 2)
        os.truncate(log, 4)
        assert asker.ask("look")["event"] == "cut"
        other = tmp_path / "other"
        other.write_bytes(b"another file\n")
        os.replace(other, log)
        assert asker.ask("look")["event"] == "replaced"
        assert asker.texts("end") == ["another file"]
        log.unlink()
        assert asker.ask("look")["event"] == "gone"
        os.mkfifo(log)
        assert "not a regular file" in str(asker.ask("look")["problem"])


@pytest.mark.parametrize(
    ("head", "words"),
    [("a log\n".encode("utf-16") * 9, "UTF-16"), (b"\x1f\x8b\x08\0\0", "compressed")],
)
def test_what_is_not_plain_text_is_said(tmp_path: Path, head: bytes, words: str) -> None:
    log = tmp_path / "log"
    log.write_bytes(head)
    with reader(log) as asker:
        assert words in str(asker.ask("look")["hint"])


TEXT = "Alpha\nbeta GAMMA\nÄrger\nalpha again\n[x] end\n"


@pytest.mark.parametrize(
    ("words", "at", "back", "found"),
    [
        ("alpha", 0, False, "Alpha"),
        ("alpha", 1, False, "alpha"),
        ("Alpha", 1, False, "Alpha"),
        ("alpha", 20, True, "Alpha"),
        ("ärger", 0, False, "Ärger"),
        ("[x]", 0, False, "[x]"),
        ("/g.mma$/", 0, False, "GAMMA"),
        ("/^a/", 3, False, "alpha"),
        ("/^a/", 3, True, "Alpha"),
    ],
)
def test_words_are_found_both_ways_and_round(
    tmp_path: Path, words: str, at: int, back: bool, found: str
) -> None:
    log = tmp_path / "log"
    log.write_text(TEXT)
    with reader(log) as asker:
        asker.ask("words", words=words)
        said = asker.ask("find", "found", at=at, back=back)
        assert said["at"] == len(TEXT[: TEXT.index(found)].encode())


def test_a_match_across_pieces_is_found(tmp_path: Path) -> None:
    log = tmp_path / "log"
    for edge in ((1 << 20) - 3, (1 << 20) + LONGEST - 3):
        log.write_bytes(b"z" * edge + b"needle" + b"z" * (2 << 20))
        with reader(log) as asker:
            asker.ask("words", words="needle")
            assert asker.ask("find", "found", at=0)["at"] == edge
            assert asker.ask("find", "found", at=3 << 20, back=True)["at"] == edge


def test_nothing_found_and_no_regular_expression_are_said(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(TEXT)
    with reader(log) as asker:
        assert "no regular expression" in str(asker.ask("words", words="/(/")["problem"])
        asker.ask("words", words="nowhere")
        assert asker.ask("find", "found", at=9)["at"] is None
    assert Words("/a*/").first(b"bbb") == -1, "an empty match is none"


def test_it_ends_with_its_link_and_its_end_is_told(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(TEXT)
    with reader(log) as asker:
        asker.ask("look")
        pid = asker.link.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        while asker.heard.get(timeout=PATIENCE) is not None:
            continue
    with reader(os.fsencode(tmp_path).decode() + "/\udcff\x1b[2J") as asker:
        assert asker.ask("look")["event"] == "gone"
