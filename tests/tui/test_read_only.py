"""Under --read-only no key of any screen changes anything, whatever is answered."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from ckptui.present.glyphs import Role
from ckptui.tui.actions import Verbs
from ckptui.tui.keys import APP, EVERY, PAGER, PLACES, TABLE, by_id
from ckptui.tui.widgets.footer import Footer
from tests.evil import leaks, make_evil_run
from tests.tui.driver import opened
from tests.tui.terminal import Terminal, sent_for, shown

_WAYS = {
    "on the main screen": "",
    "in a detail": "\r",
    "in a tree": "\r\t",
    "in the detail beside the table": "i",
    "in a log": "l",
    "in a text to be copied by hand": "Ys",
    "while a filter is typed": "/",
    "in a preview": "f",
    "in a choice": "V",
    "where columns are chosen": "C",
    "in a list of outputs": "2\r",
    "in a tree beside the table": "i\t",
    "in a list of outputs beside the table": "2i",
    "in the log below the runs": "3\t",
    "while words to find are typed": "\r/",
    "while a line is edited": "Ysw",
}
"""How one gets there from the table: every place where keys work."""
Standing = dict[str, tuple[int, int, int, int, bytes]]


_SHUT = {"in a preview"}
"""What only a key that changes something opens: these are refused on the main screen."""
_WHOLE = {"on the main screen", "in a detail"}
"""Where also the keys that move and those that work everywhere are pressed."""
_COMMON = {key.id for key in (*TABLE, *PAGER, *APP)}


def standing(root: str) -> Standing:
    """Everything that may not change: names, kinds, modes, sizes, times, bytes."""
    return dict(_standing(root))


def _standing(root: str) -> Iterator[tuple[str, tuple[int, int, int, int, bytes]]]:
    for folder, folders, files in os.walk(root):
        for path in (folder, *(os.path.join(folder, name) for name in (*folders, *files))):
            info = os.lstat(path)
            content = b""
            if stat.S_ISREG(info.st_mode):
                with open(path, "rb") as file:
                    content = file.read()
            yield path, (info.st_mode, info.st_size, info.st_mtime_ns, info.st_ctime_ns, content)


@pytest.fixture(scope="module")
def mended(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A run directory with all that is bad, a repair that may be taken back, a run that ended."""
    root = str(tmp_path_factory.mktemp("mended") / "run")
    make_evil_run(root)
    return root


def test_every_place_of_the_keys_is_tried() -> None:
    assert set(_WAYS) == set(PLACES)
    tried = {key_id for ids in PLACES.values() for key_id in ids}
    assert tried == {key.id for key in EVERY}


@pytest.mark.parametrize("place", [each for each in _WAYS if each not in _SHUT])
def test_no_key_changes_anything_in_the_run_directory(
    mended: str, tmp_path: Path, place: str
) -> None:
    before = standing(mended)
    home = str(tmp_path)
    options = (mended, "--read-only", "--no-session")
    with shown(*options, HOME=home, EDITOR="touch", VISUAL="", PAGER="cat", PWD=mended,
               ESCDELAY="20") as tty:  # fmt: skip
        tty.shows("read-only: started with --read-only")
        for key_id in PLACES[place]:
            common = key_id in _COMMON and place not in _WHOLE
            if not common and not key_id.startswith("quit"):
                for name in by_id(key_id).names:
                    _try(tty, _WAYS[place], sent_for(name))
        assert not tty.ended(), tty.sent[-3000:].decode(errors="replace")
        tty.until(lambda: _leaves(tty), "its end")
        assert leaks(tty.sent) == []
    assert standing(mended) == before


def _leaves(tty: Terminal) -> bool:
    """One step back, and quit where that is understood; True once it has ended."""
    for each in "\x1bq":
        if not tty.ended():
            tty.press(each)
            tty.read(0.2)
    return tty.ended()


def _try(tty: Terminal, way: str, key: str) -> None:
    """Go there from the table of checkpoints, press a key, say yes to whatever asks, come back."""
    for each in ("1", "n", *way):
        tty.press(each)
    tty.read(0.04)
    tty.press(key)
    tty.read(0.04)
    tty.press("yy\r")
    for _ in range(2):
        tty.press("\x1b")
        tty.read(0.05)  # an escape is known by what does not follow it


async def test_no_action_of_the_palette_changes_anything(mended: str) -> None:
    before = standing(mended)
    async with opened(mended, read_only=True) as ui:
        for word in ("fix", "undo"):
            await ui.press("colon", *word)
            await ui.sees("Not now: read-only: started with --read-only")
            await ui.press("down", "enter")
            await ui.sees("read-only: started with --read-only")
            await ui.press("y", "escape")
    assert standing(mended) == before


async def test_what_would_change_is_refused_where_it_is_started(mended: str) -> None:
    """Also where a key was pressed before the owner of the directory was known."""
    before = standing(mended)
    verbs = Verbs(mended, os.environ, lambda: "read-only: of another user")
    for words in (
        ("repair", "quarantine", "--root", mended, "--yes", "--", f"{mended}/newer_201.pt"),
        ("undo", mended, "--yes", "--json"),
        ("resume", mended, "--yes"),
        ("cancel", mended, "run", "--yes"),
        ("set-command", mended, "--", "true"),
    ):
        answer = await verbs.ask(*words)
        assert (answer.ok, answer.sentence) == (False, "read-only: of another user")
    assert standing(mended) == before


async def test_no_copy_of_a_text_is_saved_in_the_run_directory(mended: str) -> None:
    before = standing(mended)
    async with opened(mended, read_only=True) as ui:
        await ui.until(lambda: ui.app.main.runs.rows, "the run")
        await ui.press("l")
        await ui.sees("Log of run")
        await ui.press("w")
        await ui.sees("Save a copy")
        await ui.press("ctrl+u", *f"{mended}/copy", "enter")
        await ui.sees("not saved in the run directory: read-only")
        await ui.press("escape", "Y", "s", "w")
        await ui.sees("Save to a file")
        await ui.press("ctrl+u", *f"{mended}/copy", "enter")
        await ui.sees("the run directory is read-only")
    assert standing(mended) == before


async def test_the_line_about_undo_is_dimmed(mended: str) -> None:
    async with opened(mended, read_only=True) as ui:
        await ui.until(lambda: ui.app.main.query_one(Footer).note, "undo")
        assert {span.role for span in ui.app.main.query_one(Footer).note} == {Role.MUTED}
