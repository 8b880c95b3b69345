"""How every screen looks: at three sizes, in dark, light, sixteen colours and none.

``pytest tests/tui/test_looks.py --snapshot-update`` takes the looks of now; look at the difference
before you keep it.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from tests.tui.driver import Driver, opened
from tests.tui.fixed_run import make_fixed_run
from tests.tui.looks import picture

SIZES: Final = {"80x24": (80, 24), "120x40": (120, 40), "200x50": (200, 50)}
COLOURS: Final[Mapping[str, Mapping[str, str]]] = {
    "dark": {"TERM": "xterm-256color", "COLORTERM": "truecolor"},
    "light": {"TERM": "xterm-256color", "COLORTERM": "truecolor", "COLORFGBG": "0;15"},
    "sixteen": {"TERM": "screen", "COLORTERM": ""},
    "none": {"TERM": "xterm-256color", "NO_COLOR": "1"},
}
SCENES: Final[Sequence[tuple[str, Sequence[str], str]]] = (
    ("checkpoints", (), "corrupted"),
    ("detail", ("enter",), "cut short"),
    ("preview", ("x",), "y apply"),
    ("help", ("question_mark",), "Keys"),
    ("stages", ("2",), "translation"),
    ("runs", ("3",), "exit code 1"),
    ("failures", ("4",), "cut short at byte 9,214"),
    ("filter", ("1", "slash", *"step>2000"), "step>2000"),
    ("columns", ("C",), "Format"),
    ("sort", ("s",), "Sort by"),
)
"""Name, keys from the first screen, and what must be seen; the first four also in every colour."""


class TextFile(SingleFileSnapshotExtension):
    """One readable file a test."""

    _write_mode = WriteMode.TEXT
    _file_extension = "txt"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A home directory with the run in it."""
    folder = str(tmp_path_factory.mktemp("home"))
    os.makedirs(os.path.join(folder, "runs"))
    make_fixed_run(os.path.join(folder, "runs", "esm2"))
    return folder


@pytest.mark.parametrize("colours", COLOURS)
@pytest.mark.parametrize("size", SIZES)
async def test_every_screen_looks_as_it_did(
    home: str, size: str, colours: str, snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("COLORFGBG", "NO_COLOR", "TMUX", "CKPTUI_THEME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**COLOURS[colours], "HOME": home}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(socket, "gethostname", lambda: "gpu-07")
    looks: list[str] = []
    scenes = SCENES if colours == "dark" else SCENES[:4]
    async with opened(os.path.join(home, "runs", "esm2"), size=SIZES[size]) as ui:
        for name, keys, words in scenes:
            await _go(ui, keys, words)
            looks.append(f"== {name} ==\n{picture(ui.app, styles=name in _COLOURED)}")
            await _back(ui)
    assert "\n".join(looks) == snapshot(extension_class=TextFile)


_COLOURED: Final = frozenset(name for name, _, _ in SCENES[:4])


async def _go(ui: Driver, keys: Sequence[str], words: str) -> None:
    await ui.press(*keys)
    await ui.sees(words)
    await ui.rests()


async def _back(ui: Driver) -> None:
    await ui.press("escape")
    await ui.press("escape")
    await ui.press("1")


def test_the_looks_are_kept_beside_this_test() -> None:
    folder = Path(__file__).parent / "__snapshots__" / "test_looks"
    assert len(list(folder.glob("*.txt"))) == len(SIZES) * len(COLOURS)
