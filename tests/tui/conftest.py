"""One real, damaged run for the whole session; each test gets a copy of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ckptui.demo.make import make_demo


@pytest.fixture(scope="session")
def demo_run(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A run directory with every break of the demo, where it was made; it may be resumed."""
    root = str(tmp_path_factory.mktemp("run") / "demo")
    make_demo(root, pace=0.02)
    return root


@pytest.fixture(scope="session")
def pristine(demo_run: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A copy that nobody touches."""
    copy = str(tmp_path_factory.mktemp("pristine") / "demo")
    shutil.copytree(demo_run, copy, symlinks=True)
    return copy


@pytest.fixture
def run_dir(pristine: str, tmp_path: Path) -> Iterator[str]:
    """A run directory of one's own, times and all."""
    copy = str(tmp_path / "run")
    shutil.copytree(pristine, copy, symlinks=True)
    yield os.path.realpath(copy)
