"""The scanner as a process, spoken to as the monitor does."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, Queue
from typing import TypeAlias

import pytest

from tests.watch.conftest import PATIENCE, Write

ON_NFS = """
import sys
from ckptui.watch import mounts, scanner
mounts.filesystem_of = lambda path: "nfs4"
sys.exit(scanner.main())
"""


class Talk:
    """A scanner process and what it says."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.lines: Queue[dict[str, object]] = Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(json.loads(line))

    def tell(self, **message: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def hear(self, wanted: Callable[[dict[str, object]], bool]) -> dict[str, object]:
        while True:
            try:
                message = self.lines.get(timeout=PATIENCE)
            except Empty:
                raise AssertionError("the scanner did not say it") from None
            if wanted(message):
                return message


Begin: TypeAlias = "Callable[[list[str]], Talk]"
SCANNER = ("-m", "ckptui.watch.scanner")


@pytest.fixture
def talk() -> Iterator[Begin]:
    begun: list[Talk] = []

    def begin(command: list[str]) -> Talk:
        begun.append(Talk(command))
        return begun[-1]

    yield begin
    for each in begun:
        each.process.kill()
        for stream in (each.process.stdin, each.process.stdout):
            assert stream is not None
            stream.close()
        each.process.wait()


def puts(path: str) -> Callable[[dict[str, object]], bool]:
    def holds(message: dict[str, object]) -> bool:
        rows = message.get("put")
        return isinstance(rows, list) and any(row[0] == path for row in rows)

    return holds


def is_(kind: str) -> Callable[[dict[str, object]], bool]:
    return lambda message: message["is"] == kind


def test_it_beats_obeys_and_ends_with_its_stdin(tmp_path: Path, save: Write, talk: Begin) -> None:
    save(tmp_path / "ckpt_1.pt")
    scanner = talk([*SCANNER, str(tmp_path), "--mode=sweep", "--interval=3600"])
    scanner.hear(puts("ckpt_1.pt"))
    scanner.hear(is_("swept"))
    scanner.hear(is_("beat"))
    save(tmp_path / "ckpt_2.pt")
    save(tmp_path / "ckpt_3.pt")
    scanner.tell(do="look", path="")
    scanner.hear(puts("ckpt_2.pt"))
    scanner.tell(do="nonsense")
    scanner.tell(do="rescan")
    scanner.hear(is_("swept"))
    assert scanner.process.stdin is not None
    scanner.process.stdin.close()
    assert scanner.process.wait(PATIENCE) == 0


def test_on_a_network_filesystem_events_are_an_extra(
    tmp_path: Path, save: Write, talk: Begin
) -> None:
    save(tmp_path / "a/ckpt_1.pt")
    scanner = talk(["-c", ON_NFS, str(tmp_path)])

    def says(message: dict[str, object]) -> bool:
        return "live on this host" in str(message.get("sentence"))

    watching = scanner.hear(says)
    assert (watching["mode"], watching["filesystem"]) == ("sweep", "nfs4")
    assert watching["sentence"] == "nfs4: live on this host, others within 30 s"
    save(tmp_path / "a/ckpt_2.pt")
    scanner.hear(puts("a/ckpt_2.pt"))


def test_what_cannot_be_read_as_text_is_said(tmp_path: Path, talk: Begin) -> None:
    big = tmp_path / "big.checkpoint.json"
    with big.open("wb") as file:
        file.truncate(5 * 1024 * 1024)
    (tmp_path / "small.checkpoint.json").write_bytes(b'{"a": "\xff"}')
    scanner = talk([*SCANNER, str(tmp_path), "--once"])
    failed = scanner.hear(is_("texts"))["failed"]
    assert isinstance(failed, dict)
    assert "too large" in failed["big.checkpoint.json"]
    assert scanner.hear(is_("texts"))["put"] == {"small.checkpoint.json": '{"a": "\udcff"}'}
