"""Temporary files that a killed run left beside outputs that are whole by now."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from ckptui.durable import parse_temporary, this_host
from ckptui.errors import CkptuiError
from ckptui.marker import has_done_marker
from ckptui.pipeline.talk import log
from ckptui.repair import apply, plan
from ckptui.terms import Action


def clean_leftovers(run_dir: str, outputs: Iterable[str]) -> None:
    """Move temporary files of dead writers of this host to the trash, for outputs that stand.

    The run holds the claim, and the output with its marker is what the temporary file was to
    become. It is the same repair as ``ckptui repair clean``, so that it can be taken back;
    anything less certain is left to that.
    """
    found = sorted(_leftovers(run_dir, outputs))
    if not found:
        return
    log.info("%s of killed runs: to the trash", _counted(found))
    try:
        apply(plan(Action.CLEAN, run_dir, found, settle=0.0))
    except CkptuiError as error:
        log.warning("left where they are: %s", error)


def _counted(paths: list[str]) -> str:
    """``1 left-over file`` or ``3 left-over files``."""
    return f"{len(paths)} left-over file" + ("s" if len(paths) > 1 else "")


def _leftovers(run_dir: str, outputs: Iterable[str]) -> Iterator[str]:
    by_folder: dict[str, set[str]] = {}
    for output in outputs:
        folder, name = os.path.split(output)
        by_folder.setdefault(folder, set()).add(name)
    for folder, names in by_folder.items():
        place = os.path.join(run_dir, folder)
        for entry in os.listdir(place) if os.path.isdir(place) else []:
            if _obsolete(place, entry, names):
                yield os.path.join(folder, entry)


def _obsolete(folder: str, entry: str, names: set[str]) -> bool:
    temporary = parse_temporary(entry)
    if temporary is None or temporary.cut or temporary.host != this_host():
        return False
    if temporary.final_hint not in names or os.path.exists(f"/proc/{temporary.pid}"):
        return False
    return has_done_marker(os.path.join(folder, temporary.final_hint))
