"""``make screenshots``: pictures of the real app on the demo run, as SVG."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import sys
import tempfile
from collections.abc import Sequence
from typing import Final

HERE: Final = socket.gethostname().partition(".")[0]
THERE: Final = "gpu-07"
SIZES: Final = {"": (120, 36), "-80x24": (80, 24)}
NEWEST: Final = "checkpoints/ckpt_0000600.pt"
OUTDATED: Final = "checkpoints/ckpt_0000200.pt"
SCENES: Final[dict[str, tuple[str, Sequence[str], str]]] = {
    "checkpoints": (NEWEST, (), "cut short"),
    "detail": (NEWEST, ("enter",), "Tensors"),
    "tensors": (NEWEST, ("enter", "2"), "float32"),
    "columns": (NEWEST, ("C",), "training step"),
    "filter": (NEWEST, ("slash", *"cat:bad,incompatible size>1K"), "of 17"),
    "preview": (OUTDATED, ("f",), "y apply"),
    "resume": (NEWEST, ("R",), "y start"),
    "stages": (NEWEST, ("2",), "translation"),
    "help": (NEWEST, ("question_mark",), "In this list"),
}
"""Name → (the checkpoint under the cursor, keys, what must be seen)."""


async def shoot(root: str, folder: str, name: str, suffix: str) -> str:
    """Open the app, press keys, and write what is seen; nothing on disk is changed."""
    from tests.tui.driver import opened

    path, keys, words = SCENES[name]
    async with opened(root, size=SIZES[suffix]) as ui:
        ui.app.main.table.move_to(path)
        await ui.press(*keys)
        if name == "detail" and suffix:
            words = "Levels"
        await ui.sees(words)
        target = os.path.join(folder, f"{name}{suffix}.svg")
        picture = ui.app.export_screenshot(title="ckptui")
        # A text is drawn as wide as its element says: the other name has another width.
        picture = re.sub(
            rf' textLength="[0-9.]+"([^>]*>){re.escape(HERE)}<', rf"\1{THERE}<", picture
        )
        # As wide as the scratch directory's name, so that nothing in the picture moves.
        home = os.environ["HOME"]
        _write(target, picture.replace(home, "/home/me/scratch".ljust(len(home), "_")[: len(home)]))
    return target


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main() -> int:
    """Make the demo in a place of its own, and all the pictures."""
    from ckptui.demo.make import make_demo
    from ckptui.launch.command import write_command

    folder = os.path.abspath("screenshots")
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        # The title shows paths below the home directory with ~: no name of this machine's user.
        os.environ["HOME"] = home
        socket.gethostname = lambda: THERE  # nor the name of this machine
        os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
        root = os.path.join(home, "runs", "demo")
        os.makedirs(os.path.dirname(root))
        make_demo(root, log=lambda text: None)
        # The recorded command names this machine's Python; what a person would type does not.
        write_command(root, ("ckptui", "run", "sequences", "--input", "input", "--run-dir", "."))
        for suffix in SIZES:
            for name in SCENES:
                sys.stdout.write(asyncio.run(shoot(root, folder, name, suffix)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
