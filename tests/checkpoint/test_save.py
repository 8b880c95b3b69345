"""``atomic_save``: what is in the file, what stands beside it, and what the caller keeps."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path

import pytest
import torch

from ckptui.checkpoint.save import atomic_save
from ckptui.durable import is_temporary
from ckptui.errors import CheckpointError
from ckptui.validation.check import check_file
from tests.checkpoint.damage import names


def load(path: Path) -> dict[str, object]:
    loaded: dict[str, object] = torch.load(path, weights_only=True)
    return loaded


def test_a_dict_gets_version_and_status_and_a_marker(tmp_path: Path) -> None:
    path = atomic_save({"step": 7, "w": torch.arange(3)}, tmp_path / "x.pt")
    assert path == tmp_path / "x.pt"
    assert names(tmp_path) == ["x.pt", "x.pt.done"]
    assert (tmp_path / "x.pt.done").read_bytes() == b""
    loaded = load(path)
    assert (loaded["version"], loaded["status"], loaded["step"]) == ("1.0", "complete", 7)
    assert check_file(path, level=6, settle=False).ok


def test_the_marker_is_never_older_than_its_checkpoint(tmp_path: Path) -> None:
    for _ in range(3):
        path = atomic_save({"w": torch.zeros(10)}, tmp_path / "x.pt")
        assert (tmp_path / "x.pt.done").stat().st_mtime_ns >= path.stat().st_mtime_ns


def test_the_callers_object_is_not_changed(tmp_path: Path) -> None:
    mine: dict[str, object] = {"status": "in_progress", "w": torch.zeros(2)}
    before = dict(mine)
    path = atomic_save(mine, tmp_path / "x.pt", input_hash="sha256:00")
    assert mine == before
    assert load(path)["status"] == "complete"
    assert load(path)["input_hash"] == "sha256:00"


def test_what_is_there_already_stays(tmp_path: Path) -> None:
    path = atomic_save({"version": "0.9", "status": "converged"}, tmp_path / "x.pt")
    assert load(path) == {"version": "0.9", "status": "converged"}


def test_a_state_dict_keeps_its_class_and_metadata(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2))
    state = model.state_dict()
    with caplog.at_level(logging.WARNING, "ckptui"):
        path = atomic_save(state, tmp_path / "x.pt")
    loaded = torch.load(path, weights_only=True)
    assert isinstance(loaded, OrderedDict)
    assert loaded._metadata == state._metadata  # type: ignore[attr-defined]
    assert "version" not in state
    assert "embed=False" in caplog.text


def test_a_bare_state_dict_loads_strictly(tmp_path: Path) -> None:
    model = torch.nn.Linear(2, 2)
    path = atomic_save(model.state_dict(), tmp_path / "x.pt", embed=False)
    torch.nn.Linear(2, 2).load_state_dict(torch.load(path, weights_only=True), strict=True)
    assert names(tmp_path) == ["x.pt", "x.pt.done"]


@pytest.mark.parametrize("obj", [torch.arange(4), [torch.zeros(1), 2], 5, "text", None, (1, 2)])
def test_what_is_no_dict_is_saved_as_it_is(tmp_path: Path, obj: object) -> None:
    path = atomic_save(obj, tmp_path / "x.pt")
    loaded: object = torch.load(path, weights_only=True)
    assert repr(loaded) == repr(obj)
    assert names(tmp_path) == ["x.pt", "x.pt.done"]


class Mine:
    """A class of the caller's own; the safe loader refuses it, and saving it is no error."""


def test_objects_that_the_safe_loader_refuses_are_saved(tmp_path: Path) -> None:
    path = atomic_save({"config": Mine(), "w": torch.zeros(1)}, tmp_path / "x.pt")
    assert names(tmp_path) == ["x.pt", "x.pt.done"]
    assert check_file(path, level=5, settle=False).category == "unsafe"


@pytest.mark.parametrize(
    "tensor",
    [
        torch.zeros(3, dtype=torch.bfloat16),
        torch.zeros(3).to(torch.float8_e4m3fn),
        torch.zeros(100)[3:5],
        torch.zeros(4, 4).t(),
        torch.zeros(0),
        torch.eye(3).to_sparse(),
        torch.nn.Parameter(torch.ones(2)),
    ],
    ids=["bf16", "fp8", "view", "transposed", "empty", "sparse", "parameter"],
)
def test_tensors_of_all_kinds(tmp_path: Path, tensor: torch.Tensor) -> None:
    path = atomic_save({"t": tensor}, tmp_path / "x.pt")
    loaded = load(path)["t"]
    assert isinstance(loaded, torch.Tensor)
    assert torch.equal(loaded.to_dense().float(), tensor.detach().to_dense().float())


def test_an_optimizer_in_training(tmp_path: Path) -> None:
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(2, 3)).sum().backward()
    optimizer.step()
    document = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": 1}
    path = atomic_save(document, tmp_path / "x.pt", required_keys=["model", "optimizer"])
    optimizer.load_state_dict(torch.load(path, weights_only=True)["optimizer"])


