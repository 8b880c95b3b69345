"""The user's files as a whole: configuration and keys, and everything that is wrong in them."""

from __future__ import annotations

from dataclasses import dataclass

from ckptui.config_file import Problem
from ckptui.present.checkpoints import EVERY
from ckptui.tui.keymap import Keymap, keymap_of, read_keymap
from ckptui.tui.patience import SECONDS, in_time
from ckptui.tui.themes import theme_names
from ckptui.user_config import UserConfig, read_user_config, user_config_path


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user has set.

    Attributes:
        config: The configuration, with defaults for what is wrong or not there.
        keymap: The keys in force.
        problems: What is wrong in either file.
    """

    config: UserConfig
    keymap: Keymap
    problems: tuple[Problem, ...]


def read_settings() -> Settings:
    """Read both files, before the app starts; a home that hangs is waited for a moment only."""
    found = in_time(_read)
    if found is not None:
        return found
    config, path = UserConfig(), user_config_path()
    words = f"does not answer within {SECONDS:g} s; this is without your settings"
    return Settings(config, keymap_of(config.ui.keys), (Problem(path, 0, "", words),))


def _read() -> Settings:
    columns = [column.id for column in EVERY]
    config, problems = read_user_config(themes=theme_names(), columns=columns)
    keymap, more = read_keymap(config.ui.keys)
    return Settings(config, keymap, (*problems, *more))
