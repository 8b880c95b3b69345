"""Colours that can be read in every theme, changed by a key; and terminals of any size."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from ckptui.tui.contrast import READABLE, contrast, variables_of
from ckptui.tui.themes import ANSI, DARK, LIGHT, THEMES, choose_theme, next_theme, theme_names
from tests.tui.driver import opened

PAINTED = [theme for theme in (*THEMES, *BUILTIN_THEMES.values()) if not theme.ansi]
XTERM = {
    "ansi_black": "#000000", "ansi_red": "#cd0000", "ansi_green": "#00cd00",
    "ansi_yellow": "#cdcd00", "ansi_blue": "#0000ee", "ansi_magenta": "#cd00cd",
    "ansi_cyan": "#00cdcd", "ansi_bright_red": "#ff0000", "ansi_white": "#ffffff",
}  # fmt: skip

TOUR = (
    *("j", "G", "enter", "escape", "question_mark", "escape", "V", "escape", "x", "escape"),
    *("slash", "a", "escape", "2", "3", "4", "1", "colon", "escape"),
)


@pytest.mark.parametrize("theme", PAINTED, ids=lambda theme: theme.name)
def test_every_text_can_be_read_on_every_ground(theme: Theme) -> None:
    ours = variables_of(theme)
    generated = theme.to_color_system().generate()
    grounds = {name: generated[name] for name in ("background", "surface", "panel")}
    grounds |= {name: ours[name] for name in ("ck-cursor", "ck-marked")}
    for name in ("text", "muted", "success", "warning", "error", "accent"):
        for ground, colour in grounds.items():
            found = contrast(Color.parse(ours[f"ck-{name}"]), Color.parse(colour))
            assert found >= READABLE, (name, ground, round(found, 2))
    assert ours["ck-cursor"] != generated["background"].upper()
    if theme in (DARK, LIGHT):  # the muted is less than the text
        muted, text = (Color.parse(ours[f"ck-{each}"]) for each in ("muted", "text"))
        plain = Color.parse(generated["background"])
        assert contrast(muted, plain) < contrast(text, plain) - 3


def test_contrast_is_that_of_the_standard() -> None:
    white, black, grey = Color.parse("#fff"), Color.parse("#000"), Color.parse("#767676")
    assert round(contrast(white, black), 2) == 21
    assert round(contrast(grey, white), 2) == 4.54


@pytest.mark.parametrize(
    ("theme", "grounds"),
    [("ansi-dark", ("ansi_black",)), ("ansi-light", ("ansi_white",)),
     ("ckptui-ansi", ("ansi_black", "ansi_white"))],
)  # fmt: skip
def test_sixteen_colours_can_be_read_on_their_ground(theme: str, grounds: tuple[str, ...]) -> None:
    known = {each.name: each for each in (*THEMES, *BUILTIN_THEMES.values())}
    ours = variables_of(known[theme])
    for role in ("success", "warning", "error", "accent"):
        colour = ours[f"ck-{role}"]
        for ground in grounds:
            # xterm's own red and magenta stay between both grounds; they are set in bold, too.
            least = 3.5 if len(grounds) > 1 or colour == "ansi_magenta" else READABLE
            if colour != "ansi_default":
                found = contrast(Color.parse(XTERM[colour]), Color.parse(XTERM[ground]))
                assert found >= least, (role, found)


@pytest.mark.parametrize(
    ("environment", "wished", "theme", "ansi"),
    [
        ({"TERM": "xterm-256color"}, "auto", DARK.name, False),
        ({"TERM": "xterm-256color"}, "light", LIGHT.name, False),
        ({"TERM": "xterm-256color", "COLORFGBG": "0;15"}, "auto", LIGHT.name, False),
        ({"TERM": "xterm-256color", "COLORFGBG": "0;15"}, "dark", DARK.name, False),
        ({"TERM": "xterm-256color"}, "nord", "nord", False),
        ({"TERM": "xterm-256color", "CKPTUI_THEME": "gruvbox"}, "nord", "gruvbox", False),
        ({"TERM": "xterm-256color"}, "ansi", ANSI.name, True),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "nord", ANSI.name, True),
        ({"TERM": "screen"}, "auto", ANSI.name, True),
        ({"TERM": "screen"}, "light", "ansi-light", True),
        ({"TERM": "screen", "COLORFGBG": "0;15"}, "auto", "ansi-light", True),
        ({"TERM": "screen", "COLORFGBG": "15;0"}, "auto", "ansi-dark", True),
        ({"TERM": "linux"}, "auto", "ansi-dark", True),
        ({"TERM": "screen", "COLORTERM": "truecolor"}, "auto", DARK.name, False),
    ],
)
def test_the_theme_suits_the_terminal(
    environment: dict[str, str], wished: str, theme: str, ansi: bool
) -> None:
    assert choose_theme(environment, wished) == (theme, ansi)


def test_a_key_goes_round_among_what_the_terminal_can_show() -> None:
    assert next_theme(DARK.name) == LIGHT.name
    assert next_theme(LIGHT.name) == DARK.name
    assert next_theme("nord") == DARK.name
    assert {next_theme("ansi-dark"), next_theme("ansi-light"), next_theme(ANSI.name)} == {
        "ansi-dark", "ansi-light", ANSI.name,
    }  # fmt: skip
    assert {"auto", "dark", "light", "ansi", "nord"} <= set(theme_names())


async def test_colours_change_while_it_runs(run_dir: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("COLORFGBG", raising=False)
    async with opened(run_dir) as ui:
        dark = ui.app.main.table.styles.background, ui.app.screen.styles.background
        await ui.press("T")
        await ui.sees("colours: light; : keep these colours writes them to config.toml")
        assert ui.app.theme == LIGHT.name
        assert (ui.app.main.table.styles.background, ui.app.screen.styles.background) != dark


async def test_colours_are_kept_by_the_users_word(
    run_dir: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "CKPTUI_THEME", "COLORFGBG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    config = tmp_path / "ckptui" / "config.toml"
    async with opened(run_dir) as ui:
        await ui.press("T")
        assert not config.exists()
        await ui.press("colon", *"keep these")
        await ui.sees("ui.theme = light")
        await ui.press("enter")
        await ui.sees('ui.theme = "light" is written to')
        assert config.read_text() == '[ui]\ntheme = "light"\n'
        config.write_text("[ui\n")
        ui.app.keep_theme()
        await ui.sees("config.toml:1: not valid TOML")
        assert config.read_text() == "[ui\n"


@pytest.mark.parametrize("size", [(20, 5), (1, 1), (10, 3), (39, 60), (300, 9), (300, 100)])
async def test_any_size_is_survived_and_said(run_dir: str, size: tuple[int, int]) -> None:
    async with opened(run_dir) as ui:
        await ui.pilot.resize_terminal(*size)
        for keys in TOUR:
            await ui.press(keys)
            strips = ui.app.screen._compositor.render_strips(ui.app.screen.size)
            assert all(strip.cell_length <= size[0] for strip in strips)
        if size == (20, 5):
            ui.app.main.hush()
            await ui.sees("20x5 is small")
            await ui.sees("002.pt  ◐")
        await ui.pilot.resize_terminal(120, 36)
        await ui.sees("Last good", "? keys")
