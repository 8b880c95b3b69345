"""Checkpoint directories on the command line: latest, status, validate, inspect, quarantine."""

from __future__ import annotations

import json
import os
import re
import shlex
from pathlib import Path

import pytest
import torch

from tests import directories as made
from tests.cli.program import ckptui, documents
from tests.directories import ORDERS, copy, make_older

NEXT = {
    made.HF: "checkpoint-60", made.HF_SHARDED: "checkpoint-60", made.HF_PEFT: "checkpoint-60",
    made.HF_DEEPSPEED: "checkpoint-60", made.DEEPSPEED: "global_step60", made.DCP: "step_60",
    made.TORCHTITAN: "step-60", made.LIGHTNING: "epoch=2-step=60.ckpt",
    made.MEGATRON: "iter_0000060", made.MEGATRON_LEGACY: "iter_0000060",
    made.ACCELERATE: "checkpoint_60",
}  # fmt: skip
"""Directory → what its next save is called."""


def run_of(layouts: Path, tmp_path: Path, place: str) -> Path:
    """A run directory: a whole save, and a newer one that was stopped before its end."""
    run = tmp_path / Path(place).parent
    copy(layouts / place, run / Path(place).name, ORDERS[place])
    names = [name for name in ORDERS[place] if ".." not in name]
    cut = names if names[-1] != ORDERS[place][-1] else names[:-1]
    newer = copy(layouts / place, run / NEXT[place], cut)
    for path in newer.rglob("*.pt"):
        _set_step(path)
    make_older(run)
    return run


def _set_step(path: Path) -> None:
    """Let what counts steps in a file count 60."""
    state = torch.load(path, weights_only=False)
    for key in ("global_steps", "iteration", "last_epoch"):
        if key in state:
            state[key] = 60
            torch.save(state, path)


@pytest.mark.parametrize("place", NEXT)
def test_latest_passes_over_a_save_that_was_stopped(
    layouts: Path, tmp_path: Path, place: str
) -> None:
    run = run_of(layouts, tmp_path, place)
    said = ckptui("latest", str(run))
    assert (said.code, said.out) == (0, f"{run / Path(place).name}\n"), said.err
    assert f"passed over {NEXT[place]}: incomplete: " in said.err


def test_a_copy_with_other_times_gives_the_same_answer(layouts: Path, tmp_path: Path) -> None:
    run = run_of(layouts, tmp_path, made.HF)
    make_older(run, 0)
    make_older(run / NEXT[made.HF], 7200)
    assert ckptui("latest", str(run)).out == f"{run}/checkpoint-40\n"


def test_latest_in_a_checkpoint_directory_is_itself(layouts: Path, tmp_path: Path) -> None:
    path = copy(layouts / made.SHARDED, tmp_path / "model", ORDERS[made.SHARDED])
    for argument in (str(path), os.path.relpath(path)):
        said = ckptui("latest", argument)
        assert (said.code, said.out) == (0, f"{path}\n")


def test_latest_reads_the_bytes_when_asked(layouts: Path, tmp_path: Path) -> None:
    run = tmp_path / "titan"
    for step in (40, 60):
        copy(layouts / made.TORCHTITAN, run / f"step-{step}", ORDERS[made.TORCHTITAN])
    shard = run / "step-60/__0_0.distcp"
    data = bytearray(shard.read_bytes())
    data[data.index(b"FB", data.index(b"/data/0")) + 200] ^= 1
    shard.write_bytes(data)
    make_older(run)
    assert ckptui("latest", str(run)).out == f"{run}/step-60\n"
    said = ckptui("latest", str(run), "--level", "5")
    assert said.out == f"{run}/step-40\n"
    assert "passed over step-60: corrupted: part __0_0.distcp: " in said.err


def test_status_has_a_row_for_each(layouts: Path) -> None:
    (document,) = documents("status", ckptui("status", str(layouts), "--json").out)
    rows = document["checkpoints"]
    assert isinstance(rows, list)
    assert {row["path"]: row["category"] for row in rows} == dict.fromkeys(ORDERS, "unchecked")
    assert {row["step"] for row in rows if row["path"] != made.SHARDED} == {40}
    assert all(row["layout"] and row["size"] > 0 for row in rows)


