"""quarantine, clean, promote, restore: the repairs that move files."""

from __future__ import annotations

import os

from ckptui.durable import is_temporary, parse_temporary, this_host
from ckptui.errors import RepairError
from ckptui.marker import MARKER_SUFFIX, marker_path
from ckptui.repair.draft import Context, Decision, Draft
from ckptui.repair.guards import check_folder
from ckptui.repair.lock import process_start
from ckptui.repair.model import Step
from ckptui.repair.site import HOME, Site, subject
from ckptui.repair.trash import find_in_trash
from ckptui.terms import Category
from ckptui.validation.verdict import Verdict
from ckptui.watch.entries import temporary_of


def draft_quarantine(context: Context, path: str) -> Draft:
    """Move a checkpoint to the trash, its marker first: a marker never stands alone."""
    name = subject(path)
    marker = marker_path(name)
    if context.site.look(name) is None and context.site.look(marker) is not None:
        raise RepairError(f"{marker}: its checkpoint is gone; remove-marker takes the marker away")
    context.exists(name)
    context.at_rest(name)
    steps = [context.trash(name)]
    if context.site.look(marker) is not None:
        steps.insert(0, context.trash(marker))
    return Draft(tuple(steps), tuple(_pointers(context.site, name)), _last_good(context, name))


def _last_good(context: Context, name: str) -> str:
    if context.last_good != name:
        return ""
    return f"{name} is the last good checkpoint: without it the run has less to go on from."


def _pointers(site: Site, name: str) -> list[str]:
    """A warning for each link beside the file that points to it."""
    target = os.path.realpath(site.full(name))
    folder = os.path.dirname(name)
    try:
        with os.scandir(site.full(folder)) as found:
            links = [entry.name for entry in found if entry.is_symlink()]
    except OSError:
        return []
    return [
        f"{os.path.join(folder, link)} points to {name} and will point to nothing."
        for link in sorted(links)
        if link != os.path.basename(name)
        and os.path.realpath(site.full(os.path.join(folder, link))) == target
    ]


def draft_clean(context: Context, path: str) -> Draft:
    """Move a left-over temporary file of a dead writer to the trash."""
    context.exists(path)
    name = os.path.basename(path)
    if not is_temporary(name):
        raise RepairError(f"{path}: not a left-over temporary file; quarantine moves checkpoints")
    context.at_rest(path)
    ours = parse_temporary(name)
    if ours is not None and ours.host == this_host() and process_start(ours.pid):
        raise RepairError(f"{path}: its writer, process {ours.pid}, is alive; left alone")
    warnings: tuple[str, ...] = ()
    if ours is not None and ours.host != this_host():
        warnings = (f"{path} was written on {ours.host}: whether its writer lives is not known.",)
    return Draft((context.trash(path),), warnings)


def draft_promote(context: Context, path: str) -> Draft:
    """Give a complete temporary file its final name; what stands there goes to the trash."""
    context.exists(path)
    context.at_rest(path)
    final = _final_name(context, path)
    marker = marker_path(final)
    size = context.site.bytes(path)
    steps = [Step("check", path, None, size, "to level 5; whole → go on, else nothing")]
    marked = context.site.look(marker) is not None
    if marked:
        steps.append(context.trash(marker))
    if context.site.look(final) is not None:
        context.at_rest(final)
        steps.append(context.trash(final, "the old one"))
    steps.append(Step("move", path, final, size))
    if marked or _folder_uses_markers(context.site, final):
        steps.append(Step("create", marker, None, 0, "if it is whole"))
    return Draft(tuple(steps), (), _last_good(context, final))


def _final_name(context: Context, path: str) -> str:
    if context.output is not None:
        return context.site.inside(context.output)
    folder, name = os.path.split(path)
    ours = parse_temporary(name)
    final = "" if ours is not None and ours.cut else temporary_of(name)
    if not final:
        raise RepairError(f"{path}: its name does not tell the final one; say it with --output")
    return os.path.join(folder, final)


def _folder_uses_markers(site: Site, path: str) -> bool:
    folder = site.full(os.path.dirname(path))
    return any(name.endswith(MARKER_SUFFIX) for name in os.listdir(folder))


def decide_promote(site: Site, path: str, verdict: Verdict, undo_id: str) -> Decision:
    """Go on only for a valid checkpoint."""
    del site, undo_id
    if verdict.category is Category.VALID:
        return Decision(True, "whole, promoted")
    why = verdict.reason or "cause not known"
    return Decision(False, f"not promoted: {verdict.category}, {why}")


def draft_restore(context: Context, path: str) -> Draft:
    """Bring a file back from the trash, its marker last: a marker never stands alone.

    Args:
        context: The run directory.
        path: Where it stood, or where it lies in the trash.
    """
    items = find_in_trash(context.site, path)
    steps: list[Step] = []
    for item in items:
        context.site.inside(item.original)
        context.site.contained(item.path)
        if context.site.look(item.original) is not None:
            raise RepairError(
                f"{item.original}: something stands there again; quarantine that first, "
                f"or copy {item.path} by hand"
            )
        steps += _missing_folders(context.site, item.original, steps)
        steps.append(Step("move", item.path, item.original, item.size))
    # The first folder to be made, or else the file itself, must stand in a folder of ours.
    first = next((step.path for step in steps if step.do == "mkdir"), items[0].original)
    check_folder(context.site, first)
    return Draft(tuple(steps))


def _missing_folders(site: Site, path: str, planned: list[Step]) -> list[Step]:
    steps: list[Step] = []
    folder = os.path.dirname(path)
    while folder and site.look(folder) is None:
        if not any(step.path == folder for step in planned):
            steps.insert(0, Step("mkdir", folder))
        folder = os.path.dirname(folder)
    return steps


def is_ours(path: str) -> bool:
    """True for a path under ``.ckptui``."""
    return path.split("/")[0] == HOME
