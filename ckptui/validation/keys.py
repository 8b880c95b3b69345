"""Level 4, keys: required keys, tensors against their storages, the version rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ckptui.formats.model import Header, Problem
from ckptui.terms import Category, Result
from ckptui.validation.container import TENSOR_CODES
from ckptui.validation.finding import Finding, failed, passed
from ckptui.validation.static_load import name_some
from ckptui.version import version_problem

STATUSES: Final = frozenset({"in_progress", "complete"})
"""A ``version`` is judged only where one of these stands beside it: other tools write one too."""


def check_keys(
    header: Header, problems: Sequence[Problem], required: Sequence[str] = ()
) -> Finding:
    """Judge keys, tensor table, version and status as the header shows them."""
    damage = [problem.text for problem in problems if problem.code in TENSOR_CODES]
    if damage:
        return failed(Category.CORRUPTED, f"{damage[0]}; cause not known", "\n".join(damage[1:]))
    missing = _missing(header, required)
    if missing:
        return missing
    version = declared_version_problem(header)
    if version:
        return failed(Category.INCOMPATIBLE, version)
    if header.top.get("status") == "in_progress":
        return Finding(
            Result.PASS,
            "its status says in_progress",
            Category.INCOMPLETE,
            "unfinished: its own status says in_progress, the save was never declared complete",
        )
    return passed()


def _missing(header: Header, required: Sequence[str]) -> Finding | None:
    if not required:
        return None
    if header.top_type not in {"dict", "OrderedDict"} and not header.keys:
        what = header.top_type or "value"
        return failed(
            Category.INCOMPATIBLE,
            f"required keys {name_some(required)} cannot be there: its content is a {what}",
        )
    absent = [key for key in required if key not in header.keys]
    if not absent:
        return None
    plural = "keys are" if len(absent) > 1 else "key is"
    return failed(
        Category.INCOMPATIBLE,
        f"required {plural} missing: {name_some(absent)}",
        f"its keys: {name_some(header.keys, 20)}",
    )


def declared_version_problem(header: Header) -> str:
    """What is wrong with a version that is ours to judge; empty where nothing is or it is not."""
    if header.top.get("status") not in STATUSES or "version" not in header.top:
        return ""
    return version_problem(header.top["version"]) or ""
