"""Whatever happens to a file: an answer, never a false ``valid``, never a false alarm."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckptui.formats.reader import read_header, read_header_from
from ckptui.formats.steps import step_of
from ckptui.formats.window import BytesSource
from ckptui.terms import Category
from ckptui.validation.check import check_file
from ckptui.validation.verdict import Verdict
from tests.workshop import profiles
from tests.workshop.injuries import KINDS, LENGTHS, Injury, injured
from tests.workshop.oracles import safetensors_reads, tar_content, zip_content
from tests.workshop.specimen import Specimen, age

_ROOT = Path(__file__).parents[2]
_PLACES = st.integers(0, (1 << 32) - 1)
INJURIES = st.lists(
    st.builds(Injury, st.sampled_from(KINDS), _PLACES, _PLACES, st.sampled_from(LENGTHS)),
    min_size=1, max_size=3,
)  # fmt: skip
profiles.load()

CHECKED_ZIPS = ["good/base", "good/three_hundred", "good/script", "good/shared_storage",
                "repacked/deflated", "repacked/stored", "good/arrays_npz",
                "good/arrays_npz_compressed"]  # fmt: skip
"""Archives whose every record has a checksum."""
OTHERS = ["good/legacy", "good/legacy_views", "good/old_tar", "gguf/good", "hdf5/good",
          "good/pickle_5", "good/pickle_plain", "good/crc_off", "good/tensors_safe"]  # fmt: skip


class Contents(dict[str, bytes]):
    """Name of a specimen → its bytes; short where a failing example is shown."""

    def __repr__(self) -> str:
        return f"<{len(self)} files>"


READ = [*CHECKED_ZIPS, *OTHERS] + [
    f"good/{name}"
    for name in (
        "full", "sparse_csr", "numpy_scalars", "enum_and_path", "quantised_channel", "safetensors",
        "numpy_npz", "torchscript", "old_writer", "protocol_4", "restored", "repacked",
        "whole_module", "without_data", "larger_than_a_window",
    )
]  # fmt: skip
"""Of these the header is read, whatever happens to them."""


@pytest.fixture(scope="module")
def contents(specimens: list[Specimen]) -> Contents:
    """The files that are injured."""
    wanted = set(READ)
    found = Contents({s.name: Path(s.path).read_bytes() for s in specimens if s.name in wanted})
    assert set(found) == wanted
    return found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the file of each example is written, one over the other."""
    return tmp_path_factory.mktemp("examples") / "x.pt"


def _judged(place: Path, data: bytes) -> Verdict:
    place.write_bytes(data)
    age(str(place))
    header = check_file(place, header_only=True)
    assert header.category is not Category.VALID
    return check_file(place, level=6)


@pytest.mark.parametrize("name", CHECKED_ZIPS)
@given(injuries=INJURIES)
def test_an_archive_that_is_valid_holds_what_it_held(
    contents: Contents, place: Path, name: str, injuries: list[Injury]
) -> None:
    """Every record has a checksum, and every byte between them is known or empty."""
    whole = contents[name]
    broken = injured(whole, injuries)
    verdict = _judged(place, broken)
    if verdict.ok and broken != whole:
        assert zip_content(broken) == zip_content(whole), verdict


@given(injuries=INJURIES)
def test_safetensors_are_valid_where_its_own_reader_takes_them(
    contents: Contents, place: Path, injuries: list[Injury]
) -> None:
    broken = injured(contents["good/tensors_safe"], injuries)
    verdict = _judged(place, broken)
    if verdict.facts.format == "safetensors":
        assert (verdict.category is Category.VALID) is safetensors_reads(broken), verdict
    else:
        assert not safetensors_reads(broken)


@pytest.mark.parametrize("name", [name for name in OTHERS if "legacy" in name or "crc" in name])
@given(injuries=INJURIES)
def test_without_checksums_the_length_still_bears_witness(
    contents: Contents, place: Path, name: str, injuries: list[Injury]
) -> None:
    whole = contents[name]
    broken = injured(whole, injuries)
    if len(broken) != len(whole):
        assert not _judged(place, broken).ok


