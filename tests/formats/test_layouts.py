"""Checkpoint directories, by the names that their frameworks write."""

from __future__ import annotations

import pytest

from ckptui.formats.layouts import NAMES, recognise_directory

CASES: list[tuple[str, str, list[str]]] = [
    ("hf-trainer", "checkpoint-500",
     ["config.json", "model.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth",
      "trainer_state.json", "training_args.bin"]),
    ("hf-trainer", "checkpoint-500", ["config.json", "model.safetensors"]),
    ("hf-trainer", "checkpoint-7",
     ["adapter_model.safetensors", "adapter_config.json", "trainer_state.json"]),
    ("hf-trainer", "checkpoint-9",
     ["global_step9", "latest", "trainer_state.json", "training_args.bin", "zero_to_fp32.py"]),
    ("accelerate", "checkpoint_3",
     ["model.safetensors", "optimizer.bin", "scheduler.bin", "sampler.bin",
      "random_states_0.pkl"]),
    ("accelerate", "state", ["pytorch_model.bin", "optimizer.bin", "random_states_0.pkl"]),
    ("lightning", "epoch=1.ckpt", [".metadata", "__0_0.distcp", "meta.pt"]),
    ("lightning", "epoch=1.ckpt", ["checkpoint", "latest", "zero_to_fp32.py"]),
    ("deepspeed", "global_step500",
     ["mp_rank_00_model_states.pt", "zero_pp_rank_0_mp_rank_00_optim_states.pt"]),
    ("deepspeed", "tag", ["bf16_zero_pp_rank_0_mp_rank_00_optim_states.pt"]),
    ("dcp", "ckpt", [".metadata", "__0_0.distcp", "__1_0.distcp"]),
    ("dcp", "ckpt", ["__0_0.distcp"]),
    ("megatron", "iter_0000500", ["mp_rank_00", "mp_rank_01"]),
    ("megatron", "iter_0000500", ["mp_rank_00_000"]),
    ("megatron", "iter_0000500", [".metadata", "__0_0.distcp", "common.pt", "metadata.json"]),
    ("nemo", "step=500", ["weights", "context"]),
    ("nemo", "unpacked", ["model_config.yaml", "model_weights"]),
    ("torchtitan", "step-500", [".metadata", "__0_0.distcp"]),
    ("sharded", "model",
     ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
      "model.safetensors.index.json", "config.json"]),
    ("sharded", "model", ["pytorch_model-00001-of-00003.bin"]),
]  # fmt: skip


@pytest.mark.parametrize(("layout", "dirname", "names"), CASES)
def test_a_directory_is_recognised(layout: str, dirname: str, names: list[str]) -> None:
    assert recognise_directory(names, dirname) == layout
    assert recognise_directory(frozenset(names), dirname) == layout


@pytest.mark.parametrize(
    ("dirname", "names"),
    [
        ("run", []),
        ("run", ["a.pt", "b.pt", "a.pt.done"]),
        ("checkpoints", ["epoch=1-step=20.ckpt", "last.ckpt"]),
        ("checkpoint-500", []),
        ("checkpoint-500", ["notes.txt"]),
        ("output", ["checkpoint-500", "checkpoint-1000", "model.safetensors", "config.json",
                    "trainer_state.json", "training_args.bin", "model.safetensors.index.json"]),
        ("model", ["model.safetensors", "config.json"]),
        ("run", ["latest", "global_step500"]),
        ("iter_0000500", ["notes.txt"]),
        ("src", ["weights", "code"]),
    ],
)  # fmt: skip
def test_a_directory_like_any_other(dirname: str, names: list[str]) -> None:
    assert recognise_directory(names, dirname) is None


def test_every_layout_has_a_case() -> None:
    assert {layout for layout, _, _ in CASES} == set(NAMES)
