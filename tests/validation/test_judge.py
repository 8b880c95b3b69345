"""Categories by precedence, the version rule, required keys, unsafe pickles, other formats."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ckptui.terms import Action, Category, Level, Result
from ckptui.validation import validate_checkpoint, validate_checkpoint_batch
from ckptui.validation.check import check_file
from ckptui.validation.known_globals import ALLOWED, is_dangerous, split_globals
from tests.validation.conftest import make_old, run_python

_WRITE = """
import collections, os, sys, torch
here = sys.argv[1]
def save(name, value, **more):
    torch.save(value, os.path.join(here, name), **more)
w = torch.ones(4)
save("newer.pt", {"version": "2.0", "status": "complete", "w": w})
save("odd_version.pt", {"version": "abc", "status": "complete", "w": w})
save("same.pt", {"version": 1, "status": "complete", "w": w})
save("foreign.pt", {"version": "2.0", "w": w})
save("unfinished.pt", {"version": "1.0", "status": "in_progress", "w": w})
save("unfinished_newer.pt", {"version": "3.0", "status": "in_progress", "w": w})
save("old_layout.pt", {"status": "complete", "w": w})
save("plain.pt", {"w": w, "step": 12})
save("ckpt_11.pt", {"w": w, "step": 12})
save("list.pt", [w])
class Evil:
    def __reduce__(self):
        return (os.system, ("touch " + os.path.join(here, "EXECUTED"),))
save("evil.pt", {"w": w, "x": Evil()})
save("getter.pt", {"w": w, "x": getattr})
class Custom:
    pass
save("custom.pt", {"w": w, "x": Custom()})
save("legacy.pt", {"w": w}, _use_new_zipfile_serialization=False)
torch.jit.script(torch.nn.Linear(2, 2)).save(os.path.join(here, "script.pt"))
from safetensors.torch import save_file
save_file({"w": w}, os.path.join(here, "x.safetensors"))
import numpy
numpy.savez(os.path.join(here, "x.npz"), a=numpy.ones(3))
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("judged")
    run_python(_WRITE, str(folder))
    for path in folder.iterdir():
        make_old(path)
    return folder


@pytest.mark.parametrize("header_only", [True, False])
@pytest.mark.parametrize(
    ("name", "category", "remedy", "words"),
    [
        ("newer.pt", Category.INCOMPATIBLE, Action.QUARANTINE, ("2.0", "1.0")),
        ("odd_version.pt", Category.INCOMPATIBLE, Action.QUARANTINE, ("abc",)),
        ("unfinished.pt", Category.INCOMPLETE, Action.RESUME, ("in_progress",)),
        ("unfinished_newer.pt", Category.INCOMPATIBLE, Action.QUARANTINE, ("3.0",)),
        ("evil.pt", Category.UNSAFE, Action.QUARANTINE, ("posix.system",)),
        ("getter.pt", Category.UNSAFE, Action.QUARANTINE, ("builtins.getattr",)),
        ("custom.pt", Category.UNSAFE, Action.ALLOW_GLOBALS, ("__main__.Custom",)),
        ("script.pt", Category.INCOMPATIBLE, None, ("TorchScript",)),
    ],
)
def test_each_in_its_category(
    files: Path,
    name: str,
    category: Category,
    remedy: Action | None,
    words: tuple[str, ...],
    header_only: bool,
) -> None:
    verdict = check_file(files / name, header_only=header_only)
    assert (verdict.category, verdict.remedy) == (category, remedy), verdict
    assert all(word in verdict.reason for word in words), verdict.reason


def test_what_is_not_ours_to_judge_is_shown_and_left(files: Path) -> None:
    verdict = check_file(files / "foreign.pt")
    assert (verdict.category, verdict.facts.version) == (Category.VALID, "2.0")
    assert check_file(files / "same.pt").category is Category.VALID


def test_a_layout_without_version_is_valid_and_can_be_upgraded(files: Path) -> None:
    old = check_file(files / "old_layout.pt")
    assert (old.category, old.remedy) == (Category.VALID, Action.UPGRADE)
    assert old.facts.version == "0.x"
    assert check_file(files / "plain.pt").remedy is None


def test_a_step_that_disagrees_with_the_name_is_said(files: Path) -> None:
    facts = check_file(files / "ckpt_11.pt", header_only=True).facts
    assert facts.step == 12
    assert "12" in facts.step_note
    assert "11" in facts.step_note
    assert check_file(files / "plain.pt").facts.step_note == ""


