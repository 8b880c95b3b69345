"""What the program loads before its first rows are on the screen."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from textual.dom import DOMNode

from ckptui.tui.app import CkptuiApp

_LATER = frozenset(
    {
        "ckptui.launch.hook",
        "ckptui.present.copying",
        "ckptui.present.document_types",
        "ckptui.present.documents",
        "ckptui.present.filter_hints",
        "ckptui.present.history",
        "ckptui.present.inputs",
        "ckptui.present.resuming",
        "ckptui.tui.clipboard",
        "ckptui.tui.documents",
        "ckptui.tui.palette",
        "ckptui.tui.palette_events",
        "ckptui.tui.screens.ask",
        "ckptui.tui.screens.columns",
        "ckptui.tui.screens.detail_screen",
        "ckptui.tui.screens.dialog",
        "ckptui.tui.screens.help",
        "ckptui.tui.screens.taking",
        "ckptui.tui.screens.text_screen",
        "numpy",
        "pydantic",
        "statistics",
        "torch",
    }
)
"""What only a key asks for."""
_JOURNAL = frozenset({"ckptui.launch.registry", "ckptui.repair.journal"})
"""What is asked for where there was a repair or a run."""
_SHOWN = """
import asyncio, sys
from ckptui.tui.app import CkptuiApp

async def show():
    app = CkptuiApp([sys.argv[1]])
    async with app.run_test(size=(120, 40)) as pilot:
        while not (app.main.snapshot.settled and app.main.table.keys):
            await asyncio.sleep(0.02)
        await pilot.pause()
        print(app.main.table.cursor, *sys.modules, sep="\\n")

asyncio.run(show())
"""


def _loaded(root: str) -> tuple[str, set[str]]:
    """The row under the cursor, and the modules that were loaded to show it."""
    done = subprocess.run(
        [sys.executable, "-c", _SHOWN, root],
        check=True, capture_output=True, text=True, timeout=60.0,
    )  # fmt: skip
    row, *names = done.stdout.splitlines()
    return row, set(names)


def test_the_first_rows_wait_for_nothing_that_a_key_asks_for(run_dir: str) -> None:
    _, names = _loaded(run_dir)
    assert "ckptui.tui.screens.main" in names
    assert not names & _LATER


def test_what_reads_repairs_and_runs_is_not_loaded_where_there_were_none(tmp_path: object) -> None:
    with open(f"{tmp_path}/a.ckpt", "wb") as file:
        file.write(os.urandom(100))
    row, names = _loaded(str(tmp_path))
    assert row == "a.ckpt"
    assert not names & _JOURNAL


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_at_the_start_no_widget_gets_its_styles_twice(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    app = CkptuiApp([str(tmp_path)])
    styled, whole = list[str](), app.stylesheet.update_nodes

    def counted(nodes: Iterable[DOMNode], animate: bool = False) -> None:
        kept = list(nodes)
        styled.extend(str(node.id) for node in kept)
        whole(kept, animate=animate)

    app.stylesheet.update_nodes = counted  # type: ignore[method-assign]
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert app.main.table.size.width > 0
    assert styled.count("stages") == 0  # it had them when it was mounted
