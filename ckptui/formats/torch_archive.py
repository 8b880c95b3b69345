"""A zip, read from its directory; where that is missing, from its front."""

from __future__ import annotations

from ckptui.formats.limits import Limits
from ckptui.formats.model import Header
from ckptui.formats.torch_zip import read_torch_zip
from ckptui.formats.window import Window


def read_header_of(window: Window, limits: Limits, full: bool) -> Header:
    """The header of any zip; ``full`` compares every local header with the directory.

    Raises:
        OSError: A read failed.
    """
    header = read_torch_zip(window, limits, full)
    if header is not None:
        return header
    from ckptui.formats.torch_front import read_from_front  # only broken files need it

    return read_from_front(window, limits)
