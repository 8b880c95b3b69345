"""A path on the screen, typed as it stands, names the very same file."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from ckptui.present.safe import plain
from ckptui.shell import shell_word

NAMES = (
    b"plain.pt",
    b"two words.pt",
    b"it's.pt",
    b"$HOME `id` \\x41.pt",
    b"-rf.pt",
    b"caf\xe9.pt",
    b"\xe9'\\.pt",
    "naïve 模型.pt".encode(),
    "e\u0301 ❤\ufe0f.pt".encode(),
    "\u202egpj.pt".encode(),
    b"red\x1b[31m\nname.pt",
)


@pytest.mark.parametrize("name", NAMES)
def test_what_the_screen_shows_can_be_typed(tmp_path: Path, name: bytes) -> None:
    (tmp_path / os.fsdecode(name)).write_bytes(b"this one")
    shown = plain(f"cat {shell_word(os.fsdecode(name))}")

    typed = subprocess.run(["bash", "-c", shown], cwd=tmp_path, capture_output=True, check=False)

    assert (typed.stdout, typed.stderr) == (b"this one", b"")
