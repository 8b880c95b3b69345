"""The user's own configuration: what it may say, and every mistake with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from ckptui.errors import ConfigError
from ckptui.user_config import (
    Allow,
    Limits,
    Notify,
    Ui,
    UserConfig,
    load_user_config,
    read_user_config,
    user_config_path,
)

WHOLE = """
[ui]
theme = "light"
ascii = true
mouse = false
keys = "vim"
columns = ["verdict", "name"]
[notify]
bell = ["bad"]
line = []
[limits]
entries = 7
depth = 3
[[allow]]
path = "/scratch/**"
globals = ["a.B"]
"""


def _written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_everything_is_read(tmp_path: Path) -> None:
    assert read_user_config(_written(tmp_path, WHOLE)) == (
        UserConfig(
            allow=(Allow("/scratch/**", ("a.B",)),),
            ui=Ui("light", ascii=True, mouse=False, keys="vim", columns=("verdict", "name")),
            notify=Notify(bell=("bad",), line=()),
            limits=Limits(7, 3),
        ),
        (),
    )


def test_globals_are_allowed_by_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    config = load_user_config(
        _written(
            tmp_path,
            '[[allow]]\npath = "/scratch/**"\nglobals = ["a.B", "c.D"]\n'
            '[[allow]]\npath = "~/runs/*/last.pt"\nglobals = ["e.F"]\n'
            '[[allow]]\npath = "*.yolo.pt"\nglobals = ["a.B", "g.H"]\n',
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
    assert load_user_config() == UserConfig()
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", "/home/me")
    assert user_config_path() == "/home/me/.config/ckptui/config.toml"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("allow = [", 1, "not valid TOML"),
        ("\nallow = 3", 2, "allow: must be written as [[allow]]"),
        ("[allow]\nglobals = []", 1, "allow: must be written as [[allow]]"),
        ("[[allow]]\nglobals = []", 1, "[allow 1] path: must be a pattern"),
        ('[[allow]]\npath = "x"', 1, "[allow 1] globals: must be a list of text"),
        ('[[allow]]\npath = "x"\nglobals = "a.B"', 3, "[allow 1] globals: must be a list of text"),
        ('[[allow]]\npath = "x"\nglobals = []\n[[allow]]\npath = "y"\nglobals = []\nglobal = 1', 7,
         "[allow 2] global: unknown; did you mean globals?"),
    ],
)  # fmt: skip
def test_what_would_change_verdicts_stops_a_verb(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    path = _written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_user_config(path)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[uii]\n", 1, "uii: unknown; did you mean ui?"),
        ("# mine\n[ui]\nthemes = 'x'", 3, "[ui] themes: unknown; did you mean theme?"),
        ("[ui]\nkeys = 'emacs'", 2, '[ui] keys: must be "default", "vim" or "plain", not'),
        ("[ui]\nascii = 1", 2, "[ui] ascii: must be true or false, not 1"),
        ("ui.mouse = 'no'", 1, "[ui] mouse: must be true or false"),
        ("ui = 3", 1, "ui: must be a table, written as [ui]"),
        (
            "[notify]\nbell = [\n'bad',\n'ends']",
            2,
            "[notify] bell: 'ends' is unknown; it takes bad",
        ),
        ("[limits]\ndepth = 0", 2, "[limits] depth: must be a whole number from 1 to 100, not 0"),
    ],
)
def test_one_mistake_spoils_nothing_else(tmp_path: Path, text: str, line: int, words: str) -> None:
    rest = '\n[[allow]]\npath = "/mine/**"\nglobals = ["a.B"]\n'
    path = _written(tmp_path, text + rest)
    config, problems = read_user_config(path)
    assert [str(each)[: len(path) + 3] for each in problems] == [f"{path}:{line}:"]
    assert words in str(problems[0])
    assert config.ui == Ui()
    assert config.limits == Limits()
    assert config.allowed_for("/mine/a.pt") == ("a.B",)
    if "limits" not in text:
        assert load_user_config(path) == config


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    config, (problem,) = read_user_config(str(tmp_path / "config.toml"))
    assert config == UserConfig()
    assert str(problem) == f"{tmp_path}/config.toml: cannot be read: Is a directory"
