"""The checksum of a whole file comes with level 5, in every format, from one reading."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from ckptui.terms import Level, Result
from ckptui.validation.check import check_file
from ckptui.validation.pool import Done, Pool, Request
from tests.validation.conftest import make_old, run_python

Copy = Callable[[str], Path]

_WRITE = """
import sys, numpy, torch
from safetensors.torch import save_file
torch.manual_seed(2)
folder = sys.argv[1]
weights = {"a": torch.randn(1000), "b": torch.randn(7).half(), "c": torch.ones(3, 5)}
save_file(weights, f"{folder}/model.safetensors")
torch.save(weights, f"{folder}/legacy.pt", _use_new_zipfile_serialization=False)
numpy.savez(f"{folder}/arrays.npz", a=numpy.arange(500.0), b=numpy.ones(3))
torch.save({"w": torch.randn(12 << 20), "b": torch.randn(100)}, f"{folder}/large.pt")
save_file({"w": torch.randn(20 << 20), "b": torch.randn(100)}, f"{folder}/large.safetensors")
"""


def _content(path: Path) -> str:
    return f"crc32:{zlib.crc32(path.read_bytes()):08x}"


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("others")
    run_python(_WRITE, str(folder))
    for path in folder.iterdir():
        make_old(path)
    return folder


def test_it_is_that_of_all_bytes_in_every_format(good: Path, others: Path) -> None:
    seen = set()
    for path in [*good.iterdir(), *others.iterdir()]:
        facts = check_file(path, level=5).facts
        assert facts.content == _content(path), path
        seen.add(facts.format)
    assert seen >= {"torch-zip", "torch-legacy", "safetensors", "npz"}


def test_level_6_says_the_same(others: Path) -> None:
    for path in others.iterdir():
        assert check_file(path, level=6).facts.content == _content(path)


def test_a_deflated_archive_gives_its_own_bytes(copy_of: Copy, tmp_path: Path) -> None:
    packed = tmp_path / "packed.pt"
    with (
        zipfile.ZipFile(copy_of("optimizer.pt")) as old,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name))
    verdict = check_file(make_old(packed), level=5)
    assert verdict.checks[Level.CHECKSUMS].result is Result.PASS
    assert verdict.facts.content == _content(packed)


def test_what_was_not_read_has_none(copy_of: Copy) -> None:
    path = copy_of("ours.pt")
    assert check_file(path, level=4).facts.content == ""
    assert check_file(path, level=5, header_only=True).facts.content == ""
    path.write_bytes(b"<html></html>")
    assert check_file(make_old(path), level=5).facts.content == ""


def test_it_comes_through_the_pool(copy_of: Copy) -> None:
    path = copy_of("view.pt")
    with Pool(1) as pool:
        pool.submit(Request(str(path), level=5, load=False))
        while pool.pending:
            done = [event for event in pool.events(5.0) if isinstance(event, Done)]
    assert [event.verdict.facts.content for event in done] == [_content(path)]


def test_checksums_that_were_switched_off_are_no_fault(copy_of: Copy) -> None:
    path = copy_of("no_crc.pt")
    verdict = check_file(path, level=5)
    assert verdict.ok
    assert verdict.checks[Level.CHECKSUMS].result is Result.NONE_RECORDED
    assert verdict.facts.content == _content(path)
