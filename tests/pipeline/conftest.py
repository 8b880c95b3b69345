"""A server that forks runs, and small input."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ckptui.demo.inputs import write_notes, write_sequences
from tests.pipeline.forker import Forker, forking


@pytest.fixture(scope="session")
def forker() -> Iterator[Forker]:
    with forking() as server:
        yield server


@pytest.fixture
def fasta(tmp_path: Path) -> list[str]:
    """Arguments that name the input: two samples, one of them gzip, and labelled sequences."""
    folder = tmp_path / "input"
    folder.mkdir()
    samples, labelled = write_sequences(str(folder))
    return ["--input", *samples, "--train", labelled]


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    write_notes(str(folder))
    return folder


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """Everything that runs in this process have told people so far, tracebacks too."""
    caplog.set_level(logging.INFO, "ckptui")
    return lambda: caplog.text
