"""Our reader against the format's own library: neither may be stricter than the other."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
import safetensors
from safetensors import SafetensorError, safe_open

from ckptui.formats.model import Header
from ckptui.formats.reader import read_header_from
from ckptui.formats.window import BytesSource
from ckptui.terms import Category
from ckptui.validation.check import check_file

DESERIALIZE: Callable[[bytes], object] = safetensors.deserialize
ONE = '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}'
EIGHT = bytes(8)


def _info(**changes: object) -> str:
    fields = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]} | changes
    return json.dumps({"a": fields})


def file_of(header: str | bytes, data: bytes = EIGHT) -> bytes:
    raw = header.encode() if isinstance(header, str) else header
    return struct.pack("<Q", len(raw)) + raw + data


def read(data: bytes) -> Header:
    return read_header_from(BytesSource(data), len(data), "x.safetensors", full=True)


def sound(header: Header) -> bool:
    """True where nothing stands against the file."""
    return header.format == "safetensors" and all(p.kind == "odd" for p in header.problems)


def taken(data: bytes) -> bool:
    """True where the library takes the file."""
    try:
        DESERIALIZE(data)
    except SafetensorError:
        return False
    return True


ACCEPTED: dict[str, bytes] = {
    "plain": file_of(ONE + "}"),
    "padded with blanks": file_of(ONE + "}    "),
    "padded with other white space": file_of(ONE + "}\t\n\r "),
    "blank before the brace": file_of(" \n" + ONE + "}"),
    "the same tensor twice": file_of(ONE + ',"a":' + ONE[5:] + "}"),
    "a name by escape": file_of(ONE + ',"\\u0061":' + ONE[5:] + "}"),
    "metadata null": file_of('{"__metadata__":null,' + ONE[1:] + "}"),
    "metadata key twice": file_of('{"__metadata__":{"a":"b","a":"c"},' + ONE[1:] + "}"),
    "unknown field": file_of(_info(more={"deep": [1, None, True]})),
    "unknown field, deep": file_of(_info(more=0).replace(" 0}", "[" * 125 + "]" * 125 + "}")),
    "fields as a list": file_of('{"a":["F32",[2],[0,8]]}'),
    "dtype as an object": file_of(_info(dtype={"F32": None})),
    "two hundred dimensions": file_of(_info(shape=[1] * 200 + [2])),
    "nothing of huge extent": file_of(_info(shape=[0, 1 << 63, 1 << 63], data_offsets=[0, 0]), b""),
    "a dimension of 2^63": file_of(_info(shape=[1 << 63, 0], data_offsets=[0, 0]), b""),
    "empty tensor at the end": file_of(
        ONE + ',"b":{"dtype":"F32","shape":[0],"data_offsets":[8,8]}}'
    ),
    "no tensors": file_of("{}", b""),
    "two halves of a byte": file_of(_info(dtype="F4", data_offsets=[0, 1]), b"x"),
    "four sixes in three bytes": file_of(
        _info(dtype="F6_E2M3", shape=[4], data_offsets=[0, 3]), b"xxx"
    ),
    "complex": file_of(_info(dtype="C64", shape=[1])),
    "scalar": file_of(_info(shape=[], data_offsets=[0, 4]), bytes(4)),
    "no name": file_of(ONE.replace('"a"', '""') + "}"),
    "a name beyond the basic plane": file_of(ONE.replace('"a"', '"\\ud83d\\ude00"') + "}"),
}  # fmt: skip

REFUSED: dict[str, bytes] = {
    "padded with zeros": file_of(ONE + "}\0\0"),
    "byte order mark": file_of(b"\xef\xbb\xbf" + ONE.encode() + b"}"),
    "field twice": file_of(ONE.replace('"dtype":"F32"', '"dtype":"F32","dtype":"F32"') + "}"),
    "metadata twice": file_of('{"__metadata__":{},"__metadata__":{},' + ONE[1:] + "}"),
    "metadata of a number": file_of('{"__metadata__":{"a":1},' + ONE[1:] + "}"),
    "metadata of null": file_of('{"__metadata__":{"a":null},' + ONE[1:] + "}"),
    "metadata list": file_of('{"__metadata__":[],' + ONE[1:] + "}"),
    "unknown dtype": file_of(_info(dtype="Q4")),
    "dtype of a newer library": file_of(
        _info(dtype="C128", shape=[1], data_offsets=[0, 16]), bytes(16)
    ),
    "lower case dtype": file_of(_info(dtype="f32")),
    "size as a float": file_of(_info(shape=[2.0])),
    "minus zero": file_of(_info(shape=[0], data_offsets=[0, 0]).replace("[0]", "[-0]"), b""),
    "a dimension of 2^64": file_of(_info(shape=[1 << 64, 0], data_offsets=[0, 0]), b""),
    "more elements than u64": file_of(_info(shape=[1 << 32] * 3 + [0], data_offsets=[0, 0]), b""),
    "more bits than u64": file_of(_info(dtype="F64", shape=[1 << 59], data_offsets=[0, 0]), b""),
    "half a byte": file_of(_info(dtype="F4", shape=[1], data_offsets=[0, 1]), b"x"),
    "hole": file_of(ONE + ',"b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}', bytes(16)),
    "overlap": file_of(ONE + ',"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}'),
    "backwards": file_of(_info(data_offsets=[8, 0])),
    "cut": file_of(ONE + "}", bytes(7)),
    "trailing": file_of(ONE + "}", bytes(9)),
    "NaN": file_of(_info(more=0).replace(" 0}", "NaN}")),
    "number beyond a double": file_of(_info(more=0).replace(" 0}", "1e999}")),
    "integer beyond a double": file_of(_info(more=0).replace(" 0}", "9" * 400 + "}")),
    "half a character": file_of(ONE.replace('"a"', '"\\ud800"') + "}"),
    "the other half": file_of(ONE.replace('"a"', '"\\udc00"') + "}"),
    "two first halves": file_of(ONE.replace('"a"', '"\\ud800\\ud800"') + "}"),
    "too deep": file_of(_info(more=0).replace(" 0}", "[" * 126 + "]" * 126 + "}")),
    "text behind the header": file_of(ONE + "} x"),
    "header of a list": file_of("[]", b""),
    "header cut": file_of(ONE + "}")[:30],
    "header over the limit": struct.pack("<Q", 100_000_001) + b"{}" + bytes(20),
    "no header": struct.pack("<Q", 0) + b"{}",
    "seven bytes": b"\x02" + bytes(6),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(ACCEPTED))
def test_what_the_library_takes_is_not_called_bad(name: str, tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(ACCEPTED[name])
    with safe_open(path, "np") as opened:
        assert opened.keys() is not None
    assert sound(read(ACCEPTED[name]))
    verdict = check_file(path)
    assert (verdict.category, verdict.level) == (Category.VALID, 4)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_the_library_refuses_is_never_valid(name: str, tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(REFUSED[name])
    with pytest.raises(SafetensorError), safe_open(path, "np"):
        pass
    verdict = check_file(path, settle=False)
    assert verdict.category not in {Category.VALID, Category.UNCHECKED}


def test_a_type_of_a_newer_library_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(REFUSED["dtype of a newer library"])
    verdict = check_file(path, settle=False)
    assert verdict.category is Category.INCOMPATIBLE
    assert "C128" in verdict.reason
    path.write_bytes(file_of(_info(dtype="F12")))  # twelve bits do not fit its bytes: a flip
    assert check_file(path, settle=False).category is Category.CORRUPTED


_WORDS = (
    "{", "}", "[", "]", ",", ":", '"', " ", "\\", "\\u0061", "\\ud800", "0", "1", "8", "-", "-0",
    "9" * 25, "1e5", "1.5", "null", "true", "NaN", '"a"', '"b"', '"dtype"', '"shape"',
    '"data_offsets"', "{}", "[]", '"__metadata__"', '"F32"', '"F4"', '"BF16"', "[0,8]", "[8,16]",
    '{"x":"y"},', "ü", "\x01", "\x7f",
)  # fmt: skip


def _mutated(chance: random.Random) -> bytes:
    text = (
        '{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},'
        '"b":{"dtype":"BF16","shape":[2,2],"data_offsets":[8,16]}}   '
    )
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        at = chance.randrange(len(text) + 1)
        until = at if chance.random() < 0.4 else min(len(text), at + chance.randrange(1, 12))
        text = text[:at] + (chance.choice(_WORDS) if chance.random() < 0.8 else "") + text[until:]
    return file_of(text, bytes(chance.choice((16, 16, 16, 15, 17))))


def test_both_agree_on_thousands_of_mutated_headers() -> None:
    chance = random.Random(20)
    accepted = 0
    for _ in range(6000):
        data = _mutated(chance)
        both = (taken(data), sound(read(data)) and "newer-dtype" not in _codes(data))
        assert both[0] == both[1], data
        accepted += both[0]
    assert 200 < accepted < 5500


def _codes(data: bytes) -> set[str]:
    return {problem.code for problem in read(data).problems}


def test_facts_of_a_header() -> None:
    header = read(
        file_of(
            '{"__metadata__":{"step":"500","format":"pt","epoch":"x"},'
            '"b.w":{"dtype":"BF16","shape":[2,2],"data_offsets":[0,8]},'
            '"a":{"dtype":"F4","shape":[2],"data_offsets":[8,9]}}',
            bytes(9),
        )
    )
    assert dict(header.top) == {"step": 500}
    assert header.metadata["format"] == "pt"
    assert [(r.name, r.size, r.crc) for r in header.records] == [("b.w", 8, None), ("a", 1, None)]
    assert header.records[0].data_start == header.size - 9
    storage = header.storages["b.w"]
    assert (storage.dtype, storage.numel, storage.itemsize) == ("bfloat16", 4, 2)
    assert header.parameters == 6
