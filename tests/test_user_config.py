"""The user's own configuration: what it allows by path, and how it says what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from ckptui.errors import ConfigError
from ckptui.user_config import load_user_config, user_config_path


def _written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_globals_are_allowed_by_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    config = load_user_config(
        _written(
            tmp_path,
            '[[allow]]\npath = "/scratch/**"\nglobals = ["a.B", "c.D"]\n'
            '[[allow]]\npath = "~/runs/*/last.pt"\nglobals = ["e.F"]\n'
            '[[allow]]\npath = "*.yolo.pt"\nglobals = ["a.B", "g.H"]\n'
            "[another_versions_matter]\nx = 1\n",
        )
    )
    assert config.allowed_for("/scratch/x/y.pt") == ("a.B", "c.D")
    assert config.allowed_for("/scratch/x/y.yolo.pt", ["run.Own"]) == (
        "run.Own", "a.B", "c.D", "g.H",
    )  # fmt: skip
    assert config.allowed_for("/home/me/runs/7/last.pt") == ("e.F",)
    assert config.allowed_for("/home/me/runs/7/deep/last.pt") == ()
    assert config.allowed_for("/scratchy/x.pt") == ()


def test_it_stands_where_the_desktop_standard_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert user_config_path() == str(tmp_path / "ckptui" / "config.toml")
    assert load_user_config().allow == ()
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", "/home/me")
    assert user_config_path() == "/home/me/.config/ckptui/config.toml"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("allow = [", "not valid TOML"),
        ("allow = 3", "written as [[allow]]"),
        ("[allow]\nglobals = []", "written as [[allow]]"),
        ("[[allow]]\nglobals = []", "[[allow]] 1: path"),
        ('[[allow]]\npath = "x"\nglobals = "a.B"', "[[allow]] 1: globals"),
        ('[[allow]]\npath = "x"\nglobal = ["a.B"]', "[[allow]] 1: global: unknown"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    path = _written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_user_config(path)
    assert str(caught.value).startswith(path)
    assert words in str(caught.value)
