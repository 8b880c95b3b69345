"""Which command carries a run on: ``ckptui.toml`` where it gives one, else what was recorded."""

from __future__ import annotations

import json
import os
import shlex
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ckptui.config import CONFIG_NAME, RunConfig, load_run_config, render_run_config
from ckptui.durable import atomic_write_bytes, atomic_write_json
from ckptui.errors import ConfigError
from ckptui.launch.places import command_path, make_dirs, own_dir


@dataclass(frozen=True, slots=True)
class Command:
    """A command that carries a run on.

    Attributes:
        argv: Program and arguments; no shell takes part.
        cwd: Directory to start it in, absolute; None means the run directory.
        env: Variables beyond those of whoever resumes.
        source: ``ckptui.toml``, or ``recorded``.
        pipeline: Name of ckptui's own pipeline, or None; exit codes have our meaning only there.
        moved_from: Where it was recorded, if the run directory has been copied or moved since;
            its paths are those of now.
    """

    argv: tuple[str, ...]
    cwd: str | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    source: str = "recorded"
    pipeline: str | None = None
    moved_from: str = ""

    @property
    def text(self) -> str:
        """The command as a shell would take it."""
        return shlex.join(self.argv)


def record_command(
    root: str,
    argv: Sequence[str],
    cwd: str | None,
    env: Mapping[str, str] | None = None,
    pipeline: str | None = None,
) -> None:
    """Record in ``RUN/.ckptui/command.json`` how a run was started, so that it can be resumed.

    Args:
        root: The run directory.
        argv: Program and arguments.
        cwd: Where it was started; None means the run directory.
        env: Variables that it needs beyond the user's own. They are stored: no secrets.
        pipeline: Name of ckptui's own pipeline.

    Raises:
        OSError: It cannot be written.
    """
    make_dirs(root, own_dir(root))
    document = {
        "version": 1,
        "root": os.path.realpath(root),
        "argv": list(argv),
        "cwd": os.path.abspath(cwd) if cwd is not None else None,
        "env": dict(env or {}),
        "recorded_by": "ckptui",
        "pipeline": pipeline,
    }
    atomic_write_json(command_path(root), document, indent=1)


def find_command(root: str) -> Command | None:
    """The command that carries a run on, or None where none is known.

    Args:
        root: The run directory.

    Raises:
        ConfigError: ``ckptui.toml``, or the recorded command, is damaged; the message says where.
    """
    config = load_run_config(root)
    recorded = _recorded(root)
    if not config.command:
        return replace(recorded, env={**recorded.env, **config.env}) if recorded else None
    ours = recorded.pipeline if recorded and recorded.argv == config.command else None
    cwd = os.path.join(root, config.cwd) if config.cwd is not None else None
    return Command(config.command, cwd, dict(config.env), CONFIG_NAME, ours)


def _recorded(root: str) -> Command | None:
    path = command_path(root)
    try:
        with open(path, "rb") as file:
            document: object = json.loads(file.read(1 << 20))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise _damaged(path) from error
    return _at_home(_parse(path, document), document, os.path.realpath(root))


def _at_home(command: Command, document: object, root: str) -> Command:
    """The command as it is here: a copy of a run must not carry on the run it was copied from."""
    old = document.get("root") if isinstance(document, dict) else None
    if not isinstance(old, str) or old == root:
        return command
    return replace(
        command,
        argv=tuple(_rebased(word, old, root) for word in command.argv),
        cwd=_rebased(command.cwd, old, root) if command.cwd else None,
        moved_from=old,
    )


def _rebased(word: str, old: str, new: str) -> str:
    return new + word[len(old) :] if word == old or word.startswith(old + os.sep) else word


def _parse(path: str, document: object) -> Command:
    if not isinstance(document, dict):
        raise _damaged(path)
    argv, cwd, env = document.get("argv"), document.get("cwd"), document.get("env", {})
    pipeline = document.get("pipeline")
    if not isinstance(argv, list) or not argv or not all(_is_word(word) for word in argv):
        raise _damaged(path)
    if not isinstance(env, dict) or not all(isinstance(value, str) for value in env.values()):
        raise _damaged(path)
    return Command(
        tuple(argv),
        cwd if isinstance(cwd, str) else None,
        {str(name): value for name, value in env.items()},
        "recorded",
        pipeline if isinstance(pipeline, str) else None,
    )


def _is_word(value: object) -> bool:
    return isinstance(value, str) and "\0" not in value


def _damaged(path: str) -> ConfigError:
    return ConfigError(
        f"{path}: the recorded command is damaged; give it anew with: ckptui set-command"
    )


def write_command(root: str, argv: Sequence[str]) -> None:
    """Write the command into ``RUN/ckptui.toml``; everything else in that file stays as it is.

    Args:
        root: The run directory.
        argv: Program and arguments.

    Raises:
        ConfigError: The file that is there is wrong, or cannot be edited safely; it is unchanged.
        OSError: It cannot be written.
    """
    path = os.path.join(root, CONFIG_NAME)
    if not argv or not all(_is_word(word) for word in argv):
        raise ConfigError(f"{path}: the command is empty; give a program and its arguments")
    old = load_run_config(root)
    line = _command_line(argv)
    text = _text_of(path)
    new = _edited(text, line, replace(old, command=tuple(argv))) if text else f"[run]\n{line}"
    if new is None:
        raise ConfigError(f"{path}: cannot be edited safely; put into its [run] table: {line}")
    atomic_write_bytes(path, new.encode())


def _command_line(argv: Sequence[str]) -> str:
    return render_run_config(RunConfig(command=tuple(argv))).split("\n", 1)[1]


def _text_of(path: str) -> str:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def _edited(text: str, line: str, wanted: RunConfig) -> str | None:
    """The text with its command replaced; comments and order stay. None where no edit fits.

    Every edit is proven by reading the result: it must say what is wanted and otherwise be equal.
    """
    lines = text.splitlines(keepends=True)
    tables = [n for n, item in enumerate(lines) if item.strip().startswith("[run]")]
    if not tables:
        gap = "" if text.endswith("\n") else "\n"
        candidates = [f"{text}{gap}\n[run]\n{line}"]
    else:
        start = tables[0] + 1
        candidates = ["".join([*lines[:start], line, *lines[start:]])]
        for first in range(start, len(lines)):
            if lines[first].lstrip().startswith("command"):
                candidates += (
                    "".join([*lines[:first], line, *lines[last:]])
                    for last in range(first + 1, min(len(lines), first + 200) + 1)
                )
                break
    return next((item for item in candidates if _says(item, text, wanted)), None)


def _says(candidate: str, old: str, wanted: RunConfig) -> bool:
    try:
        new_data, old_data = tomllib.loads(candidate), tomllib.loads(old)
    except tomllib.TOMLDecodeError:
        return False
    run = {**old_data.get("run", {}), "command": list(wanted.command)}
    return new_data == {**old_data, "run": run}
