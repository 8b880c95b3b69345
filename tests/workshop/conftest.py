"""The workshop's files, made once per run of the tests, whatever number of processes runs them."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path

import pytest

from ckptui.terms import Category
from tests.workshop.making import make_all
from tests.workshop.specimen import Kind, Specimen, Truth


def _load(path: Path) -> list[Specimen]:
    rows = json.loads(path.read_text())
    return [
        Specimen(
            row["name"],
            row["path"],
            Truth(
                Kind(row["kind"]),
                frozenset(Category(word) for word in row["categories"]),
                row["note"],
                row["format"],
                row["witness"],
                tuple(row["words"]),
                row["level"],
                row["ask"],
                row["warns"],
            ),
            row["fresh"],
        )
        for row in rows
    ]


@pytest.fixture(scope="session")
def specimens(tmp_path_factory: pytest.TempPathFactory) -> list[Specimen]:
    """Every file of the workshop, of seed 0."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    directory = shared / "workshop"
    with open(shared / "workshop.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (directory / "truths.json").exists():
            make_all(str(directory))
    return _load(directory / "truths.json")
