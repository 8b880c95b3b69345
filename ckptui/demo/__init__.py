"""The damaged run that ``ckptui demo`` makes, with the real pipeline and honest breaks."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ckptui.demo.make import is_demo, make_demo, read_report
    from ckptui.demo.report import Break, DemoError, DemoReport

__all__ = ["Break", "DemoError", "DemoReport", "is_demo", "make_demo", "read_report"]

_HOME = {
    "Break": "report",
    "DemoError": "report",
    "DemoReport": "report",
    "is_demo": "make",
    "make_demo": "make",
    "read_report": "make",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value
