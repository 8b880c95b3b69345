"""A keymap of one's own: read with its mistakes named, and in force everywhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ckptui.tui.app import CkptuiApp
from ckptui.tui.keymap import SETS, keymap_of, parse_keymap, read_keymap
from ckptui.tui.keynames import caption, understood
from ckptui.tui.keys import EVERY, PLACES
from ckptui.user_config import Ui, UserConfig
from tests.tui.driver import Driver

CHECKPOINT = "checkpoints/ckpt_0000600.pt"


@asynccontextmanager
async def opened_with(
    root: str, text: str = "", chosen: str = "default", size: tuple[int, int] = (120, 36)
) -> AsyncIterator[Driver]:
    """The app with a keymap of one's own."""
    keymap, problems = parse_keymap(text, "keys.toml", chosen)
    assert problems == ()
    app = CkptuiApp([root], config=UserConfig(ui=Ui(keys=chosen)), keymap=keymap)
    async with app.run_test(size=size) as pilot:
        driver = Driver(app, pilot)
        await driver.until(lambda: app.main.snapshot.settled, "the first sweep")
        await driver.pilot.pause()
        yield driver


@pytest.mark.parametrize(
    ("written", "name", "shown"),
    [
        ("f", "f", "f"),
        ("F", "F", "F"),
        ("?", "question_mark", "?"),
        ("+", "plus", "+"),
        ("plus", "plus", "+"),
        ("comma", "comma", ","),
        ("question_mark", "question_mark", "?"),
        ("é", "é", "é"),
        ("Esc", "escape", "esc"),
        ("PgDn", "pagedown", "PgDn"),
        ("F5", "f5", "F5"),
        ("shift+tab", "shift+tab", "S-tab"),
        ("shift+a", "A", "A"),
        ("ctrl+X", "ctrl+x", "ctrl+x"),
        ("control+left", "ctrl+left", "ctrl+←"),
        ("ctrl+space", "ctrl+@", "ctrl+space"),
        ("ctrl+\\", "ctrl+backslash", "ctrl+\\"),
        ("alt+x", "alt+x", "alt+x"),
        ("alt+X", "alt+shift+x", "alt+shift+x"),
    ],
)  # fmt: skip
def test_names_of_keys(written: str, name: str, shown: str) -> None:
    assert understood(written) == name
    assert caption(name) == shown


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("ctrl+m", "the same as for enter"),
        ("ctrl+i", "the same as for tab"),
        ("ctrl+[", "the same as for esc"),
        ("ctrl+h", "the same as for backspace"),
        ("shift+space", "the same as for space"),
        ("shift+enter", "the same as for enter"),
        ("shift+1", "the character itself"),
        ("ctrl+1", "cannot send it"),
        ("ctrl+shift+a", "choose another key"),
        ("crtl+a", "did you mean ctrl?"),
        ("pagdown", "did you mean pagedown?"),
        ("wibble", "write one character"),
        ("", "nothing: no such key"),
    ],
)
def test_keys_that_no_terminal_sends(written: str, words: str) -> None:
    with pytest.raises(ValueError, match=r".+") as caught:
        understood(written)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('quarantin = "d"', "quarantin: there is no such action; did you mean quarantine?"),
        ("fix = 3", 'fix: must be text such as "f, ctrl+x", not 3'),
        ('sort = "v"', "sort: v means validate on the main screen already; give validate"),
        ('row-down = "y"', "row-down: y means copy on the main screen already"),
        ('line-down = "y"', "line-down: y means copy in a detail already"),
        ('sort = "ctrl+c"', "sort: ctrl+c means quit-now on the main screen already"),
        ('yes = "x"', "yes: the key that confirms must not be one that changes something"),
        ('leave = ""', "leave: needs a key"),
        ('filter = "/, ctrl+i"', "filter: ctrl+i: a terminal sends the same as for tab"),
        ('filter = "ctrl+b"', "filter: ctrl+b: tmux keeps it for itself"),
    ],
)
def test_a_mistake_has_its_line_and_the_default_holds(line: str, words: str) -> None:
    keymap, (problem,) = parse_keymap(f'\nundo = "Z"\n{line}\n', "keys.toml", "default")
    assert str(problem).startswith(f"keys.toml:3: {words}")
    assert keymap.keys["undo"] == ("Z",)
    assert list(keymap.clashes()) == []
    held = {"filter": ("ctrl+b",)} if problem.warning else {}
    assert {**keymap.keys, "undo": ("z",)} == {**keymap_of("default").keys, **held}


