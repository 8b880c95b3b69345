"""The exceptions that ckptui raises across rooms."""

from __future__ import annotations

import os

from ckptui.terms import Category


class CkptuiError(Exception):
    """Base of ckptui's own errors: one sentence with the place and what to do about it."""


class CheckpointError(CkptuiError):
    """A checkpoint cannot be used.

    Attributes:
        path: The checkpoint, as given (surrogate-escaped where it is not UTF-8).
        category: A :class:`~ckptui.terms.Category` value, for example ``"incompatible"``.
        message: What is wrong and what to do, without path and category.

    Example:
        >>> str(CheckpointError("run/a.pt", "corrupted", "cut short"))
        'corrupted: run/a.pt: cut short'
    """

    def __init__(self, path: str | os.PathLike[str], category: str, message: str) -> None:
        self.path = os.fspath(path)
        self.category = Category(category)
        self.message = message
        # All three go to Exception.args, so that the error survives pickling between processes.
        super().__init__(self.path, self.category, message)

    def __str__(self) -> str:
        return f"{self.category}: {self.path}: {self.message}"


class ClaimError(CkptuiError):
    """Another run holds the claim on a run directory."""


class RepairError(CkptuiError):
    """A repair was refused or could not be finished; nothing is half-done."""


class ConfigError(CkptuiError):
    """A configuration file is wrong: path, line or field, and what it should be."""


class PipelineError(CkptuiError):
    """A pipeline cannot start or a required stage failed."""
