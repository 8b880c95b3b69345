"""How far a checkpoint's job had come: from its content, else from its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ckptui.formats.model import Header, Value
from ckptui.formats.naming import epoch_from_name, step_from_name

STEP_KEYS: Final = (
    "global_step", "global_steps", "step", "iteration", "iter", "iter_num", "n_iter",
    "num_updates", "train_step", "current_step", "meta.iter", "optimizer_history.num_updates",
)  # fmt: skip
"""Top-level keys that hold the step; the first that holds a whole number counts.

Lightning, DeepSpeed, home-made ones, Megatron, nanoGPT (``iter_num``), pipeline contexts, mmengine
and fairseq (one level down, see :mod:`ckptui.formats.pickle_table`).
"""

EPOCH_KEYS: Final = ("epoch", "current_epoch", "meta.epoch")
_FAIRSEQ: Final = "optimizer_history.num_updates"


def step_of(header: Header | None, name: str) -> tuple[int | None, int | None, str]:
    """Step and epoch of a checkpoint.

    Args:
        header: What its content says, where it was read.
        name: The file's or directory's name without directories.

    Returns:
        (step, epoch, note): the content wins over the name; where both state a step and differ,
        the note is a sentence that says so, else it is empty.

    Example:
        >>> step_of(None, "epoch=3-step=4500.ckpt")
        (4500, 3, '')
    """
    top: Mapping[str, Value] = header.top if header is not None else {}
    named_step, named_epoch = step_from_name(name), epoch_from_name(name)
    step, epoch = _whole(top, STEP_KEYS), _whole(top, EPOCH_KEYS)
    note = ""
    # "model_3.pt" may count epochs, and fairseq's "checkpoint3.pt" does.
    epochs = epoch == named_step or _FAIRSEQ in top
    if step is not None and named_step is not None and step != named_step and not epochs:
        note = f"its name says step {named_step:,}, its content {step:,}; the content counts"
    return (
        named_step if step is None else step,
        named_epoch if epoch is None else epoch,
        note,
    )


def _whole(top: Mapping[str, Value], keys: tuple[str, ...]) -> int | None:
    for key in keys:
        value = top.get(key)
        if isinstance(value, bool):
            continue
        if isinstance(value, int) and 0 <= value < 1 << 63:
            return value
        if isinstance(value, float) and value.is_integer() and 0 <= value < 1 << 63:
            return int(value)
    return None