def test_required_keys(files: Path) -> None:
    assert check_file(files / "plain.pt", required_keys=["w", "step"]).ok
    missing = check_file(files / "plain.pt", required_keys=["w", "ids", "labels"])
    assert missing.category is Category.INCOMPATIBLE
    assert "ids, labels" in missing.reason
    assert missing.level == 3
    no_dict = check_file(files / "list.pt", required_keys=["w"])
    assert "list" in no_dict.reason


def test_nothing_of_a_pickle_ever_runs(files: Path) -> None:
    verdicts = list(validate_checkpoint_batch([files / "evil.pt"], level=6))
    assert verdicts[0].checks[Level.LOAD].result is Result.REFUSED
    # Not even where it is allowed: what is known to run things stays refused.
    allowed = validate_checkpoint(files / "evil.pt", allow_globals=["posix.system"])
    assert allowed.category is Category.UNSAFE
    assert not (files / "EXECUTED").exists()


def test_damage_is_stronger_than_what_the_pickle_says(files: Path, tmp_path: Path) -> None:
    path = tmp_path / "evil.pt"
    path.write_bytes((files / "evil.pt").read_bytes()[:-30])
    assert check_file(make_old(path)).category is Category.CORRUPTED


def test_formats_that_are_only_recognised_are_never_called_bad(files: Path) -> None:
    for name in ("legacy.pt", "x.safetensors", "x.npz"):
        for level in (2, 4, 6):
            verdict = check_file(files / name, level=level)
            assert verdict.ok, verdict


def test_a_part_of_a_distributed_checkpoint_is_not_called_bad(files: Path) -> None:
    """DCP's parts are whole archives one after another; alone they mean nothing."""
    part = files / "__0_0.distcp"
    part.write_bytes((files / "plain.pt").read_bytes() + (files / "same.pt").read_bytes())
    make_old(part)
    for header_only in (True, False):
        verdict = check_file(part, level=5, header_only=header_only)
        assert (verdict.category, verdict.level) == (Category.UNCHECKED, 1), verdict


def test_levels_that_were_not_asked_for_are_absent(files: Path) -> None:
    for level in range(1, 7):
        verdict = check_file(files / "plain.pt", level=level)
        assert [int(done) for done in verdict.checks] == list(range(1, level + 1))
        assert verdict.level == level
        expected = Category.VALID if level >= 4 else Category.UNCHECKED
        assert verdict.category is expected


def test_the_list_of_allowed_globals_is_torchs_own() -> None:
    said = run_python(
        "from torch._weights_only_unpickler import _get_allowed_globals as g\n"
        "print('\\n'.join(g()))"
    )
    assert set(said.split()) == ALLOWED


def test_globals_are_split_by_what_they_do() -> None:
    split = split_globals(
        ["__builtin__.set", "copy_reg._reconstructor", "torch.FloatStorage", "posix.system",
         "__builtin__.eval", "my.Thing", "my.Other", "numpy.core.multiarray.scalar"],
        allow=["my.Thing", "posix.system"],
    )  # fmt: skip
    assert split.harmless == ("copyreg._reconstructor", "numpy.core.multiarray.scalar")
    assert split.allowed == ("my.Thing",)
    assert split.unknown == ("my.Other",)
    assert split.dangerous == ("builtins.eval", "posix.system")
    assert not is_dangerous("torch.nn.Linear")


def test_old_torch_is_not_asked() -> None:
    """The loader is one file for any Python: imported here as such."""
    code = (
        "import runpy, sys; m = runpy.run_path('ckptui/validation/loader.py');"
        "import os; f = m['refusal']; p = sys.argv[1];"
        "print(f('2.5.1', p)); print(f('2.6.0+cu124', p) or 'asked');"
        "print(f('2.13.0', p) or 'asked');"
        "os.setuid(65534) if os.getuid() == 0 else None;"
        "print(f('2.9.1', '/etc/hostname') or 'asked')"
    )
    lines = run_python(code, __file__).splitlines()
    assert "older than 2.6" in lines[0]
    assert lines[1:3] == ["asked", "asked"]
    assert "another user's" in lines[3]


def test_the_loader_is_one_file_without_ckptui(tmp_path: Path) -> None:
    alone = tmp_path / "loader.py"
    alone.write_bytes(Path("ckptui/validation/loader.py").read_bytes())
    done = subprocess.run(
        [sys.executable, "-I", str(alone)], input="", capture_output=True, text=True, check=True
    )
    assert '"torch":' in done.stdout
