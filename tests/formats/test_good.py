"""Whatever real libraries write is read without a single problem, and read right."""

from __future__ import annotations

import json
import os

import pytest

from ckptui.formats.layouts import recognise_directory
from ckptui.formats.model import Opaque
from ckptui.formats.reader import read_header, read_header_from
from ckptui.formats.window import FdSource, open_regular
from ckptui.formats.zip_container import read_container
from tests.formats.good_names import GOOD, VALUES

_TORCHSCRIPT = {"torchscript", "torchscript_extra"}
_SAFETENSORS = {"safetensors", "safetensors_empty"}


def _format(name: str) -> str:
    if name in _TORCHSCRIPT:
        return "torchscript"
    if name in {"exported", "packaged"}:
        return "zip"
    if name in _SAFETENSORS:
        return "safetensors"
    if name.startswith("legacy"):
        return "torch-legacy"
    return "npz" if name.startswith("numpy_npz") else "torch-zip"


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("full", [False, True])
def test_a_good_file_has_no_problem(good_files: dict[str, str], name: str, full: bool) -> None:
    header = read_header(good_files[name], full=full)
    codes = [problem.code for problem in header.problems]
    assert codes == (["packed-again"] if name in {"repacked", "restored"} else [])
    assert header.format == _format(name)
    assert not header.truncated_table


@pytest.mark.parametrize("name", VALUES)
def test_the_tensor_table_is_what_the_writer_knows(good_files: dict[str, str], name: str) -> None:
    with open(good_files["truth.json"]) as file:
        truth = json.load(file)["values"][name]
    header = read_header(good_files[name])
    rows = [[t.name, t.dtype, list(t.shape), t.bytes] for t in header.tensors]
    assert rows == truth["tensors"]
    if truth["keys"]:
        assert list(header.keys) == truth["keys"]


def test_the_list_of_good_files_is_complete(good_files: dict[str, str]) -> None:
    with open(good_files["truth.json"]) as file:
        truth = json.load(file)
    assert truth["written"] == GOOD
    assert sorted(truth["values"]) == VALUES


def test_top_level_values(good_files: dict[str, str]) -> None:
    top = read_header(good_files["own_version"]).top
    assert (top["version"], top["status"], top["step"], top["epoch"]) == (
        "1.0",
        "complete",
        4500,
        3,
    )
    assert (top["loss"], top["input_hash"]) == (0.25, "sha256:ab")
    assert top["model"] == Opaque("dict")
    assert read_header(good_files["int_version"]).top["version"] == 2
    assert read_header(good_files["dict_version"]).top["version"] == Opaque("dict")


def test_numpy_integers_are_numbers_and_the_rest_is_opaque(good_files: dict[str, str]) -> None:
    top = read_header(good_files["numpy_scalars"]).top
    assert (top["step"], top["flag"], top["u"]) == (12, True, 3)
    assert top["loss"] == Opaque("numpy scalar")
    arrays = read_header(good_files["numpy_arrays"]).top
    assert isinstance(arrays["a"], Opaque)


@pytest.mark.parametrize(
    ("name", "top_type"),
    [
        ("state_dict", "dict"), ("bare_tensor", "tensor"), ("tensor_list", "list"),
        ("tensor_tuple", "tuple"), ("nothing", "None"), ("number", "int"), ("text", "str"),
        ("whole_module", "torch.nn.modules.container.Sequential"), ("parameter", "tensor"),
        ("sparse_coo", "sparse tensor"),
    ],
)  # fmt: skip
def test_the_top_level_type_has_a_name(
    good_files: dict[str, str], name: str, top_type: str
) -> None:
    assert read_header(good_files[name]).top_type == top_type


def test_tensors_inside_objects_are_listed(good_files: dict[str, str]) -> None:
    names = {tensor.name for tensor in read_header(good_files["whole_module"]).tensors}
    assert {"0.weight", "0.bias", "1.running_mean", "3.weight"} <= names
    assert [t.name for t in read_header(good_files["slotted"]).tensors] == ["w"]
    parts = {tensor.name for tensor in read_header(good_files["sparse_csr"]).tensors}
    assert parts == {"m.crow_indices", "m.col_indices", "m.values"}


def test_every_global_is_named(good_files: dict[str, str]) -> None:
    assert "argparse.Namespace" in read_header(good_files["namespace"]).globals
    named = read_header(good_files["enum_and_path"]).globals
    assert any(name.endswith(".Color") for name in named)
    assert "pathlib.PurePosixPath" in named


