"""No byte of a hostile run directory reaches the terminal raw, whatever verb is asked."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest

from tests.cli.program import on_terminal
from tests.evil import BAD_BYTES, MARKUP, SEQUENCES, leaks, make_evil_run


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A run directory in which everything that can carry text is hostile."""
    root = str(tmp_path_factory.mktemp("evil") / "run")
    make_evil_run(root)
    return root


READING: Sequence[tuple[str, ...]] = (
    ("status", "ROOT"),
    ("status", "ROOT", "--json"),
    ("validate", "ROOT"),
    ("validate", "ROOT", "--level", "6", "--no-load", "--json"),
    ("validate-checkpoints", "ROOT"),
    ("latest", "ROOT"),
    ("inspect", "FILES"),
    ("explain", "FILES"),
    ("explain", "FILES", "--json"),
    ("repair", "quarantine", "--dry-run", "--", "FILES"),
    ("repair", "add-marker", "--dry-run", "--", "FILES"),
    ("repair", "allow-globals", "--dry-run", "--", "FILES"),
    ("undo", "ROOT", "--dry-run"),
    ("journal", "ROOT"),
    ("trash", "ROOT"),
    ("resume", "ROOT", "--dry-run"),
    ("runs", "ROOT"),
    ("logs", "ROOT"),
    ("cancel", "ROOT", SEQUENCES[0]),
)
"""Verbs that read or only show a plan; ROOT and FILES are filled in."""


def _files(root: str) -> list[str]:
    return [os.path.join(folder, name) for folder, _, files in os.walk(root) for name in files
            if ".ckptui" not in folder]  # fmt: skip


@pytest.mark.parametrize("words", READING, ids=lambda words: " ".join(words[:2]))
def test_no_verb_lets_a_hostile_byte_through(evil: str, words: Sequence[str]) -> None:
    calls: list[list[str]] = [[]]
    for word in words:
        if word == "FILES" and words[0] == "inspect":
            calls = [[*calls[0], path] for path in _files(evil)[:24]]
        elif word == "FILES":
            calls = [[*call, *_files(evil)] for call in calls]
        else:
            calls = [[*call, evil if word == "ROOT" else word] for call in calls]
    said = b"".join(on_terminal(*call)[1] for call in calls)
    assert said, "nothing was said at all"
    assert b"Traceback" not in said
    assert not leaks(said), said[:2000]


@pytest.mark.parametrize("verb", ["status", "validate", "latest", "inspect", "explain", "resume"])
def test_a_name_that_is_not_there_is_told_as_plain_text(verb: str) -> None:
    name = "".join(SEQUENCES) + MARKUP + BAD_BYTES
    code, said = on_terminal(verb, f"/nowhere/{name}")
    assert code != 0
    assert b"/nowhere/" in said
    assert not leaks(said), said


def test_a_leak_would_be_seen() -> None:
    """The measure itself: each sequence is found where it stands raw."""
    for text in SEQUENCES:
        assert leaks(f"bell{text} and more".encode()), repr(text)
    assert leaks(os.fsencode(BAD_BYTES))
    assert not leaks(b"\x1b]0;title\x07\x1b[1mplain\x1b[0m")
