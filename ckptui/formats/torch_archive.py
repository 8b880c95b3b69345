"""A zip, read from its directory; where that is missing, from its front."""

from __future__ import annotations

from ckptui.formats.limits import Limits
from ckptui.formats.model import Header
from ckptui.formats.recognise import recognise
from ckptui.formats.torch_zip import read_torch_zip
from ckptui.formats.window import Window


def read_header_of(window: Window, limits: Limits, full: bool) -> Header:
    """The header of any zip; ``full`` compares every local header with the directory.

    Raises:
        OSError: A read failed.
    """
    header = read_torch_zip(window, limits, full)
    if header is None:
        header = _without_directory(window, limits)
    if header.format == "npz":
        from ckptui.formats.npz import with_arrays

        return with_arrays(window, header, limits)
    return header


def _without_directory(window: Window, limits: Limits) -> Header:
    """Only broken files need this."""
    if recognise(window.head, window.size) == "npz":
        from ckptui.formats.npz_front import records_from_front

        records, problem = records_from_front(window, limits)
        return Header("npz", window.size, records=tuple(records), problems=(problem,))
    from ckptui.formats.torch_front import read_from_front

    return read_from_front(window, limits)
