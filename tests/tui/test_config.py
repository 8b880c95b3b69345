"""What the user's own configuration does to the app, and what the app says about it."""

from __future__ import annotations

from pathlib import Path

from ckptui.tui.app import CkptuiApp
from ckptui.user_config import Limits, UserConfig
from tests.tui.driver import PATIENCE, opened
from tests.tui.terminal import shown


def test_the_app_opens_with_what_is_right_and_says_what_is_wrong(
    run_dir: str, tmp_path: Path
) -> None:
    home = tmp_path / "ckptui"
    home.mkdir()
    (home / "config.toml").write_text("[ui]\nascii = true\nthemes = 'x'\n[more]\n")
    with shown(run_dir, XDG_CONFIG_HOME=str(tmp_path)) as terminal:
        terminal.sees("config.toml:3: [ui] themes: unknown; did you mean theme?")
        terminal.sees("XX corrupted")
        terminal.press("q")
        terminal.until(terminal.ended, "the end")


async def test_limits_of_ones_own_reach_the_scanner(run_dir: str) -> None:
    app = CkptuiApp([run_dir], config=UserConfig(limits=Limits(entries=5)))
    async with app.run_test(size=(120, 36)):
        shown = app.main.services.monitor.wait_settled(PATIENCE)
        assert "5" in shown.watching.left_out


async def test_a_damaged_ckptui_toml_is_said_in_the_app(run_dir: str) -> None:
    (Path(run_dir) / "ckptui.toml").write_text("[run]\ncomand = []\n")
    async with opened(run_dir) as ui:
        await ui.sees("ckptui.toml:2: [run] comand: unknown; did you mean command?")
