"""Checkpoint directories: good ones, saves stopped at every point, and every kind of damage."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from ckptui.formats.layouts import NAMES
from ckptui.terms import GOOD, Action, Category, Level, Result
from ckptui.validation.check import check_file
from ckptui.validation.directory import NOT_ONE, check_directory
from ckptui.validation.verdict import Verdict
from ckptui.validation.wire import verdict_from_wire, verdict_to_wire
from tests import directories as made
from tests.directories import ORDERS, copy, make_older

PREFIXES = [(place, count) for place, names in ORDERS.items() for count in range(1, len(names))]
# Before these, nothing in the directory shows what it was to become.
TOO_EARLY = {(made.SHARDED, 1), (made.HF_PEFT, 1), (made.ACCELERATE, 1), (made.NEMO, 1),
             (made.MEGATRON, 1)}  # fmt: skip
# Nothing in these shows that more was to come: whole, as far as can be told.
UNTOLD = {
    (made.DEEPSPEED, 3), (made.MEGATRON_LEGACY, 2), (made.HF, 2),
    (made.HF_ONLY_MODEL, 2), (made.HF_PEFT, 2), (made.HF_SHARDED, 4),
}  # fmt: skip
PARTS = [(place, name) for place, names in ORDERS.items() for name in names if ".." not in name]
OPTIONAL = {
    (made.HF, "config.json"), (made.HF_ONLY_MODEL, "config.json"), (made.HF_SHARDED, "config.json"),
    (made.HF_DEEPSPEED, "config.json"), (made.SHARDED, "config.json"),
    (made.HF_PEFT, "adapter_config.json"), (made.NEMO, "context/io.json"),
    (made.HF, "rng_state.pth"), (made.HF_PEFT, "rng_state.pth"),
    (made.HF_SHARDED, "rng_state_1.pth"), (made.HF_DEEPSPEED, "rng_state_1.pth"),
    *((place, "training_args.bin") for place in ORDERS if place.startswith("hf")),
    # Accelerate's number of parts is not written down anywhere.
    *((made.ACCELERATE, name) for name in ("model.safetensors", "optimizer.bin", "scheduler.bin")),
}  # fmt: skip


def saved(layouts: Path, tmp_path: Path, place: str, *, age: float = 3600) -> Path:
    """A copy of a whole directory, with what stands beside it."""
    return copy(layouts / place, tmp_path / place, ORDERS[place], age=age)


def check(path: Path, level: int = 5, *, header_only: bool = False) -> Verdict:
    verdict = check_directory(path, level=level, header_only=header_only)
    assert verdict_from_wire(json.loads(json.dumps(verdict_to_wire(verdict)))) == verdict
    return verdict


def test_every_layout_is_written_here(layouts: Path) -> None:
    assert {check_directory(layouts / place).facts.layout for place in ORDERS} == set(NAMES)


@pytest.mark.parametrize("place", ORDERS)
@pytest.mark.parametrize("age", [3600.0, 0.0])
def test_a_whole_one_is_good_at_every_level(
    layouts: Path, tmp_path: Path, place: str, age: float
) -> None:
    path = saved(layouts, tmp_path, place, age=age)
    for level in Level:
        for header_only in (True, False):
            verdict = check(path, level, header_only=header_only)
            assert verdict.category in GOOD, verdict
            assert verdict.facts.step == (None if place == made.SHARDED else 40)
            assert all(part.size is not None for part in verdict.facts.parts)
            names = {name for name in ORDERS[place] if not name.startswith("..")}
            assert {part.name for part in verdict.facts.parts} == names
    if place == made.ACCELERATE:
        assert "completeness cannot be told" in check(path, 5).checks[Level.KEYS].detail
    else:
        assert check(path, 5).category is Category.VALID


@pytest.mark.parametrize(("place", "count"), PREFIXES)
def test_a_save_that_was_stopped_is_incomplete(
    layouts: Path, tmp_path: Path, place: str, count: int
) -> None:
    path = copy(layouts / place, tmp_path / place, ORDERS[place][:count])
    for header_only in (True, False):
        verdict = check(path, header_only=header_only)
        if (place, count) in TOO_EARLY and not verdict.facts.layout:
            assert (verdict.category, verdict.reason) == (Category.UNREADABLE, NOT_ONE)
        elif (place, count) in UNTOLD:
            assert verdict.category is Category.UNCHECKED
            assert verdict.reason.startswith("its completeness cannot be told: ")
        else:
            assert verdict.category is Category.INCOMPLETE, verdict
            assert verdict.remedy is Action.QUARANTINE
            assert any(part.size is None for part in verdict.facts.parts)


@pytest.mark.parametrize("size", [0, 900])
def test_a_part_that_was_being_written_when_the_save_stopped(
    layouts: Path, tmp_path: Path, size: int
) -> None:
    """What is written last is missing: that is why the part before it ends early."""
    order = ORDERS[made.HF]
    path = copy(layouts / made.HF, tmp_path / made.HF, order[: order.index("optimizer.pt") + 1])
    os.truncate(path / "optimizer.pt", size)
    make_older(path)
    verdict = check(path, header_only=True)
    assert verdict.category is Category.CORRUPTED
    assert verdict.reason.startswith("trainer_state.json, which is written last, is missing: ")
    assert "part optimizer.pt" in verdict.reason
    assert "cause not known" not in verdict.reason


@pytest.mark.parametrize("most", [0, 1261, 1500, 3000])
def test_a_distributed_save_that_stopped_anywhere_is_unfinished(
    layouts: Path, tmp_path: Path, most: int
) -> None:
    names = [name for name in ORDERS[made.DCP] if name != ".metadata"]
    path = copy(layouts / made.DCP, tmp_path / made.DCP, names)
    for name in names:
        os.truncate(path / name, most)
    make_older(path)
    verdict = check(path)
    assert verdict.category is Category.INCOMPLETE
    assert verdict.reason.startswith(".metadata, which is written last, is missing")


def test_a_file_that_grew_is_a_later_saves_only_where_it_is_younger(
    layouts: Path, tmp_path: Path
) -> None:
    path = saved(layouts, tmp_path, made.DCP)
    with (path / "__0_0.distcp").open("ab") as file:
        file.write(b"x" * 100)
    make_older(path)
    os.utime(path / "__0_0.distcp", (1e9, 1e9))
    assert check(path, header_only=True).reason.endswith("cause not known")
    later = (path / ".metadata").stat().st_mtime + 5
    os.utime(path / "__0_0.distcp", (later, later))
    assert "written anew by a later save" in check(path, header_only=True).reason


def test_accelerates_saves_tell_of_each_other(layouts: Path, tmp_path: Path) -> None:
    """Nothing in one says what it should hold; a neighbour that holds no more does."""
    names = ORDERS[made.ACCELERATE]
    first = copy(layouts / made.ACCELERATE, tmp_path / "checkpoint_9", names)
    assert check(first).category is Category.UNCHECKED
    second = copy(layouts / made.ACCELERATE, tmp_path / "checkpoint_10", names)
    assert {check(first).category, check(second).category} == {Category.VALID}
    (first / "custom_checkpoint_0.pkl").write_bytes((first / names[-1]).read_bytes())
    make_older(first)
    assert check(second).category is Category.UNCHECKED


@pytest.mark.parametrize(("place", "count"), PREFIXES)
def test_a_save_that_goes_on_is_changing(
    layouts: Path, tmp_path: Path, place: str, count: int
) -> None:
    path = copy(layouts / place, tmp_path / place, ORDERS[place][:count], age=0)
    verdict = check(path, header_only=True)
    if verdict.facts.layout and (place, count) not in UNTOLD:
        assert verdict.category is Category.CHANGING, verdict
        assert "not complete (yet)" in verdict.reason


@pytest.mark.parametrize(("place", "name"), PARTS)
def test_a_part_that_is_gone_is_named(layouts: Path, tmp_path: Path, place: str, name: str) -> None:
    path = saved(layouts, tmp_path, place)
    (path / name).unlink()
    make_older(path)
    verdict = check(path)
    if (place, name) in OPTIONAL:
        assert verdict.category in GOOD, verdict
    else:
        assert verdict.category is Category.INCOMPLETE, verdict
        assert os.path.basename(name) in verdict.reason
        assert Path(name).name in {Path(part.name).name for part in verdict.facts.parts
                                   if part.size is None}  # fmt: skip


@pytest.mark.parametrize(("place", "name"), PARTS)
def test_a_part_that_is_cut_short_is_named(
    layouts: Path, tmp_path: Path, place: str, name: str
) -> None:
    path = saved(layouts, tmp_path, place)
    os.truncate(path / name, (path / name).stat().st_size // 2)
    make_older(path)
    verdict = check(path)
    if name in ("training_args.bin", "context/io.json"):
        assert verdict.category in GOOD
    else:
        assert verdict.category in (Category.CORRUPTED, Category.INCOMPLETE), verdict
        assert Path(name).name in verdict.reason + verdict.detail


@pytest.mark.parametrize(("place", "name"), PARTS)
def test_an_empty_part_is_named(layouts: Path, tmp_path: Path, place: str, name: str) -> None:
    path = saved(layouts, tmp_path, place)
    os.truncate(path / name, 0)
    make_older(path)
    verdict = check(path)
    if name not in ("training_args.bin", "context/io.json"):
        assert verdict.category in (Category.CORRUPTED, Category.INCOMPLETE), verdict
        assert Path(name).name in verdict.reason + verdict.detail


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (made.HF, "optimizer.pt"),
        (made.DEEPSPEED, "zero_pp_rank_1_mp_rank_00_optim_states.pt"),
        (made.DCP, "__1_0.distcp"),
        (made.TORCHTITAN, "__0_0.distcp"),
        (made.LIGHTNING, "__1_0.distcp"),
        (made.MEGATRON, "__0_0.distcp"),
        (made.NEMO, "weights/__0_0.distcp"),
        (made.MEGATRON_LEGACY, "mp_rank_01/model_optim_rng.pt"),
        (made.ACCELERATE, "random_states_0.pkl"),
    ],
)
def test_a_flipped_bit_is_found_at_level_5(
    layouts: Path, tmp_path: Path, place: str, name: str
) -> None:
    path = saved(layouts, tmp_path, place)
    data = bytearray((path / name).read_bytes())
    at = data.index(b"FB", data.index(b"/data/0")) + 200  # behind the padding: in the tensor
    data[at] ^= 1
    (path / name).write_bytes(data)
    make_older(path)
    assert check(path, 4).category in GOOD
    verdict = check(path)
    assert verdict.category is Category.CORRUPTED
    assert verdict.checks[Level.CHECKSUMS].result is Result.FAIL
    assert name in verdict.reason
    assert verdict.remedy is Action.QUARANTINE


def test_a_step_of_another_save(layouts: Path, tmp_path: Path) -> None:
    path = saved(layouts, tmp_path, made.HF)
    state = json.loads((path / "trainer_state.json").read_text()) | {"global_step": 30}
    (path / "trainer_state.json").write_text(json.dumps(state))
    make_older(path)
    verdict = check(path)
    assert verdict.category is Category.INCOMPLETE
    assert "of step 30" in verdict.reason


def test_a_directory_that_was_renamed_is_good_and_its_content_counts(
    layouts: Path, tmp_path: Path
) -> None:
    path = saved(layouts, tmp_path, made.HF)
    renamed = path.rename(path.parent / "checkpoint-1000")
    verdict = check(renamed)
    assert verdict.category in GOOD
    assert (verdict.facts.step, "1,000" in verdict.facts.step_note) == (40, True)


@pytest.mark.parametrize("name", ["adam/extra.json", "eval_results.json", "notes.txt", "x.jsonl"])
def test_what_nobody_knows_does_not_matter(layouts: Path, tmp_path: Path, name: str) -> None:
    path = saved(layouts, tmp_path, made.HF)
    (path / name).parent.mkdir(exist_ok=True)
    (path / name).write_bytes(b"")
    make_older(path)
    assert check(path).category in GOOD


def test_unsafe_names_matter_where_a_resume_reads_them(layouts: Path, tmp_path: Path) -> None:
    path = saved(layouts, tmp_path, made.HF)
    harmful = b"cos\nsystem\n(S'true'\ntR."
    (path / "training_args.bin").write_bytes(b"\x80\x02" + harmful)
    make_older(path)
    verdict = check(path)
    assert verdict.category in GOOD
    assert "training_args.bin is not read to go on" in verdict.detail
    torch.save({"a": _Custom()}, path / "scheduler.pt")
    make_older(path)
    verdict = check(path)
    assert verdict.category is Category.UNSAFE
    assert "scheduler.pt" in verdict.reason


class _Custom:
    """Something that a pickle names and nobody knows."""


def test_a_tensor_that_the_index_promises(layouts: Path, tmp_path: Path) -> None:
    path = saved(layouts, tmp_path, made.SHARDED)
    shard = path / "model-00001-of-00002.safetensors"
    tensors = load_file(shard)
    tensors.pop("layer.1.weight")
    save_file(tensors, shard)
    make_older(path)
    verdict = check(path, 4, header_only=True)
    assert verdict.category is Category.CORRUPTED
    assert "layer.1.weight" in verdict.reason


def test_the_index_of_a_form_that_was_not_downloaded(layouts: Path, tmp_path: Path) -> None:
    path = saved(layouts, tmp_path, made.SHARDED)
    index = (path / "model.safetensors.index.json").read_text()
    other = index.replace(".safetensors", ".bin").replace("model-", "pytorch_model-")
    (path / "pytorch_model.bin.index.json").write_text(other)
    make_older(path)
    assert check(path).category in GOOD


def test_a_pointer_of_git_lfs_in_place_of_a_shard(layouts: Path, tmp_path: Path) -> None:
    path = saved(layouts, tmp_path, made.SHARDED)
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n"
    (path / "model-00002-of-00002.safetensors").write_text(pointer)
    make_older(path)
    verdict = check(path)
    assert verdict.category is Category.INCOMPLETE
    assert "git lfs pull" in verdict.reason


def test_shards_of_two_saves(layouts: Path, tmp_path: Path) -> None:
    path = saved(layouts, tmp_path, made.DCP)
    with (path / "__0_0.distcp").open("ab") as file:
        file.write(b"x" * 100)
    make_older(path)
    verdict = check(path, 4, header_only=True)
    assert verdict.category is Category.CORRUPTED
    assert "__0_0.distcp" in verdict.reason
    # What a rank of a larger world left behind is of no meaning any more.
    path = saved(layouts, tmp_path, made.TORCHTITAN)
    shutil.copyfile(path / "__0_0.distcp", path / "__7_0.distcp")
    make_older(path)
    verdict = check(path)
    assert verdict.category in GOOD
    assert "__7_0.distcp" in verdict.detail


def test_a_latest_that_names_another_tag(layouts: Path, tmp_path: Path) -> None:
    path = saved(layouts, tmp_path, made.DEEPSPEED)
    (path.parent / "latest").write_text("global_step20")
    verdict = check(path, header_only=True)
    assert verdict.category is Category.CHANGING or "global_step20" in verdict.reason
    make_older(path.parent)
    verdict = check(path, header_only=True)
    assert verdict.category is Category.INCOMPLETE
    assert "still names global_step20" in verdict.reason
    (path.parent / "latest").write_text("global_step60")
    assert check(path, header_only=True).category in GOOD


def test_a_nemo_save_that_says_it_is_unfinished(layouts: Path, tmp_path: Path) -> None:
    path = saved(layouts, tmp_path, made.NEMO)
    (path.parent / "step=40-unfinished").touch()
    make_older(path.parent)
    verdict = check(path)
    assert verdict.category is Category.INCOMPLETE
    assert "step=40-unfinished" in verdict.reason


def test_ranks_of_the_recorded_number(layouts: Path, tmp_path: Path) -> None:
    path = saved(layouts, tmp_path, made.DEEPSPEED)
    (path / "zero_pp_rank_1_mp_rank_00_optim_states.pt").unlink()  # the last one: no gap shows it
    make_older(path.parent)
    verdict = check(path)
    assert verdict.category is Category.INCOMPLETE
    assert "zero_pp_rank_1" in verdict.reason
    assert "2 ranks" in verdict.reason


def test_required_keys_may_be_in_any_part(layouts: Path, tmp_path: Path) -> None:
    path = saved(layouts, tmp_path, made.HF)
    keys = ["layer.0.weight", "param_groups", "last_epoch"]
    assert check_directory(path, required_keys=keys).category in GOOD
    verdict = check_directory(path, required_keys=[*keys, "nothing"])
    assert verdict.category is Category.INCOMPATIBLE
    assert verdict.reason.endswith("nothing")


def test_a_check_of_files_takes_directories_too(layouts: Path, tmp_path: Path) -> None:
    path = saved(layouts, tmp_path, made.DCP)
    assert check_file(path).facts.layout == "dcp"
    verdict = check_file(tmp_path)
    assert (verdict.category, verdict.reason) == (Category.UNREADABLE, NOT_ONE)


def test_hostile_metadata_runs_nothing(layouts: Path, tmp_path: Path) -> None:
    path = saved(layouts, tmp_path, made.DCP)
    ran = tmp_path / "ran"
    (path / ".metadata").write_bytes(f"cos\nsystem\n(S'touch {ran}'\ntR.".encode())
    make_older(path)
    assert check(path).category is Category.CORRUPTED
    assert not ran.exists()


def test_being_cancelled(layouts: Path, tmp_path: Path) -> None:
    path = saved(layouts, tmp_path, made.HF)
    verdict = check_directory(path, level=5, cancelled=lambda: True)
    assert (verdict.category, verdict.reason) == (Category.UNCHECKED, "not checked: cancelled")