def test_same_stem_never_collides(tmp_path: Path) -> None:
    for suffix in ("pt", "pth", "ckpt"):
        atomic_save({"suffix": suffix}, tmp_path / f"x.{suffix}")
    assert [load(tmp_path / f"x.{suffix}")["suffix"] for suffix in ("pt", "pth", "ckpt")] == [
        "pt",
        "pth",
        "ckpt",
    ]


def test_the_longest_name_and_one_that_is_not_utf8(tmp_path: Path) -> None:
    long = "x" * 247 + ".pt"
    odd = os.fsdecode(b"caf\xe9.pt")
    for name in (long, odd):
        atomic_save({"a": 1}, os.path.join(tmp_path, name))
    assert names(tmp_path) == sorted([long, long + ".done", odd, odd + ".done"])


def test_modes_follow_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        path = atomic_save({"a": 1}, tmp_path / "x.pt")
    finally:
        os.umask(old)
    assert path.stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "x.pt.done").stat().st_mode & 0o777 == 0o640


def test_the_bytes_are_written_once(tmp_path: Path) -> None:
    def written() -> int:
        lines = Path("/proc/self/io").read_text().splitlines()
        return int(dict(line.split(": ") for line in lines)["wchar"])

    document = {"w": torch.rand(2_000_000)}
    atomic_save({"a": 1}, tmp_path / "warm.pt")
    before = written()
    path = atomic_save(document, tmp_path / "x.pt")
    assert written() - before < 1.05 * path.stat().st_size


def test_a_symlink_is_replaced_and_its_target_stays(tmp_path: Path) -> None:
    old = atomic_save({"step": 1}, tmp_path / "step1.pt")
    (tmp_path / "last.pt").symlink_to("step1.pt")
    atomic_save({"step": 2}, tmp_path / "last.pt")
    assert load(old)["step"] == 1
    assert load(tmp_path / "last.pt")["step"] == 2


def test_relative_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert atomic_save({"a": 1}, "x.pt") == Path("x.pt")
    assert names(tmp_path) == ["x.pt", "x.pt.done"]


@pytest.mark.parametrize("off", [{"validate_after_save": False}, {"skip_validation": True}])
def test_without_validation_it_is_marked_all_the_same(tmp_path: Path, off: dict[str, bool]) -> None:
    validate = off.get("validate_after_save", True)
    skip = off.get("skip_validation", False)
    atomic_save({"a": 1}, tmp_path / "x.pt", validate_after_save=validate, skip_validation=skip)
    assert names(tmp_path) == ["x.pt", "x.pt.done"]


def test_without_fsync_the_result_is_the_same(tmp_path: Path) -> None:
    atomic_save({"a": 1}, tmp_path / "x.pt", durable=False)
    assert names(tmp_path) == ["x.pt", "x.pt.done"]


def test_input_hash_needs_a_place(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="dict"):
        atomic_save([1], tmp_path / "x.pt", input_hash="sha256:00")
    with pytest.raises(ValueError, match="embed=False"):
        atomic_save({}, tmp_path / "x.pt", input_hash="sha256:00", embed=False)
    assert names(tmp_path) == []


@pytest.mark.parametrize("version", ["2.0", "8.3.40", None, {"a": 1}])
def test_a_version_that_could_not_be_read_back_is_refused(tmp_path: Path, version: object) -> None:
    with pytest.raises(CheckpointError, match="embed=False") as caught:
        atomic_save({"version": version}, tmp_path / "x.pt")
    assert caught.value.category == "incompatible"
    assert names(tmp_path) == []
    atomic_save({"version": version}, tmp_path / "x.pt", embed=False)
    assert load(tmp_path / "x.pt") == {"version": version}


def test_it_logs_to_ckptui(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "ckptui"):
        atomic_save({"a": 1}, tmp_path / "x.pt")
    assert [record.name for record in caplog.records] == ["ckptui"]
    assert str(tmp_path / "x.pt") in caplog.text


def test_its_temporary_files_are_known_as_such(tmp_path: Path) -> None:
    seen: list[str] = []

    class Peek:
        def __reduce__(self) -> tuple[object, ...]:
            seen.extend(os.listdir(tmp_path))  # while torch is pickling
            return (int, (1,))

    atomic_save({"peek": Peek()}, tmp_path / "x.pt")
    assert seen
    assert all(is_temporary(name) and name.startswith(".x.pt.tmp.") for name in seen)


RIVAL = """
import sys, torch
from ckptui import atomic_save
for n in range(40):
    atomic_save({"who": sys.argv[2], "w": torch.full((2000,), n)}, sys.argv[1], durable=False)
"""


def test_rivals_for_one_path_never_tear_it(tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    rivals = [
        subprocess.Popen([sys.executable, "-c", RIVAL, str(path), str(who)]) for who in range(2)
    ]
    seen = 0
    while any(rival.poll() is None for rival in rivals):
        if path.exists():
            assert check_file(path, level=5, settle=False).category in ("valid", "changing")
            seen += 1
    assert [rival.returncode for rival in rivals] == [0, 0]
    assert seen
    assert check_file(path, level=5, settle=False).ok
    assert names(tmp_path) == ["x.pt", "x.pt.done"]
