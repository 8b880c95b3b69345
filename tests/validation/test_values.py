"""Level 6 counts what torch counts, in every floating type."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ckptui.terms import Category, Level, Result
from ckptui.validation.check import check_file
from ckptui.validation.values import FLOATS, magnitude
from tests.validation.conftest import make_old, run_python

_WRITE = """
import json, sys, torch
torch.manual_seed(1)
told = {}
for name in sys.argv[2].split(","):
    dtype = getattr(torch, name)
    wide = torch.randn(5000) * 3
    if name.startswith("complex"):
        values = torch.complex(wide, wide).to(dtype)
        plain = torch.view_as_real(values)
    else:
        values = plain = wide.to(dtype)
    torch.save({"w": values}, f"{sys.argv[1]}/{name}.pt")
    told[name] = plain.double().abs().max().item()
    if not name.startswith("complex"):
        wide[7], wide[4000] = float("nan"), float("nan")
        torch.save({"w": wide.to(dtype)}, f"{sys.argv[1]}/{name}_nan.pt")
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, float]]:
    folder = tmp_path_factory.mktemp("values")
    said = run_python(_WRITE, str(folder), ",".join(n for n in FLOATS if n != "complex32"))
    for path in folder.iterdir():
        make_old(path)
    return folder, json.loads(said)


@pytest.mark.parametrize("name", [name for name in FLOATS if name != "complex32"])
def test_largest_magnitude_is_torchs(told: tuple[Path, dict[str, float]], name: str) -> None:
    folder, largest = told
    check = check_file(folder / f"{name}.pt", level=6).checks[Level.VALUES]
    assert check.result is Result.PASS
    assert f"largest magnitude {largest[name]:.3g}," in check.detail


@pytest.mark.parametrize("name", [n for n in FLOATS if not n.startswith("complex")])
def test_nan_is_found_and_only_warned_about(told: tuple[Path, dict[str, float]], name: str) -> None:
    verdict = check_file(told[0] / f"{name}_nan.pt", level=6)
    assert verdict.category is Category.VALID
    assert verdict.checks[Level.VALUES].result is Result.WARN
    assert "NaN in `w`" in verdict.checks[Level.VALUES].detail


def test_magnitudes_of_edge_patterns() -> None:
    half = FLOATS["float16"]
    assert magnitude(half, 0) == 0
    assert magnitude(half, 1) == 2.0**-24
    assert magnitude(half, half.last_finite) == 65504
    assert magnitude(FLOATS["float8_e4m3fn"], 0x7E) == 448
    assert magnitude(FLOATS["float64"], FLOATS["float64"].last_finite) == 1.7976931348623157e308
