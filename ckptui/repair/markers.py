"""add-marker, renew-marker, remove-marker: a marker vouches for bytes, so bytes are read first."""

from __future__ import annotations

from typing import Final

from ckptui.errors import RepairError
from ckptui.marker import marker_path
from ckptui.repair.draft import Context, Decision, Draft
from ckptui.repair.guards import check_folder
from ckptui.repair.model import Step
from ckptui.repair.operations import Operation
from ckptui.repair.site import Site, subject
from ckptui.repair.transaction import to_trash
from ckptui.terms import Category
from ckptui.validation.verdict import Verdict

DAMAGED: Final = frozenset({Category.CORRUPTED, Category.INCOMPLETE, Category.FOREIGN})
"""Categories beside which no marker may stand."""


def draft_add(context: Context, path: str) -> Draft:
    """Check to level 5, then create the marker."""
    name = subject(path)
    _judgeable(context, name)
    marker = marker_path(name)
    if context.site.look(marker) is not None:
        raise RepairError(f"{name}: has its marker already; renew-marker gives it a new time")
    size = context.site.bytes(name)
    return Draft(
        (
            Step("check", name, None, size, "to level 5; whole → add its marker, else nothing"),
            Step("create", marker, None, 0, "if it is whole"),
        )
    )


def decide_add(site: Site, path: str, verdict: Verdict, undo_id: str) -> Decision:
    """Go on only for a valid checkpoint."""
    del site, undo_id
    if verdict.category is Category.VALID:
        return Decision(True, "whole, marker added")
    return Decision(False, f"no marker added: {verdict.category}, {_why(verdict)}")


def draft_renew(context: Context, path: str) -> Draft:
    """Check to level 5; what follows depends on the verdict."""
    name = subject(path)
    marker = marker_path(name)
    if context.site.look(marker) is None:
        raise RepairError(f"{name}: has no marker to renew; add-marker adds one")
    if context.site.look(name) is None:
        raise RepairError(f"{marker}: its checkpoint is gone; remove-marker takes it away")
    _judgeable(context, name)
    note = "to level 5; whole → renew its marker, damaged → move the marker to the trash"
    return Draft((Step("check", name, None, context.site.bytes(name), note),))


def decide_renew(site: Site, path: str, verdict: Verdict, undo_id: str) -> Decision:
    """Valid: the old marker to the trash and a new one; damaged: the old marker to the trash."""
    marker = marker_path(path)
    old = to_trash(site, marker, undo_id)
    if verdict.category is Category.VALID:
        return Decision(True, "whole, marker renewed", (old, Operation("create", marker)))
    if verdict.category in DAMAGED:
        return Decision(True, f"marker removed: {verdict.category}, {_why(verdict)}", (old,))
    return Decision(False, f"marker left as it is: {verdict.category}, {_why(verdict)}")


def draft_remove(context: Context, path: str) -> Draft:
    """Move the marker to the trash; also one whose checkpoint is gone."""
    marker = marker_path(subject(path))
    if context.site.look(marker) is None:
        raise RepairError(f"{subject(path)}: has no marker; there is nothing to remove")
    check_folder(context.site, marker)  # an empty file is never half-written: no need to wait
    return Draft((context.trash(marker),))


def _judgeable(context: Context, name: str) -> None:
    context.exists(name)
    context.at_rest(name)


def _why(verdict: Verdict) -> str:
    return verdict.reason or "cause not known"
