"""Hugging Face Trainer: ``checkpoint-500/`` (transformers 5.23, trainer.py ``_save_checkpoint``).

Written in this order: config.json, model weights, index, tokenizer, training_args.bin,
optimizer.pt, scheduler.pt, scaler.pt, rng_state*.pth, and trainer_state.json last. With
``save_only_model`` nothing lies between training_args.bin and trainer_state.json; under DeepSpeed
and FSDP their own files stand in for weights and optimizer. On resume the Trainer reads neither
training_args.bin nor a missing scaler or random state; without both of optimizer and scheduler it
starts both afresh without a word (``_load_optimizer_and_scheduler``).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ckptui.formats.layouts.folder import Folder
    from ckptui.formats.layouts.reading import Reading

NAME: Final = "hf-trainer"
STATE: Final = "trainer_state.json"
_DIRECTORY: Final = re.compile(r"^checkpoint-(\d{1,18})$")
_UNPUBLISHED: Final = "tmp-checkpoint-"  # transformers 4.36–4.38 renamed it when all was written
_WEIGHTS: Final = (
    "model.safetensors", "pytorch_model.bin", "adapter_model.safetensors", "adapter_model.bin",
    "model.safetensors.index.json", "pytorch_model.bin.index.json",
)  # fmt: skip
_JSON: Final = (
    "config.json", "adapter_config.json", "generation_config.json", "tokenizer_config.json",
    "special_tokens_map.json", "preprocessor_config.json", "processor_config.json",
    "added_tokens.json",
)  # fmt: skip
_OPTIMIZER: Final = re.compile(
    r"optimizer\.(?:pt|bin)|optimizer\.pt_.+|rank\d+-of-\d+-optimizer\.pt|"
    r"optimizer(?:_\d+)?(?:_rank\d+)?\.bin|optimizer_\d+/.+"
)
_ACCELERATE: Final = re.compile(r"random_states_\d+\.pkl|(?:optimizer|scheduler)\.bin")
_OWN: Final = re.compile(
    r"training_args\.bin|optimizer\.pt|scheduler\.pt|scaler\.pt|rng_state.*\.pth|global_step\d+/.*"
)
_RNG: Final = re.compile(r"rng_state_(\d{1,6})\.pth")
_STEP_DIRECTORY: Final = re.compile(r"(global_step\d+)/")
_WEIGHT_SUFFIXES: Final = (".safetensors", ".bin", ".pt", ".pth", ".h5", ".msgpack", ".distcp",
                           ".ckpt", ".gguf", ".pkl")  # fmt: skip
_NEEDED: Final = re.compile(
    r".+\.safetensors|(?:pytorch_model|adapter_model|model|non_lora_trainables)[^/]*\.bin"
)
_NO_WEIGHTS: Final = re.compile(
    r"(?:.*/)?(?:training_args\.bin|scheduler\.pt|scaler\.pt|rng_state.*\.pth)"
)


def recognise(names: Collection[str], dirname: str) -> bool:
    """True for a Trainer's checkpoint, complete or not."""
    if STATE in names:
        states = (*_WEIGHTS, "optimizer.pt", "training_args.bin")
        return bool(_DIRECTORY.match(dirname)) or any(name in names for name in states)
    if not _DIRECTORY.match(dirname) and not dirname.startswith(_UNPUBLISHED):
        return False
    if "training_args.bin" not in names and any(map(_ACCELERATE.fullmatch, names)):
        return False  # diffusers' scripts call what Accelerate saves checkpoint-500, too
    # Killed before trainer_state.json: the directory's name and one of its files must do.
    written = (*_WEIGHTS, "training_args.bin", "optimizer.pt", "scheduler.pt", "config.json")
    return any(name in names for name in written)


def read(folder: Folder, said: Reading) -> None:
    """Note what a Trainer's checkpoint should hold and holds."""
    from ckptui.formats.layouts import dcp
    from ckptui.formats.layouts.peek import json_of

    _read_state(folder, said)
    for name in _JSON:
        document = json_of(folder, name, said)
        if name == "config.json" and isinstance(document, dict):
            version = document.get("transformers_version")
            said.writer = f"transformers {version}" if isinstance(version, str) else ""
    _read_deepspeed(folder, said)
    for inner in dcp.inner_directories(folder):
        dcp.read_into(folder, said, inner)
    _read_weights(folder, said)
    _read_optimizer(folder, said)
    _read_random(folder, said)
    if folder.name.startswith(_UNPUBLISHED):
        said.miss(folder.name.removeprefix("tmp-"), "its final name is given when all is written")


