"""Content decides what a file is; a name that promises another format is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from ckptui.terms import Category, Level, Result
from ckptui.validation.check import check_file
from ckptui.validation.name_says import disagreement


@pytest.mark.parametrize(
    ("name", "kind", "told"),
    [
        ("x.safetensors", "torch-zip", True),
        ("x.safetensors", "safetensors", False),
        ("X.PT", "safetensors", True),
        ("x.pt", "torch-legacy", False),
        ("x.pth", "pickle", True),
        ("x.ckpt", "npz", True),
        ("x.h5", "gguf", True),
        ("x.pkl", "torch-zip", False),  # accelerate writes such
        ("x.pth.tar", "torch-zip", False),
        ("x.bin", "safetensors", False),
        ("x", "npz", False),
        ("x.safetensors", "zeros", False),
        ("x.safetensors", "foreign:html", False),
        ("x.safetensors", "", False),
    ],
)
def test_only_endings_that_mean_one_thing_are_held_to_it(name: str, kind: str, told: bool) -> None:
    assert bool(disagreement(name, kind)) is told


def test_it_is_a_warning_and_nothing_more(tmp_path: Path) -> None:
    torch.save({"w": torch.randn(3)}, tmp_path / "a.safetensors")
    save_file({"w": torch.randn(3)}, tmp_path / "b.pt")
    with (tmp_path / "c.pth").open("wb") as file:
        np.savez(file, w=np.ones(3))
    for name, words in (
        ("a.safetensors", "its name says .safetensors, its content is a torch checkpoint"),
        ("b.pt", "its name says .pt, its content is safetensors"),
        ("c.pth", "its name says .pth, its content is a NumPy archive"),
    ):
        verdict = check_file(tmp_path / name, level=5)
        assert verdict.category is Category.VALID
        assert verdict.checks[Level.CONTAINER].result is Result.WARN
        assert words in verdict.reason


def test_too_few_bytes_of_anything_are_a_cut(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(b"\x40" + bytes(6))
    verdict = check_file(path, settle=False)
    assert verdict.category is Category.CORRUPTED
    assert "cut short at byte 7" in verdict.reason
