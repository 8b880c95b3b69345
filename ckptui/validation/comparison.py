"""Level 6 against the previous checkpoint of the series: what changed as training never does.

The rule, per tensor of the same name, type and shape, with more than one number:

* It newly holds NaN, or newly holds Inf.
* It was not all zero and is now (16 numbers or more: a bias may be).
* Its largest magnitude is beyond ``LARGE`` and more than ``JUMP`` times what it was, times as much
  as the step has grown: counters grow with the steps.

A tensor that was all zero or had 1 for its largest number may never have been trained: LoRA's
second half, the statistics of a normalisation. Such a one may grow to what its data is like, in
one step. An optimizer's second moments are squares of gradients, and a warm-up alone can make
them a million times a million larger. Of both only what nothing measures (``ABSURD``) is said.
Where no step is known, steps are taken to have grown by nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ckptui.formats.model import TensorInfo
from ckptui.validation.static_load import name_some

if TYPE_CHECKING:
    from ckptui.validation.values import Numbers

JUMP: Final = 1e5
LARGE: Final = 1e4
ABSURD: Final = 1e18
"""Its square is close to the largest float32."""
_FRESH: Final = frozenset({0.0, 1.0})
_FEW: Final = 16
_OPTIMIZER: Final = re.compile(
    r"optim|(?:^|\.)state\.\d+\.|exp_avg|square_avg|momentum_buffer|acc_delta", re.IGNORECASE
)
"""Names of optimizers' states, as torch.optim's ``state_dict`` and those who keep it have them."""

Shape = tuple[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Before:
    """The previous checkpoint of a series, as far as it is compared.

    Attributes:
        name: Its file's name.
        values: Largest magnitude by tensor; NaN where it held one, else Inf where it held one.
        shapes: Type and shape by tensor.
        step: Its step, where known.
        why_not: A sentence where it cannot be compared with; the rest is empty then.
    """

    name: str
    values: Mapping[str, float] = field(default_factory=dict)
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    step: int | None = None
    why_not: str = ""


def shapes_of(tensors: Sequence[TensorInfo]) -> dict[str, Shape]:
    """Type and shape by name."""
    return {tensor.name: (tensor.dtype, tensor.shape) for tensor in tensors}


@dataclass(frozen=True, slots=True)
class Change:
    """A tensor that changed as training never changes one."""

    name: str
    text: str


def compare(
    found: Sequence[Numbers], shapes: Mapping[str, Shape], before: Before, step: int | None
) -> list[Change]:
    """What is worth a word, in file order.

    Args:
        found: The numbers of now.
        shapes: Type and shape by tensor, of now.
        before: The previous checkpoint.
        step: The step of now, where known.
    """
    growth = max(1.0, step / before.step) if step and before.step else 1.0
    changes = []
    for numbers in found:
        for name, was in _comparable(numbers, shapes, before):
            bound = ABSURD if _is_free(name, was) else max(LARGE, JUMP * growth * was)
            text = _change(was, numbers, bound, math.prod(shapes[name][1]))
            if text:
                changes.append(Change(name, text))
                break
    return changes


def _comparable(
    numbers: Numbers, shapes: Mapping[str, Shape], before: Before
) -> Iterator[tuple[str, float]]:
    for name in numbers.names:
        shape = shapes.get(name)
        was = before.values.get(name)
        if was is None or shape is None or shape != before.shapes.get(name):
            continue
        if math.prod(shape[1]) > 1:
            yield name, was


def _is_free(name: str, was: float) -> bool:
    """True where a tensor may grow to anything that can be measured, and nothing is wrong."""
    return was in _FRESH or bool(_OPTIMIZER.search(name))


def _change(was: float, numbers: Numbers, bound: float, count: int) -> str:
    """What happened to one tensor, in words; empty where nothing did."""
    if not math.isfinite(was):
        return ""
    if numbers.nans:
        return f"holds NaN, where its largest magnitude was {was:.3g}"
    if numbers.infs:
        return f"holds Inf, where its largest magnitude was {was:.3g}"
    if numbers.largest == 0 and was > 0 and count >= _FEW:
        return f"became all zero, where its largest magnitude was {was:.3g}"
    if numbers.largest > bound:
        return f"went from a largest magnitude of {was:.3g} to {numbers.largest:.3g}"
    return ""


def sentence(changes: Sequence[Change], before: Before) -> str:
    """One sentence for all of them."""
    told = [f"`{change.name}` {change.text}" for change in changes]
    return f"since {before.name}: {name_some(told)}"