def test_keys_may_change_places() -> None:
    keymap, problems = parse_keymap('validate = "f"\nfix = "v"', "keys.toml", "default")
    assert problems == ()
    assert (keymap.keys["validate"], keymap.keys["fix"]) == (("f",), ("v",))


def test_two_lines_that_clash_cost_the_later_one() -> None:
    keymap, (problem,) = parse_keymap('validate = "b"\nfix = "b"', "keys.toml", "default")
    assert str(problem) == "keys.toml:2: fix: b means validate on the main screen already"
    assert (keymap.keys["validate"], keymap.keys["fix"]) == (("b",), ("f",))


@pytest.mark.parametrize("chosen", SETS)
def test_the_sets_know_only_keys_that_exist_and_clash_nowhere(chosen: str) -> None:
    keymap = keymap_of(chosen)
    assert list(keymap.clashes()) == []
    for names in keymap.keys.values():
        for name in names:
            assert understood(caption(name)) == name
    changing = {name for key in EVERY if key.changes for name in keymap.keys[key.id]}
    assert not changing & set(keymap.keys["yes"])
    moving = ("row-down", "row-up", "page-down", "page-up", "first-row", "last-row")
    letters = [name for key_id in moving for name in keymap.keys[key_id] if len(name) == 1]
    assert bool(letters) == (chosen != "plain")


def test_every_id_belongs_to_a_place() -> None:
    assert {key_id for ids in PLACES.values() for key_id in ids} == {key.id for key in EVERY}


def test_no_file_is_the_set_alone(tmp_path: Path) -> None:
    assert read_keymap("vim", str(tmp_path / "keys.toml")) == (keymap_of("vim"), ())


async def test_everything_follows_the_keymap(run_dir: str) -> None:
    text = """
        validate-level = "f2"
        fix = "ctrl+g"
        yes = "enter"
        leave = "f10"
        open-row = "ctrl+o"
        row-down = "ctrl+n"
        help = "f3"
        undo = "u"
        stop-check = "f4"
        back = "f6"
        quarantine = ""
    """
    async with opened_with(run_dir, text) as ui:
        await ui.sees("ctrl+g fix", "F3 keys", "ctrl+g  quarantine it")
        await ui.press("x")
        assert ui.app.screen is ui.app.main
        await ui.press("ctrl+n", "f2")
        await ui.sees("ctrl+o choose", "F10 leave it")
        await ui.press("f10", "ctrl+o")
        await ui.sees("Levels", "F6 back")
        await ui.press("f6", "f3")
        await ui.sees("F10 back")
        help_text = ui.text()
        await ui.press("pagedown")
        assert "Move the checkpoint to the trash" in help_text + ui.text()
        await ui.press("f10", "home", "ctrl+g")
        await ui.sees("enter apply", "F10 leave it", "u undoes it")
        await ui.press("enter")
        await ui.sees("u undoes")
        await ui.until(lambda: CHECKPOINT not in ui.rows, "the move")


async def test_vim_and_plain_hands(run_dir: str) -> None:
    async with opened_with(run_dir, chosen="vim") as ui:
        table = ui.app.main.table
        await ui.press("ctrl+d")
        assert table.cursor_line == table.page // 2
        await ui.press("ctrl+u", "G", "ctrl+b")
        assert 0 < table.cursor_line < len(table.keys) - 1 or len(table.keys) <= table.page
        await ui.press("L")
        await ui.sees("no run was resumed")
    async with opened_with(run_dir, chosen="plain") as ui:
        table = ui.app.main.table
        await ui.press("j", "G", "g")
        assert table.cursor_line == 0
        await ui.press("down", "delete")
        await ui.sees("Quarantine 1 checkpoint", "y apply")
        await ui.press("escape", "f1")
        await ui.sees("F3 v")
        await ui.press("end")
        await ui.sees("F10 q")
