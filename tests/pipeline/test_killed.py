"""SIGKILL at any moment: nothing that was marked is done again, and the result is the same."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest

from ckptui.marker import MARKER_SUFFIX
from ckptui.validation.check import check_file
from tests.pipeline.forker import Forker
from tests.pipeline.material import content
from tests.pipeline.test_runner import executed

KILLS = 20
_SHORT = ("--steps", "120", "--save-every", "20")
_RESULTS = ("predictions.tsv", "merged/features.pt", "checkpoints/ckpt_0000120.pt")


def arguments(fasta: list[str], run_dir: Path) -> list[str]:
    return ["sequences", *fasta, "--run-dir", str(run_dir), *_SHORT]


def results(run_dir: Path) -> dict[str, object]:
    """The final files, to the last bit of every number in them."""
    return {name: content(run_dir / name) for name in _RESULTS}


def marked(run_dir: Path) -> set[str]:
    """Outputs whose marker stands."""
    markers = run_dir.rglob(f"*{MARKER_SUFFIX}")
    return {str(path.relative_to(run_dir)).removesuffix(MARKER_SUFFIX) for path in markers}


def assert_markers_are_honest(run_dir: Path, whole: Path) -> None:
    """No marker beside something incomplete: torch files by level 5, all others byte by byte."""
    for output in marked(run_dir):
        path = run_dir / output
        if path.suffix == ".pt":
            verdict = check_file(path, level=5, settle=False)
            assert verdict.ok, (output, verdict.reason)
        else:
            assert path.read_bytes() == (whole / output).read_bytes(), output


def wait_for_units(run_dir: Path, count: int, pid: int) -> None:
    log = run_dir / "logs" / "units.log"
    while (not log.exists() or log.read_bytes().count(b"\n") < count) and alive(pid):
        time.sleep(0.0005)


def alive(pid: int) -> bool:
    """True while it works; the server has not reaped it, so a dead one is a zombie."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] != b"Z"
    except FileNotFoundError:
        return False


@pytest.fixture(scope="module")
def undisturbed(forker: Forker, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from ckptui.demo.inputs import write_sequences

    root = tmp_path_factory.mktemp("undisturbed")
    samples, labelled = write_sequences(str(root))
    words = arguments(["--input", *samples, "--train", labelled], root / "run")
    assert forker.run(words, root / "log.txt") == 0
    return root / "run"


def test_killed_at_random_moments_and_resumed(
    forker: Forker, fasta: list[str], undisturbed: Path, tmp_path: Path
) -> None:
    wanted, lines = results(undisturbed), 2 * len(executed(undisturbed))
    moments, killed = random.Random(7), 0
    for number in range(KILLS):
        run_dir, log = tmp_path / f"run{number}", tmp_path / "log.txt"
        pid = forker.start(arguments(fasta, run_dir), log)
        wait_for_units(run_dir, moments.randrange(lines - 2), pid)
        time.sleep(moments.uniform(0, 0.004))
        forker.kill(signal.SIGKILL)
        killed += forker.wait() == -signal.SIGKILL

        assert_markers_are_honest(run_dir, undisturbed)
        standing, before = marked(run_dir), _units(run_dir)
        assert forker.run(arguments(fasta, run_dir), log) == 0, log.read_text()
        again = set(_units(run_dir)[len(before) :]) & standing
        assert not again, f"kill {number}: done again although marked: {sorted(again)}"
        assert results(run_dir) == wanted, f"kill {number}"
        assert not [name for name in os.listdir(run_dir / "checkpoints") if ".tmp." in name]
    assert killed >= KILLS - 2  # one that was over before the signal came proves nothing


def _units(run_dir: Path) -> list[str]:
    return executed(run_dir) if (run_dir / "logs" / "units.log").exists() else []


def test_killed_again_and_again_it_still_comes_to_the_same_end(
    forker: Forker, fasta: list[str], undisturbed: Path, tmp_path: Path
) -> None:
    run_dir, log, moments = tmp_path / "run", tmp_path / "log.txt", random.Random(11)
    code, done = -signal.SIGKILL, 0
    while code == -signal.SIGKILL:
        pid = forker.start(arguments(fasta, run_dir), log)
        wait_for_units(run_dir, done + moments.randrange(4, 12), pid)
        forker.kill(signal.SIGKILL)
        code = forker.wait()
        done = len((run_dir / "logs" / "units.log").read_text().splitlines())
        assert_markers_are_honest(run_dir, undisturbed)
    assert code == 0, log.read_text()
    assert results(run_dir) == results(undisturbed)


def test_terminated_it_ends_with_130_and_resumes(
    forker: Forker, fasta: list[str], undisturbed: Path, tmp_path: Path
) -> None:
    run_dir, log = tmp_path / "run", tmp_path / "log.txt"
    pid = forker.start(arguments(fasta, run_dir), log)
    wait_for_units(run_dir, 30, pid)
    forker.kill(signal.SIGTERM)
    assert forker.wait() == 130
    assert "interrupted by SIGTERM" in log.read_text()
    assert "Traceback" not in log.read_text()
    assert forker.run(arguments(fasta, run_dir), log) == 0
    assert results(run_dir) == results(undisturbed)
