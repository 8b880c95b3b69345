"""One real, damaged run for the whole session; each test gets a copy of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ckptui.demo.make import make_demo


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A run directory with every break of the demo, and a copy from before anybody touched it."""
    root = str(tmp_path_factory.mktemp("run") / "demo")
    make_demo(root, pace=0.02)
    copy = str(tmp_path_factory.mktemp("pristine") / "demo")
    shutil.copytree(root, copy, symlinks=True)
    return root, copy


@pytest.fixture(scope="session")
def demo_run(made: tuple[str, str]) -> str:
    """The demo where it was made; it may be resumed, by one test."""
    return made[0]


@pytest.fixture(scope="session")
def pristine(made: tuple[str, str]) -> str:
    """A copy that nobody touches."""
    return made[1]


@pytest.fixture
def run_dir(pristine: str, tmp_path: Path) -> Iterator[str]:
    """A run directory of one's own, times and all."""
    copy = str(tmp_path / "run")
    shutil.copytree(pristine, copy, symlinks=True)
    yield os.path.realpath(copy)
