"""What a job could do with a file's content: resume from it, load weights, or only read data.

``torch.save`` writes everything into the same container, so that a cached tensor of a data set
and the checkpoint beside it differ only in what they hold. Names of keys as trainers write them:
pytorch/examples, timm, fairseq, nanoGPT, Lightning, Accelerate and transformers' Trainer.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from ckptui.formats.model import Header
from ckptui.formats.steps import EPOCH_KEYS, STEP_KEYS


class Role(StrEnum):
    """What a file's content is good for."""

    TRAINING = "training"  # a model and how far its training had come
    WEIGHTS = "weights"
    PART = "part"  # the state of an optimizer, a schedule or a random generator alone
    DATA = "data"  # a bare tensor, numbers, text, a sample: nothing that a job goes on from
    UNKNOWN = ""


_READ: Final = frozenset({"torch-zip", "torch-legacy", "torch-tar", "pickle"})
_DICTS: Final = frozenset({"dict", "OrderedDict", "collections.OrderedDict"})
_PLAIN: Final = frozenset({"tensor", "list", "tuple", "str", "int", "float", "bool", "NoneType",
                           "None", "bytes", "set", "frozenset", "complex", "storage"})  # fmt: skip
_TRAINING: Final = re.compile(r"optim|lr_sched|^scheduler$|^scaler$|^amp_scaler$", re.IGNORECASE)
_WEIGHTS: Final = re.compile(
    r"state_dict|model|^(?:net|network|weights?|params|module|ema|teacher|student|actor|critic|"
    r"policy|generator|discriminator|encoder|decoder|backbone|netG|netD|G|D|G_ema|lora|args)$",
    re.IGNORECASE,
)
_LAYER: Final = re.compile(r"(?:^|[._])(?:weight|bias|running_mean|lora_[AB])s?$")
_PARTS: Final = (
    frozenset({"state", "param_groups"}),  # torch.optim.Optimizer.state_dict
    frozenset({"last_epoch", "_step_count"}),  # torch.optim.lr_scheduler
    frozenset({"scale", "growth_factor"}),  # torch.amp.GradScaler
    frozenset({"python", "numpy", "cpu"}),  # transformers: rng_state.pth
    frozenset({"random_state", "torch_manual_seed"}),  # accelerate: random_states_0.pkl
)


def role_of(header: Header) -> Role:
    """Tell what a file's content is good for, by its keys and the names of its tensors.

    Args:
        header: What was read of the file.

    Returns:
        The role; ``UNKNOWN`` where the content was not read or could not be.
    """
    if header.format == "safetensors":
        named = any("." in key or _LAYER.search(key) for key in header.keys)
        return Role.WEIGHTS if named or header.metadata.get("format") else Role.UNKNOWN
    if header.format in {"gguf", "sharded-index"}:
        return Role.WEIGHTS if header.keys else Role.UNKNOWN
    if header.format == "npz":
        # Data sets come so as well, under names of any kind.
        role = _of_dict(header) if header.keys else Role.UNKNOWN
        return Role.UNKNOWN if role is Role.DATA else role
    if header.format not in _READ or not header.top_type:
        return Role.UNKNOWN
    if header.keys or header.top_type in _DICTS:
        return _of_dict(header)
    if any(_LAYER.search(tensor.name) for tensor in header.tensors):
        return Role.WEIGHTS
    if header.top_type in _PLAIN:
        return Role.DATA
    # An object: a module that was pickled whole holds tensors, a settings object does not.
    return Role.WEIGHTS if header.tensors else Role.DATA


def _of_dict(header: Header) -> Role:
    keys = header.keys
    if any(part <= set(keys) for part in _PARTS):
        return Role.PART
    if any(_TRAINING.search(key) for key in keys):
        return Role.TRAINING
    progress = any(key in header.top for key in (*STEP_KEYS, *EPOCH_KEYS))
    layers = any("." in key or "/" in key for key in keys) and bool(header.tensors)
    if progress or layers or any(_WEIGHTS.search(key) for key in keys):
        return Role.WEIGHTS
    if any(_LAYER.search(tensor.name) for tensor in header.tensors):
        return Role.WEIGHTS
    return Role.DATA
