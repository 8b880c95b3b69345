"""The model: a small network over chunk features, as its checkpoints hold it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, cast

from ckptui.errors import CheckpointError

if TYPE_CHECKING:
    import torch

KEYS: Final = ("model", "optimizer", "step", "classes", "mean", "scale")
MODEL_KEYS: Final = ("model", "classes", "mean", "scale")
_HIDDEN: Final = 32


def build(width: int, classes: int, seed: int) -> torch.nn.Sequential:
    """A fresh network whose weights are fixed by the seed; torch's own generator is not touched.

    Args:
        width: Features a chunk.
        classes: Number of labels.
        seed: Fixes the weights.
    """
    import torch

    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        return torch.nn.Sequential(
            torch.nn.Linear(width, _HIDDEN), torch.nn.ReLU(), torch.nn.Linear(_HIDDEN, classes)
        )


class Predictor:
    """A trained network, ready to use."""

    def __init__(self, document: Mapping[str, object], path: str, width: int) -> None:
        """Take a network out of a checkpoint.

        Args:
            document: What the checkpoint holds.
            path: Its path, for messages.
            width: Features a chunk, which the network must fit.

        Raises:
            CheckpointError: It holds no network for such features.
        """
        self.classes = _classes(document, path)
        self._mean = tensor_of(document, "mean", path)
        self._scale = tensor_of(document, "scale", path)
        self._network = build(width, len(self.classes), 0)
        try:
            self._network.load_state_dict(state_of(document, "model", path))
        except RuntimeError as error:
            said = " ".join(str(error).split())
            message = f"its model does not fit {width} features a chunk: {said}"
            raise CheckpointError(path, "incompatible", message) from error

    def probabilities(self, features: torch.Tensor) -> torch.Tensor:
        """One row of class probabilities for each row of features."""
        import torch

        with torch.no_grad():
            scores: torch.Tensor = self._network((features - self._mean) / self._scale)
            return torch.softmax(scores, dim=1)


def tensor_of(document: Mapping[str, object], key: str, path: str) -> torch.Tensor:
    """A tensor at the top level of a checkpoint, or a CheckpointError."""
    import torch

    value = document[key]
    if not isinstance(value, torch.Tensor):
        raise CheckpointError(path, "incompatible", f"its {key} is no tensor")
    return value


def state_of(document: Mapping[str, object], key: str, path: str) -> dict[str, torch.Tensor]:
    """A state dict at the top level of a checkpoint, or a CheckpointError."""
    value = document[key]
    if not isinstance(value, dict):
        raise CheckpointError(path, "incompatible", f"its {key} is no state dict")
    return cast("dict[str, torch.Tensor]", value)


def _classes(document: Mapping[str, object], path: str) -> Sequence[str]:
    value = document["classes"]
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise CheckpointError(path, "incompatible", "its classes are no list of names")
    return value
