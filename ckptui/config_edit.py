"""One setting of the user's ``config.toml`` written anew; all else in it stays to the letter."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Sequence
from typing import TypeAlias

from ckptui.config_file import ConfigFile, config_home, read_text
from ckptui.config_lines import lines_of
from ckptui.durable import atomic_write_bytes
from ckptui.errors import ConfigError
from ckptui.user_config import parse_user_config, user_config_path

Value: TypeAlias = "str | bool | int | list[str]"
"""What a setting may be."""


def write_setting(
    section: str,
    name: str,
    value: Value,
    *,
    themes: Sequence[str] = (),
    columns: Sequence[str] = (),
) -> str:
    """Write one setting, atomically; the file is made where there is none.

    Args:
        section: Name of the table, for example ``ui``.
        name: Of the setting.
        value: Its value.
        themes: The themes that there are, see ``read_user_config``.
        columns: Ids of the columns that there are.

    Returns:
        The file that was written; behind a link, what that leads to.

    Raises:
        ConfigError: The file does not parse or cannot be read, or the setting would be wrong;
            nothing was changed.
        OSError: It cannot be written; nothing was changed.
    """
    path = os.path.realpath(user_config_path())  # a link stays one: it leads to somebody's own copy
    text = read_text(path) or ""
    file = ConfigFile(path, text)
    if file.problems:
        raise ConfigError(f"{file.problems[0]}; nothing was changed")
    new = edited(text, section, name, value)
    _refuse(path, new, section, name, themes=themes, columns=columns)
    os.makedirs(config_home(), exist_ok=True)
    atomic_write_bytes(path, new.encode())
    return path


def edited(text: str, section: str, name: str, value: Value) -> str:
    """A text with one setting changed, its comments, order and blanks kept.

    Args:
        text: Valid TOML.
        section, name, value: See :func:`write_setting`.

    Raises:
        ConfigError: The section's name stands for something else there.

    Example:
        >>> edited('[ui]\\ntheme = "dark" # mine\\n', "ui", "theme", "light")
        '[ui]\\ntheme = "light" # mine\\n'
    """
    import tomlkit  # only where somebody writes
    from tomlkit.exceptions import TOMLKitError

    before = tomllib.loads(text)
    table = before.get(section, {})
    if not isinstance(table, dict):
        raise ConfigError(f"{section} is no table there; write it as [{section}] first")
    try:
        new = _added(text, section, f"{name} = {tomlkit.item(value).as_string()}")
        if new is None or name in table:
            document = tomlkit.parse(text)
            if section not in document:
                document[section] = tomlkit.table()
            document[section][name] = value
            new = tomlkit.dumps(document)
        after = tomllib.loads(new)
    except (TOMLKitError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(
            f"cannot be changed without harm: {error}; nothing was changed"
        ) from error
    if after != {**before, section: {**table, name: value}}:
        raise ConfigError("cannot be changed without harm; nothing was changed")
    return new


def _added(text: str, section: str, statement: str) -> str | None:
    """A statement right below the header of its table; None where it has no header.

    At the table's end it would come between the next table and the comment over that.
    """
    lines = text.splitlines(keepends=True)
    at = lines_of(text).get((section,), 0)
    if not at or not lines[at - 1].lstrip().startswith("["):
        return None
    head = lines[at - 1].rstrip("\r\n")
    end = lines[at - 1][len(head) :] or "\n"
    lines[at - 1 : at] = [head + end, statement + end]
    return "".join(lines)


def _refuse(
    path: str, new: str, section: str, name: str, *, themes: Sequence[str], columns: Sequence[str]
) -> None:
    """Raise where the new text would be wrong at this setting."""
    _, problems = parse_user_config(new, path, themes=themes, columns=columns)
    for each in problems:
        if each.field == f"[{section}] {name}":
            raise ConfigError(f"{section}.{name}: {each.words}; nothing was changed")