@pytest.mark.parametrize("name", [name for name in OTHERS if name != "good/pickle_plain"])
@given(at=_PLACES)
def test_no_format_is_valid_when_it_is_cut(
    contents: Contents, place: Path, name: str, at: int
) -> None:
    whole = contents[name]
    left = whole[: at * len(whole) >> 32]
    verdict = _judged(place, left)
    if name == "good/old_tar" and tar_content(left) == tar_content(whole):
        return  # cut in the zeros behind its last member: nothing is lost
    assert verdict.category in {Category.CORRUPTED, Category.FOREIGN}, verdict


@pytest.mark.parametrize("name", READ)
@given(injuries=INJURIES)
def test_a_header_is_read_in_bounds(contents: Contents, name: str, injuries: list[Injury]) -> None:
    """Bounded by the bytes it reads and the reads it makes, which no clock is needed for."""
    broken = injured(contents[name], injuries)
    for full in (False, True):
        source = _Counting(broken)
        header = read_header_from(source, len(broken), name, full=full)
        assert header.size == len(broken)
        step_of(header, name)
        assert source.bytes <= 8 * len(broken) + (1 << 20)
        assert source.calls <= 64 + 16 * max(len(header.records), 300)


class _Counting:
    """Bytes that know how often and how far they were read."""

    def __init__(self, data: bytes) -> None:
        self._source = BytesSource(data)
        self.bytes = 0
        self.calls = 0

    def pread(self, count: int, offset: int) -> bytes:
        chunk = self._source.pread(count, offset)
        self.bytes += len(chunk)
        self.calls += 1
        return chunk


_DTYPES = ["float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8",
           "bool", "complex64", "float8_e4m3fn", "float8_e5m2", "uint16"]  # fmt: skip
_TENSORS = st.builds(
    lambda dtype, shape, how: {"tensor": [dtype, shape, how]},
    st.sampled_from(_DTYPES),
    st.lists(st.integers(0, 6), max_size=4),
    st.sampled_from(["plain", "view", "turned", "parameter"]),
)
_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(1 << 70), 1 << 70), st.floats(allow_nan=False),
    st.text(max_size=12),
)  # fmt: skip
_KEYS = st.text(max_size=12)


def _dicts(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.builds(
        lambda kind, pairs: {kind: [[key, value] for key, value in pairs.items()]},
        st.sampled_from(["dict", "ordered"]),
        st.dictionaries(_KEYS, inner, max_size=5),
    )


_VALUES = st.recursive(
    _TENSORS | _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda parts: {"list": parts}),
        st.lists(inner, max_size=3).map(lambda parts: {"tuple": parts}),
        _dicts(inner),
    ),
    max_leaves=25,
)


_OPTIONS = st.fixed_dictionaries(
    {
        "buffer": st.booleans(),
        "legacy": st.booleans(),
        "protocol": st.sampled_from([2, 3, 4, 5]),
        "checksums": st.sampled_from([True, True, False]),
        "alignment": st.sampled_from([64, 64, 256, 4096]),
    }
)


@pytest.fixture(scope="module")
def writer() -> Iterator[subprocess.Popen[str]]:
    """A process with torch in it that writes what it is told."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.workshop.writing"]
    with subprocess.Popen(
        command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


@given(tree=_VALUES, options=_OPTIONS)
def test_whatever_torch_saves_is_whole(
    writer: subprocess.Popen[str], place: Path, tree: object, options: dict[str, object]
) -> None:
    """Any tree, any dtype and shape, any way of saving: whole, and its tensors told."""
    assert writer.stdin is not None
    assert writer.stdout is not None
    told = {"path": str(place), "tree": tree, "options": options}
    writer.stdin.write(json.dumps(told) + "\n")
    writer.stdin.flush()
    assert writer.stdout.readline() == "done\n"
    os.chmod(place, 0o644)
    age(str(place))
    verdict = check_file(place, level=6)
    assert verdict.category is Category.VALID, verdict
    assert verdict.level >= 4
    shown = [[t.dtype, list(t.shape)] for t in read_header(str(place)).tensors]
    assert shown == _tensors(tree)
    assert check_file(place, header_only=True).category is Category.UNCHECKED


def _tensors(tree: object) -> list[list[object]]:
    """dtype and shape of every tensor of a tree, in its order."""
    if not isinstance(tree, dict):
        return []
    ((kind, inner),) = tree.items()
    if kind == "tensor":
        return [inner[:2]]
    parts = [value for _, value in inner] if kind in {"dict", "ordered"} else inner
    return [row for part in parts for row in _tensors(part)]
