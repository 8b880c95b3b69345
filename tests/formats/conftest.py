"""Real files, written once by the real libraries in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.fixture(scope="session")
def good_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Name of the kind → path of a good file."""
    directory = str(tmp_path_factory.mktemp("good"))
    command = [sys.executable, "-W", "ignore", "-m", "tests.formats.write_good", directory]
    root = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    subprocess.run(command, cwd=root, check=True, timeout=120)
    paths = {
        name[:-3]: f"{directory}/{name}" for name in os.listdir(directory) if name[-3:] == ".pt"
    }
    paths["truth.json"] = f"{directory}/truth.json"
    paths["dcp/"] = f"{directory}/dcp"
    return paths
