"""File names as a person types them into a shell."""

from __future__ import annotations

import os
import shlex
import unicodedata


def shell_word(path: str) -> str:
    """A path as one word of a command that can be copied from the screen and typed as it stands.

    Args:
        path: Any path, also surrogate-escaped (bytes that are not UTF-8).

    Returns:
        Quoted as ``shlex.quote`` does; in the form ``$'\\x1b'`` (bash, zsh, ksh, POSIX 2024) where
        a character would not reach the screen as itself. A name that begins with a dash begins
        with ``./``, so that no command takes it for an option.

    Example:
        >>> shell_word("a b.pt")
        "'a b.pt'"
        >>> shell_word("caf\\udce9.pt")
        "$'caf\\\\xe9.pt'"
    """
    word = f"./{path}" if path.startswith("-") else path
    if all(map(_shows, word)):
        return shlex.quote(word)
    return "$'" + "".join(char if _plain(char) else _bytes(char) for char in word) + "'"


def _shows(char: str) -> bool:
    """True where the screen shows the character itself: no control, no mark on another one."""
    return char.isprintable() and not unicodedata.category(char).startswith("M")


def _plain(char: str) -> bool:
    return _shows(char) and char not in "\\'"


def _bytes(char: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in os.fsencode(char))