def test_validate_takes_a_directory_as_the_checkpoint_that_it_is(
    layouts: Path, tmp_path: Path
) -> None:
    path = copy(layouts / made.HF, tmp_path / "checkpoint-40", ORDERS[made.HF])
    said = ckptui("validate", str(path), "--json")
    (row,) = documents("validate", said.out)
    assert (said.code, row["category"], row["level"], row["layout"]) == (
        0,
        "valid",
        5,
        "hf-trainer",
    )
    (path / "optimizer.pt").unlink()
    make_older(tmp_path)
    said = ckptui("validate", str(path), "--json")
    (row,) = documents("validate", said.out)
    assert (said.code, row["category"], row["remedy"]) == (3, "incomplete", "quarantine")
    assert ckptui("validate", str(tmp_path)).out.count("incomplete") == 1


def test_inspect_lists_the_parts(layouts: Path, tmp_path: Path) -> None:
    path = copy(layouts / made.HF, tmp_path / "checkpoint-40", ORDERS[made.HF])
    (document,) = documents("inspect-directory", ckptui("inspect", str(path), "--json").out)
    assert (document["step"], document["layout"], document["missing"]) == (40, "hf-trainer", [])
    parts = document["parts"]
    assert isinstance(parts, list)
    assert {part["name"] for part in parts} == set(ORDERS[made.HF])
    (path / "optimizer.pt").unlink()
    make_older(tmp_path)
    said = ckptui("inspect", str(path))
    assert said.code == 3
    assert "optimizer.pt  missing" in said.out
    assert "part optimizer.pt is missing" in said.err


def test_an_output_directory_holds_its_final_model_too(layouts: Path, tmp_path: Path) -> None:
    copy(layouts / made.HF, tmp_path / "checkpoint-40", ORDERS[made.HF])
    copy(layouts / made.HF, tmp_path, ["config.json", "model.safetensors", "training_args.bin"])
    (document,) = documents("status", ckptui("status", str(tmp_path), "--json").out)
    rows = document["checkpoints"]
    assert isinstance(rows, list)
    assert {row["path"] for row in rows} >= {"checkpoint-40", "model.safetensors"}
    assert ckptui("latest", str(tmp_path)).out == f"{tmp_path}/checkpoint-40\n"


def test_the_remedy_of_an_unfinished_one_can_be_taken_back(layouts: Path, tmp_path: Path) -> None:
    run = run_of(layouts, tmp_path, made.HF)
    bad = run / "checkpoint-60"
    before = sorted(os.listdir(bad))
    said = ckptui("repair", "quarantine", str(bad), "--yes", "--json")
    assert said.code == 0
    assert not bad.exists()
    assert json.loads(said.out)["applied"]
    assert ckptui("undo", str(run), "--yes").code == 0
    assert sorted(os.listdir(bad)) == before


def test_a_marker_beside_a_directory(layouts: Path, tmp_path: Path) -> None:
    copy(layouts / made.HF, tmp_path / "checkpoint-40", ORDERS[made.HF])
    copy(layouts / made.HF, tmp_path / "checkpoint-60", ORDERS[made.HF][:-1])
    for name in ("checkpoint-40.done", "checkpoint-60.done"):
        (tmp_path / name).touch()
    (document,) = documents("status", ckptui("status", str(tmp_path), "--json").out)
    rows = document["checkpoints"]
    assert isinstance(rows, list)
    assert {row["path"]: (row["marker"], row["category"]) for row in rows} == {
        "checkpoint-40": ("present", "unchecked"),
        "checkpoint-60": ("present", "incomplete"),
    }


def test_what_the_screen_says_to_undo_can_be_typed(layouts: Path, tmp_path: Path) -> None:
    run = run_of(layouts, tmp_path / "two words", made.DCP)
    place = os.path.relpath(run / "step_60", tmp_path)
    said = ckptui("repair", "quarantine", place, "--yes", cwd=str(tmp_path))
    assert said.code == 0
    assert not (run / "step_60").exists()
    (command,) = re.findall(r"; (ckptui undo .*) takes it back", said.out)

    back = ckptui(*shlex.split(command)[1:], "--yes", cwd=str(tmp_path))

    assert back.code == 0
    assert (run / "step_60").is_dir()
