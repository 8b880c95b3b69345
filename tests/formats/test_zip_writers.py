"""Every way in which honest programs write a torch zip: old torch, zip, 7-Zip, Python, a Mac."""

from __future__ import annotations

import io
import os
import shutil
import struct
import subprocess
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from ckptui.formats.reader import read_header, read_header_from
from ckptui.formats.window import BytesSource
from ckptui.terms import Category
from ckptui.validation.check import check_file
from ckptui.validation.fold import fold
from ckptui.validation.verdict import Verdict
from tests.formats.torch_writer import records_of, write_zip

Files = dict[str, str]


def content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def verdict_of(path: Path | str, data: bytes | None = None) -> Verdict:
    """Level 5, by whatever lies there."""
    if data is not None:
        Path(path).write_bytes(data)
    return check_file(path, level=5, settle=False)


def problems(data: bytes) -> list[tuple[str, str]]:
    header = read_header_from(BytesSource(data), len(data), full=True)
    return [(problem.code, problem.kind) for problem in header.problems]


def test_the_writer_used_here_writes_what_torch_writes(good_files: Files) -> None:
    for name in ("full", "zero_sized", "many_storages_sorting", "non_ascii_root"):
        data = content(good_files[name])
        assert write_zip(records_of(data)) == data, name
    data = content(good_files["other_alignment"])
    assert write_zip(records_of(data), alignment=4096) == data
    data = content(good_files["without_checksums"])
    silent = [(n, _raw(data, n)) for n in zipfile.ZipFile(io.BytesIO(data)).namelist()]
    assert write_zip(silent, checksums=False) == data


def _raw(data: bytes, name: str) -> bytes:
    """A record's bytes where zipfile would miss its checksum."""
    header = read_header_from(BytesSource(data), len(data))
    record = next(record for record in header.records if record.name == name)
    return data[record.data_start : record.data_start + record.size]


def _old(data: bytes, without: tuple[str, ...], *, first: str = "", root: str = "") -> bytes:
    """The same records as an older release laid them out."""
    records = [(n, d) for n, d in records_of(data) if n.partition("/")[2] not in without]
    own = records[0][0].partition("/")[0]
    storages = sorted((n, d) for n, d in records if n.startswith(f"{own}/data/"))
    rest = [(n, d) for n, d in records if not n.startswith(f"{own}/data/")]
    at = next(i for i, (n, _) in enumerate(rest) if n.endswith("/data.pkl")) + 1
    ordered = rest[:at] + storages + rest[at:]
    ordered.sort(key=lambda record: not record[0].endswith(first) if first else False)
    return write_zip((n.replace(f"{own}/", f"{root or own}/", 1), d) for n, d in _folded(ordered))


