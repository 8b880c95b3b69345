"""Reading the JSON states: one clear error for whatever is wrong with the bytes."""

from __future__ import annotations

import json
import os
from typing import Final

from ckptui.durable import StrPath
from ckptui.errors import CheckpointError

_LARGEST: Final = 256 * 1024 * 1024
"""Bytes; no state comes near it, and a file that does would fill the memory."""


def read_json_object(path: StrPath) -> dict[str, object] | None:
    """Read a JSON file that holds an object.

    Args:
        path: The state.

    Returns:
        The object, or None where the file does not exist.

    Raises:
        CheckpointError: ``corrupted`` where it is no JSON object, with the line where that is
            known; ``unreadable`` where it cannot be read.
    """
    name = os.fspath(path)
    try:
        data = _read(name)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise CheckpointError(name, "unreadable", error.strerror or str(error)) from error
    try:
        value: object = json.loads(data)
    except json.JSONDecodeError as error:
        at = f"line {error.lineno}, column {error.colno}"
        raise CheckpointError(name, "corrupted", f"not valid JSON: {error.msg} at {at}") from error
    except UnicodeDecodeError as error:
        raise CheckpointError(name, "corrupted", "not valid JSON: not UTF-8 text") from error
    except RecursionError as error:
        raise CheckpointError(name, "corrupted", "not valid JSON: nested too deeply") from error
    if not isinstance(value, dict):
        raise CheckpointError(name, "corrupted", f"holds a {type(value).__name__}, not an object")
    return value


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise CheckpointError(path, "unreadable", "larger than any state: more than 256 MB")
    return data


def text_or_none(value: object) -> str | None:
    """``value`` where it is text, else None."""
    return value if isinstance(value, str) else None


def texts(value: object) -> tuple[str, ...]:
    """Every text in a value: itself, or those in its lists and objects at any depth."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list | tuple):
        return ()
    return tuple(text for item in value for text in texts(item))
