"""Thousands of mutated files of every format beside torch's zip: an answer, never an exception."""

from __future__ import annotations

import io
import pickle
import random

import numpy as np
import pytest
import torch

from ckptui.formats.reader import read_header_from
from ckptui.formats.window import BytesSource
from tests.formats.packed_files import PACKED, unpack
from tests.formats.torch_tars import example, members_of, pack

_NUMBERS = (b"\xff" * 8, bytes(8), b"\xff" * 7 + b"\x7f", b"\xff" * 7 + b"\x3f")


def _npz() -> bytes:
    target = io.BytesIO()
    np.savez(target, a=np.ones((3, 4)), o=np.array([1, None], dtype=object), step=np.int64(3))
    return target.getvalue()


def _legacy() -> bytes:
    target = io.BytesIO()
    torch.save(example(), target, _use_new_zipfile_serialization=False)
    return target.getvalue()


def _seeds() -> list[bytes]:
    others = [pack(members_of(example())), _npz(), _legacy(), pickle.dumps(example(), 2)]
    return [*(unpack(name) for name in PACKED), *others]


def _mutated(chance: random.Random, seed: bytes) -> bytes:
    data = bytearray(seed)
    for _ in range(chance.choice((1, 1, 2, 5))):
        if len(data) < 30:
            break
        reach = len(data) if chance.random() < 0.5 else min(len(data), 600)
        at, kind = chance.randrange(reach), chance.random()
        if kind < 0.4:
            data[at] ^= 1 << chance.randrange(8)
        elif kind < 0.6:
            data[at : at + 8] = chance.choice(_NUMBERS)
        elif kind < 0.75:
            del data[at : at + chance.randrange(1, 40)]
        elif kind < 0.9:
            data[at:at] = chance.randbytes(chance.randrange(1, 20))
        else:
            del data[max(at, 20) :]
    return bytes(data)


@pytest.mark.parametrize("full", [True, False])
def test_every_mutation_gets_an_answer(full: bool) -> None:
    chance = random.Random(7)
    seeds = _seeds()
    told = 0
    for _ in range(2500):
        data = _mutated(chance, chance.choice(seeds))
        header = read_header_from(BytesSource(data), len(data), "x.pt", full=full)
        assert header.size == len(data)
        told += bool(header.problems)
    assert told > 500


def test_counts_beyond_any_machine_word() -> None:
    counts = b"\xff" * 16
    for rest in (b"", b"\x01" + bytes(7) + b"a\x09\0\0\0\x09\0\0\0" + b"\xff" * 8 + bytes(100)):
        data = b"GGUF\x03\0\0\0" + counts + rest
        header = read_header_from(BytesSource(data), len(data))
        assert header.problems