def test_what_the_container_says(good_files: dict[str, str]) -> None:
    header = read_header(good_files["full"])
    assert header.root_name == "full"
    assert header.metadata["byteorder"] == "little"
    assert header.metadata["container_version"] == "3"
    assert header.metadata["storage_alignment"] == "64"
    assert len(header.metadata["serialization_id"]) == 40
    assert read_header(good_files["buffer"]).root_name == "archive"
    assert read_header(good_files["renamed"]).root_name == "renamed.pt.tmp"
    assert read_header(good_files["non_ascii_root"]).root_name == "archive"


def test_another_name_than_now_is_noted(good_files: dict[str, str]) -> None:
    notes = {name: read_header(good_files[name]).notes for name in GOOD if name != "beyond_4_gib"}
    assert notes["renamed"] == ("it was saved under a temporary name: renamed.pt.tmp",)
    assert notes["no_suffix_root"] == ("it was saved under another name: no suffix",)
    others = [name for name, said in notes.items() if any("saved under" in note for note in said)]
    assert sorted(others) == ["no_suffix_root", "renamed"]


def test_devices_are_as_saved(good_files: dict[str, str]) -> None:
    assert {t.device for t in read_header(good_files["cuda_location"]).tensors} == {"cuda:1"}
    assert {t.device for t in read_header(good_files["meta"]).tensors} == {"meta", "cpu"}


def test_missing_checksums_are_none_and_noted(good_files: dict[str, str]) -> None:
    header = read_header(good_files["without_checksums"])
    assert all(record.crc is None for record in header.records if record.size)
    assert header.notes == ("its writer recorded no checksums",)
    skipped = read_header(good_files["without_data"])
    silent = {record.name for record in skipped.records if record.crc is None}
    assert silent == {"without_data/data/0", "without_data/data/1"}
    assert "skip_data" in skipped.notes[0]


def test_a_directory_alone_places_every_payload(good_files: dict[str, str]) -> None:
    """Without the local headers the payloads' places are derived; they must be the same."""
    for name in ("larger_than_a_window", "many_records_large", "old_writer", "other_alignment"):
        fd, size = open_regular(good_files[name])
        try:
            full = read_container(fd, size)
            quick = read_container(fd, size, local_headers=False)
        finally:
            os.close(fd)
        assert full.local_headers
        assert not quick.local_headers
        assert quick.records == full.records
        assert full.problems == quick.problems == []


class _Counting:
    def __init__(self, fd: int) -> None:
        self.source = FdSource(fd)
        self.bytes = 0
        self.calls = 0

    def pread(self, count: int, offset: int) -> bytes:
        chunk = self.source.pread(count, offset)
        self.bytes += len(chunk)
        self.calls += 1
        return chunk


@pytest.mark.parametrize("name", ["larger_than_a_window", "many_records_large", "full"])
def test_a_header_costs_its_pickle_its_directory_and_64_kib(
    good_files: dict[str, str], name: str
) -> None:
    fd, size = open_regular(good_files[name])
    try:
        source = _Counting(fd)
        header = read_header_from(source, size)
        container = read_container(fd, size)
    finally:
        os.close(fd)
    pickle = next(r.size for r in header.records if r.name.endswith("/data.pkl"))
    directory = size - container.directory_start
    assert source.bytes <= pickle + directory + 64 * 1024
    assert source.calls <= 12


def test_a_real_distributed_checkpoint(good_files: dict[str, str]) -> None:
    """Shards are several torch zips in one file; the metadata is a plain pickle."""
    directory = good_files["dcp/"]
    names = os.listdir(directory)
    assert recognise_directory(names, "dcp") == "dcp"
    for name in names:
        header = read_header(f"{directory}/{name}", full=True)
        assert header.problems == (), name
        assert header.format == ("pickle" if name == ".metadata" else "torch-zip")


def test_beyond_4_gib(good_files: dict[str, str]) -> None:
    path = good_files["beyond_4_gib"]
    header = read_header(path, full=True)
    assert header.size > 1 << 32
    assert [t.bytes for t in header.tensors] == [12, (1 << 32) + 12345, 4000]
    assert read_header(path).records == header.records


def test_a_cut_file_beyond_4_gib_knows_its_size(
    good_files: dict[str, str], tmp_path: object
) -> None:
    path = os.path.join(str(tmp_path), "cut.pt")
    size = os.path.getsize(good_files["beyond_4_gib"])
    with open(good_files["beyond_4_gib"], "rb") as source, open(path, "wb") as target:
        target.write(source.read(1 << 20))
        target.truncate(1 << 32)
    (problem,) = read_header(path).problems
    assert problem.text.endswith("inside the tensor big")
    assert f"at byte {1 << 32:,} of about {size:,}" in problem.text


def test_torchs_other_archives_are_named(good_files: dict[str, str]) -> None:
    assert "torch.export" in read_header(good_files["exported"]).notes[0]
    assert "torch.package" in read_header(good_files["packaged"]).notes[0]
