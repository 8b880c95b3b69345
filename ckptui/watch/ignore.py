"""``.ckptuiignore``: what the owner of a run does not want looked at."""

from __future__ import annotations

from ckptui.globs import matches_anywhere

IGNORE_NAME = ".ckptuiignore"


class Ignore:
    """The patterns of a ``.ckptuiignore``: one a line, ``#`` comments, ``dir/`` for directories.

    A pattern without ``/`` fits the name in any folder; one with ``/`` the relative path.
    """

    def __init__(self, text: str = "") -> None:
        lines = [line.strip() for line in text.splitlines()]
        patterns = [line for line in lines if line and not line.startswith("#")]
        self._both = [p.removeprefix("/") for p in patterns if not p.endswith("/")]
        self._directories = [p.strip("/") for p in patterns if p.endswith("/")]

    def __bool__(self) -> bool:
        return bool(self._both or self._directories)

    def skips(self, path: str, *, directory: bool) -> bool:
        """True where ``path`` (relative to the run directory) is to be left alone."""
        patterns = self._both + self._directories if directory else self._both
        return any(matches_anywhere(path, pattern) for pattern in patterns)
