"""``get_checkpoint_info``: facts from the header, whatever the file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from ckptui.checkpoint.info import get_checkpoint_info
from ckptui.checkpoint.save import atomic_save
from ckptui.errors import CheckpointError
from tests.checkpoint.damage import cut_short


def test_a_whole_checkpoint(tmp_path: Path) -> None:
    path = atomic_save({"step": 4, "w": torch.zeros(3, 5), "b": torch.zeros(5)}, tmp_path / "x.pt")
    info = get_checkpoint_info(path)
    assert info["version"] == "1.0"
    assert info["status"] == "complete"
    assert info["step"] == 4
    assert info["keys"] == ["step", "w", "b", "version", "status"]
    assert (info["tensors"], info["parameters"]) == (2, 20)
    assert info["size_bytes"] == path.stat().st_size
    assert info["is_valid_zip"] is True
    assert info["has_done_marker"] is True


def test_without_version_status_and_marker(tmp_path: Path) -> None:
    torch.save({"data": torch.zeros(2)}, tmp_path / "x.pt")
    info = get_checkpoint_info(tmp_path / "x.pt")
    assert (info["version"], info["status"]) == ("0.x", "unknown")
    assert (info["is_valid_zip"], info["has_done_marker"]) == (True, False)


@pytest.mark.parametrize("version", [2, None, "", "abc"])
def test_odd_versions_are_shown(tmp_path: Path, version: object) -> None:
    torch.save({"version": version}, tmp_path / "x.pt")
    assert get_checkpoint_info(tmp_path / "x.pt")["version"] == str(version)


def test_damaged_files_are_no_error(tmp_path: Path) -> None:
    (tmp_path / "empty.pt").write_bytes(b"")
    torch.save({"version": "1.0", "w": torch.zeros(1000)}, tmp_path / "cut.pt")
    cut_short(tmp_path / "cut.pt")
    (tmp_path / "text.pt").write_text("hello")
    for name in ("empty.pt", "cut.pt", "text.pt"):
        info = get_checkpoint_info(tmp_path / name)
        assert info["is_valid_zip"] is False
        assert info["status"] == "unknown"
    assert get_checkpoint_info(tmp_path / "empty.pt")["version"] == "unknown"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError) as caught:
        get_checkpoint_info(tmp_path / "nowhere.pt")
    assert caught.value.category == "unreadable"
    assert str(tmp_path / "nowhere.pt") in str(caught.value)


def test_no_torch_and_no_pydantic(tmp_path: Path) -> None:
    torch.save({"version": "1.0"}, tmp_path / "x.pt")
    code = (
        "import sys, ckptui; info = ckptui.get_checkpoint_info(sys.argv[1]);"
        "print(info['version'], {'torch', 'numpy', 'pydantic'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "x.pt")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1.0 set()"
