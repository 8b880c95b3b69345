"""Which Python asks torch: the one whose torch the run uses, found without starting any."""

from __future__ import annotations

import glob
import importlib.util
import os
import sys
from typing import Final

NO_TORCH: Final = (
    "no torch here: pip install 'ckptui[torch]', or name a Python that has it with --python"
)


def find_interpreter(python: str | None = None) -> str | None:
    """Path of the interpreter for the loader.

    Args:
        python: What the user named; taken as it is.

    Returns:
        ``python``, else that of ``$CONDA_PREFIX`` or ``$VIRTUAL_ENV`` where torch is installed
        there, else ours where it has torch, else None.
    """
    if python:
        return python
    for variable in ("CONDA_PREFIX", "VIRTUAL_ENV"):
        prefix = os.environ.get(variable)
        if prefix and _has_torch(prefix):
            return os.path.join(prefix, "bin", "python")
    return sys.executable if importlib.util.find_spec("torch") is not None else None


def _has_torch(prefix: str) -> bool:
    places = os.path.join(glob.escape(prefix), "lib", "python3*", "site-packages", "torch")
    interpreter = os.path.join(prefix, "bin", "python")
    return bool(glob.glob(places)) and os.access(interpreter, os.X_OK)
