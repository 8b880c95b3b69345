"""Settings and keys that hold, each with where it comes from: default, file, environment."""

from __future__ import annotations

import json
import locale
import os
from dataclasses import fields
from typing import TypeAlias

from ckptui.config_file import ConfigFile, read_text
from ckptui.errors import ConfigError
from ckptui.present.document_types import SettingDocument
from ckptui.tui.keymap import Keymap, keymap_of, keys_path, written
from ckptui.tui.keys import EVERY
from ckptui.user_config import Limits, Notify, Ui, UserConfig, user_config_path
from ckptui.validation.guest import SITE_FILE, site_limits

Setting: TypeAlias = "str | bool | int | tuple[str, ...]"


def shown(setting: SettingDocument) -> str:
    """A setting's value as it is written in the file."""
    return json.dumps(setting.value, ensure_ascii=False)


def setting_values(config: UserConfig) -> list[SettingDocument]:
    """The settings of config.toml, as the environment and the site leave them."""
    file = _file(user_config_path())
    sections: dict[str, Ui | Notify | Limits] = {
        "ui": config.ui, "notify": config.notify, "limits": config.limits,
    }  # fmt: skip
    values: list[SettingDocument] = []
    for section, holder in sections.items():
        for each in fields(holder):
            value: Setting = getattr(holder, each.name)
            usual: Setting = getattr(type(holder)(), each.name)
            source = _source(file, (section, each.name), value, usual=usual)
            made = SettingDocument(f"{section}.{each.name}", value, source)
            values.append(_overruled(made))
    for number, allow in enumerate(config.allow):
        line = file.given(("allow", number))
        values.append(SettingDocument(f"allow {allow.path}", allow.globals, f"config.toml:{line}"))
    return values


def _file(path: str) -> ConfigFile:
    try:
        return ConfigFile(path, read_text(path) or "")
    except ConfigError:
        return ConfigFile(path, "")


def _source(file: ConfigFile, place: tuple[str, str], value: Setting, *, usual: Setting) -> str:
    """A field that is there and wrong counts for nothing: its default holds."""
    written = file.top.table(place[0]).data.get(place[1])
    line = file.given(place)
    holds = value != usual or json.dumps(written) == json.dumps(value)
    return f"config.toml:{line}" if line and holds else "default"


def _overruled(value: SettingDocument) -> SettingDocument:
    """What the environment or the site says instead."""
    theme = os.environ.get("CKPTUI_THEME")
    if value.name == "ui.theme":
        if os.environ.get("NO_COLOR"):
            return SettingDocument(value.name, "ansi", "NO_COLOR: no colours at all")
        return SettingDocument(value.name, theme, "CKPTUI_THEME") if theme else value
    if value.name == "ui.ascii" and "utf" not in locale.getpreferredencoding(False).lower():
        return SettingDocument(value.name, True, "the locale is not UTF-8")
    if value.name.startswith("limits.") and isinstance(value.value, int):
        most: float = getattr(site_limits(), value.name.removeprefix("limits."))
        if most < value.value:
            return SettingDocument(value.name, int(most), SITE_FILE)
    return value


def key_values(config: UserConfig, keymap: Keymap) -> list[SettingDocument]:
    """The keys in force, by id."""
    file, usual = _file(keys_path()), keymap_of("default")
    chosen = f"the set {config.ui.keys}"
    values: list[SettingDocument] = []
    for key in EVERY:
        keys = keymap.keys[key.id]
        source = "default" if keys == usual.keys[key.id] else chosen
        if key.id in keymap.own:
            source = f"keys.toml:{file.given((key.id,))}"
        values.append(SettingDocument(f"keys.{key.id}", written(keys), source))
    return values
