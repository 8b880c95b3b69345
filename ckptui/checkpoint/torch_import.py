"""torch, imported where a caller saves or loads and nowhere before."""

from __future__ import annotations

import sys
from types import ModuleType

from ckptui.errors import CkptuiError


def import_torch() -> ModuleType:
    """Import torch, or say how to get it.

    Raises:
        CkptuiError: This interpreter has no torch.
    """
    try:
        import torch
    except ImportError as error:
        raise CkptuiError(
            f"saving and loading checkpoints needs torch, and {sys.executable} has none "
            f"({error}): install it there, or use the interpreter of the training environment"
        ) from error
    return torch
