"""Damage to the structure of real files is seen, named, and placed."""

from __future__ import annotations

import dataclasses
import os
import random
import zipfile
from collections.abc import Callable

import pytest

from ckptui.formats.model import Header
from ckptui.formats.reader import read_header, read_header_from
from ckptui.formats.window import BytesSource


def read(data: bytes, name: str = "") -> Header:
    return read_header_from(BytesSource(data), len(data), name, full=True)


def codes(header: Header) -> list[str]:
    return [problem.code for problem in header.problems]


def content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


@pytest.fixture(scope="module")
def small(good_files: dict[str, str]) -> bytes:
    return content(good_files["shared_storage"])


@pytest.fixture(scope="module")
def large(good_files: dict[str, str]) -> bytes:
    return content(good_files["larger_than_a_window"])


def test_a_file_cut_anywhere_is_cut_short(small: bytes) -> None:
    for size in range(4, len(small)):
        header = read(small[:size])
        assert codes(header)[:1] == ["cut-short"], size
        assert header.problems[0].offset == size


def test_a_cut_file_says_where_and_in_which_tensor(large: bytes) -> None:
    header = read(large[: len(large) // 2])
    assert header.format == "torch-zip"
    problem = header.problems[0]
    assert problem.code == "cut-short"
    assert f"at byte {len(large) // 2:,} of about {len(large):,}" in problem.text
    inside = header.tensors[len([r for r in header.records if "/data/" in r.name])].name
    assert problem.text.endswith(f"inside the tensor {inside}")


def test_a_cut_file_keeps_its_whole_table(large: bytes) -> None:
    cut, whole = read(large[: len(large) // 3]), read(large)
    assert cut.tensors == whole.tensors
    assert cut.top == whole.top
    assert set(cut.records) < set(whole.records)
    assert cut.root_name == whole.root_name


def test_the_size_that_a_cut_file_had_is_told_to_the_byte(good_files: dict[str, str]) -> None:
    for name in ("full", "many_storages_sorting", "many_records_large", "buffer"):
        data = content(good_files[name])
        first = next(r for r in read(data).records if "/data/" in r.name)
        cut = read(data[: first.data_start + 2])
        assert f"of about {len(data):,}," in cut.problems[0].text, name


@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_a_preallocated_tail_of_zeros(large: bytes, keep: float) -> None:
    records = read(large).records
    end = records[int(len(records) * keep)].header_start
    header = read(large[:end] + bytes(len(large) - end))
    assert codes(header)[0] == "zeroed"
    assert header.problems[0].offset == end


def test_an_overwritten_directory(large: bytes) -> None:
    records = read(large).records
    end = records[-1].data_start + records[-1].size + 16
    header = read(large[:end] + b"\xa5" * (len(large) - end))
    assert codes(header)[0] == "overwritten"
    assert len(header.records) == len(records)


def test_a_zeroed_beginning_is_still_a_torch_file(large: bytes) -> None:
    header = read(bytes(512) + large[512:])
    assert header.format == "torch-zip"
    assert "local-header" in codes(header)
    assert "pickle-broken" in codes(header)


def test_a_file_of_zeros() -> None:
    header = read(bytes(100_000))
    assert (header.format, codes(header)) == ("zeros", ["zeros"])
    assert read(bytes(5)).format == "zeros"
    assert "every byte of it is zero" in read(bytes(500)).problems[0].text
    overwritten = bytes(100_000) + b"x" * 100_000
    assert "its beginning is zeros" in read(overwritten).problems[0].text


def test_an_empty_file() -> None:
    header = read(b"")
    assert (header.format, codes(header)) == ("empty", ["empty"])


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda d: d + b"x" * 100, "trailing"),
        (lambda d: d + bytes(70_000), "trailing"),
        (lambda d: b"<html>" + d, None),
        (lambda d: d + d, "joined"),
        (lambda d: d[: len(d) // 2] + b"\0" * 64 + d[len(d) // 2 :], None),
        (lambda d: d[: len(d) // 2] + d[len(d) // 2 + 64 :], None),
    ],
)
def test_bytes_added_or_taken(
    small: bytes, damage: Callable[[bytes], bytes], code: str | None
) -> None:
    header = read(damage(small))
    assert header.format.startswith("foreign:") or header.problems
    if code is not None:
        assert code in codes(header)


def test_sizes_and_places_are_compared_with_the_pickle(
    good_files: dict[str, str], tmp_path: object
) -> None:
    """A tensor beyond its storage, a record of another size, a record that is missing."""
    path = os.path.join(str(tmp_path), "a.pt")
    with zipfile.ZipFile(good_files["two_tensors"]) as archive:
        records = {name: archive.read(name) for name in archive.namelist()}

    def changed(**changes: bytes | None) -> Header:
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in records.items():
                new = changes.get(
                    name.removeprefix("two_tensors/").replace("/", "_").replace(".", "_"), data
                )
                if new is not None:
                    archive.writestr(name, new)
        header = read_header(path)
        others = tuple(p for p in header.problems if p.code != "packed-again")
        return dataclasses.replace(header, problems=others)

    assert changed().problems == ()
    short = changed(data_0=b"\0" * 12)
    assert codes(short) == ["record-size"]
    assert "data/0 (tensor w) has 12 bytes where its pickle says 16" in short.problems[0].text
    missing = changed(data_1=None)
    assert codes(missing) == ["missing-record"]
    assert "data/1 (tensor v) is missing" in missing.problems[0].text
    beyond = changed(
        data_pkl=records["two_tensors/data.pkl"].replace(b"K\x04\x85", b"K\x05\x85", 1)
    )
    assert codes(beyond) == ["tensor-bounds"]
    orphan = changed(data_pkl=b"\x80\x02}.")
    assert codes(orphan) == ["orphan-record"]
    assert orphan.problems[0].kind == "odd"
    assert codes(changed(version=b"11\n")) == ["newer-container"]
    assert codes(changed(version=None)) == ["missing-record"]
    assert codes(changed(byteorder=b"middle")) == ["bad-record"]
    assert "missing-record" in codes(changed(data_pkl=None))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_that_point_elsewhere_and_duplicates(tmp_path: object) -> None:
    path = os.path.join(str(tmp_path), "x.pt")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/data.pkl", b"\x80\x02}.")
        archive.writestr("a/version", b"3\n")
        archive.writestr("a/version", b"4\n")
        archive.writestr("a/../../etc/passwd", b"x")
    found = {problem.code: problem.kind for problem in read_header(path).problems}
    assert found == {"duplicate": "damaged", "traversal": "hostile"}


def test_shards_of_dcp_are_several_archives_on_purpose(small: bytes) -> None:
    joined = small + small
    assert codes(read(joined, "__0_0.distcp")) == []
    assert "several archives" in read(joined, "__0_0.distcp").notes[0]
    assert codes(read(joined, "a.pt")) == ["joined"]


class TestLegacy:
    """The legacy format has no checksum; its structure still tells."""

    @pytest.fixture(scope="class")
    @classmethod
    def data(cls, good_files: dict[str, str]) -> bytes:
        return content(good_files["legacy_views"])

    def test_cut_anywhere(self, data: bytes) -> None:
        for size in range(33, len(data)):
            assert codes(read(data[:size]))[:1] == ["cut-short"], size

    def test_cut_in_a_tensor_says_which(self, data: bytes) -> None:
        text = read(data[:-1]).problems[0].text
        assert f"at byte {len(data) - 1:,} of {len(data):,}, inside the tensor " in text

    def test_bytes_behind_it(self, data: bytes) -> None:
        assert codes(read(data + b"x")) == ["trailing"]

    def test_a_storage_that_moved(self, data: bytes) -> None:
        start = read(data).records[1].header_start
        assert codes(read(data[:start] + b"\xff" + data[start + 1 :])) == ["storage-count"]


def _f32(start: int, end: int) -> str:
    return f'{{"dtype":"F32","shape":[{(end - start) // 4}],"data_offsets":[{start},{end}]}}'


class TestSafetensors:
    """The format's own rules: a header that parses, offsets that tile, an end at the end."""

    @pytest.fixture(scope="class")
    @classmethod
    def data(cls, good_files: dict[str, str]) -> bytes:
        return content(good_files["safetensors"])

    def test_cut_anywhere(self, data: bytes) -> None:
        for size in range(9, len(data)):
            assert codes(read(data[:size])) == ["cut-short"], size

    def test_bytes_behind_it(self, data: bytes) -> None:
        assert codes(read(data + b"x")) == ["trailing"]

    @pytest.mark.parametrize(
        "header",
        [
            f'{{"a":{_f32(0, 4)},"b":{_f32(8, 12)}}}',
            f'{{"a":{_f32(0, 8)},"b":{_f32(4, 12)}}}',
            '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}',
            '{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}',
            '{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}',
            f'{{"a":{_f32(0, 4)},"a":{_f32(4, 8)}}}',
            '{"__metadata__":{"a":1}}',
            '{"a":[]}',
            '{"a":',
            "{}x",
        ],
    )
    def test_a_header_against_the_rules(self, header: str) -> None:
        body = header.encode()
        found = codes(read(len(body).to_bytes(8, "little") + body + bytes(12)))
        assert found[-1] in {"tiling", "bad-header"}


def _structure(header: Header, size: int) -> list[int]:
    """Offsets whose loss the structure must show: everything but payloads."""
    payload: set[int] = set()
    for record in header.records:
        payload |= set(range(record.data_start, record.data_start + record.size))
    return sorted(set(range(size)) - payload)


def test_random_damage_to_the_structure_is_always_seen(good_files: dict[str, str]) -> None:
    """Zeroed and scrambled blocks that touch the structure of files of many records."""
    rng = random.Random(3)
    for name in ("full", "many_storages_sorting", "old_writer"):
        data = content(good_files[name])
        places = _structure(read(data), len(data))
        for _ in range(300):
            at = rng.choice(places)
            length = rng.choice((1, 4, 32, 300))
            block = bytes(length) if rng.random() < 0.5 else rng.randbytes(length)
            broken = data[:at] + block + data[at + length :]
            if broken[at] != data[at]:
                assert read(broken[: len(data)]).problems, (name, at, length)


def test_bytes_moved_lost_or_doubled_are_always_seen(good_files: dict[str, str]) -> None:
    rng = random.Random(4)
    for name in ("full", "many_storages_sorting", "old_writer", "safetensors"):
        data = content(good_files[name])
        for _ in range(300):
            at, length = rng.randrange(len(data)), rng.choice((1, 7, 64, 512))
            lost = data[:at] + data[at + length :]
            doubled = data[:at] + data[at : at + length] + data[at:]
            for broken in (lost, doubled):
                header = read(broken)
                assert header.problems or not header.format.startswith(("torch", "safe")), at
