"""Real files for the checks, made once by real writers in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
_ROOT = _HERE.parent.parent


def run_python(code: str, *args: str) -> str:
    """Run code in a Python of its own and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *args],
        check=True, capture_output=True, text=True, cwd=_ROOT, timeout=120,
    )  # fmt: skip
    return done.stdout


def make_old(path: Path, seconds: float = 3600) -> Path:
    """Set a file's time back, so that it is past the settling time."""
    then = time.time() - seconds
    os.utime(path, (then, then))
    return path


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of whole checkpoints by many ways of writing."""
    folder = tmp_path_factory.mktemp("good")
    subprocess.run([sys.executable, str(_HERE / "good_files.py"), str(folder)], check=True)
    for path in folder.iterdir():
        make_old(path)
    return folder


@pytest.fixture
def copy_of(good: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Copies a good file, to be damaged."""

    def copy(name: str) -> Path:
        target = tmp_path / name
        target.write_bytes((good / name).read_bytes())
        return make_old(target)

    return copy
