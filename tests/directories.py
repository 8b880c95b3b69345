"""Checkpoint directories as their frameworks write them, by torch and safetensors themselves.

Made once in a process of its own: ``python -m tests.directories DIR``. DCP's are saved by two real
ranks; the other frameworks' files are written by the same calls, under the same names and in the
same order as in their sources (named in ckptui.formats.layouts). :data:`ORDERS` holds that order,
so that a test can stop a save at any point of it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

HF: Final = "hf/checkpoint-40"
HF_ONLY_MODEL: Final = "hf-only-model/checkpoint-40"
HF_SHARDED: Final = "hf-sharded/checkpoint-40"
HF_PEFT: Final = "hf-peft/checkpoint-40"
HF_DEEPSPEED: Final = "hf-deepspeed/checkpoint-40"
DEEPSPEED: Final = "deepspeed/global_step40"
DCP: Final = "dcp/step_40"
TORCHTITAN: Final = "titan/step-40"
LIGHTNING: Final = "lightning/epoch=1-step=40.ckpt"
SHARDED: Final = "sharded/model"
MEGATRON: Final = "megatron/iter_0000040"
MEGATRON_LEGACY: Final = "megatron-legacy/iter_0000040"
NEMO: Final = "nemo/step=40"
ACCELERATE: Final = "accelerate/checkpoint_40"

_DISTRIBUTED: Final = ("__0_0.distcp", "__1_0.distcp", ".metadata")
_STATES: Final = ("optimizer.pt", "scheduler.pt", "rng_state.pth", "trainer_state.json")
_RANKS: Final = (
    "mp_rank_00_model_states.pt", "zero_pp_rank_0_mp_rank_00_optim_states.pt",
    "zero_pp_rank_1_mp_rank_00_optim_states.pt",
)  # fmt: skip
_SHARDS: Final = (
    "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
    "model.safetensors.index.json",
)  # fmt: skip

ORDERS: Final[dict[str, tuple[str, ...]]] = {
    HF: ("config.json", "model.safetensors", "training_args.bin", *_STATES),
    HF_ONLY_MODEL: ("config.json", "model.safetensors", "training_args.bin", "trainer_state.json"),
    HF_SHARDED: ("config.json", *_SHARDS, "training_args.bin", "optimizer.pt", "scheduler.pt",
                 "rng_state_0.pth", "rng_state_1.pth", "trainer_state.json"),
    HF_PEFT: ("adapter_config.json", "adapter_model.safetensors", "training_args.bin", *_STATES),
    HF_DEEPSPEED: ("config.json", "training_args.bin", *(f"global_step40/{n}" for n in _RANKS),
                   "latest", "rng_state_0.pth", "rng_state_1.pth", "trainer_state.json"),
    DEEPSPEED: (*_RANKS, "../latest"),
    DCP: _DISTRIBUTED,
    TORCHTITAN: _DISTRIBUTED,
    LIGHTNING: (*_DISTRIBUTED, "meta.pt"),
    SHARDED: ("config.json", *_SHARDS),
    MEGATRON: ("common.pt", *_DISTRIBUTED, "metadata.json"),
    MEGATRON_LEGACY: ("mp_rank_00/model_optim_rng.pt", "mp_rank_01/model_optim_rng.pt",
                      "../latest_checkpointed_iteration.txt"),
    NEMO: ("context/io.json", "weights/common.pt", *(f"weights/{n}" for n in _DISTRIBUTED),
           "weights/metadata.json"),
    ACCELERATE: ("model.safetensors", "optimizer.bin", "scheduler.bin", "random_states_0.pkl"),
}  # fmt: skip
"""Directory → its files in the order in which they are written; the last is the mark, if any."""


def copy(source: Path, target: Path, names: Sequence[str], *, age: float = 3600) -> Path:
    """Copy some files of a directory, as old as if they had been left alone for so long."""
    target.mkdir(parents=True, exist_ok=True)
    for name in names:
        place = target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, place)
        os.utime(place, (time.time() - age,) * 2)  # also where it lies beside the directory
    make_older(target, age)
    return target


def make_older(top: Path, age: float = 3600) -> None:
    """Give everything below a directory, and itself, a time that lies so many seconds back."""
    then = time.time() - age
    for folder, _, names in os.walk(top, topdown=False):
        for name in names:
            os.utime(os.path.join(folder, name), (then, then), follow_symlinks=False)
        os.utime(folder, (then, then))


def write_all(top: Path) -> None:
    """Write every directory of :data:`ORDERS`; needs torch."""
    import torch
    import torch.distributed.checkpoint  # before the ranks part, so that each has it
    import torch.distributed.tensor
    from torch.multiprocessing.spawn import start_processes

    os.environ["MASTER_ADDR"], os.environ["MASTER_PORT"] = "127.0.0.1", "0"
    store = str(top / "store")
    torch.set_num_threads(1)
    start_processes(  # type: ignore[no-untyped-call]  # torch's own
        _save_rank, (str(top / DCP), store), nprocs=2, start_method="fork"
    )
    Path(store).unlink(missing_ok=True)
    for place in (TORCHTITAN, LIGHTNING, MEGATRON):
        shutil.copytree(top / DCP, top / place)
    shutil.copytree(top / DCP, top / NEMO / "weights")
    _write_hf(top)
    _write_deepspeed(top / DEEPSPEED, top / "deepspeed/latest")
    _write_others(top)


def _save_rank(rank: int, path: str, store: str) -> None:
    import torch
    import torch.distributed as dist
    from torch.distributed.checkpoint.state_dict_saver import save
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.tensor import Shard, distribute_tensor

    dist.init_process_group("gloo", f"file://{store}", rank=rank, world_size=2)
    mesh = init_device_mesh("cpu", (2,))
    torch.manual_seed(0)
    whole = {"model.w": torch.randn(64, 32), "model.b": torch.randn(64)}
    state: dict[str, object] = {
        name: distribute_tensor(value, mesh, [Shard(0)]) for name, value in whole.items()
    }
    save({**state, "train_state": {"step": 40}}, checkpoint_id=path)
    dist.destroy_process_group()


def _weights() -> dict[str, object]:
    import torch

    torch.manual_seed(1)
    return {f"layer.{n}.weight": torch.randn(16, 16) for n in range(4)}


def _safetensors(path: Path, tensors: dict[str, object]) -> None:
    from safetensors.torch import save_file

    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path, metadata={"format": "pt"})  # type: ignore[arg-type]  # tensors all


def _torch(path: Path, value: object) -> None:
    import torch

    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(value, path)


def _json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n")


def _states(home: Path, *, ranks: int = 1, optimizer: bool = True) -> None:
    """What the Trainer keeps beside the weights (trainer.py ``_save_checkpoint``)."""
    import numpy as np
    import torch

    arguments = argparse.Namespace(output_dir="out", save_only_model=not optimizer)
    _torch(home / "training_args.bin", arguments)
    if optimizer:
        model = torch.nn.Linear(8, 8)
        adam = torch.optim.AdamW(model.parameters())
        model(torch.ones(1, 8)).sum().backward()
        adam.step()
        _torch(home / "optimizer.pt", adam.state_dict())
        _torch(home / "scheduler.pt", {"last_epoch": 40, "_step_count": 41, "base_lrs": [0.1]})
        state = {"python": random.getstate(), "numpy": np.random.get_state(),
                 "cpu": torch.get_rng_state()}  # fmt: skip
        names = ["rng_state"] if ranks == 1 else [f"rng_state_{rank}" for rank in range(ranks)]
        for name in names:
            _torch(home / f"{name}.pth", state)
    _json(home / "trainer_state.json", {"global_step": 40, "epoch": 1.25, "log_history": [{}]})


def _write_hf(top: Path) -> None:
    config = {"architectures": ["LlamaForCausalLM"], "transformers_version": "5.23.0"}
    for place in (HF, HF_ONLY_MODEL, HF_SHARDED, HF_DEEPSPEED):
        _json(top / place / "config.json", config)
    for place in (HF, HF_ONLY_MODEL):
        _safetensors(top / place / "model.safetensors", _weights())
    _states(top / HF)
    _states(top / HF_ONLY_MODEL, optimizer=False)
    _write_shards(top / HF_SHARDED)
    _states(top / HF_SHARDED, ranks=2)
    _json(top / HF_PEFT / "adapter_config.json", {"peft_type": "LORA"})
    _safetensors(top / HF_PEFT / "adapter_model.safetensors", _weights())
    _states(top / HF_PEFT)
    _write_deepspeed(top / HF_DEEPSPEED / "global_step40", top / HF_DEEPSPEED / "latest")
    _states(top / HF_DEEPSPEED, ranks=2)
    for name in ("optimizer.pt", "scheduler.pt"):  # DeepSpeed keeps both itself
        (top / HF_DEEPSPEED / name).unlink()
    _json(top / SHARDED / "config.json", config)
    _write_shards(top / SHARDED)


def _write_shards(home: Path) -> None:
    weights = list(_weights().items())
    files = {_SHARDS[0]: dict(weights[:3]), _SHARDS[1]: dict(weights[3:])}
    for name, tensors in files.items():
        _safetensors(home / name, tensors)
    where = {tensor: name for name, tensors in files.items() for tensor in tensors}
    index = {"metadata": {"total_size": 4 * 16 * 16 * 4}, "weight_map": where}
    _json(home / "model.safetensors.index.json", index)


def _write_deepspeed(home: Path, latest: Path) -> None:
    """As engine.py ``_save_checkpoint`` and ``_save_zero_checkpoint`` put it together."""
    import torch

    common = {"ds_version": "0.17.5", "global_steps": 40, "dp_world_size": 2, "mp_world_size": 1}
    divided = {"optimizer": None, "ds_config": {"zero_optimization": {"stage": 2}}}
    _torch(home / _RANKS[0], {"module": _weights(), **divided, **common})
    for rank in range(2):
        shard = {"partition_count": [2], "base_optimizer_state": {"exp_avg": torch.ones(64)}}
        _torch(home / _RANKS[1 + rank], {"optimizer_state_dict": shard, "ds_version": "0.17.5"})
    latest.write_text(home.name)


def _write_others(top: Path) -> None:
    import torch

    meta = {"epoch": 1, "global_step": 40, "pytorch-lightning_version": "2.6.6", "loops": {}}
    _torch(top / LIGHTNING / "meta.pt", meta)
    for home in (top / MEGATRON, top / NEMO / "weights"):
        _torch(home / "common.pt", {"iteration": 40, "checkpoint_version": 3.0})
        _json(home / "metadata.json", {"sharded_backend": "torch_dist"})
    _json(top / NEMO / "context/io.json", {})
    arguments = argparse.Namespace(tensor_model_parallel_size=2, pipeline_model_parallel_size=1)
    for rank in range(2):
        state = {"args": arguments, "iteration": 40, "model": _weights(), "optimizer": {}}
        _torch(top / MEGATRON_LEGACY / f"mp_rank_{rank:02}/model_optim_rng.pt", state)
    (top / "megatron-legacy/latest_checkpointed_iteration.txt").write_text("40")
    home = top / ACCELERATE
    _safetensors(home / "model.safetensors", _weights())
    _torch(home / "optimizer.bin", {"state": {}, "param_groups": [{"lr": 0.1}]})
    _torch(home / "scheduler.bin", {"last_epoch": 40, "_step_count": 41})
    _torch(home / "random_states_0.pkl", {"step": 0, "torch_manual_seed": torch.get_rng_state()})


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))
