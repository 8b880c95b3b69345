"""One setting is written; whatever else people have in their file stays to the letter."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest

from ckptui.config_edit import edited, write_setting
from ckptui.errors import ConfigError

REST = """# mine
[limits]   # deep
depth = 9

[[allow]]
path = "/a/**" # here
globals = [
  "x.Y",
]
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '[ui]\ntheme = "light"\n'),
        ('[ui]\ntheme = "dark"  # mine\n', '[ui]\ntheme = "light"  # mine\n'),
        ("[ui] # look\n# theme = 'auto'\nkeys = 'vim'\n",
         "[ui] # look\ntheme = \"light\"\n# theme = 'auto'\nkeys = 'vim'\n"),
        ('ui.theme = "dark"\nui.keys = "vim"\n', 'ui.theme = "light"\nui.keys = "vim"\n'),
        ('ui = { theme = "dark", mouse = false }\n', 'ui = { theme = "light", mouse = false }\n'),
        ("[ui]", '[ui]\ntheme = "light"\n'),
        ("[ui]\r\ntheme = 'dark'\r\n# end", '[ui]\r\ntheme = "light"\r\n# end'),
    ],
)  # fmt: skip
def test_only_the_setting_changes(before: str, after: str) -> None:
    assert edited(before, "ui", "theme", "light") == after


@pytest.mark.parametrize("head", ["", "[ui]\ntheme = 'dark'\n", "[ui]\nmouse = true\n\n"])
def test_what_follows_stays_to_the_letter(head: str) -> None:
    made = edited(head + REST, "ui", "theme", "light")
    assert REST in made
    before = tomllib.loads(head + REST)
    assert tomllib.loads(made) == {**before, "ui": {**before.get("ui", {}), "theme": "light"}}


@pytest.mark.parametrize("text", ["ui = 3\n", "[[ui]]\n"])
def test_what_is_no_table_is_left_alone(text: str) -> None:
    with pytest.raises(ConfigError):
        edited(text, "ui", "theme", "light")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the configuration stands; nothing is there yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path / "ckptui" / "config.toml"


def test_the_file_is_made_and_a_link_stays_a_link(path: Path, tmp_path: Path) -> None:
    write_setting("ui", "theme", "light")
    assert path.read_text() == '[ui]\ntheme = "light"\n'
    mine = tmp_path / "dotfiles.toml"
    path.rename(mine)
    path.symlink_to(mine)
    assert write_setting("ui", "theme", "dark") == os.path.realpath(mine)
    assert path.is_symlink()
    assert mine.read_text() == '[ui]\ntheme = "dark"\n'
    assert os.listdir(path.parent) == ["config.toml"]


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ("[ui\ntheme = 'dark'\n", "theme", "config.toml:1: not valid TOML"),
        ("# fine\n", "keys", 'ui.keys: must be "default", "vim" or "plain"'),
    ],
)
def test_a_file_that_does_not_parse_and_a_wrong_value_change_nothing(
    path: Path, text: str, name: str, words: str
) -> None:
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        write_setting("ui", name, "light")
    assert words in str(caught.value)
    assert "nothing was changed" in str(caught.value)
    assert path.read_text() == text
