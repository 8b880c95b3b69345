"""``$XDG_CONFIG_HOME/ckptui/config.toml``: what one user allows, by path, in every run.

.. code-block:: toml

    [[allow]]
    path = "/scratch/me/**"
    globals = ["mine.config.Config"]
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Final

from ckptui.errors import ConfigError
from ckptui.globs import matches, matches_anywhere
from ckptui.light import dataclass

USER_CONFIG_NAME: Final = "config.toml"
_LARGEST: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Allow:
    """Checkpoints whose absolute path fits ``path`` may name these ``globals``."""

    path: str
    globals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UserConfig:
    """What the user's own configuration says.

    Attributes:
        allow: Globals by path, ``module.name``.
    """

    allow: tuple[Allow, ...] = ()

    def allowed_for(self, path: str, more: Iterable[str] = ()) -> tuple[str, ...]:
        """Globals that a checkpoint may name.

        Args:
            path: The checkpoint, absolute.
            more: Those that its run's ckptui.toml allows; they come first.

        Example:
            >>> config = UserConfig((Allow("/scratch/**", ("mine.Config",)),))
            >>> config.allowed_for("/scratch/run/a.pt", ["x.Y"]), config.allowed_for("/b.pt")
            (('x.Y', 'mine.Config'), ())
        """
        names = dict.fromkeys(more)
        for each in self.allow:
            if _fits(path, each.path):
                names.update(dict.fromkeys(each.globals))
        return tuple(names)


def _fits(path: str, pattern: str) -> bool:
    """``~`` is the home; a pattern without ``/`` fits the name in any folder."""
    whole = os.path.expanduser(pattern)
    return matches(path, whole) if "/" in whole else matches_anywhere(path.lstrip("/"), whole)


def user_config_path() -> str:
    """Where the user's configuration stands."""
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return os.path.join(home, "ckptui", USER_CONFIG_NAME)


def load_user_config(path: str | None = None) -> UserConfig:
    """Read the user's configuration.

    Args:
        path: Where it stands, if not at :func:`user_config_path`.

    Returns:
        What it says; an empty :class:`UserConfig` where there is no such file.

    Raises:
        ConfigError: It cannot be read, or is wrong; the message names the file and the field.

    Example:
        >>> load_user_config("/nowhere/config.toml").allow
        ()
    """
    where = path or user_config_path()
    try:
        with open(where, "rb") as file:
            text = file.read(_LARGEST).decode("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return UserConfig()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ConfigError(f"{where}: cannot be read: {reason}") from error
    import tomllib  # few users have one

    try:
        data: dict[str, object] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{where}: not valid TOML: {error}; correct that line") from error
    entries = data.get("allow", [])
    if not isinstance(entries, list):
        raise ConfigError(f"{where}: allow: must be written as [[allow]]")
    # Other tables are other versions' matter: only what is asked for here is judged.
    return UserConfig(tuple(_allow(where, n, entry) for n, entry in enumerate(entries, 1)))


def _allow(where: str, number: int, entry: object) -> Allow:
    place = f"{where}: [[allow]] {number}"
    if not isinstance(entry, dict):
        raise ConfigError(f"{place}: must be a table with path and globals")
    unknown = sorted(set(entry) - {"path", "globals"})
    if unknown:
        raise ConfigError(f"{place}: {unknown[0]}: unknown; it takes path and globals")
    path, names = entry.get("path"), entry.get("globals")
    if not isinstance(path, str) or not path:
        raise ConfigError(f'{place}: path: must be a pattern, for example path = "/scratch/me/**"')
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ConfigError(f'{place}: globals: must be a list of text, for example ["a.B"]')
    return Allow(path, tuple(names))
