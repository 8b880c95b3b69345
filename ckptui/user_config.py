"""``$XDG_CONFIG_HOME/ckptui/config.toml``: how one user wants ckptui to be, in every run.

.. code-block:: toml

    [ui]
    keys = "vim"

    [[allow]]
    path = "/scratch/me/**"
    globals = ["mine.config.Config"]
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Final

from ckptui.config_file import ConfigFile, Problem, Table, config_home, read_text
from ckptui.errors import ConfigError
from ckptui.globs import matches, matches_anywhere
from ckptui.light import dataclass
from ckptui.terms import SWEEP_DEPTH, SWEEP_ENTRIES

USER_CONFIG_NAME: Final = "config.toml"

KEY_SETS: Final = ("default", "vim", "plain")
"""Sets of keys that ``ui.keys`` chooses from."""
EVENTS: Final = ("bad", "run", "space", "late", "good")
"""What may be told: checkpoints turned bad, a resumed run ended, the next save does not fit, a save
is late, another checkpoint is the last good one."""
TOLD: Final = ("bad", "run", "space", "late")
"""Those that are told unless the user says otherwise."""


@dataclass(frozen=True, slots=True)
class Allow:
    """Checkpoints whose absolute path fits ``path`` may name these ``globals``."""

    path: str
    globals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ui:
    """How the terminal UI looks and listens.

    Attributes:
        theme: Name of a theme; ``auto`` chooses by the terminal.
        ascii: No signs beyond ASCII.
        mouse: False leaves the mouse to the terminal.
        keys: One of :data:`KEY_SETS`.
        columns: Ids of the columns of the checkpoints, in order; none for all of them.
    """

    theme: str = "auto"
    ascii: bool = False
    mouse: bool = True
    keys: str = "default"
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Notify:
    """What is told of :data:`EVENTS`, and how.

    Attributes:
        bell: Those that ring the terminal's bell.
        line: Those that are said in the line above the footer.
        command: Those that run the command of ``--on-event``.
    """

    bell: tuple[str, ...] = TOLD
    line: tuple[str, ...] = TOLD
    command: tuple[str, ...] = TOLD


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a run directory is looked at.

    Attributes:
        entries: Names before a sweep stops and says so.
        depth: Directories below the run directory.
    """

    entries: int = SWEEP_ENTRIES
    depth: int = SWEEP_DEPTH


@dataclass(frozen=True, slots=True)
class UserConfig:
    """What the user's own configuration says.

    Attributes:
        allow: Globals by path, ``module.name``.
        ui: The terminal UI.
        notify: What makes itself heard.
        limits: How far is looked.
    """

    allow: tuple[Allow, ...] = ()
    ui: Ui = Ui()
    notify: Notify = Notify()
    limits: Limits = Limits()

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
    return os.path.join(config_home(), USER_CONFIG_NAME)


def load_user_config(path: str | None = None) -> UserConfig:
    """Read the user's configuration for a verb that judges.

    Args:
        path: Where it stands, if not at :func:`user_config_path`.

    Returns:
        What it says; an empty :class:`UserConfig` where there is no such file.

    Raises:
        ConfigError: It cannot be read, or what it allows is wrong; the message names file, line and
            field. Mistakes elsewhere stop no verb: the terminal UI and ``config check`` tell them.

    Example:
        >>> load_user_config("/nowhere/config.toml").allow
        ()
    """
    config, problems = read_user_config(path)
    for problem in concerning_checkpoints(problems):
        raise ConfigError(str(problem))
    return config


def concerning_checkpoints(problems: Iterable[Problem]) -> list[Problem]:
    """Those that change what is said about checkpoints, not only how ckptui looks."""
    fields = ("allow", "[allow", "[limits", "limits")
    return [each for each in problems if not each.field or each.field.startswith(fields)]


def read_user_config(
    path: str | None = None, *, themes: Sequence[str] = (), columns: Sequence[str] = ()
) -> tuple[UserConfig, tuple[Problem, ...]]:
    """Read as much of the user's configuration as is right.

    Args:
        path: Where it stands, if not at :func:`user_config_path`.
        themes: The themes that there are; none leaves that unjudged.
        columns: Ids of the columns that there are; likewise.

    Returns:
        What it says, with defaults for all else, and everything that is wrong in it.

    Example:
        >>> read_user_config("/nowhere/config.toml")[1]
        ()
    """
    where = path or user_config_path()
    try:
        text = read_text(where)
    except ConfigError as error:
        return UserConfig(), (Problem(where, 0, "", str(error).removeprefix(f"{where}: ")),)
    return parse_user_config(text or "", where, themes=themes, columns=columns)


def parse_user_config(
    text: str, path: str, *, themes: Sequence[str] = (), columns: Sequence[str] = ()
) -> tuple[UserConfig, tuple[Problem, ...]]:
    """Read the text of a ``config.toml``; see :func:`read_user_config`."""
    file = ConfigFile(path, text)
    top = file.top
    top.check_names(("ui", "notify", "limits", "allow"))
    config = UserConfig(
        allow=tuple(each for each in map(_allow, top.tables("allow")) if each.path),
        ui=_ui(top.table("ui"), themes, columns),
        notify=_notify(top.table("notify")),
        limits=_limits(top.table("limits")),
    )
    return config, file.found


def _allow(table: Table) -> Allow:
    table.check_names(("path", "globals"))
    path = table.text("path")
    if not path:
        table.wrong("path", 'must be a pattern, for example path = "/scratch/me/**"')
    if "globals" not in table.data:
        table.wrong("globals", 'must be a list of text, for example globals = ["a.B"]')
    return Allow(path or "", table.texts("globals"))


def _ui(table: Table, themes: Sequence[str], columns: Sequence[str]) -> Ui:
    table.check_names(("theme", "ascii", "mouse", "keys", "columns"))
    return Ui(
        theme=table.choice("theme", themes, "auto") if themes else table.text("theme") or "auto",
        ascii=table.flag("ascii", False),
        mouse=table.flag("mouse", True),
        keys=table.choice("keys", KEY_SETS, "default"),
        columns=table.choices("columns", columns, ()) if columns else table.texts("columns"),
    )


def _notify(table: Table) -> Notify:
    ways = ("bell", "line", "command")
    table.check_names(ways)
    return Notify(*(table.choices(way, EVENTS, TOLD) for way in ways))


def _limits(table: Table) -> Limits:
    table.check_names(("entries", "depth"))
    return Limits(
        entries=table.number("entries", SWEEP_ENTRIES, least=1, most=10_000_000),
        depth=table.number("depth", SWEEP_DEPTH, least=1, most=100),
    )
