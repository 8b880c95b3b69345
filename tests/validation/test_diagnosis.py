"""What happened to a file is said where its bytes prove it, and torch's own words beneath."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest

from ckptui.terms import Category, Level
from ckptui.validation.check import check_file
from ckptui.validation.diagnosis.extents import WRITTEN, state_of
from ckptui.validation.diagnosis.single_byte import find_byte
from ckptui.validation.telling import SAYS, SILENT
from ckptui.validation.verdict import Verdict
from tests.validation.conftest import make_old, run_python
from tests.validation.damaged_files import WRITE_BASES, Bases, Damaged, all_damaged

_ASK_TORCH = """
import json, os, sys, warnings
import torch
warnings.simplefilter("ignore")
said = {}
for name in sorted(os.listdir(sys.argv[1])):
    try:
        torch.load(os.path.join(sys.argv[1], name), map_location="cpu", weights_only=True)
        said[name] = None
    except BaseException as error:
        said[name] = f"{type(error).__name__}: {error}"
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> Bases:
    """Whole files, written by the libraries themselves in a process of their own."""
    folder = tmp_path_factory.mktemp("bases")
    run_python(WRITE_BASES, str(folder))
    names = ("zip", "longer", "twin", "legacy", "safetensors")
    return Bases(*((folder / name / "good.pt").read_bytes() for name in names))


@pytest.fixture(scope="module")
def damaged(bases: Bases, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Damaged]:
    """Every kind of damage as a file; its path by its name."""
    folder = tmp_path_factory.mktemp("damaged")
    kinds = {str(folder / kind.name): kind for kind in all_damaged(bases)}
    for path, kind in kinds.items():
        make_old(_write(Path(path), kind.data))
    return kinds


def _write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.fixture(scope="module")
def verdicts(damaged: dict[str, Damaged]) -> dict[str, Verdict]:
    """Our verdict of each."""
    return {path: check_file(path, level=5) for path in damaged}


def test_every_kind_is_in_its_category_with_the_sentence_that_its_maker_expects(
    damaged: dict[str, Damaged], verdicts: dict[str, Verdict]
) -> None:
    wrong = []
    for path, kind in damaged.items():
        verdict = verdicts[path]
        if verdict.category is not kind.category or any(
            w not in verdict.reason for w in kind.words
        ):
            wrong.append((kind.name, str(verdict.category), verdict.reason, kind.words))
    assert not wrong


def test_what_we_say_that_torch_says_is_what_torch_really_says(
    damaged: dict[str, Damaged], verdicts: dict[str, Verdict]
) -> None:
    said = json.loads(run_python(_ASK_TORCH, str(Path(next(iter(damaged))).parent)))
    wrong, told = [], 0
    for path, kind in damaged.items():
        last = (verdicts[path].detail.splitlines() or [""])[-1]
        real = said[kind.name]
        if last == SILENT:
            told += 1
            if real is not None:
                wrong.append((kind.name, last, real))
        elif last.startswith(SAYS):
            told += 1
            if real is None or last.removeprefix(SAYS) not in real:
                wrong.append((kind.name, last, real))
    assert not wrong
    # Where torch's answer hangs on more than we look at, nothing is said; that is rare.
    assert told >= 0.9 * len(damaged)


def test_random_damage_is_never_given_a_cause_that_it_does_not_have(
    bases: Bases, tmp_path: Path
) -> None:
    chance = random.Random(11)
    path = tmp_path / "x.pt"
    for _ in range(120):
        data = bytearray(chance.choice((bases.zip, bases.legacy)))
        at = chance.randrange(len(data))
        kind = chance.choice(("flip", "near the end", "burst", "cut"))
        if kind == "flip":
            data[at] ^= 1 << chance.randrange(8)
        elif kind == "near the end":
            data[-1 - chance.randrange(1200)] ^= 1 << chance.randrange(8)
        elif kind == "burst":
            data[at : at + 40] = chance.randbytes(40)
        else:
            del data[at:]
        make_old(_write(path, bytes(data)))
        reason = check_file(path, level=5).reason
        for claim in ("two saves", "transferred", "replaced", "moved", "set aside", "download"):
            assert claim not in reason, (kind, at, reason)


