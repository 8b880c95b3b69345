"""Hugging Face Accelerate: ``save_state`` (accelerate 1.15, checkpointing.py).

model*.safetensors, optimizer.bin, scheduler.bin, sampler.bin, scaler.pt, and
random_states_<rank>.pkl last of every rank, then custom_checkpoint_<n>.pkl. No step is kept in it,
and nothing says how many ranks or custom states there were: only the saves beside it do.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ckptui.formats.layouts.folder import Folder
    from ckptui.formats.layouts.reading import Reading

NAME: Final = "accelerate"
_RANDOM: Final = re.compile(r"random_states_(\d{1,6})\.pkl")
_PARTS: Final = re.compile(
    r"(?:model|pytorch_model)(?:_\d+)?\.(?:safetensors|bin)|pytorch_model_fsdp[^/]*\.bin|"
    r"(?:optimizer|scheduler)(?:_\d+)?(?:_rank\d+)?\.bin|scaler\.pt|random_states_\d+\.pkl"
)
_SIDE: Final = re.compile(r"(?:sampler|dl_state_dict)(?:_\d+)?\.bin|custom_checkpoint_\d+\.pkl")


def recognise(names: Collection[str], dirname: str) -> bool:
    """True for a state that Accelerate saved."""
    if not any(name.startswith("random_states_") and name.endswith(".pkl") for name in names):
        # Killed before the random states, which come last: the optimizer's name is its own.
        named = dirname.startswith(("checkpoint_", "checkpoint-", "step_", "epoch_"))
        return named and "optimizer.bin" in names
    others = ("optimizer.bin", "scheduler.bin", "sampler.bin", "model.safetensors")
    return any(name in names for name in (*others, "pytorch_model.bin")) or any(
        name.startswith(("model", "pytorch_model", "custom_checkpoint_", "optimizer"))
        for name in names
    )


def read(folder: Folder, said: Reading) -> None:
    """Note the parts; whether all of them are there, the saves beside it tell, or nothing does."""
    from ckptui.formats.layouts import dcp
    from ckptui.formats.layouts.peek import holds_as_much
    from ckptui.formats.layouts.shards import read_shards

    said.need(*(n for n in folder.files if _PARTS.fullmatch(n) or n.endswith(".safetensors")))
    said.side += [name for name in folder.files if _SIDE.fullmatch(name)]
    read_shards(folder, said)
    for inner in dcp.inner_directories(folder):
        dcp.read_into(folder, said, inner)
    ranks = {int(found[1]) for name in folder.files if (found := _RANDOM.fullmatch(name))}
    if not ranks:
        said.miss("random_states_0.pkl", "written last: the save was not finished")
    for rank in range(max(ranks, default=0)):
        if rank not in ranks and len(said.missing) < 100:
            said.miss(f"random_states_{rank}.pkl", "other ranks wrote theirs")
    # Random states come last of what Accelerate itself writes; custom states come after them.
    if not ranks or not holds_as_much(folder):
        said.untold = "nothing in it says how many parts Accelerate was to write"
