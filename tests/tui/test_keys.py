"""The table of keys: ids, help, no clash, and nothing on what tmux, screen and the tty use."""

from __future__ import annotations

from collections import Counter

from ckptui.tui import keys
from ckptui.tui.keys import Key
from tests.tui.driver import opened

TAKEN = {"ctrl+a", "ctrl+b", "ctrl+z", "ctrl+s", "ctrl+q", "ctrl+k"}


def test_ids_are_unique_kebab_case_and_everything_has_its_sentence() -> None:
    ids = Counter(key.id for key in keys.EVERY)
    assert [name for name, count in ids.items() if count > 1] == []
    for key in keys.EVERY:
        assert key.id.replace("-", "").isalpha()
        assert key.id == key.id.lower()
        assert key.help.endswith(".")
        assert key.label


def test_no_default_sits_on_a_prefix_or_on_flow_control() -> None:
    used = {name for key in keys.EVERY for name in key.keys.split(",")}
    assert not used & TAKEN


async def test_the_running_app_has_no_binding_but_those_of_the_table(run_dir: str) -> None:
    known = {key.id for key in keys.EVERY}
    async with opened(run_dir) as ui:
        for press in ("1", "enter", "escape", "question_mark", "escape", "s", "escape", "x"):
            await ui.press(press)
            active = [found.binding for found in ui.app.screen.active_bindings.values()]
            assert [binding for binding in active if binding.id not in known] == []
            assert not {binding.key for binding in active} & TAKEN
        await ui.sees("y apply")


async def test_a_key_can_be_given_to_another_action(run_dir: str) -> None:
    async with opened(run_dir) as ui:
        ui.app.set_keymap({"next-bad": "b"})
        ui.app.main.table.move_to("checkpoints/ckpt_0000100.pt")
        await ui.press("n")
        assert ui.app.main.table.cursor == "checkpoints/ckpt_0000100.pt"
        await ui.press("b")
        assert ui.app.main.table.cursor != "checkpoints/ckpt_0000100.pt"


def test_changing_keys_never_confirm_themselves() -> None:
    yes = set(keys.YES.keys.split(","))
    changing: list[Key] = [key for key in keys.MAIN if key.changes]
    assert changing
    assert not yes & {name for key in changing for name in key.keys.split(",")}