def test_the_header_check_says_the_same_where_it_fails(
    damaged: dict[str, Damaged], verdicts: dict[str, Verdict]
) -> None:
    for path, kind in damaged.items():
        header = check_file(path, header_only=True)
        failed = header.category is not Category.UNCHECKED
        # Its fourth level fails at the same bytes; what only level 5 or the directory's whole
        # reading finds is left to them.
        if failed and verdicts[path].checks.get(Level.CHECKSUMS) is None:
            assert header.category is kind.category, (kind.name, header.reason)


def test_a_hole_at_the_end_was_never_written_and_the_filesystem_says_so(
    bases: Bases, tmp_path: Path
) -> None:
    path = tmp_path / "hole.pt"
    with path.open("wb") as file:
        file.write(bases.zip[:40_960])
        file.truncate(1 << 20)
    verdict = check_file(make_old(path), level=5)
    assert "written up to byte 40,9" in verdict.reason
    if os.stat(path).st_blocks * 512 < 1 << 20:  # a filesystem that keeps holes
        assert "nothing was ever written there" in verdict.reason
        assert "no blocks for them" in verdict.detail
    assert "2 of its 6 tensors" in verdict.detail


def test_space_that_was_set_aside_is_told_from_a_hole(bases: Bases, tmp_path: Path) -> None:
    path = tmp_path / "reserved.pt"
    with path.open("wb") as file:
        file.write(bases.zip[:40_960])
        file.flush()
        try:
            os.posix_fallocate(file.fileno(), 0, 1 << 20)
        except OSError:
            pytest.skip("this filesystem sets no space aside")
        os.fsync(file.fileno())
        if state_of(file.fileno(), 1 << 19, 1 << 20) == WRITTEN:
            pytest.skip("this filesystem does not tell what was written")
    reason = check_file(make_old(path), level=5).reason
    assert "set aside and never written" in reason


def test_a_downloads_own_control_file_beside_it_says_that_it_goes_on(
    bases: Bases, tmp_path: Path
) -> None:
    path = make_old(_write(tmp_path / "model.pt", bases.zip[:50_000]))
    (tmp_path / "model.pt.aria2").write_bytes(b"\0\1")
    verdict = check_file(path, level=5)
    assert verdict.category is Category.INCOMPLETE
    assert "download that is not finished" in verdict.reason
    assert "model.pt.aria2" in verdict.reason
    assert "cut short at byte 50,000" in verdict.detail


def test_a_link_text_says_whether_its_target_is_there(tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(b"x")
    path = make_old(_write(tmp_path / "x.pt", b"./blob"))
    assert "what it points to is there" in check_file(path).detail


def test_a_command_that_is_offered_brings_the_checkpoint_back(
    bases: Bases, damaged: dict[str, Damaged], verdicts: dict[str, Verdict], tmp_path: Path
) -> None:
    """``next:`` is typed as it stands, with FILE and NEW in their places."""
    import subprocess

    checked = 0
    for path, kind in damaged.items():
        if kind.name.partition(".")[0] not in {
            "zip_crlf", "old_crlf", "zip_double", "over_old", "page_before", "gz", "xz", "bz2",
            "b64", "zeros_behind",
        }:  # fmt: skip
            continue
        line = next(t for t in verdicts[path].detail.splitlines() if t.startswith("next: "))
        command = line.removeprefix("next: ").partition("   (")[0]
        new = tmp_path / kind.name
        typed = command.replace("FILE", path).replace("NEW", str(new))
        subprocess.run(["bash", "-c", typed], check=True, env={**os.environ, "LC_ALL": "C"})
        assert new.read_bytes() in (bases.zip, bases.legacy), kind.name
        checked += 1
    assert checked == 10


def test_one_damaged_byte_is_found_from_two_checksums_alone() -> None:
    import zlib

    chance = random.Random(5)
    for size in (1, 2, 50, 4000, 100_000):
        data = chance.randbytes(size)
        at, mask = chance.randrange(size), chance.randrange(1, 256)
        bad = data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]
        assert find_byte(zlib.crc32(bad), zlib.crc32(data), size) == (at, mask)
        burst = chance.randbytes(size)
        if size >= 50:
            assert find_byte(zlib.crc32(burst), zlib.crc32(data), size) is None