def _folded(records: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """With the fold of this order in the serialization id, where there is one."""
    name, data = records[-1]
    if not name.endswith("serialization_id"):
        return records
    folded = fold(zlib.crc32(content) for _, content in records[:-1] if content)
    return [*records[:-1], (name, data[:20] + b"%020d" % folded)]


NEW = (".format_version", ".storage_alignment")
OLD_LAYOUTS: dict[str, Callable[[bytes], bytes]] = {
    "2.5: no alignment recorded, storages in the order of their names": lambda d: _old(d, NEW),
    "2.0: no byte order": lambda d: _old(d, (*NEW, "byteorder")),
    "1.13: no serialization id": lambda d: _old(
        d, (*NEW, "byteorder", ".data/serialization_id"), root="archive"
    ),
    "1.6: version first": lambda d: _old(
        d, (*NEW, "byteorder", ".data/serialization_id"), first="/version", root="archive"
    ),
}


@pytest.mark.parametrize("layout", OLD_LAYOUTS)
@pytest.mark.parametrize("name", ["full", "many_storages_sorting", "zero_sized", "tied"])
def test_old_layouts_are_good(good_files: Files, tmp_path: Path, layout: str, name: str) -> None:
    data = OLD_LAYOUTS[layout](content(good_files[name]))
    assert problems(data) == []
    verdict = verdict_of(tmp_path / "a.pt", data)
    assert (verdict.category, verdict.level, verdict.reason) == (Category.VALID, 5, "")


def _python(way: int) -> Callable[[str, str], None]:
    def write(source: str, path: str) -> None:
        with zipfile.ZipFile(path, "w", way) as archive:
            for name, data in records_of(content(source)):
                archive.writestr(name, data)

    return write


def _plain_miniz(source: str, path: str) -> None:
    Path(path).write_bytes(write_zip(records_of(content(source)), alignment=0))


def _python_added_comment(source: str, path: str) -> None:
    shutil.copy(source, path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"best so far"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def _python_doubled(source: str, path: str) -> None:
    shutil.copy(source, path)
    name, data = records_of(content(source))[-2]
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, data)


def _unpacked(source: str, path: str) -> str:
    folder = path + ".unpacked"
    with zipfile.ZipFile(source) as archive:
        archive.extractall(folder)
    return folder


def _tool(*command: str) -> Callable[[str, str], None]:
    """Pack it again with a program; ``ARCHIVE`` in its arguments is the new file."""

    def write(source: str, path: str) -> None:
        program = shutil.which(command[0])
        if program is None:
            pytest.skip(f"no {command[0]} here")
        arguments = [path if part == "ARCHIVE" else part for part in command[1:]]
        folder = _unpacked(source, path)
        root = os.listdir(folder)[0]
        arguments = [root if part == "ROOT" else part for part in arguments]
        subprocess.run([program, *arguments], cwd=folder, check=True, capture_output=True)

    return write


def _zip_streamed(source: str, path: str) -> None:
    program = shutil.which("zip")
    if program is None:
        pytest.skip("no zip here")
    folder = _unpacked(source, path)
    done = subprocess.run(
        f"{program} -q -0 -r - . | cat", shell=True, cwd=folder, check=True, capture_output=True
    )
    Path(path).write_bytes(done.stdout)


def _edited(*command: str) -> Callable[[str, str], None]:
    """Change the archive in place with a program."""

    def write(source: str, path: str) -> None:
        program = shutil.which(command[0])
        if program is None:
            pytest.skip(f"no {command[0]} here")
        shutil.copy(source, path)
        arguments = [path if part == "ARCHIVE" else part for part in command[1:]]
        subprocess.run([program, *arguments], check=True, capture_output=True, input=b"a comment\n")

    return write


WAYS: dict[str, Callable[[str, str], None]] = {
    "python_stored": _python(zipfile.ZIP_STORED),
    "python_deflated": _python(zipfile.ZIP_DEFLATED),
    "python_comment": _python_added_comment,
    "python_doubled": _python_doubled,
    "plain_miniz": _plain_miniz,
    "zip_stored": _tool("zip", "-q", "-0", "-r", "ARCHIVE", "ROOT"),
    "zip_best": _tool("zip", "-q", "-9", "-r", "ARCHIVE", "ROOT"),
    "zip_without_directories": _tool("zip", "-q", "-0", "-D", "-r", "ARCHIVE", "ROOT"),
    "zip_zip64": _tool("zip", "-q", "-0", "-fz", "-r", "ARCHIVE", "ROOT"),
    "zip_streamed": _zip_streamed,
    "zip_comment": _edited("zip", "-q", "-z", "ARCHIVE"),
    "zip_adjusted": _edited("zip", "-q", "-A", "ARCHIVE"),
    "zip_deleted": _edited("zip", "-q", "-d", "ARCHIVE", "*/byteorder"),
    "7zip_best": _tool("7zz", "a", "-tzip", "-mx=9", "ARCHIVE", "ROOT"),
    "7zip_stored": _tool("7zz", "a", "-tzip", "-mx=0", "ARCHIVE", "ROOT"),
    "7zip_deleted": _edited("7zz", "d", "-tzip", "ARCHIVE", "full/byteorder"),
}
"""Ways in which people pack a checkpoint again, or change it: whole, and worth a word."""


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_packed_again_archive_is_whole_and_noted(
    good_files: Files, tmp_path: Path, way: str
) -> None:
    path = str(tmp_path / "a.zip")
    WAYS[way](good_files["full"], path)
    verdict = verdict_of(path)
    assert (verdict.category, verdict.level) == (Category.VALID, 5), verdict
    header = read_header(path, full=True)
    assert {problem.kind for problem in header.problems} == {"odd"}
    packed = [p.text for p in header.problems if p.code == "packed-again"]
    assert len(packed) == 1
    compressed = any(record.method for record in header.records)
    assert ("mmap=True" in packed[0]) is compressed
    assert verdict.reason.startswith(header.problems[0].text)
    assert header.tensors == read_header(good_files["full"]).tensors
    for only in (True, False):  # also where the local headers are left unread
        seen = check_file(path, level=4, header_only=only, settle=False)
        assert seen.category in {Category.VALID, Category.UNCHECKED}


@pytest.mark.parametrize("local", [True, False])
def test_a_large_archive_that_a_tool_has_changed_is_whole(
    good_files: Files, tmp_path: Path, local: bool
) -> None:
    """Beyond 4 GiB, 7-Zip writes version 4.5 into the directory, Info-ZIP into local headers."""
    path = str(tmp_path / "a.pt")
    subprocess.run(["cp", "--sparse=always", good_files["beyond_4_gib"], path], check=True)
    header = read_header(path, full=True)
    large = [r for r in header.records if max(r.size, r.header_start) >= 0xFFFFFFFF]
    assert len(large) > 3
    with zipfile.ZipFile(path) as archive, open(path, "r+b") as file:
        at = archive.start_dir
        for info in archive.infolist():
            if info.filename in {record.name for record in large}:
                file.seek(info.header_offset + 4 if local else at + 6)
                file.write(b"\x2d\x00")
            name, extra = len(info.filename.encode()), len(info.extra)
            at += 46 + name + extra
    assert [p.code for p in read_header(path, full=True).problems] == ["packed-again"]
    assert check_file(path, level=4, settle=False).category is Category.VALID


@pytest.mark.parametrize("name", ["full", "larger_than_a_window"])
def test_records_that_came_from_beyond_4_gib_are_whole(
    good_files: Files, tmp_path: Path, name: str
) -> None:
    """7-Zip deletes a large record and moves the rest: their headers still say where they were."""
    data = write_zip(records_of(content(good_files[name])), moved=True)
    assert problems(data) == [("packed-again", "odd")]
    verdict = verdict_of(tmp_path / "a.pt", data)
    assert (verdict.category, verdict.level) == (Category.VALID, 5), verdict
    header = read_header(str(tmp_path / "a.pt"))
    assert header.tensors == read_header(good_files[name]).tensors


BARRED: dict[str, tuple[Callable[[str, str], None], str]] = {
    "bzip2": (_python(zipfile.ZIP_BZIP2), "packed with bzip2, which torch cannot read"),
    "lzma": (_python(zipfile.ZIP_LZMA), "packed with LZMA, which torch cannot read"),
    "zip_password": (_tool("zip", "-q", "-P", "x", "-r", "ARCHIVE", "ROOT"), "encrypted"),
    "7zip_password": (_tool("7zz", "a", "-tzip", "-px", "ARCHIVE", "ROOT"), "encrypted"),
    "7zip_aes": (_tool("7zz", "a", "-tzip", "-px", "-mem=AES256", "ARCHIVE", "ROOT"), "encrypted"),
}
"""Whole, but not for torch: with what must be said."""


@pytest.mark.parametrize("way", BARRED)
def test_an_archive_that_torch_cannot_read_is_incompatible(
    good_files: Files, tmp_path: Path, way: str
) -> None:
    write, words = BARRED[way]
    path = str(tmp_path / "a.zip")
    write(good_files["full"], path)
    verdict = verdict_of(path)
    assert verdict.category is Category.INCOMPATIBLE, verdict
    assert words in verdict.reason


def test_two_headers_that_differ_in_what_no_reader_minds_are_odd(
    good_files: Files, tmp_path: Path
) -> None:
    """Repacked archives have other fields than torch's: contradictions in them are told."""
    path = str(tmp_path / "a.pt")
    _python(zipfile.ZIP_STORED)(good_files["full"], path)
    data = bytearray(content(path))
    for at, bit, code in ((6, 3, "two-flags"), (7, 3, "name-encoding"), (10, 0, "two-times")):
        data[at] ^= 1 << bit
        assert problems(bytes(data)) == [(code, "odd"), ("packed-again", "odd")]
        data[at] ^= 1 << bit


@pytest.mark.parametrize("first", [True, False])
def test_a_stray_record_bars_torch_and_nothing_else(
    good_files: Files, tmp_path: Path, first: bool
) -> None:
    """As a Mac's archiver leaves them, before or after the rest."""
    records = records_of(content(good_files["full"]))
    stray = ("__MACOSX/full/._data.pkl", b"x")
    path = str(tmp_path / "a.pt")
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in [stray, *records] if first else [*records, stray]:
            archive.writestr(name, data)
    verdict = verdict_of(path)
    assert verdict.category is Category.INCOMPATIBLE
    assert "packed again on a Mac" in verdict.reason
    assert "zip -d" in verdict.reason


def test_a_name_with_two_contents_is_damage(good_files: Files, tmp_path: Path) -> None:
    path = str(tmp_path / "a.pt")
    shutil.copy(good_files["full"], path)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("full/version", b"4\n")
    assert verdict_of(path).category is Category.CORRUPTED


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """A hundred records of 16 MB of zeros each: 1.6 GB from 1.6 MB."""
    small = [("a/data.pkl", b"\x80\x02}."), ("a/version", b"3\n")]
    nothing = bytes(16 << 20)
    zeros = [(f"a/data/{index}", nothing) for index in range(100)]
    verdict = verdict_of(tmp_path / "a.pt", _deflated([*small, *zeros]))
    assert verdict.category is Category.UNCHECKED
    assert "not unpacked" in verdict.reason


def _deflated(records: list[tuple[str, bytes]]) -> bytes:
    """An archive of deflated records; the same contents are packed only once."""
    packed: dict[int, tuple[int, bytes]] = {}
    body, directory = b"", b""
    for name, data in records:
        if len(data) not in packed:
            machine = zlib.compressobj(9, zlib.DEFLATED, -15)
            packed[len(data)] = zlib.crc32(data), machine.compress(data) + machine.flush()
        crc, small = packed[len(data)]
        common = (20, 0, 8, 0, 33, crc, len(small), len(data), len(name), 0)
        directory += struct.pack("<4sH5H3L2H", b"PK\1\2", 20, *common)
        directory += struct.pack("<3H2L", 0, 0, 0, 0, len(body)) + name.encode()
        body += struct.pack("<4s5H3L2H", b"PK\3\4", *common) + name.encode() + small
    count = len(records)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(directory), len(body), 0)
    return body + directory + end
