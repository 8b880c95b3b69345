"""Names of temporary files, and writes that leave nothing behind when they fail."""

from __future__ import annotations

import json
import math
import os
import resource
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckptui.durable import (
    atomic_write_bytes,
    atomic_write_json,
    is_temporary,
    parse_temporary,
    temporary_path,
    this_host,
)

names = st.binary(min_size=1, max_size=255).map(
    lambda raw: os.fsdecode(raw.replace(b"\0", b"0").replace(b"/", b"_"))
)


@given(names)
def test_a_temporary_name_fits_and_reads_back(name: str) -> None:
    temporary = os.path.basename(temporary_path(f"/tmp/{name}"))
    assert len(os.fsencode(temporary)) <= 255
    assert is_temporary(temporary)
    parsed = parse_temporary(temporary)
    assert parsed is not None
    assert (parsed.host, parsed.pid) == (this_host(), os.getpid())
    if parsed.cut or name.endswith("~"):
        assert name.startswith(parsed.final_hint)
    else:
        assert parsed.final_hint == name


def test_a_cut_name_keeps_whole_characters(tmp_path: Path) -> None:
    path = tmp_path / ("é" * 127)
    atomic_write_bytes(path, b"x")
    assert os.listdir(tmp_path) == [path.name]
    parsed = parse_temporary(os.path.basename(temporary_path(path)))
    assert parsed is not None
    assert parsed.cut
    assert set(parsed.final_hint) == {"é"}


def test_names_never_collide() -> None:
    made = {temporary_path(f"run/{name}") for name in ("x.pt", "x.pth", "x.pt") for _ in range(50)}
    assert len(made) == 150
    assert all(os.path.dirname(path) == "run" for path in made)


@pytest.mark.parametrize(
    ("name", "temporary"),
    [
        ("x.pt", False),
        ("x.tmp", True),
        ("x.pt.tmp", True),
        ("x.tmp.7", True),
        (".x.pt.tmpab12", True),
        ("x.pt.part", True),
        ("template.pt", False),
        ("x.partial.pt", False),
        (".hidden.pt", False),
        ("x.tmpfile.pt", False),
    ],
)
def test_what_counts_as_temporary(name: str, temporary: bool) -> None:
    assert is_temporary(name) is temporary
    assert parse_temporary(name) is None


@pytest.mark.parametrize("durable", [True, False])
def test_bytes_are_written_and_replaced(tmp_path: Path, durable: bool) -> None:
    path = tmp_path / "x"
    for data in (b"one", b"", b"three" * 100_000):
        atomic_write_bytes(path, data, durable=durable)
        assert path.read_bytes() == data
    assert os.listdir(tmp_path) == ["x"]


def test_the_mode_follows_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o007)
    try:
        atomic_write_bytes(tmp_path / "x", b"")
    finally:
        os.umask(old)
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o660


def test_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    atomic_write_bytes("x", b"1")
    assert (tmp_path / "x").read_bytes() == b"1"


def test_a_symlink_is_replaced_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"target")
    (tmp_path / "link").symlink_to("target")
    atomic_write_bytes(tmp_path / "link", b"new")
    assert (tmp_path / "target").read_bytes() == b"target"
    assert not (tmp_path / "link").is_symlink()


def test_a_full_disk_leaves_the_old_file_and_names_the_path(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OSError, match="nothing was changed") as caught:
            atomic_write_bytes(path, b"x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.filename == str(path)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["state.json"]


def test_a_directory_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    with pytest.raises(IsADirectoryError):
        atomic_write_bytes(tmp_path / "x", b"")
    assert os.listdir(tmp_path) == ["x"]


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        atomic_write_json(tmp_path / "nowhere" / "x.json", {})
    assert caught.value.filename == str(tmp_path / "nowhere" / "x.json")


def test_json(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    document = {"name": "café", "odd": "caf\udce9", "n": [1, None]}
    atomic_write_json(path, document)
    assert path.read_bytes().isascii()
    assert json.loads(path.read_bytes()) == document
    atomic_write_json(path, document, ensure_ascii=False, indent=2)
    assert "café" in path.read_text()
    assert json.loads(path.read_bytes()) == document


@pytest.mark.parametrize("value", [object(), math.nan, {1: {2}}])
def test_what_is_no_json_changes_nothing(tmp_path: Path, value: object) -> None:
    path = tmp_path / "x.json"
    path.write_text("old")
    with pytest.raises((TypeError, ValueError)):
        atomic_write_json(path, value)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["x.json"]
