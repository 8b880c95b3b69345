"""``ckptui config set``: one setting, written into config.toml; the rest of it stays as it is."""

from __future__ import annotations

import json
import os
from dataclasses import fields
from typing import Final

import click

from ckptui.cli.common import say
from ckptui.config_edit import Value, write_setting
from ckptui.config_file import meant
from ckptui.errors import ConfigError
from ckptui.terms import EXIT_OK
from ckptui.user_config import Limits, Notify, Ui

_SECTIONS: Final[dict[str, Ui | Notify | Limits]] = {
    "ui": Ui(),
    "notify": Notify(),
    "limits": Limits(),
}


@click.command("set")
@click.argument("name")
@click.argument("value")
def set_command(name: str, value: str) -> int:
    """Write one setting into config.toml, for example: ui.theme light.

    A list is given with commas. Comments and everything else in the file stay as they are; a file
    with a mistake in its TOML is left alone.
    """
    from ckptui.present.checkpoints import EVERY
    from ckptui.tui.themes import theme_names

    section, _, setting = name.partition(".")
    made = _value(name, value)
    columns = [column.id for column in EVERY]
    path = write_setting(section, setting, made, themes=theme_names(), columns=columns)
    say(f"{name} = {json.dumps(made, ensure_ascii=False)} is written to {path}{_but(name)}")
    return EXIT_OK


def _value(name: str, text: str) -> Value:
    """The value that a setting's kind makes of what was typed."""
    usual = {f"{section}.{each.name}": getattr(holder, each.name)
             for section, holder in _SECTIONS.items() for each in fields(holder)}  # fmt: skip
    if name not in usual:
        raise ConfigError(f"{name}: there is no such setting; {meant(name, list(usual))}")
    if isinstance(usual[name], bool):
        return {"true": True, "false": False}.get(text.lower(), text)
    if isinstance(usual[name], int):
        return int(text) if text.isdecimal() else text
    if isinstance(usual[name], tuple):
        return [each.strip() for each in text.split(",") if each.strip()]
    return text


def _but(name: str) -> str:
    """What goes before a setting, where something does."""
    found = next((each for each in ("NO_COLOR", "CKPTUI_THEME") if os.environ.get(each)), "")
    return f"; {found} in the environment goes before it" if found and name == "ui.theme" else ""
