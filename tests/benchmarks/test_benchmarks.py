"""The benchmark runs, says what it found, and leaves nothing behind. Its speeds are not judged."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.benchmarks.measuring import ROOT, Timing
from tests.benchmarks.table import promises, rows
from tests.readme import README, replaced


def _start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    (folder / "temporary").mkdir()
    environment = {**os.environ, "TMPDIR": str(folder / "temporary"), "PYTHONPATH": ROOT}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks", "--no-readme", *arguments],
        cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_a_small_run_says_everything_and_cleans_up(tmp_path: Path) -> None:
    running = _start(tmp_path, "--only", "files", "--rounds", "1", "--gigabytes", "0.01")
    said, errors = running.communicate(timeout=240)
    assert running.returncode == 0, errors
    document = json.loads((tmp_path / "build/bench.json").read_text())
    assert len(document["rows"]) == 12
    assert all(row["what"] in said for row in document["rows"])
    assert document["timings"]["level 5"]["memory"] > 1_000_000
    assert os.listdir(tmp_path / "temporary") == []


def test_ctrl_c_leaves_no_file_and_no_process(tmp_path: Path) -> None:
    running = _start(tmp_path, "--only", "files", "--gigabytes", "2")
    folder = tmp_path / "temporary"
    while not any(folder.glob("*/big.pt")):
        assert running.poll() is None
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Traceback" not in errors
    assert os.listdir(folder) == []
    assert not _alive(str(folder))


def _alive(words: str) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().decode("utf-8", "replace")
        except OSError:
            continue
        if words in command:
            found.append(command)
    return found


def test_a_promise_is_met_or_not_by_the_ratio_of_medians() -> None:
    names = [
        "header, library",
        "ckptui inspect",
        "level 5",
        "read",
        "read, 1 MiB at a time",
        "ckptui validate --level 5 --no-load",
        "level 5, library",
        "torch.load, new process",
        "batch",
        "torch.load",
        "levels 5 and 6",
        "ckptui --help",
        "ckptui status",
    ]
    timings = {name: Timing([0.1, 0.1, 9.0]) for name in names}
    timings["header, torch.load(mmap=True)"] = Timing([3.0, 3.1, 99.0])
    found = {line[0]: line[2:] for line in promises(rows(timings, 70_000, 1000))[1:]}
    text = "header of one file by the library, new process, against torch.load(mmap=True)"
    assert found[text] == ["31.0 ×", "met"]
    text = "bytes read for a header beyond its pickle and its directory"
    assert found[text] == ["68.4 KiB", "not met"]


def test_the_readme_has_its_marks() -> None:
    text = Path(README).read_text(encoding="utf-8")
    for mark in ("bench", "bench-ui"):
        replaced(text, mark, "")
