"""TorchScript archives: whole or not, they are no checkpoints for torch.load."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import torch

from ckptui.formats.reader import read_header
from ckptui.terms import Category, Level, Result
from ckptui.validation.check import check_file


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A module with weights."""
    path = tmp_path / "script.pt"
    torch.jit.save(torch.jit.script(torch.nn.Linear(40, 30).eval()), path)
    return path


def _without(path: Path, ending: str, data: bytes | None = None) -> Path:
    """The same archive without one record, or with other bytes in it."""
    other = path.with_name("other.pt")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            if not name.endswith(ending):
                new.writestr(name, old.read(name))
            elif data is not None:
                new.writestr(name, data)
    return other


def test_a_whole_one_is_incompatible_and_left_alone(script: Path) -> None:
    verdict = check_file(script, level=5)
    assert (verdict.category, verdict.remedy) == (Category.INCOMPATIBLE, None)
    assert verdict.checks[Level.CONTAINER].result is Result.PASS
    assert verdict.checks[Level.CHECKSUMS].result is Result.PASS
    assert read_header(str(script), full=True).problems == ()


@pytest.mark.parametrize("ending", ["/data/0", "/data.pkl", "/version"])
def test_a_record_that_is_missing_is_damage(script: Path, ending: str) -> None:
    assert check_file(_without(script, ending), settle=False).category is Category.CORRUPTED


def test_a_broken_list_of_constants_is_damage(script: Path) -> None:
    verdict = check_file(_without(script, "/constants.pkl", b"\x80\x02("), settle=False)
    assert verdict.category is Category.CORRUPTED
    assert "constants.pkl" in verdict.reason


def test_a_cut_is_told_with_its_place(script: Path) -> None:
    data = script.read_bytes()
    script.write_bytes(data[:1000])
    verdict = check_file(script, settle=False)
    assert verdict.category is Category.CORRUPTED
    assert "cut short at byte 1,000" in verdict.reason
    assert "pickle" not in verdict.reason
