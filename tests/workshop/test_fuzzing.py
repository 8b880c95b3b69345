"""The fuzzer itself: it makes the same from one seed, counts, and keeps what ends a worker."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.workshop.fuzz import __main__ as driver
from tests.workshop.fuzz.mutations import Mutator, opcodes
from tests.workshop.fuzz.worker import files_of
from tests.workshop.specimen import Specimen


def _directory(specimens: list[Specimen]) -> str:
    path = next(s.path for s in specimens if s.name == "good/base")
    return os.path.dirname(os.path.dirname(path))


def test_one_seed_makes_the_same_examples(specimens: list[Specimen]) -> None:
    files, pickles = files_of(_directory(specimens))
    assert len(files) > 100
    assert len(pickles) > 80
    assert all(b"".join(opcodes(pickle)) == pickle for pickle in pickles)
    first, second = (Mutator(files, pickles, random.Random(3)) for _ in range(2))
    made = [first() for _ in range(50)]
    assert made == [second() for _ in range(50)]
    assert len(set(made) - set(files)) > 40


def test_a_few_seconds_of_it_find_nothing(
    specimens: list[Specimen], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where it would keep what it finds
    tally = driver.fuzz(_directory(specimens), str(tmp_path / "scratch"), 5.0, 11, 1)
    assert tally.bad == []
    assert tally.examples > 0


def test_what_ends_a_worker_is_kept(
    specimens: list[Specimen], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    empty = tmp_path / "files"  # a worker that finds nothing to mutate ends with an error
    for folder in ("good", "gguf", "hdf5", "repacked", "npz", "tar", "hostile"):
        (empty / folder).mkdir(parents=True)
    scratch = tmp_path / "scratch"
    tally = driver.fuzz(str(empty), str(scratch), 3.0, 1, 1)
    assert tally.bad
    assert "IndexError" in tally.bad[0]
    assert os.listdir(tmp_path / driver.KEPT)
