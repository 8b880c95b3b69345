"""What the reading half of a layout says: facts that the whole check cannot show one by one."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import pytest
import torch

from ckptui.formats.layouts import read_layout
from ckptui.formats.layouts.dcp_metadata import read_metadata
from ckptui.formats.layouts.folder import list_folder
from ckptui.formats.layouts.reading import Reading, Slice
from tests import directories as made
from tests.directories import ORDERS, copy


def read(path: Path) -> Reading:
    return read_layout(list_folder(str(path)))


def missing(path: Path) -> set[str]:
    return {each.name for each in read(path).missing}


def save(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(value, path)


def test_what_metadata_says_of_two_ranks(layouts: Path) -> None:
    found = read_metadata(list_folder(str(layouts / made.DCP)), ".metadata")
    assert not found.problems
    assert set(found.files) == {"__0_0.distcp", "__1_0.distcp"}
    assert found.sizes["model.w"] == (64, 32)
    assert found.chunks["model.w"] == [(32, 32), (32, 32)]
    assert found.uncovered() == []
    for name, slices in found.files.items():
        ends = [each.offset + each.length for each in slices]
        assert [each.offset for each in slices] == [0, *ends[:-1]]
        assert ends[-1] == (layouts / made.DCP / name).stat().st_size
    assert {each.shape for each in found.files["__1_0.distcp"]} >= {(32, 32), (32,)}


def test_a_tensor_whose_parts_are_not_all_told() -> None:
    from ckptui.formats.layouts.dcp_metadata import DcpMetadata

    found = DcpMetadata(sizes={"w": (4, 4)}, chunks={"w": [(2, 4)]})
    assert found.uncovered() == ["the parts of tensor w hold 8 of 16 numbers"]
    found = DcpMetadata(sizes={"w": (4, 4)}, chunks={"w": [(2, 4), (2, 4)]}, values={"step"})
    found.files["__0_0.distcp"] = [Slice("w", 0, 9, (2, 4)), Slice("step", 9, 9), Slice("x", 18, 9)]
    assert found.uncovered() == [
        "it stores `x`, of which it says nothing",
        "not all parts of tensor w are stored",
    ]


@pytest.mark.parametrize(
    ("where", "what"), [("relative_path", "../../etc/passwd"), ("relative_path", "/etc/passwd")]
)
def test_metadata_that_leads_elsewhere_is_not_followed(
    layouts: Path, tmp_path: Path, where: str, what: str
) -> None:
    path = copy(layouts / made.DCP, tmp_path / "dcp", ORDERS[made.DCP])
    data = (path / ".metadata").read_bytes()
    old = b"\x8c\x0c__0_0.distcp"
    assert old in data, where
    (path / ".metadata").write_bytes(
        data.replace(old, b"\x8c" + bytes([len(what)]) + what.encode())
    )
    said = read(path)
    assert any("outside its own directory" in each.text for each in said.broken)
    assert not said.slices


def test_the_optimizer_that_was_to_be_saved(tmp_path: Path) -> None:
    home = tmp_path / "checkpoint-5"
    for saved, gone in ((False, {"optimizer.pt"}), (True, set())):
        save(home / "training_args.bin", argparse.Namespace(save_only_model=saved))
        (home / "model.safetensors").touch()
        (home / "trainer_state.json").write_text('{"global_step": 5}')
        assert missing(home) == gone


def test_a_final_model_with_the_state_of_its_trainer(tmp_path: Path) -> None:
    home = tmp_path / "out"
    save(home / "training_args.bin", argparse.Namespace(save_only_model=False))
    (home / "trainer_state.json").write_text('{"global_step": 5}')
    said = read(home)
    assert (said.missing, bool(said.untold)) == ([], True)
    (home / "model.safetensors").touch()
    said = read(home)
    assert (said.missing, said.untold, said.step) == ([], "", 5)


def test_a_gap_among_the_ranks(tmp_path: Path) -> None:
    home = tmp_path / "checkpoint-5"
    for rank in (0, 1, 3):
        save(home / f"rng_state_{rank}.pth", {})
    for name in ("optimizer.pt", "scheduler.pt", "model.safetensors"):
        (home / name).touch()
    (home / "trainer_state.json").write_text('{"global_step": 5}')
    assert missing(home) == {"rng_state_2.pth"}


def test_fsdp_writes_directories_for_weights_and_optimizer(layouts: Path, tmp_path: Path) -> None:
    home = tmp_path / "checkpoint-5"
    for inner in ("pytorch_model_fsdp_0", "optimizer_0"):
        copy(layouts / made.DCP, home / inner, ORDERS[made.DCP])
    for name in ("scheduler.pt", "rng_state_0.pth", "rng_state_1.pth"):
        save(home / name, {"last_epoch": 5})
    (home / "trainer_state.json").write_text('{"global_step": 5}')
    assert missing(home) == set()
    assert len(read(home).slices) == 4
    (home / "optimizer_0/.metadata").unlink()
    assert missing(home) == {"optimizer_0/.metadata"}


def test_zero_3_keeps_model_states_of_every_rank(tmp_path: Path) -> None:
    home = tmp_path / "global_step7"
    state = {"optimizer": None, "ds_config": {"zero_optimization": {"stage": 3}},
             "dp_world_size": 3, "global_steps": 7}  # fmt: skip
    names = []
    for rank in range(3):
        names += [f"zero_pp_rank_{rank}_mp_rank_00_model_states.pt",
                  f"bf16_zero_pp_rank_{rank}_mp_rank_00_optim_states.pt"]  # fmt: skip
        save(home / names[-2], state)
        save(home / names[-1], {"optimizer_state_dict": {"partition_count": 3}})
    (tmp_path / "latest").write_text("global_step7\n")
    said = read(home)
    assert (said.missing, said.broken, said.untold, said.step) == ([], [], "", 7)
    (home / names[2]).unlink()
    (home / names[-1]).unlink()
    assert missing(home) == {names[2], names[-1]}
    for name in names[1::2]:
        (home / name).unlink(missing_ok=True)
    assert "zero_pp_rank_0_mp_rank_00_optim_states.pt" in missing(home)


def test_partitions_count_and_not_the_world(tmp_path: Path) -> None:
    # With sub-groups (MiCS) two of four ranks hold all of the optimizer.
    home = tmp_path / "global_step7"
    save(home / "mp_rank_00_model_states.pt", {"dp_world_size": 4})
    for rank in range(2):
        state = {"optimizer_state_dict": {"partition_count": [2, 2]}}
        save(home / f"zero_pp_rank_{rank}_mp_rank_00_optim_states.pt", state)
    assert missing(home) == set()


def test_layers_of_a_pipeline(tmp_path: Path) -> None:
    home = tmp_path / "global_step7"
    names = [f"layer_{layer:02}-model_0{rank}-model_states.pt" for layer in (0, 1, 4)
             for rank in (0, 1)]  # fmt: skip
    for name in [*names, "mp_rank_00_model_states.pt", "mp_rank_01_model_states.pt"]:
        save(home / name, {"mp_world_size": 2})
    assert missing(home) == set()
    (home / names[3]).unlink()
    (home / "mp_rank_01_model_states.pt").unlink()
    assert missing(home) == {names[3], "mp_rank_01_model_states.pt"}


@pytest.mark.parametrize("stages", [1, 2])
def test_megatron_ranks(tmp_path: Path, stages: int) -> None:
    home = tmp_path / "iter_0000007"
    arguments = argparse.Namespace(tensor_model_parallel_size=2,
                                   pipeline_model_parallel_size=stages)  # fmt: skip
    state = {"iteration": 7, "args": arguments}
    ends = [""] if stages == 1 else ["_000", "_001"]
    names = [f"mp_rank_0{rank}{end}/model_optim_rng.pt" for rank in (0, 1) for end in ends]
    for name in names:
        save(home / name, state)
    (tmp_path / "latest_checkpointed_iteration.txt").write_text("7")
    said = read(home)
    assert (said.missing, said.broken, said.untold, said.step) == ([], [], "", 7)
    (home / names[-1]).unlink()
    (home / names[-1]).parent.rmdir()
    assert missing(home) == {names[-1]}


def test_shards_of_an_earlier_save_that_had_more(layouts: Path, tmp_path: Path) -> None:
    home = copy(layouts / made.SHARDED, tmp_path / "model", ORDERS[made.SHARDED])
    (home / "model-00003-of-00005.safetensors").touch()
    said = read(home)
    assert said.missing == []
    assert "model-00003-of-00005.safetensors" not in said.needed


def test_what_torch_joined_stays_below_without_an_index(layouts: Path, tmp_path: Path) -> None:
    """HuggingFaceStorageWriter with enable_consolidation: the ranks' files lie in sharded/."""
    home = copy(layouts / made.SHARDED, tmp_path / "model", ORDERS[made.SHARDED])
    (home / "sharded").mkdir()
    for at in (1, 2):
        name = f"model-0000{at}-of-00002.safetensors"
        (home / name).rename(home / "x")
        (home / f"sharded/shard-00001-{name}").write_bytes((home / "x").read_bytes())
        (home / "x").rename(home / name)
    assert (missing(home), read(home).untold) == (set(), "")


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "[" * 2_000_000, '{"a":' * 50_000, "9" * 100_000, '{"global_step": 1e999}',
     '{"global_step": true}', '{"global_step": -5}', "null", "\ud800", '{"global_step": "5"}'],
    ids=["deep", "deeper", "dicts", "number", "inf", "bool", "negative", "null", "text", "word"],
)  # fmt: skip
def test_hostile_json_is_a_sentence(tmp_path: Path, text: str) -> None:
    home = tmp_path / "checkpoint-5"
    home.mkdir()
    (home / "model.safetensors").touch()
    (home / "trainer_state.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    said = read(home)
    assert said.step == 5
    assert said.broken or said.notes or said.missing


def test_what_is_no_regular_file_is_never_opened(tmp_path: Path) -> None:
    home = tmp_path / "checkpoint-5"
    home.mkdir()
    for name in ("model.safetensors", "training_args.bin"):
        (home / name).touch()
    os.mkfifo(home / "trainer_state.json")
    os.mkfifo(home / "optimizer.pt")
    (home / "loop").symlink_to("loop")
    (home / "scheduler.pt").symlink_to("nowhere")
    assert "trainer_state.json" in missing(home)


def test_names_that_are_not_text(tmp_path: Path) -> None:
    home = tmp_path / os.fsdecode(b"global_step\xff7")
    save(home / os.fsdecode(b"\xfe_model_states.pt"), {})
    assert read(home).missing
    assert json.dumps([each.name for each in read(home).missing]).isascii()


def test_weights_that_were_saved_without_the_trainer(layouts: Path, tmp_path: Path) -> None:
    # A loop of one's own: model.save_pretrained("out/checkpoint-40").
    home = copy(layouts / made.HF, tmp_path / "checkpoint-40", ["config.json", "model.safetensors"])
    said = read(home)
    assert said.missing == []
    assert said.untold
    # Beside what the Trainer saved it is the Trainer's, and was stopped.
    copy(layouts / made.HF, tmp_path / "checkpoint-20", ORDERS[made.HF])
    assert missing(home) == {"trainer_state.json"}


def test_the_scripts_of_diffusers_save_with_accelerate(layouts: Path, tmp_path: Path) -> None:
    home = copy(layouts / made.ACCELERATE, tmp_path / "checkpoint-40", ORDERS[made.ACCELERATE])
    (home / "unet").mkdir()
    (home / "model.safetensors").rename(home / "unet/diffusion_pytorch_model.safetensors")
    said = read(home)
    assert (said.layout, said.missing, said.step) == ("accelerate", [], 40)
    assert "unet/diffusion_pytorch_model.safetensors" in said.needed
    copy(layouts / made.HF, tmp_path / "checkpoint-20", ORDERS[made.HF])
    assert missing(home) == set()


def test_a_distributed_save_of_ones_own_that_is_called_like_lightnings(
    layouts: Path, tmp_path: Path
) -> None:
    home = copy(layouts / made.DCP, tmp_path / "mine_40.ckpt", ORDERS[made.DCP])
    said = read(home)
    assert (said.layout, said.missing, bool(said.untold)) == ("lightning", [], True)
    copy(layouts / made.LIGHTNING, tmp_path / "mine_20.ckpt", ORDERS[made.LIGHTNING])
    assert missing(home) == {"meta.pt"}
