"""The user's files as a whole: configuration and keys, and everything that is wrong in them."""

from __future__ import annotations

from dataclasses import dataclass

from ckptui.config_file import Problem
from ckptui.present.checkpoints import EVERY
from ckptui.tui.keymap import Keymap, read_keymap
from ckptui.tui.themes import theme_names
from ckptui.user_config import UserConfig, read_user_config


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
    """Read both files; a home that hangs keeps this waiting, so it is for before the app starts."""
    columns = [column.id for column in EVERY]
    config, problems = read_user_config(themes=theme_names(), columns=columns)
    keymap, more = read_keymap(config.ui.keys)
    return Settings(config, keymap, (*problems, *more))
