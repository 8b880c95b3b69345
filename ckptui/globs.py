"""File patterns, the same everywhere: ``*`` stays within a folder, ``**/`` crosses folders.

pathlib's own matching changed between Python 3.11 and 3.13; a hash over the matches must not.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_TOKEN: Final = re.compile(r"\*\*/|\*\*|\*|\?|\[[!^]?\]?[^\]]*\]|.", re.DOTALL)


def matches(path: str, pattern: str) -> bool:
    """True where the whole of ``path`` fits ``pattern``.

    Args:
        path: Relative, ``/``-separated.
        pattern: ``*`` and ``?`` match within a name, ``[abc]`` one character, ``**/`` any number
            of folders, a ``**`` at the end everything below.

    Example:
        >>> matches("a/b/c.pt", "**/*.pt"), matches("a/c.pt", "*.pt")
        (True, False)
    """
    return _compiled(pattern).fullmatch(path) is not None


def matches_anywhere(path: str, pattern: str) -> bool:
    """Like :func:`matches`; a pattern without ``/`` fits the name in any folder.

    Example:
        >>> matches_anywhere("a/c.pt", "*.pt")
        True
    """
    return matches(path, pattern if "/" in pattern else f"**/{pattern}")


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = [_translate(token) for token in _TOKEN.findall(pattern.removeprefix("./"))]
    return re.compile("".join(parts), re.DOTALL)


def _translate(token: str) -> str:
    simple = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    if token in simple:
        return simple[token]
    if len(token) < 3 or not token.startswith("["):
        return re.escape(token)
    negated = token[1] in "!^"
    body = token[2:-1] if negated else token[1:-1]
    body = re.sub(r"([\\\[\]^&|~])", r"\\\1", body)
    try:
        re.compile(f"[{body}]")
    except re.error:  # a range the wrong way round, such as [z-a]: matches itself alone
        return re.escape(token)
    return f"(?!/)[{'^' if negated else ''}{body}]"
