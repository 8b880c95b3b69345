"""One look, through the real scanner and the real check workers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from ckptui.checkpoint.manager import CheckpointManager
from ckptui.input_hash import hash_inputs, list_inputs
from ckptui.terms import Action, Category, InputState
from ckptui.watch.look_once import look_once
from ckptui.watch.protocol import Settings
from tests.watch.conftest import Write


def test_a_damaged_run(tmp_path: Path, save: Write, checkpoint_bytes: bytes) -> None:
    for step in (100, 200, 300):
        save(tmp_path / f"ckpt_{step}.pt")
    cut = save(tmp_path / "ckpt_400.pt")
    times = os.stat(cut)
    cut.write_bytes(checkpoint_bytes[:1000])
    os.utime(cut, ns=(times.st_atime_ns, times.st_mtime_ns))
    left = save(tmp_path / ".ckpt_500.pt.tmp.elsewhere.7.0123abcd")
    (tmp_path / "ckpt_600.pt.done").touch()
    (tmp_path / "latest.pt").symlink_to("ckpt_300.pt")
    (tmp_path / "notes.bin").write_bytes(os.urandom(3000))
    os.utime(tmp_path / "notes.bin", (1e9, 1e9))
    shown = look_once(tmp_path, timeout=60)
    assert shown.settled
    assert not shown.problem
    assert {path: row.category for path, row in shown.checkpoints.items()} == {
        "ckpt_100.pt": Category.UNCHECKED,
        "ckpt_200.pt": Category.UNCHECKED,
        "ckpt_300.pt": Category.UNCHECKED,
        "ckpt_400.pt": Category.CORRUPTED,
        "ckpt_600.pt": Category.INCOMPLETE,
        "latest.pt": Category.UNCHECKED,
        left.name: Category.INCOMPLETE,
    }
    assert shown.checkpoints[left.name].remedy is Action.PROMOTE
    assert shown.checkpoints["ckpt_400.pt"].remedy is Action.QUARANTINE
    assert shown.last_good is not None
    assert shown.last_good.path == "ckpt_300.pt"
    assert [each.path for each in shown.last_good.passed_over] == ["ckpt_600.pt", "ckpt_400.pt"]
    assert shown.disk is not None
    assert 0 < shown.disk.free <= shown.disk.total


def test_a_stage_whose_inputs_changed(tmp_path: Path, save: Write) -> None:
    root, data = tmp_path / "run", tmp_path / "data"
    data.mkdir()
    (data / "a.fa").write_text("ACGT")
    save(root / "merged.pt")
    inputs = list_inputs(data, "*.fa")
    manager = CheckpointManager(root / ".checkpoints", {"k": 4})
    manager.save_stage_status(
        "merge",
        "completed",
        input_hash=hash_inputs(inputs),
        inputs=(inputs,),
        outputs=("merged.pt",),
    )
    fresh = look_once(root, timeout=60)
    assert fresh.stages[0].input_hash.state is InputState.FRESH
    assert fresh.checkpoints["merged.pt"].input_hash.recorded == hash_inputs(inputs)
    (data / "b.fa").write_text("ACGT")
    stale = look_once(root, timeout=60)
    assert stale.stages[0].input_hash.state is InputState.STALE
    assert stale.stages[0].input_hash.why == "1 added (b.fa)"
    assert stale.checkpoints["merged.pt"].input_hash.why == "1 added (b.fa)"
    assert stale.last_good is not None
    assert "b.fa" in stale.last_good.notes[0]


def test_inputs_that_hold_the_run_directory(tmp_path: Path, save: Write) -> None:
    root = tmp_path / "run"
    (tmp_path / "a.fa").write_text("ACGT")
    save(root / "merged.pt")
    inputs = list_inputs(tmp_path, exclude=[root])
    manager = CheckpointManager(root / ".checkpoints", {"k": 4})
    manager.save_stage_status(
        "merge",
        "completed",
        input_hash=hash_inputs(inputs),
        inputs=(inputs,),
        outputs=("merged.pt",),
    )
    assert look_once(root, timeout=60).stages[0].input_hash.state is InputState.FRESH


def test_damaged_small_files_are_said(tmp_path: Path, save: Write) -> None:
    save(tmp_path / "ckpt_1.pt")
    (tmp_path / ".checkpoints").mkdir()
    (tmp_path / ".checkpoints/pipeline_state.json").write_text('{"version"')
    (tmp_path / "ckptui.toml").write_text("[run\n")
    (tmp_path / "failed_checkpoints.txt").write_text("x.pt|bad|2026-01-01T00:00:00Z\n|||\n")
    shown = look_once(tmp_path, timeout=60)
    assert shown.stages[0].error
    assert "ckptui.toml" in shown.notes[0]
    assert [row.path for row in shown.failures] == ["x.pt"]
    assert shown.last_good is not None


def test_the_configuration_sets_required_keys(tmp_path: Path, save: Write) -> None:
    save(tmp_path / "ckpt_1.pt")
    text = '[[require]]\nglob = "*.pt"\nkeys = ["optimizer"]\n'
    (tmp_path / "ckptui.toml").write_text(text)
    shown = look_once(tmp_path, timeout=60)
    assert shown.checkpoints["ckpt_1.pt"].category is Category.INCOMPATIBLE
    assert "optimizer" in shown.checkpoints["ckpt_1.pt"].reason
    assert shown.run_files["ckptui.toml"] == text


def test_without_header_checks_only_names_are_known(tmp_path: Path, save: Write) -> None:
    save(tmp_path / "ckpt_1.pt")
    shown = look_once(tmp_path, timeout=60, header_checks=False)
    assert shown.settled
    assert shown.checkpoints["ckpt_1.pt"].checked_at is None
    assert shown.last_good is None


def test_what_the_scanner_loads(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom ckptui.watch import scanner\n"
        "scanner.main([sys.argv[1], '--once'])\n"
        "names = ('torch', 'numpy', 'pydantic', 'textual', 'watchdog')\n"
        "print([n for n in names if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
    assert json.loads(done.stdout.splitlines()[-2]) == {"is": "end"}


def test_a_look_that_takes_too_long_says_so(tmp_path: Path, save: Write) -> None:
    for number in range(30):
        save(tmp_path / f"ckpt_{number}.pt")
    shown = look_once(tmp_path, timeout=0.5, settings=Settings(operations=0.1))
    assert f"{tmp_path} did not answer within 0.5 s" in shown.problem
    assert not shown.settled
