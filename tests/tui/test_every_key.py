"""Every key of every screen and part, found by walking the package: none can be forgotten here."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import pytest
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widgets import Input

import ckptui.tui
from ckptui.present.spans import line, text_of
from ckptui.tui.app import CkptuiApp
from ckptui.tui.keymap import SETS, Keymap, keymap_of, parse_keymap
from ckptui.tui.keynames import caption
from ckptui.tui.keys import EVERY, PLACES, by_id
from ckptui.tui.screens import footers
from ckptui.tui.screens.dialog import BlockedResume
from ckptui.tui.screens.help import help_lines
from ckptui.tui.screens.main import MainScreen
from ckptui.tui.widgets.detail import DetailView
from ckptui.tui.widgets.footer import MOST
from ckptui.tui.widgets.table import Table
from tests.tui.driver import Driver

BAD: Final = "checkpoints/ckpt_0000600.pt"
GOOD: Final = "checkpoints/ckpt_0000400.pt"


def owners() -> list[type[DOMNode]]:
    """Every class of the package that binds keys itself."""
    for module in pkgutil.walk_packages(ckptui.tui.__path__, "ckptui.tui."):
        importlib.import_module(module.name)
    return [each for each in subclasses(DOMNode)
            if each.__module__.startswith("ckptui.tui.") and "BINDINGS" in vars(each)]  # fmt: skip


def subclasses(of: type[DOMNode]) -> Iterator[type[DOMNode]]:
    """All of them, at any depth."""
    for each in of.__subclasses__():
        yield each
        yield from subclasses(each)


def bound(owner: type[DOMNode]) -> list[Binding]:
    """What a class binds itself."""
    return [each for each in owner.BINDINGS if isinstance(each, Binding)]


@dataclass
class Context:
    """A part that has the focus on a screen.

    Attributes:
        place: Its name in the table of places.
        path: What leads there from the main screen: ids of keys; ``=1`` types a character,
            ``@path`` goes to a row, ``+part`` waits for a part of a detail and goes to it.
        screen: Class of the screen then.
        focus: Class of what has the focus.
        behind: Ids that what is behind the part still answers to, where the part leaves the key.
    """

    place: str
    path: tuple[str, ...]
    screen: str
    focus: str
    behind: frozenset[str] = field(default_factory=frozenset)


MAIN: Final = frozenset(PLACES["on the main screen"])
TREE_BESIDE: Final = ("@" + GOOD, "enter-detail", "+tensors")
TAKEN: Final = ("copy-what", "last-row", "open-row")
CONTEXTS: Final = (
    Context("on the main screen", (), "MainScreen", "Table"),
    Context("in the detail beside the table", ("enter-detail",), "MainScreen", "Pager", MAIN),
    Context("in a tree beside the table", TREE_BESIDE, "MainScreen", "TreeTable", MAIN),
    Context("while words to find are typed", (*TREE_BESIDE, "tree-find"),
            "MainScreen", "LineInput", MAIN | set(PLACES["in a tree beside the table"])),
    Context("in a list of outputs beside the table", ("view-stages", "enter-detail", "+outputs"),
            "MainScreen", "Outputs", MAIN),
    Context("in the log below the runs", ("!log",), "MainScreen", "LogView", MAIN),
    Context("in a detail", ("open-row",), "DetailScreen", "Pager"),
    Context("in a tree", ("@" + GOOD, "open-row", "+tensors"), "DetailScreen", "TreeTable"),
    Context("in a list of outputs", ("view-stages", "open-row", "+outputs"),
            "DetailScreen", "Outputs"),
    Context("in a log", ("open-text", "open-row"), "TextScreen", "LogView"),
    Context("while words to find are typed", ("open-text", "open-row", "text-search"),
            "TextScreen", "LineInput", frozenset(PLACES["in a log"])),
    Context("in a text to be copied by hand", TAKEN, "TakeScreen", "Pager"),
    Context("while a line is edited", (*TAKEN, "text-save"), "AskLine", "Input"),
    Context("in a preview", ("quarantine",), "Preview", "Pager"),
    Context("in a preview", ("resume",), "ResumeDialog", "Pager"),
    Context("while a line is edited", ("resume", "edit"), "AskCommand", "Input"),
    Context("in a preview", ("!blocked",), "BlockedResume", "Pager"),
    Context("in a choice", ("validate-level",), "Choose", "Choices"),
    Context("where columns are chosen", ("columns",), "ColumnsScreen", "Table"),
    Context("while a filter is typed", ("filter",), "MainScreen", "Entry", MAIN),
    Context("in a preview", ("help",), "HelpScreen", "Pager"),
)  # fmt: skip
LETTERS: Final = "абвгдежзийклмнопрстуфхцчшщъыьэюяαβγδεζηθικλμνξοπρστυφχψωАБВГДЕЖЗИЙКЛМНОПРСТУФ"
"""Keys that no default has."""
DEFAULTS: Final = frozenset(
    key.shown.split()[0] if key.shown else caption(key.keys.split(",")[0]) for key in EVERY
) - {"enter"}
"""Keys as they are shown by default; what enters a line cannot be changed."""
VERBS: Final = (
    "resumes|undoes|undo|clears|stops|opens|shows|goes|cancels|begins|validates|takes|apply|yes"
    "|start|choose|keep|leave it|show|later|earlier"
)
"""What keys do, in sentences and at the foot of dialogs."""
TITLES: Final = "Checkpoints|Stages|Runs|Failures|Diagnosis|Tensors|Files|History|Inputs|Outputs"
"""What keys with numbers go to."""
IN_LINES: Final = ("line-complete", "line-older", "line-newer", "line-leave", "leave", "quit-now")
"""Ids that work while a line is typed, so that letters cannot be their keys."""


def all_other() -> str:
    """A keymap in which every action has another key than by default."""
    functions = {key_id: f"f{number}" for number, key_id in enumerate(IN_LINES, 4)}
    letters = iter(LETTERS)
    spare = (f"alt+{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")
    used: dict[str, str] = {}
    for key in EVERY:
        used[key.id] = functions.get(key.id) or next(letters, "") or next(spare)
    return "\n".join(f'{key_id} = "{name}"' for key_id, name in used.items())


def keymaps() -> dict[str, Keymap]:
    """The sets, and one that leaves no key where it was."""
    other, problems = parse_keymap(all_other(), "keys.toml", "default")
    assert problems == ()
    assert all(set(other.keys[key.id]).isdisjoint(key.keys.split(",")) for key in EVERY)
    return {**{name: keymap_of(name) for name in SETS}, "all other": other}


class Tour(Driver):
    """Goes from part to part by the keys that the keymap has."""

    async def back(self) -> None:
        """To the table of checkpoints, without anything typed or open."""
        while len(self.app.screen_stack) > 2:
            await self.app.run_action("leave", self.app.screen)
            await self.pilot.pause()
        main = self.app.main
        if main.typing:
            main.drop_filter()
        main.show_view("checkpoints")
        await self.goes(BAD)

    async def goes(self, path: str) -> None:
        """Put the cursor on a row."""
        self.app.main.table.move_to(path)
        await self.pilot.pause()
        assert self.app.main.table.cursor == path

    async def into(self, context: Context) -> None:
        """Go to a part."""
        await self.back()
        for step in context.path:
            await self.step(step)
        await self.until(lambda: self.here == (context.screen, context.focus), str(context))
        await self.pilot.pause()

    @property
    def here(self) -> tuple[str, str]:
        """Classes of the screen and of what has the focus."""
        screen = self.app.screen
        return type(screen).__name__, type(screen.focused).__name__

    async def step(self, step: str) -> None:
        """One step of a path."""
        if step[0] == "@":
            await self.goes(step[1:])
        elif step[0] == "+":
            await self.section(step[1:])
        elif step == "!log":
            pane = self.app.main.log_pane
            self.app.main.show_view("runs")
            pane.focus()
        elif step == "!blocked":
            self.app.push_screen(BlockedResume("No", [line("no")], ascii_only=False))
        else:
            before = self.here
            await self.press(by_id(step).names[0])
            moves = step not in ("last-row", "view-stages")
            await self.until(lambda: not moves or self.here != before, step)

    async def section(self, wanted: str) -> None:
        """Go to a part of the detail that has the focus."""
        view = next(each for each in self.app.screen.query(DetailView) if each.has_focus_within)
        await self.until(lambda: wanted in [each.id for each in view.sections], wanted)
        while view.section.id != wanted:
            await self.press(by_id("next-section").names[0])
        if wanted == "tensors":
            await self.until(lambda: view.section.tree is not None, "the tree")

    def reached(self) -> dict[str, set[str]]:
        """Id → names of the keys that reach it here; those that edit a line are no actions."""
        found: dict[str, set[str]] = {}
        for name, each in self.app.screen.active_bindings.items():
            if not isinstance(each.node, Input) or each.binding.id is not None:
                found.setdefault(str(each.binding.id), set()).add(name)
        return found

    def wanted(self) -> dict[str, set[str]]:
        """Id → names of all keys that it is bound to here, by whatever part."""
        found: dict[str, set[str]] = {}
        for node, bindings in self.app.screen._modal_binding_chain:
            for name, each in bindings:
                editing = isinstance(node, Input) and each.id is None
                if not editing and self.app._check_action_state(each.action, node) is not False:
                    found.setdefault(str(each.id), set()).add(name)
        return found


def check(ui: Tour, context: Context, keymap: Keymap) -> None:
    """Everything that is promised of the keys where the focus is."""
    reached, wanted = ui.reached(), ui.wanted()
    own = set(PLACES[context.place])
    assert set(reached) <= own | context.behind, context
    for key_id, names in wanted.items():
        assert names <= set(keymap.keys[key_id]), (context, key_id)
        if not context.behind:  # nothing takes a key from anything else
            assert reached[key_id] == names, (context, key_id)
        elif key_id in own:  # the part goes before what is behind it
            assert reached.get(key_id) == names, (context, key_id)
    lines = [text_of(each) for each in help_lines(ui.app.screen, ui.app.main.why_not, 72)]
    assert max(map(len, lines)) <= 72
    told = flat("\n".join(lines))
    for key_id in reached:
        assert flat(by_id(key_id).help) in told, (context, key_id)


def named_by_hand(text: str) -> list[str]:
    """Sentences that tell what a key does by its default, as ``R resumes`` or ``? keys``."""
    labels = "|".join(re.escape(key.label) for key in EVERY)
    signs = "|".join(map(re.escape, sorted(each for each in DEFAULTS if not each.isdecimal())))
    said = rf"(?<![^\s(;])(?:(?:{signs}) +(?:{labels}|{VERBS})|[1-9] (?:{TITLES}))\b"
    return [found[0] for found in re.finditer(said, text)]


def test_words_with_keys_named_by_hand_are_found() -> None:
    said = "no log; R resumes · z undoes it (esc clears) ? keys 3 Runs"
    assert named_by_hand(said) == ["R resumes", "z undoes", "esc clears", "? keys", "3 Runs"]
    assert named_by_hand("R, that resumes 3 GB; a run of 3 keys") == []


def flat(text: str) -> str:
    """Without line breaks and columns."""
    return " ".join(text.split())


@pytest.mark.parametrize("name", ["default", "all other"])
async def test_keys_of_every_part_follow_the_keymap_and_are_told(run_dir: str, name: str) -> None:
    keymap, seen = keymaps()[name], set[type[DOMNode]]()
    app = CkptuiApp([run_dir], keymap=keymap)
    async with app.run_test(size=(160, 50)) as pilot:
        ui = Tour(app, pilot)
        await ui.until(lambda: app.main.snapshot.settled, "the first sweep")
        for context in CONTEXTS:
            await ui.into(context)
            check(ui, context, keymap)
            if name == "all other":
                assert named_by_hand(ui.text()) == [], context
            for node, _ in app.screen._binding_chain:
                seen.update(each for each in type(node).__mro__ if issubclass(each, DOMNode))
    assert [each.__name__ for each in owners() if each not in seen] == []
    assert {context.place for context in CONTEXTS} == set(PLACES)


@pytest.mark.parametrize("name", [*SETS, "all other"])
def test_no_key_means_two_things_in_one_place(name: str) -> None:
    assert list(keymaps()[name].clashes()) == []


def test_every_key_that_is_bound_is_of_the_table_and_its_action_exists() -> None:
    known = {key.id for key in EVERY}
    for owner in owners():
        for each in bound(owner):
            assert each.id in known, (owner, each)
            name, _, rest = each.action.partition("(")
            holders: list[type[DOMNode]] = [owner, *subclasses(owner)]
            if name == "forward":
                holders, name = [MainScreen], rest.strip("')\"").partition("(")[0]
            elif name.startswith("app."):
                holders, name = [CkptuiApp], name.removeprefix("app.")
            assert any(hasattr(holder, f"action_{name}") for holder in holders), (owner, each)
    assert known == {each.id for owner in owners() for each in bound(owner)}


def test_every_action_can_have_another_key() -> None:
    """Each id on a key that nothing has, as Textual then finds it in each part."""
    for key in EVERY:
        keymap, problems = parse_keymap(f'{key.id} = "f12"', "keys.toml", "default")
        assert problems == ()
        for owner in owners():
            found = owner._merge_bindings()
            before = {each.id for all_of in found.key_to_bindings.values() for each in all_of}
            found.apply_keymap(keymap.overrides)
            after = {each.id for each in found.key_to_bindings.get("f12", [])}
            assert after == {key.id} & before
            old = [each.id for name in key.keys.split(",")
                   for each in found.key_to_bindings.get(name, [])]  # fmt: skip
            assert key.id not in old


def test_no_footer_is_made_of_more_keys_than_it_shows() -> None:
    """A footer leaves out what is too many, so a list that is too long would lose its last ones."""
    lists = [value for value in vars(footers).values() if isinstance(value, tuple)]
    lists += footers.VIEWS.values()
    lists += [vars(each)["FOOTER"] for each in subclasses(Screen) if "FOOTER" in vars(each)]
    assert len(lists) > len(footers.VIEWS)
    for ids in lists:
        assert len(ids) <= MOST
        assert all(by_id(key_id).label for key_id in ids)


async def test_a_key_of_a_choice_gives_way_to_the_keymap(run_dir: str) -> None:
    keymap, problems = parse_keymap('row-down = "a"', "keys.toml", "default")
    assert problems == ()
    app = CkptuiApp([run_dir], keymap=keymap)
    async with app.run_test(size=(100, 30)) as pilot:
        ui = Tour(app, pilot)
        await ui.until(lambda: app.main.snapshot.settled, "the first sweep")
        await ui.press("V")
        await ui.sees("everything to level 5")
        assert not any(row.strip("│ ").startswith("a ") for row in ui.text().splitlines())
        before = ui.app.screen.query_one(Table).cursor_line
        await ui.press("a")
        assert ui.app.screen.query_one(Table).cursor_line == before + 1
