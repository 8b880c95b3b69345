"""A good file called bad is the worst that a check can do: none of these may be."""

from __future__ import annotations

from pathlib import Path

import pytest

from ckptui.terms import Action, Category, Level, Result
from ckptui.validation import validate_checkpoint, validate_checkpoint_batch
from ckptui.validation.check import check_file
from ckptui.validation.verdict import Verdict

HARMLESS = {
    "whole_module",
    "namespace",
    "numpy_scalar",
    "numpy_array",
    "pathlib",
    "datetime",
    "defaultdict",
}
WARNED = HARMLESS | {"proto4"}


@pytest.fixture(scope="module")
def verdicts(good: Path) -> dict[str, Verdict]:
    paths = sorted(good.iterdir())
    found = validate_checkpoint_batch(paths, level=5)
    return {Path(verdict.path).stem: verdict for verdict in found}


def test_every_good_file_is_valid_with_torch_itself_asked(verdicts: dict[str, Verdict]) -> None:
    bad = {
        name: (str(v.category), v.reason, v.detail)
        for name, v in verdicts.items()
        if v.category is not Category.VALID and name != "dataclass"
    }
    assert bad == {}
    assert len(verdicts) >= 45


def test_the_safe_loader_takes_the_plain_ones_without_a_word(verdicts: dict[str, Verdict]) -> None:
    warned = {n for n, v in verdicts.items() if v.checks[Level.LOAD].result is Result.WARN}
    assert warned == WARNED


def test_what_must_be_allowed_is_named(verdicts: dict[str, Verdict]) -> None:
    assert "argparse.Namespace" in verdicts["namespace"].checks[Level.LOAD].detail
    assert "numpy" in verdicts["numpy_scalar"].checks[Level.LOAD].detail


def test_levels_reached(verdicts: dict[str, Verdict]) -> None:
    assert verdicts["ours"].level == 5
    # Without checksums level 5 says nothing, and that is no fault.
    assert verdicts["no_crc"].level == 4
    assert verdicts["no_crc"].checks[Level.CHECKSUMS].result is Result.NONE_RECORDED


def test_a_class_of_ones_own_is_unsafe_until_it_is_allowed(good: Path) -> None:
    path = good / "dataclass.pt"
    refused = validate_checkpoint(path, load=False)
    assert (refused.category, refused.remedy) == (Category.UNSAFE, Action.ALLOW_GLOBALS)
    assert refused.checks[Level.LOAD].result is Result.REFUSED
    assert "__main__.Settings" in refused.reason
    # Torch builds a stand-in for it: the class cannot be imported there, and is not.
    allowed = validate_checkpoint(path, level=5, allow_globals=["__main__.Settings"])
    assert (allowed.category, allowed.level) == (Category.VALID, 5)
    assert allowed.checks[Level.LOAD].result is Result.WARN


def test_values_only_ever_warn(good: Path) -> None:
    for path in good.iterdir():
        if path.stem == "dataclass":
            continue
        verdict = check_file(path, level=6)
        assert verdict.category is Category.VALID, (path.name, verdict.reason)
        assert verdict.level in {4, 5, 6}
    mask = check_file(good / "mask.pt", level=6)
    assert mask.checks[Level.VALUES].result is Result.WARN
    assert "Inf in `mask`" in mask.checks[Level.VALUES].detail
    zeros = check_file(good / "zeros.pt", level=6)
    assert "all zero: `lora_b`" in zeros.checks[Level.VALUES].detail


def test_facts_come_with_every_verdict(good: Path) -> None:
    facts = check_file(good / "ours.pt", header_only=True).facts
    assert (facts.version, facts.status, facts.step) == ("1.0", "complete", 7)
    assert facts.format == "torch-zip"
    assert facts.signature is not None
    assert check_file(good / "renamed.pth").facts.saved_as == "other_name"
    assert check_file(good / "state_dict.pt").facts.version == "0.x"
    assert check_file(good / "bare_tensor.pt").facts.version is None


def test_a_header_check_never_says_valid(good: Path) -> None:
    verdict = check_file(good / "ours.pt", header_only=True)
    assert (verdict.category, verdict.level) == (Category.UNCHECKED, 4)
    assert verdict.ok
