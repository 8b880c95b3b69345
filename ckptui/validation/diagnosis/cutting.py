"""Files that end too early: what is known of who stopped writing, and of what is left."""

from __future__ import annotations

import os
from typing import Final

from ckptui.terms import Category
from ckptui.validation.diagnosis.evidence import Evidence
from ckptui.validation.diagnosis.model import Cause
from ckptui.validation.diagnosis.zeros import whole_before

_CONTROL_FILES: Final = (
    (".aria2", "aria2", "start aria2c with the same address again, it goes on"),
    (".crdownload", "Chrome", "download it again"),
    (".part", "a browser or yt-dlp", "download it again"),
    (".incomplete", "the Hugging Face client", "run the same download again, it goes on"),
    (".st", "axel", "start axel with the same address again, it goes on"),
    (".wget.tmp", "wget", "wget -c goes on"),
)
_CUTS: Final = frozenset({"cut-short", "zeroed", "never-written"})
_BLOCK: Final = 4096
_LITTLE_SPACE: Final = 16 << 20
_AGAIN: Final = (
    "copy it again from where it came from; if it was saved here, go back to an earlier "
    "checkpoint (ckptui latest)"
)


def find(evidence: Evidence) -> Cause | None:
    """What is known of a file that is not all there."""
    if evidence.finding.category is not Category.CORRUPTED:
        return None
    if not evidence.codes() & _CUTS and evidence.header.format not in {"zeros", "empty"}:
        return None
    beside = _beside(evidence)
    if beside is not None:
        return beside
    if evidence.size == 0:
        return Cause("", evidence.finding.reason, (), _AGAIN)
    if "cut-short" not in evidence.codes():
        return None
    lines = (*whole_before(evidence, evidence.size), *_full_disk(evidence))
    return Cause("", evidence.finding.reason, lines, _AGAIN)


def _beside(evidence: Evidence) -> Cause | None:
    """A download's own control file beside it says that it goes on, or was given up."""
    evidence.source.keep_operations(len(_CONTROL_FILES))
    for suffix, who, advice in _CONTROL_FILES:
        if os.path.lexists(evidence.source.path + suffix):
            name = evidence.name + suffix
            reason = f"a download that is not finished: {who} keeps {name} beside it until it is"
            lines = (evidence.finding.reason.removesuffix("; cause not known"),)
            return Cause("download", reason, lines, advice, Category.INCOMPLETE)
    return None


def _full_disk(evidence: Evidence) -> tuple[str, ...]:
    """Only a hint: the bytes that a writer leaves on a full disk are those of any other cut."""
    if not evidence.size or evidence.size % _BLOCK:
        return ()
    try:
        space = os.fstatvfs(evidence.source.fd)
    except OSError:
        return ()
    free = space.f_bavail * space.f_frsize
    if free > _LITTLE_SPACE:
        return ()
    line = (
        f"it ends at the border of a block, and {free:,} bytes are free on its disk: that fits "
        "a disk that was full while it was saved"
    )
    return (line,)
