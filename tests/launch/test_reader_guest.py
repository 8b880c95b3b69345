"""The reader is a guest on the filesystem that it reads: long work waits, questions do not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ckptui.validation.guest import NETWORK_OPERATIONS
from tests.cli.mounting import stalling
from tests.cli.test_guest import METADATA, busiest_second, requests, site
from tests.launch.test_reader import PATIENCE, Asker, reader
from tests.validation.test_scan import _cached as cached
from tests.validation.test_scan import _drop as drop

MEGABYTE = 1 << 20
RATE = 1_500_000
"""Bytes a second."""
LINE = b"%07d " + b"x" * 91 + b"\n"


def text(path: Path, megabytes: int) -> Path:
    """A log whose last line alone has a needle."""
    lines = (LINE % number for number in range(megabytes * MEGABYTE // 100))
    path.write_bytes(b"".join(lines) + b"the needle\n")
    return path


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[None]:
    """A site that allows little."""
    os.environ["CKPTUI_SITE_FILE"] = site(tmp_path, bytes_per_second=RATE)
    yield
    del os.environ["CKPTUI_SITE_FILE"]


@pytest.mark.usefixtures("slow")
def test_a_search_keeps_the_pace_of_a_file_server(tmp_path: Path) -> None:
    source, place, log = tmp_path / "source", tmp_path / "mount", tmp_path / "asked"
    source.mkdir()
    size = text(source / "log", 6).stat().st_size
    with stalling(str(source), place, log=log), reader(place / "log") as asker:
        asker.ask("words", words="needle")
        assert asker.ask("find", "found", at=0)["at"] == size - 7
    asked = requests(log)
    read = [(each.at, float(each.count)) for each in asked]
    assert sum(count for _, count in read) >= size
    # The kernel reads ahead of us, and the last piece is paid for after it was read.
    assert read[-1][0] - read[0][0] > (size - 2 * MEGABYTE) / RATE
    looks = [(each.at, 1.0) for each in asked if each.operation in METADATA]
    assert busiest_second(looks) < NETWORK_OPERATIONS
    opened = sum(each.operation == "OPEN" for each in asked)
    assert sum(each.operation == "RELEASE" for each in asked) >= opened - 1 >= 5


def test_questions_are_answered_while_a_search_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CKPTUI_SITE_FILE", site(tmp_path, bytes_per_second=1000))
    log = text(tmp_path / "log", 9)
    with reader(log) as asker:
        asker.ask("words", words="needle")
        asker.link.send({"do": "find", "id": 91, "at": 0})
        said: list[object] = []
        for number in range(20):
            asker.link.send({"do": "rows", "id": number, "where": "end", "count": 1})
            while not said or said[-1] != number:
                heard = asker.heard.get(timeout=PATIENCE)
                assert heard is not None
                said += [heard["is"], heard["id"]]
        assert "rows" in said
        assert "found" not in said, "the search was to wait for hours"
        asker.ask("stop", "stopped")


def test_a_search_leaves_the_page_cache_as_it_was(tmp_path: Path) -> None:
    log = text(tmp_path / "log", 40)
    drop(log)
    if cached(log) > 0.05:
        pytest.skip("a filesystem in memory")
    with reader(log) as asker:
        asker.ask("words", words="needle")
        for _ in range(2):
            search(asker)
        assert asker.ask("line", number=400_000)["at"] == 39_999_900
        assert cached(log) < 0.1
        log.read_bytes()
        asker.ask("look")
        search(asker)
        assert cached(log) > 0.9


def search(asker: Asker) -> None:
    """Find the needle, and wait until all lines that have it are counted."""
    assert asker.ask("find", "found", at=0)["at"] == 40 * MEGABYTE // 100 * 100 + 4
    while not asker.ask("look", "counting")["counted"]:
        continue
