"""Which reader reads which format. A further format is one file and one line here."""

from __future__ import annotations

from importlib import import_module

from ckptui.formats.limits import Limits
from ckptui.formats.model import Header
from ckptui.formats.window import Window
from ckptui.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final, TypeAlias

# (file, bounds, True to read also what only a complete check of the structure needs)
HeaderReader: TypeAlias = "Callable[[Window, Limits, bool], Header]"

READERS: Final[dict[str, str]] = {
    "torch-zip": "torch_archive",
    "npz": "torch_archive",
    "zip": "torch_archive",
    "torch-legacy": "torch_legacy",
    "safetensors": "safetensors",
    "pickle": "plain_pickle",
    "torch-tar": "torch_tar",
    "sharded-index": "sharded_index",
    "gguf": "gguf",
    "hdf5": "hdf5",
}
"""Format as recognised by the first bytes → module of this package with ``read_header_of``.

Modules are imported on first use: looking at a thousand zips loads no reader of anything else.
"""

_loaded: dict[str, HeaderReader] = {}


def reader_of(format_name: str) -> HeaderReader | None:
    """The reader of a format, or None where only its name is known."""
    module = READERS.get(format_name)
    if module is None:
        return None
    reader = _loaded.get(module)
    if reader is None:
        found: HeaderReader = import_module(f"ckptui.formats.{module}").read_header_of
        reader = _loaded[module] = found
    return reader
