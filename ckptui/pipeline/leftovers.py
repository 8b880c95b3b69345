"""Temporary files that a killed run left beside outputs that are whole by now."""

from __future__ import annotations

import os
from collections.abc import Iterable

from ckptui.durable import parse_temporary, this_host
from ckptui.marker import has_done_marker
from ckptui.pipeline.talk import log


def clean_leftovers(run_dir: str, outputs: Iterable[str]) -> None:
    """Remove the temporary files of dead writers of this host, for outputs that stand.

    The run holds the claim, and the output with its marker is what the temporary file was to
    become. Anything less certain is left to ``ckptui repair clean``, which keeps it in the trash.
    """
    by_folder: dict[str, set[str]] = {}
    for output in outputs:
        folder, name = os.path.split(os.path.join(run_dir, output))
        by_folder.setdefault(folder, set()).add(name)
    for folder, names in by_folder.items():
        for entry in os.listdir(folder) if os.path.isdir(folder) else []:
            if _obsolete(folder, entry, names):
                log.info("removing %s, left by a killed run", entry)
                os.unlink(os.path.join(folder, entry))


def _obsolete(folder: str, entry: str, names: set[str]) -> bool:
    temporary = parse_temporary(entry)
    if temporary is None or temporary.cut or temporary.host != this_host():
        return False
    if temporary.final_hint not in names or os.path.exists(f"/proc/{temporary.pid}"):
        return False
    return has_done_marker(os.path.join(folder, temporary.final_hint))
