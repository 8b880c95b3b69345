"""``ckptui config``: what holds and why, templates that mean what they say, every mistake."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from ckptui.tui.keymap import keymap_of, parse_keymap
from ckptui.user_config import UserConfig, read_user_config
from tests.cli.program import ckptui, documents


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty directory for the two files."""
    made = tmp_path / "ckptui"
    made.mkdir()
    return made


def test_path_prints_both_and_makes_neither(tmp_path: Path) -> None:
    said = ckptui("config", "path", XDG_CONFIG_HOME=str(tmp_path))
    where = str(tmp_path / "ckptui")
    assert (said.code, said.out) == (0, f"{where}/config.toml\n{where}/keys.toml\n")
    assert os.listdir(tmp_path) == []


def test_the_templates_are_the_defaults_and_stay_when_they_are_there(
    home: Path, tmp_path: Path
) -> None:
    said = ckptui("config", "init", XDG_CONFIG_HOME=str(tmp_path))
    assert said.code == 0
    assert said.out.split() == [str(home / "config.toml"), str(home / "keys.toml")]
    assert ckptui("config", "check", XDG_CONFIG_HOME=str(tmp_path)).code == 0
    config, keys = ((home / name).read_text() for name in ("config.toml", "keys.toml"))
    assert read_user_config(str(home / "config.toml")) == (UserConfig(), ())
    # Without the comment signs the same holds, but for the example of what may be allowed.
    active = re.sub(r"^# (?=\w[\w-]* = )", "", config, flags=re.MULTILINE)
    active = active[: active.index("# [[allow]]")]
    (home / "config.toml").write_text(active)
    assert read_user_config(str(home / "config.toml")) == (UserConfig(), ())
    every, problems = parse_keymap(re.sub(r"^# (?=\w[\w-]* = )", "", keys, flags=re.MULTILINE),
                                   "keys.toml", "default")  # fmt: skip
    assert problems == ()
    assert every.keys == keymap_of("default").keys
    assert every.own == every.keys.keys()
    (home / "keys.toml").unlink()
    again = ckptui("config", "init", XDG_CONFIG_HOME=str(tmp_path))
    assert (again.code, again.out) == (0, f"{home}/keys.toml\n")
    assert "config.toml is there already; it is left as it is" in again.err
    assert (home / "config.toml").read_text() == active


@pytest.mark.parametrize(
    ("setting", "value", "code", "words"),
    [
        ("ui.theme", "light", 0, 'ui.theme = "light" is written to'),
        ("ui.mouse", "false", 0, "ui.mouse = false is written to"),
        ("notify.bell", "bad, run", 0, 'notify.bell = ["bad", "run"] is written to'),
        ("limits.depth", "7", 0, "limits.depth = 7 is written to"),
        ("limits.depth", "0", 1, "limits.depth: must be a whole number from 1 to 100, not 0"),
        ("ui.theme", "lihgt", 1, "did you mean light?; nothing was changed"),
        ("ui.thme", "x", 1, "ui.thme: there is no such setting; did you mean ui.theme?"),
    ],
)
def test_set_writes_one_setting_or_says_why_not(
    home: Path, tmp_path: Path, setting: str, value: str, code: int, words: str
) -> None:
    (home / "config.toml").write_text("# mine\n")
    said = ckptui("config", "set", setting, value, XDG_CONFIG_HOME=str(tmp_path))
    assert said.code == code
    assert words in said.err
    text = (home / "config.toml").read_text()
    assert text.startswith("# mine\n")
    assert (text == "# mine\n") == (code != 0)
    assert ckptui("config", "check", XDG_CONFIG_HOME=str(tmp_path)).code == 0


def test_show_says_where_each_comes_from(home: Path, tmp_path: Path) -> None:
    (home / "config.toml").write_text(
        "[ui]\nkeys = 'vim'\nascii = 1\nmouse = true\n[limits]\ndepth = 5\nentries = 9\n"
    )
    (home / "keys.toml").write_text('\nfix = "ctrl+g"\n')
    site = tmp_path / "site.toml"
    site.write_text("[limits]\nentries = 7\n")
    said = ckptui("config", "show", "--json", XDG_CONFIG_HOME=str(tmp_path), CKPTUI_THEME="nord",
                  CKPTUI_SITE_FILE=str(site), NO_COLOR="")  # fmt: skip
    (document,) = documents("config-show", said.out)
    shown = document["settings"]
    assert isinstance(shown, list)
    found = {each["name"]: (each["value"], each["source"]) for each in shown}
    assert found["ui.keys"] == ("vim", "config.toml:2")
    assert found["ui.ascii"] == (False, "default")
    assert found["ui.mouse"] == (True, "config.toml:4")
    assert found["ui.theme"] == ("nord", "CKPTUI_THEME")
    assert found["limits.depth"] == (5, "config.toml:6")
    assert found["limits.entries"] == (7, "/etc/ckptui.toml")
    assert found["keys.fix"] == ("ctrl+g", "keys.toml:2")
    assert found["keys.log"] == ("L", "the set vim")
    assert found["keys.sort"] == ("s", "default")
    assert "config.toml:3: [ui] ascii: must be true or false, not 1" in said.err
    plain = ckptui("config", "show", XDG_CONFIG_HOME=str(tmp_path)).out
    assert re.search(r'^keys\.fix +"ctrl\+g" +keys\.toml:2$', plain, re.MULTILINE)


def test_check_names_every_mistake_of_all_three_files(home: Path, tmp_path: Path) -> None:
    (home / "config.toml").write_text("[ui]\ntheme = 'nrd'\ncolumns = ['stp']\n")
    (home / "keys.toml").write_text('fix = "ctrl+i"\nsort = "ctrl+b"\n')
    run = tmp_path / "run"
    run.mkdir()
    (run / "ckptui.toml").write_text("[run]\ncomand = []\n")
    said = ckptui("config", "check", str(run), XDG_CONFIG_HOME=str(tmp_path))
    assert said.code == 1
    assert [line.partition(": ")[0] for line in said.out.splitlines()] == [
        f"{home}/config.toml:2", f"{home}/config.toml:3", f"{home}/keys.toml:1",
        f"{home}/keys.toml:2", f"{run}/ckptui.toml:2",
    ]  # fmt: skip
    assert "did you mean nord?" in said.out
    assert "did you mean step?" in said.out
    assert "tmux keeps it for itself (its prefix), so it may never arrive (a warning)" in said.out
    said = ckptui("config", "check", str(run), "--json", XDG_CONFIG_HOME=str(tmp_path))
    (document,) = documents("config-check", said.out)
    assert document["ok"] is False
    assert said.code == 1


def test_a_warning_alone_is_no_failure(home: Path, tmp_path: Path) -> None:
    (home / "keys.toml").write_text('sort = "ctrl+b"\n')
    said = ckptui("config", "check", XDG_CONFIG_HOME=str(tmp_path))
    assert said.code == 0
    assert "keys.toml:1: sort: ctrl+b" in said.out


def test_a_name_that_is_hostile_is_made_harmless(home: Path, tmp_path: Path) -> None:
    (home / "keys.toml").write_text('"\\u001b[2Jx" = "f"\n')
    said = ckptui("config", "check", XDG_CONFIG_HOME=str(tmp_path))
    assert said.code == 1
    assert "\x1b" not in said.out
    assert r"\x1b[2Jx" in said.out
