"""The workshop keeps its own promises: many kinds, one truth each, the same bytes from one seed."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.workshop.specimen import Kind, Specimen

_UNLIKE = {"good/lightning_trainer"}
"""It holds the names of temporary folders; legacy files hold places in memory."""
_ROOT = Path(__file__).parents[2]


def test_there_are_many_kinds_of_every_sort(specimens: list[Specimen]) -> None:
    assert len({specimen.name for specimen in specimens}) == len(specimens)
    kinds = Counter(specimen.truth.kind for specimen in specimens)
    assert kinds[Kind.DAMAGED] >= 120
    assert kinds[Kind.GOOD] >= 100
    assert set(kinds) == set(Kind)
    formats = {specimen.truth.format for specimen in specimens if specimen.truth.fine}
    assert formats >= {"torch-zip", "torch-legacy", "torch-tar", "safetensors", "npz", "pickle",
                       "gguf", "hdf5"}  # fmt: skip


def test_damage_is_damage(specimens: list[Specimen]) -> None:
    """No damaged file is by chance what it was before."""
    good = {_content(s.path) for s in specimens if s.truth.kind is Kind.GOOD}
    for specimen in specimens:
        if specimen.truth.kind is Kind.DAMAGED:
            assert _content(specimen.path) not in good, specimen.name


def test_one_seed_makes_the_same_bytes(specimens: list[Specimen], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.workshop", str(tmp_path)]
    subprocess.run(command, cwd=_ROOT, check=True, capture_output=True, timeout=120)
    first = Path(os.path.commonpath([s.path for s in specimens]))
    for specimen in specimens:
        if (
            specimen.name in _UNLIKE
            or "legacy" in specimen.name
            or not stat.S_ISREG(os.lstat(specimen.path).st_mode)
        ):
            continue
        again = tmp_path / os.path.relpath(specimen.path, first)
        assert again.read_bytes() == _content(specimen.path), specimen.name


def _content(path: str) -> bytes:
    if not stat.S_ISREG(os.lstat(path).st_mode):
        return b""
    with open(path, "rb") as file:
        return file.read()
