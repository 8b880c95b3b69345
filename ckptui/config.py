"""``ckptui.toml`` in a run directory: how to resume it, which keys its checkpoints must hold."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterable, Mapping
from typing import Final

from ckptui.config_file import ConfigFile, Problem, Table, read_text
from ckptui.errors import ConfigError
from ckptui.globs import matches_anywhere
from ckptui.light import dataclass, field

CONFIG_NAME: Final = "ckptui.toml"
_SHELL: Final = re.compile(r"[|&;<>$`*?]")


@dataclass(frozen=True, slots=True)
class Require:
    """Checkpoints that match ``glob`` must hold these top-level ``keys``."""

    glob: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunConfig:
    """What ``ckptui.toml`` says.

    Attributes:
        command: Command that carries the run on, as a list; empty where none is given.
        cwd: Directory to start it in, relative to the run directory; None means the run directory.
        env: Further environment variables for it.
        require: Required keys by pattern.
        allow_globals: Globals that a pickle of this run may name, ``module.name``.
        units: Patterns of files that are one unit's output of a stage, never "last good".
    """

    command: tuple[str, ...] = ()
    cwd: str | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    require: tuple[Require, ...] = ()
    allow_globals: tuple[str, ...] = ()
    units: tuple[str, ...] = ()


def parse_run_config(text: str, path: str) -> RunConfig:
    """Read the text of a ``ckptui.toml``.

    Args:
        text: TOML.
        path: Where it stands, for messages.

    Raises:
        ConfigError: Not TOML (with the line), an unknown field, or a field of the wrong type.

    Example:
        >>> parse_run_config('[run]\\ncommand = ["python", "train.py"]', "ckptui.toml").command
        ('python', 'train.py')
    """
    config, problems = read_run_config(text, path)
    if problems:
        raise ConfigError(str(problems[0]))
    return config


def read_run_config(text: str, path: str) -> tuple[RunConfig, tuple[Problem, ...]]:
    """Read as much of the text of a ``ckptui.toml`` as is right.

    Args:
        text: TOML.
        path: Where it stands, for messages.

    Returns:
        What it says, and everything that is wrong in it.
    """
    file = ConfigFile(path, text)
    top = file.top
    top.check_names(("run", "require", "allow", "units"))
    run, allow = top.table("run"), top.table("allow")
    run.check_names(("command", "cwd", "env"))
    allow.check_names(("globals",))
    config = RunConfig(
        command=_command(run),
        cwd=run.text("cwd"),
        env=_env(run.table("env")),
        require=tuple(_require(item) for item in top.tables("require")),
        allow_globals=allow.texts("globals"),
        units=top.texts("units"),
    )
    return config, file.found


def _command(run: Table) -> tuple[str, ...]:
    value = run.data.get("command")
    if not isinstance(value, str):
        return run.texts("command")
    # No shell runs the command, so text that needs one would silently mean something else.
    if _SHELL.search(value):
        run.wrong("command", 'must be a list where it needs a shell: ["bash", "-c", "…"]')
        return ()
    try:
        return tuple(shlex.split(value))
    except ValueError as error:
        run.wrong("command", f"must be a list of text, or text without {error}")
        return ()


def _env(table: Table) -> dict[str, str]:
    return {name: table.text(name) or "" for name in table.data}


def _require(table: Table) -> Require:
    table.check_names(("glob", "keys"))
    glob = table.text("glob")
    if not glob:
        table.wrong("glob", 'must be a pattern, for example glob = "features/*.pt"')
    return Require(glob or "", table.texts("keys"))


def load_run_config(root: str | os.PathLike[str]) -> RunConfig:
    """Read ``ckptui.toml`` of a run directory.

    Args:
        root: The run directory.

    Returns:
        What it says; an empty :class:`RunConfig` where there is no such file.

    Raises:
        ConfigError: It cannot be read, or is wrong; the message names the field.

    Example:
        >>> load_run_config("/nowhere").command
        ()
    """
    path = os.path.join(os.fspath(root), CONFIG_NAME)
    text = read_text(path)
    return parse_run_config(text, path) if text is not None else RunConfig()


def render_run_config(config: RunConfig) -> str:
    """Write a configuration as TOML; :func:`parse_run_config` reads the same back.

    Raises:
        ConfigError: A text holds bytes that are not UTF-8, which TOML cannot hold.

    Example:
        >>> print(render_run_config(RunConfig(command=("make", "train"))), end="")
        [run]
        command = ["make", "train"]
    """
    blocks = [f"units = {_list(config.units)}\n"] if config.units else []
    blocks += _render_run(config)
    for item in config.require:
        blocks.append(f"[[require]]\nglob = {_string(item.glob)}\nkeys = {_list(item.keys)}\n")
    if config.allow_globals:
        blocks.append(f"[allow]\nglobals = {_list(config.allow_globals)}\n")
    return "\n".join(blocks)


def _render_run(config: RunConfig) -> list[str]:
    lines = [f"command = {_list(config.command)}\n"] if config.command else []
    if config.cwd is not None:
        lines.append(f"cwd = {_string(config.cwd)}\n")
    blocks = ["[run]\n" + "".join(lines)] if lines else []
    if config.env:
        pairs = (f"{_string(name)} = {_string(value)}\n" for name, value in config.env.items())
        blocks.append("[run.env]\n" + "".join(pairs))
    return blocks


def _list(items: Iterable[str]) -> str:
    return "[" + ", ".join(_string(item) for item in items) + "]"


def _string(text: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ConfigError(f"{text!r} is not UTF-8, and {CONFIG_NAME} cannot hold it") from error
    # JSON's escapes are TOML's; only DEL, which JSON leaves bare, must be escaped in TOML.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def required_keys_for(config: RunConfig, relpath: str) -> tuple[str, ...]:
    """The top-level keys that a checkpoint must hold, by ``[[require]]``.

    Args:
        config: The run's configuration.
        relpath: The checkpoint, relative to the run directory. A glob without ``/`` fits the
            name in any folder.

    Example:
        >>> config = RunConfig(require=(Require("features/*.pt", ("ids",)),))
        >>> required_keys_for(config, "features/a.pt")
        ('ids',)
    """
    keys: dict[str, None] = {}
    for item in config.require:
        if matches_anywhere(relpath, item.glob):
            keys.update(dict.fromkeys(item.keys))
    return tuple(keys)
