"""The line in which a filter is typed: what it says, completes, remembers, and marks."""

from __future__ import annotations

from ckptui.present.filter_fields import CHECKPOINTS, STAGES
from ckptui.present.filter_hints import candidates, hint
from ckptui.present.spans import text_of
from tests.tui.driver import opened

BAD = "checkpoints/ckpt_0000600.pt"


def test_the_last_word_is_completed() -> None:
    assert candidates("", CHECKPOINTS) == ()
    assert candidates("-ca", CHECKPOINTS) == ("-cat:",)
    assert candidates("foo s", CHECKPOINTS) == ("foo status:", "foo step>", "foo size>")
    assert candidates("ag", CHECKPOINTS) == ("age<",)
    assert candidates("cat:corrupted,inc", CHECKPOINTS) == (
        "cat:corrupted,incomplete", "cat:corrupted,incompatible",
    )  # fmt: skip
    assert candidates("verdict:va", CHECKPOINTS) == ("verdict:valid",)
    assert candidates("cat:valid", CHECKPOINTS) == ()
    assert candidates('"ca', CHECKPOINTS) == ()
    assert candidates("took", STAGES) == ("took<",)


def test_what_may_be_typed_is_said() -> None:
    assert text_of(hint("", CHECKPOINTS)).startswith("fields cat marker input")
    assert "a size: >1G" in text_of(hint("x size>", CHECKPOINTS))
    assert "missing, orphan" in text_of(hint("-marker:", CHECKPOINTS))


async def test_it_says_how_many_match_and_what_is_wrong(run_dir: str) -> None:
    async with opened(run_dir, size=(120, 36)) as ui:
        table = ui.app.main.table
        await ui.press("slash")
        await ui.sees("fields cat marker input", "tab complete", "esc clear")
        await ui.press(*"cat:corr")
        await ui.sees("1 of 17 · cat")
        assert list(table.keys) == [BAD]
        await ui.press("space", *"siez>1")
        await ui.sees("siez: unknown field; did you mean size?")
        assert str(ui.app.main.view.filter) == "cat:corr"  # what is not understood is left out
        await ui.press("enter")
        await ui.sees("siez: unknown field")
        assert ui.app.main.entry.has_focus
        await ui.press("escape")
        assert len(table.keys) > 1
        assert not ui.app.main.entry.display


async def test_tab_completes_and_offers_the_next(run_dir: str) -> None:
    async with opened(run_dir) as ui:
        entry = ui.app.main.entry
        await ui.press("slash", *"s", "tab")
        assert entry.value == "status:"
        await ui.press("tab")
        assert entry.value == "step>"
        await ui.press("ctrl+u", *"fix:quar", "tab")
        assert entry.value == "fix:quarantine"
        await ui.press("enter")
        assert BAD in ui.app.main.table.keys
        assert ui.app.main.view is ui.app.main.checkpoints  # tab did not go to another view


async def test_a_field_that_is_still_typed_hides_nothing(run_dir: str) -> None:
    async with opened(run_dir) as ui:
        before = list(ui.app.main.table.keys)
        await ui.press("slash", *"cat:")
        await ui.sees("cat unreadable")
        await ui.until(lambda: list(ui.app.main.table.keys) == before, "all rows again")
        await ui.press(*"corr")
        await ui.until(lambda: list(ui.app.main.table.keys) == [BAD], "the corrupted one alone")


async def test_what_was_typed_before_comes_back(run_dir: str) -> None:
    async with opened(run_dir) as ui:
        main = ui.app.main
        for typed in ("cat:bad", "step>100", "cat:bad"):
            await ui.press("slash", "ctrl+u", *typed, "enter")
        await ui.press("escape", "slash", *"ag", "up")
        assert main.entry.value == "cat:bad"
        await ui.press("up", "up")
        assert main.entry.value == "step>100"
        await ui.press("down", "down")
        assert main.entry.value == "ag"
        await ui.press("escape", "2", "slash", "up")
        assert main.entry.value == ""  # each view has its own
        await ui.press("escape")
        assert main.session().views["checkpoints"]["typed"] == ["step>100", "cat:bad"]


async def test_marks_by_filter_hide_nothing(run_dir: str) -> None:
    async with opened(run_dir) as ui:
        table = ui.app.main.table
        shown = list(table.keys)
        await ui.press("equals_sign", *"cat:corr")
        await ui.sees("mark 1 of 17")
        assert list(table.keys) == shown
        await ui.press("enter")
        assert set(table.marks) == {BAD}
        await ui.sees("marked 1 checkpoint by cat:corr")
        await ui.press("equals_sign", *"step>0", "escape")
        assert set(table.marks) == {BAD}
        await ui.press("equals_sign", *"nosuch", "enter")
        await ui.sees("nothing here matches nosuch")
