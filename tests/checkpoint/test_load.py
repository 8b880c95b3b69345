"""``load_with_compatibility``: whole, of a version that we read, with the keys that are needed."""

from __future__ import annotations

import argparse
import logging
import os
import pickle
from pathlib import Path

import pytest
import torch

from ckptui.checkpoint.load import load_with_compatibility
from ckptui.checkpoint.save import atomic_save
from ckptui.errors import CheckpointError
from tests.checkpoint.damage import cut_short, flip_bit_of_a_tensor


def saved(path: Path, document: object) -> Path:
    torch.save(document, path)
    return path


def error_of(path: Path, **options: bool) -> CheckpointError:
    with pytest.raises(CheckpointError) as caught:
        load_with_compatibility(path, **options)  # type: ignore[arg-type]
    assert str(path) in str(caught.value)
    return caught.value


def test_a_round_trip(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = atomic_save({"w": torch.arange(5), "step": 3}, tmp_path / "x.pt")
    with caplog.at_level(logging.INFO, "ckptui"):
        loaded = load_with_compatibility(path, required_keys=["w"])
    assert loaded["step"] == 3
    assert isinstance(loaded["w"], torch.Tensor)
    assert loaded["w"].tolist() == [0, 1, 2, 3, 4]
    assert "Loading checkpoint v1.0" in caplog.text


@pytest.mark.parametrize("skip", [True, False])
def test_version_0x_loads_unchanged(tmp_path: Path, skip: bool) -> None:
    path = saved(tmp_path / "x.pt", {"data": [1]})
    before = path.read_bytes()
    assert load_with_compatibility(path, skip_validation=skip) == {"data": [1]}
    assert path.read_bytes() == before


@pytest.mark.parametrize("skip", [True, False])
@pytest.mark.parametrize("version", [2, "2.0", "10.0", None, "", "abc", 1.5])
def test_versions_that_we_do_not_read(tmp_path: Path, version: object, skip: bool) -> None:
    path = saved(tmp_path / "x.pt", {"version": version, "status": "complete"})
    error = error_of(path, skip_validation=skip)
    assert error.category == "incompatible"
    assert "1.0" in error.message
    assert "upgrade" in error.message
    assert (str(version) or "''") in error.message


@pytest.mark.parametrize("version", [1, "1", "1.0.0", 1.0, "0.9", "0.x"])
def test_versions_that_we_read(tmp_path: Path, version: object) -> None:
    path = saved(tmp_path / "x.pt", {"version": version, "status": "complete"})
    assert load_with_compatibility(path)["version"] == version


def test_damage_that_torch_itself_loads(tmp_path: Path) -> None:
    path = saved(tmp_path / "x.pt", {"w": torch.arange(1000)})
    flip_bit_of_a_tensor(path)
    torch.load(path, weights_only=True)  # no error: torch.load checks no checksum
    assert error_of(path).category == "corrupted"


def test_damage_that_torch_refuses(tmp_path: Path) -> None:
    path = saved(tmp_path / "x.pt", {"w": torch.arange(1000)})
    cut_short(path)
    assert error_of(path).category == "corrupted"
    assert error_of(path, skip_validation=True).category == "corrupted"


def test_empty_and_missing(tmp_path: Path) -> None:
    (tmp_path / "empty.pt").write_bytes(b"")
    assert error_of(tmp_path / "empty.pt").category == "corrupted"
    assert error_of(tmp_path / "empty.pt", skip_validation=True).category == "corrupted"
    assert error_of(tmp_path / "nowhere.pt").category == "unreadable"
    assert error_of(tmp_path / "nowhere.pt", skip_validation=True).category == "unreadable"
    assert error_of(tmp_path).category == "unreadable"
    assert error_of(tmp_path, skip_validation=True).category == "unreadable"


@pytest.mark.parametrize("skip", [True, False])
def test_missing_keys_are_named(
    tmp_path: Path, skip: bool, caplog: pytest.LogCaptureFixture
) -> None:
    path = saved(tmp_path / "x.pt", {"a": 1})
    with pytest.raises(CheckpointError, match="ids") as caught:
        load_with_compatibility(path, required_keys=["a", "ids"], skip_validation=skip)
    assert caught.value.category == "incompatible"
    assert "ids" in caplog.text


def test_unfinished_by_its_own_word(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = saved(tmp_path / "x.pt", {"version": "1.0", "status": "in_progress"})
    assert error_of(path).category == "incomplete"
    assert load_with_compatibility(path, skip_validation=True)["status"] == "in_progress"
    assert "in_progress" in caplog.text


def test_a_top_level_that_is_no_dict(tmp_path: Path) -> None:
    error = error_of(saved(tmp_path / "x.pt", torch.zeros(3)))
    assert error.category == "incompatible"
    assert "Tensor" in error.message
    assert "torch.load" in error.message


class Runs:
    """Its pickle makes a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self._path),)


@pytest.mark.parametrize("skip", [True, False])
def test_code_in_a_pickle_runs_on_the_callers_word_only(tmp_path: Path, skip: bool) -> None:
    path = saved(tmp_path / "x.pt", {"evil": Runs(tmp_path / "ran")})
    assert error_of(path, skip_validation=skip).category == "unsafe"
    assert not (tmp_path / "ran").exists()
    load_with_compatibility(path, safe=False, skip_validation=skip)
    assert (tmp_path / "ran").exists()


def test_harmless_objects_load_on_the_callers_word(tmp_path: Path) -> None:
    path = saved(tmp_path / "x.pt", {"args": argparse.Namespace(lr=0.1)})
    assert load_with_compatibility(path, safe=False) == {"args": argparse.Namespace(lr=0.1)}
    error = error_of(path)
    assert error.category == "unsafe"
    assert error.message == (
        "torch's safe loader refuses argparse.Namespace; "
        "safe=False loads it, if you trust its writer"
    )


def test_safe_false_does_not_excuse_damage_or_missing_keys(tmp_path: Path) -> None:
    path = saved(tmp_path / "x.pt", {"evil": Runs(tmp_path / "ran"), "w": torch.arange(999)})
    with pytest.raises(CheckpointError) as caught:
        load_with_compatibility(path, safe=False, required_keys=["ids"])
    assert caught.value.category == "incompatible"
    flip_bit_of_a_tensor(path)
    assert error_of(path, safe=False).category == "corrupted"
    assert not (tmp_path / "ran").exists()


def test_the_old_torch_format_is_no_damage(tmp_path: Path) -> None:
    torch.save({"w": torch.ones(3)}, tmp_path / "x.pt", _use_new_zipfile_serialization=False)
    loaded = load_with_compatibility(tmp_path / "x.pt")["w"]
    assert isinstance(loaded, torch.Tensor)


def test_the_error_survives_pickling(tmp_path: Path) -> None:
    error = error_of(tmp_path / "nowhere.pt")
    again: object = pickle.loads(pickle.dumps(error))
    assert isinstance(again, CheckpointError)
    assert (again.path, again.category, str(again)) == (error.path, error.category, str(error))
