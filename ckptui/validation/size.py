"""Level 1, size: a regular file of more than no bytes."""

from __future__ import annotations

from ckptui.terms import Category
from ckptui.validation.finding import Finding, failed, passed


def check_size(size: int) -> Finding:
    """Judge the file's size in bytes."""
    if size == 0:
        return failed(Category.CORRUPTED, "empty: it has 0 bytes; cause not known")
    return passed()
