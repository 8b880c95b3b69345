"""What a file server sees of ckptui: counted by a real filesystem that is served from elsewhere."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from ckptui.validation.guest import NETWORK_OPERATIONS
from tests import directories as made
from tests.cli.mounting import stalling
from tests.cli.program import PATIENCE, ckptui, documents, interrupt, started
from tests.directories import ORDERS, copy, make_older

METADATA = {"LOOKUP", "GETATTR", "OPEN", "OPENDIR", "READDIR"}
SLOW = 4_000_000
"""Bytes a second, so that a read takes long enough to be looked at."""

WRITE = """
import sys, torch
torch.save({"step": 1, "w": torch.arange(int(sys.argv[2]), dtype=torch.float32)}, sys.argv[1])
"""


@dataclass(frozen=True)
class Asked:
    """One request to the filesystem."""

    at: float
    operation: str
    count: int
    name: str


def requests(log: Path) -> list[Asked]:
    rows = [line.split(" ", 3) for line in log.read_text().splitlines()]
    return [Asked(float(at), what, int(count), name) for at, what, count, name in rows]


def busiest_second(weights: Sequence[tuple[float, float]]) -> float:
    """The most that fell into any one second."""
    most, start, total = 0.0, 0, 0.0
    for at, weight in weights:
        total += weight
        while weights[start][0] < at - 1.0:
            total -= weights[start][1]
            start += 1
        most = max(most, total)
    return most


def old(path: Path) -> Path:
    os.utime(path, (time.time() - 3600,) * 2)
    return path


def save(path: Path, floats: int) -> Path:
    subprocess.run([sys.executable, "-c", WRITE, str(path), str(floats)], check=True)
    return old(path)


def site(place: Path, **limits: float) -> str:
    """A site file with these limits."""
    file = place / "site.toml"
    lines = [f"{name} = {int(value)}\n" for name, value in limits.items()]
    file.write_text("[limits]\n" + "".join(lines))
    return str(file)


@pytest.mark.parametrize("verb", [["status"], ["validate", "--no-load"]])
def test_metadata_operations_are_kept_below_the_rate(tmp_path: Path, verb: list[str]) -> None:
    """Scanner and workers have one account: a tree of 150 files takes a few seconds."""
    source, place, log = tmp_path / "source", tmp_path / "mount", tmp_path / "log"
    source.mkdir()
    first = save(source / "ckpt_000.pt", 100)
    for number in range(1, 150):
        old(Path(shutil.copy(first, source / f"ckpt_{number:03}.pt")))
    with stalling(str(source), place, log=log):
        said = ckptui(*verb, str(place), "--json")
    assert said.code == 0
    asked = [(each.at, 1.0) for each in requests(log) if each.operation in METADATA]
    assert len(asked) > 600  # it did look at each of them
    # A tenth of a second's worth may come at once, and the little that the first look takes.
    assert busiest_second(asked) < NETWORK_OPERATIONS * 1.2


def test_checkpoint_directories_are_looked_at_below_the_rate(layouts: Path, tmp_path: Path) -> None:
    """Their listings and the small files in them are in the same account."""
    source, place, log = tmp_path / "source", tmp_path / "mount", tmp_path / "log"
    for number in range(16):
        copy(layouts / made.HF, source / f"checkpoint-{number + 1}", ORDERS[made.HF])
    make_older(source)
    with stalling(str(source), place, log=log):
        said = ckptui("validate", str(place), "--no-load", "--json")
    assert (said.code, len(documents("validate", said.out))) == (0, 16), said.err
    asked = [(each.at, 1.0) for each in requests(log) if each.operation in METADATA]
    assert len(asked) > 600
    assert busiest_second(asked) < NETWORK_OPERATIONS * 1.2


def test_explaining_many_files_stays_below_the_rate(tmp_path: Path) -> None:
    source, place, log = tmp_path / "source", tmp_path / "mount", tmp_path / "log"
    source.mkdir()
    first = save(source / "ckpt_000.pt", 100)
    for number in range(1, 60):
        old(Path(shutil.copy(first, source / f"ckpt_{number:03}.pt")))
    with stalling(str(source), place, log=log):
        paths = [str(place / f"ckpt_{number:03}.pt") for number in range(60)]
        said = ckptui("explain", *paths, "--no-load", "--json")
    assert (said.code, len(documents("explain", said.out))) == (0, 60), said.err
    asked = [(each.at, 1.0) for each in requests(log) if each.operation in METADATA]
    assert len(asked) > 600
    assert busiest_second(asked) < NETWORK_OPERATIONS * 1.2


@pytest.fixture
def one(tmp_path: Path) -> Path:
    """A directory with a checkpoint of 16 MB, to be read slowly."""
    source = tmp_path / "source"
    source.mkdir()
    save(source / "large.pt", 4 * SLOW // 4)
    return source


def test_bytes_are_kept_below_the_rate(one: Path, tmp_path: Path) -> None:
    place, log = tmp_path / "mount", tmp_path / "log"
    limits = site(tmp_path, bytes_per_second=SLOW)
    with stalling(str(one), place, log=log):
        said = ckptui("validate", str(place), "--no-load", "--json", CKPTUI_SITE_FILE=limits)
    assert [row["category"] for row in documents("validate", said.out)] == ["valid"]
    read = [(each.at, float(each.count)) for each in requests(log)]
    assert sum(count for _, count in read) >= 4 * SLOW
    # The kernel reads ahead of us, by less than a megabyte.
    assert busiest_second(read) < SLOW * 1.25 + (1 << 20)


def test_no_file_is_held_open_for_long(one: Path, tmp_path: Path) -> None:
    place, log = tmp_path / "mount", tmp_path / "log"
    limits = site(tmp_path, bytes_per_second=SLOW)
    with stalling(str(one), place, log=log):
        said = ckptui("validate", str(place), "--no-load", "--json", CKPTUI_SITE_FILE=limits)
        assert [row["category"] for row in documents("validate", said.out)] == ["valid"]
    asked = [each for each in requests(log) if "large.pt" in each.name]
    opened = sum(each.operation == "OPEN" for each in asked)
    assert opened > 3  # it is read for four seconds
    assert sum(each.operation == "RELEASE" for each in asked) >= opened - 1


OLD_LAYOUT = """
import sys, torch
state = {"step": 1, "w": torch.zeros(int(sys.argv[2]), dtype=torch.uint8)}
torch.save(state, sys.argv[1], _use_new_zipfile_serialization=False)
"""


def test_torch_is_not_let_hold_a_file_that_it_would_have_to_copy(tmp_path: Path) -> None:
    """It maps the usual layout in no time; the old one it reads, and holds open meanwhile."""
    source, place, log = tmp_path / "source", tmp_path / "mount", tmp_path / "log"
    source.mkdir()
    save(source / "mapped.pt", 80 << 18)
    for name, size in (("copied.pt", 80 << 20), ("small.pt", 1 << 20)):
        subprocess.run([sys.executable, "-c", OLD_LAYOUT, source / name, str(size)], check=True)
        old(source / name)
    with stalling(str(source), place, log=log):
        said = ckptui("validate", str(place), "--level", "4", "--json")
    rows = {str(row["path"]): row for row in documents("validate", said.out)}
    assert {path: row["category"] for path, row in rows.items()} == {
        "mapped.pt": "valid", "small.pt": "valid", "copied.pt": "unchecked",
    }, said.err  # fmt: skip
    assert str(rows["copied.pt"]["reason"]).startswith("torch would hold it open while it copies")
    read = sum(each.count for each in requests(log) if "copied.pt" in each.name)
    assert read < 8 << 20


def test_what_is_replaced_while_it_is_read_is_let_go(one: Path, tmp_path: Path) -> None:
    place, log = tmp_path / "mount", tmp_path / "log"
    limits = site(tmp_path, bytes_per_second=SLOW)
    spare = old(Path(shutil.copy(one / "large.pt", tmp_path / "spare.pt")))
    os.environ["CKPTUI_SITE_FILE"] = limits
    try:
        with (
            stalling(str(one), place, log=log),
            started("validate", str(place), "--no-load", "--json") as process,
        ):
            end = time.monotonic() + PATIENCE
            while sum(each.count for each in requests(log)) < SLOW:
                assert time.monotonic() < end
                time.sleep(0.05)
            os.replace(spare, one / "large.pt")
            out, _ = process.communicate(timeout=PATIENCE)
    finally:
        del os.environ["CKPTUI_SITE_FILE"]
    row = json.loads(out)
    assert (process.returncode, row["category"]) == (0, "changing")
    assert row["reason"] == "it was replaced by another file during the check"
    # It was not read to its end: the old one was let go when the path led elsewhere.
    assert sum(each.count for each in requests(log)) < 4 * SLOW


def test_the_site_says_how_many_files_at_a_time(one: Path, tmp_path: Path) -> None:
    for number in range(3):
        old(Path(shutil.copy(one / "large.pt", one / f"large_{number}.pt")))
    os.environ["CKPTUI_SITE_FILE"] = site(tmp_path, workers=1, bytes_per_second=SLOW)
    try:
        with started("validate", str(one), "--no-load", "--jobs", "4") as process:
            time.sleep(3)
            children = Path(f"/proc/{process.pid}/task").glob("*/children")
            pids = [pid for each in children for pid in each.read_text().split()]
            workers = [pid for pid in pids if b"validation.worker" in command(pid)]
            assert len(workers) == 1
            assert interrupt(process)[0] == 130
    finally:
        del os.environ["CKPTUI_SITE_FILE"]


def command(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_the_site_may_limit_the_tree(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    said = ckptui("validate", str(tmp_path / "a"), CKPTUI_SITE_FILE=site(tmp_path, depth=1))
    assert said.err == "ckptui: no checkpoints found\n"
    (tmp_path / "a" / "b" / "c").mkdir()
    said = ckptui("validate", str(tmp_path / "a"), CKPTUI_SITE_FILE=site(tmp_path, depth=1))
    assert said.err.startswith(
        "ckptui: left out: b/c/: deeper than the limit (the limit of this site)\n"
    )


def test_a_site_file_that_is_wrong_is_said(tmp_path: Path) -> None:
    limits = site(tmp_path, wrokers=1)
    said = ckptui("validate", str(tmp_path), CKPTUI_SITE_FILE=limits)
    assert said.code == 0
    assert said.err.startswith(f"ckptui: {limits}: [limits] wrokers: unknown; it takes workers")
