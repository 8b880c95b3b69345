"""``--no-cache``: what is known already does not count, and nothing is remembered."""

from __future__ import annotations

import os

import click

from ckptui.validation.cache_place import VARIABLE


def _switch_off(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        os.environ[VARIABLE] = "off"


def no_cache_option() -> click.Option:
    """The option, the same for every verb that checks."""
    return click.Option(
        ["--no-cache"],
        is_flag=True,
        expose_value=False,
        callback=_switch_off,
        help="Check known files again, and remember nothing (as CKPTUI_CACHE=off).",
    )
