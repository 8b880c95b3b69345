"""ckptui.toml: read, written, and every mistake named with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckptui.config import (
    Require,
    RunConfig,
    load_run_config,
    parse_run_config,
    render_run_config,
    required_keys_for,
)
from ckptui.errors import ConfigError

FULL = """
units = ["features/*.pt"]

[run]
command = ["python", "train.py", "--resume"]
cwd = ".."
[run.env]
OMP_NUM_THREADS = "4"

[[require]]
glob = "features/*.pt"
keys = ["ids", "features"]
[[require]]
glob = "*.ckpt"
keys = ["state_dict"]

[allow]
globals = ["my.Config"]
"""


def test_everything_is_read() -> None:
    assert parse_run_config(FULL, "ckptui.toml") == RunConfig(
        command=("python", "train.py", "--resume"),
        cwd="..",
        env={"OMP_NUM_THREADS": "4"},
        require=(
            Require("features/*.pt", ("ids", "features")),
            Require("*.ckpt", ("state_dict",)),
        ),
        allow_globals=("my.Config",),
        units=("features/*.pt",),
    )


def test_none_and_empty(tmp_path: Path) -> None:
    assert load_run_config(tmp_path) == RunConfig()
    (tmp_path / "ckptui.toml").write_text("")
    assert load_run_config(tmp_path) == RunConfig()


def test_a_command_as_text_is_split_as_a_shell_would() -> None:
    config = parse_run_config("[run]\ncommand = 'python train.py --name \"a b\"'", "t")
    assert config.command == ("python", "train.py", "--name", "a b")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[run\n", ":1: not valid TOML"),
        ("[run]\ncomand = []", ":2: [run] comand: unknown; did you mean command?"),
        ("[run]\ncommand = 3", "[run] command: must be a list of text"),
        ("[run]\ncommand = 'a && b'", "[run] command: must be a list where it needs a shell"),
        ("[run]\ncommand = 'a \"b'", "[run] command"),
        ("[run]\ncwd = 1", "[run] cwd: must be text"),
        ("[run.env]\nA = 1", "[run.env] A: must be text"),
        ("run = 1", "run: must be a table"),
        ("[require]\nglob = '*'", "require: must be written as [[require]]"),
        ("[[require]]\nkeys = []", "[require 1] glob: must be a pattern"),
        ("[[require]]\nglob = '*'\nkeys = 'a'", ":3: [require 1] keys: must be a list"),
        ("[alow]\n", ":1: alow: unknown; did you mean allow?"),
        ("units = 1", "units: must be a list"),
    ],
)
def test_mistakes_name_file_and_field(text: str, place: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_run_config(text, "run/ckptui.toml")
    assert str(caught.value).startswith("run/ckptui.toml:")
    assert place in str(caught.value)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "ckptui.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_run_config(tmp_path)
    (tmp_path / "ckptui.toml").unlink()
    (tmp_path / "ckptui.toml").mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        load_run_config(tmp_path)


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
configs = st.builds(
    RunConfig,
    command=st.lists(words, max_size=4).map(tuple),
    cwd=st.none() | words,
    env=st.dictionaries(words, words, max_size=3),
    require=st.lists(
        st.builds(Require, words.filter(bool), st.lists(words, max_size=2).map(tuple)), max_size=2
    ).map(tuple),
    allow_globals=st.lists(words, max_size=2).map(tuple),
    units=st.lists(words, max_size=2).map(tuple),
)


@given(configs)
def test_what_is_written_reads_back(config: RunConfig) -> None:
    assert parse_run_config(render_run_config(config), "t") == config


def test_bytes_that_toml_cannot_hold() -> None:
    with pytest.raises(ConfigError, match="not UTF-8"):
        render_run_config(RunConfig(command=("caf\udce9",)))


def test_required_keys() -> None:
    config = parse_run_config(FULL, "t")
    assert required_keys_for(config, "features/a.pt") == ("ids", "features")
    assert required_keys_for(config, "features/deep/a.pt") == ()
    assert required_keys_for(config, "a.pt") == ()
    assert required_keys_for(config, "any/where/last.ckpt") == ("state_dict",)
