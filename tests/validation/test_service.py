"""The library: one checkpoint, many, what an error means, and what is logged."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ckptui import CheckpointError, load_failed_checkpoints
from ckptui.terms import Category
from ckptui.validation import (
    distinguish_error_type,
    validate_checkpoint,
    validate_checkpoint_batch,
)
from tests.validation.conftest import make_old


def test_a_batch_streams_a_verdict_for_every_path(good: Path, tmp_path: Path) -> None:
    paths = [good / "ours.pt", tmp_path / "nowhere.pt", good / "list.pt"]
    stream = validate_checkpoint_batch(paths, level=5, load=False)
    first = next(stream)
    assert Path(first.path) in paths
    rest = list(stream)
    assert {v.path for v in (first, *rest)} == {str(path) for path in paths}


def test_a_batch_that_is_left_early_leaves_no_process(good: Path) -> None:
    stream = validate_checkpoint_batch([good / "ours.pt"] * 50, level=5, load=False)
    next(stream)
    del stream
    me = os.getpid()
    left = Path(f"/proc/{me}/task/{me}/children").read_text().split()
    assert [pid for pid in left if b"worker" in Path(f"/proc/{pid}/cmdline").read_bytes()] == []


def test_failures_are_logged_with_path_and_what_failed(
    good: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a|b.pt"
    path.write_bytes((good / "ours.pt").read_bytes())
    make_old(path)
    with caplog.at_level(logging.ERROR, "ckptui"):
        validate_checkpoint(path, required_keys=["ids"], load=False, log_failures=True)
        validate_checkpoint(path, required_keys=["w"], load=False, log_failures=True)
    assert len(caplog.records) == 1
    assert "ids" in caplog.text
    assert "a|b.pt" in caplog.text
    [(logged, reason, _)] = load_failed_checkpoints(tmp_path)
    assert (logged, reason.startswith("incompatible: ")) == (str(path), True)


def test_error_types(good: Path) -> None:
    wrong = validate_checkpoint(good / "ours.pt", required_keys=["ids"], load=False)
    assert distinguish_error_type(wrong) == "incompatible"
    assert distinguish_error_type(CheckpointError("a.pt", "incomplete", "x")) == "corrupted"
    assert distinguish_error_type(CheckpointError("a.pt", "incompatible", "x")) == "incompatible"
    assert distinguish_error_type("incompatible: missing required keys") == "incompatible"
    assert distinguish_error_type("something else") == "corrupted"


def test_without_load_torch_is_never_imported(good: Path) -> None:
    code = (
        "import sys; from ckptui import validate_checkpoint\n"
        "v = validate_checkpoint(sys.argv[1], level=5, load=False)\n"
        "heavy = {'torch', 'numpy', 'pydantic', 'textual'} & set(sys.modules)\n"
        "print(v.category, v.level, sorted(heavy))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(good / "ours.pt")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "valid 5 []\n"


def test_level_3_by_torch_is_a_plain_pass(good: Path) -> None:
    verdict = validate_checkpoint(good / "ours.pt")
    assert (verdict.category, verdict.level) == (Category.VALID, 4)
    assert [str(check) for check in verdict.checks.values()] == ["pass"] * 4