def _read_state(folder: Folder, said: Reading) -> None:
    from ckptui.formats.layouts.peek import header_of, json_of, sibling_has, whole
    from ckptui.formats.layouts.reading import Broken

    if STATE not in folder.files:
        if any(map(_OWN.fullmatch, folder.files)) or sibling_has(folder, STATE, _DIRECTORY):
            said.miss(STATE, "written last: the save was not finished")
        else:  # model.save_pretrained("checkpoint-500") writes as much, and is done
            said.untold = f"it holds weights alone and no {STATE}, as if saved without the Trainer"
        return
    state = json_of(folder, STATE, said, last=True)
    if not isinstance(state, dict):
        return
    said.step = whole(state.get("global_step"))
    epoch = state.get("epoch")
    said.epoch = int(epoch) if isinstance(epoch, int | float) and 0 <= epoch < 1 << 62 else None
    named = _DIRECTORY.match(folder.name)
    if said.step is None:
        said.broken.append(Broken(STATE, f"{STATE} has no global_step", "unfinished", 4))
    elif named and int(named[1]) != said.step:
        # The schedule counts the same steps: it tells which of the two its save was.
        header = header_of(folder, "scheduler.pt")
        count = whole(header.top.get("last_epoch")) if header is not None else None
        if count == said.step:
            said.step_note = f"its name says step {int(named[1]):,}, its content {said.step:,}"
            return
        text = f"{STATE} is of step {said.step:,}, the directory of step {int(named[1]):,}"
        said.broken.append(Broken(STATE, f"{text}: its own was not written", "unfinished", 4))


def _read_deepspeed(folder: Folder, said: Reading) -> None:
    from ckptui.formats.layouts import deepspeed

    inner = {found[1] for name in folder.files if (found := _STEP_DIRECTORY.match(name))}
    for directory in sorted(inner):
        deepspeed.read_into(folder, said, f"{directory}/")
    if inner:
        deepspeed.read_latest(folder, said, "latest", sorted(inner), must=True)


def _read_weights(folder: Folder, said: Reading) -> None:
    from ckptui.formats.layouts.shards import read_shards

    sharded = read_shards(folder, said)
    found = [name for name in folder.files if _holds_weights(name)]
    said.need(*(name for name in found if _NEEDED.fullmatch(name)))
    # What a trainer of one's own has put there: looked at, but its meaning is not known.
    said.side += [name for name in found if name not in said.needed and "/" not in name]
    deepspeed = any(_STEP_DIRECTORY.match(name) for name in folder.files)
    if not sharded and not found and not deepspeed:
        if not _DIRECTORY.match(folder.name) and "optimizer.pt" not in folder.files:
            said.untold = "it holds no weights, and is not called as the Trainer calls its saves"
            return
        adapter = "adapter_config.json" in folder.files
        name = "adapter_model.safetensors" if adapter else "model.safetensors"
        said.miss(name, "no weights in any form")


def _holds_weights(name: str) -> bool:
    if not name.endswith(_WEIGHT_SUFFIXES) or _STEP_DIRECTORY.match(name):
        return False
    return _OPTIMIZER.fullmatch(name) is None and _NO_WEIGHTS.fullmatch(name) is None


def _read_optimizer(folder: Folder, said: Reading) -> None:
    """The optimizer and the schedule, one never without the other."""
    said.side += [name for name in ("training_args.bin",) if name in folder.files]
    said.need(*(name for name in ("scheduler.pt", "scaler.pt") if name in folder.files))
    optimizers = [name for name in folder.files if _OPTIMIZER.fullmatch(name)]
    said.need(*(name for name in optimizers if "/" not in name))
    deepspeed = any(_STEP_DIRECTORY.match(name) for name in folder.files)
    if deepspeed:
        return
    random = any(name.startswith("rng_state") for name in folder.files)
    if not optimizers and ("scheduler.pt" in folder.files or random):
        said.miss("optimizer.pt", "the states beside it are there")
    elif optimizers and "scheduler.pt" not in folder.files:
        said.miss("scheduler.pt", "without it the Trainer starts the optimizer afresh")
    elif not optimizers:
        _without_optimizer(folder, said)


def _without_optimizer(folder: Folder, said: Reading) -> None:
    """No state at all between weights and trainer_state.json: as it was asked for, or lost."""
    from ckptui.formats.layouts.peek import item, tree_of

    tree = tree_of(folder, "training_args.bin")
    only_model = None if tree is None else item(tree.root, "save_only_model")
    # What is not called checkpoint-500 may be the final model that save_model and save_state left.
    if only_model is False and STATE in folder.files and _DIRECTORY.match(folder.name):
        said.miss("optimizer.pt", "training_args.bin says that it was saved")
        return
    said.training = False
    said.notes.append("weights alone, without optimizer: saved so, or the states were removed")


def _read_random(folder: Folder, said: Reading) -> None:
    """Random states, one a rank: a number among them that is not there is missing."""
    said.need(*(name for name in folder.files if name.startswith("rng_state") and "/" not in name))
    ranks = {int(found[1]) for name in folder.files if (found := _RNG.fullmatch(name))}
    for rank in range(max(ranks, default=0)):
        if rank not in ranks and len(said.missing) < 100:
            said.miss(f"rng_state_{rank}.pth", "other ranks wrote theirs")
