"""Which judgement a kept verdict came from: another ckptui, or another torch, is not this one."""

from __future__ import annotations

import glob
import os
import sys
from functools import lru_cache
from typing import Final

from ckptui.validation.interpreter import find_interpreter

RULES: Final = 1
"""Counted up where the same bytes get another verdict, and the files below do not tell."""
_JUDGES: Final = ("", "formats", "formats/layouts", "validation", "validation/diagnosis")


@lru_cache(maxsize=1)
def rules() -> str:
    """The version of the judgement: of ckptui, and of the very modules that judge.

    The modules are told apart by size and time, so that a source tree that was changed, or an
    upgrade under an unchanged version, trusts nothing that it would not say itself.
    """
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    size = newest = 0
    for folder in _JUDGES:
        for path in glob.glob(os.path.join(glob.escape(os.path.join(here, folder)), "*.py")):
            info = os.stat(path)
            size += info.st_size
            newest = max(newest, info.st_mtime_ns)
    # The package itself stands above this room: asked for its version without being imported.
    version: object = getattr(sys.modules.get("ckptui"), "__version__", "")
    return f"{version} {RULES} {size} {newest}"


@lru_cache(maxsize=4)
def torch_identity(python: str | None) -> str:
    """Which torch level 3 asks: its interpreter, and when that torch was installed.

    Args:
        python: What the user named, None for the usual one.
    """
    interpreter = find_interpreter(python)
    if interpreter is None:
        return "none"
    prefix = sys.prefix if interpreter == sys.executable else _prefix_of(interpreter)
    places = os.path.join(glob.escape(prefix), "lib*", "python3*", "*-packages", "torch")
    times = [os.stat(path).st_mtime_ns for path in sorted(glob.glob(places + "/version.py"))]
    return f"{interpreter} {times}"


def _prefix_of(interpreter: str) -> str:
    return os.path.dirname(os.path.dirname(os.path.abspath(interpreter)))
