"""Other bytes under the same inode, size and times: what that proves, and what it does not.

Every ordinary write moves a file's ctime, and no system call sets a ctime back (utimensat(2)). So
bytes that differ under an unchanged ctime were not written by a program through the filesystem:
the disk, the controller or memory changed them. Three things look like it and are not:
filesystems whose ctime can be set, or is not kept; a program that still has the file mapped for
writing; a reading that went wrong just now, which a second reading tells.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Final

from ckptui.terms import GOOD, Category, Level, Result
from ckptui.validation.cache_rows import Witness
from ckptui.validation.finding import Finding, failed, warned
from ckptui.validation.judge import with_finding
from ckptui.validation.settling import filesystem_type
from ckptui.validation.verdict import Verdict

LOOSE_TIMES: Final = frozenset(
    {
        "9p", "afs", "cifs", "davfs", "exfat", "fuse", "fuseblk", "hugetlbfs", "msdos", "ncpfs",
        "ntfs", "ntfs3", "ramfs", "smb3", "smbfs", "tmpfs", "vfat",
    }
)  # fmt: skip
"""Filesystems where equal times do not prove that nobody wrote: their ctime is made up by a server
or a program, or (in memory) writes through a map move it once and never again."""

_NO_CAUSE: Final = "; cause not known"
_MOST_PROCESSES: Final = 5_000
_LONGEST_MAP: Final = 1 << 22


def judge_change(verdict: Verdict, witness: Witness, device: int, *, asked: int) -> Verdict:
    """The verdict on a file whose bytes are not those of before, read twice to be sure.

    Args:
        verdict: Of the check that read them.
        witness: What they were; of the same inode, size and times.
        device: ``st_dev`` of the file.
        asked: Highest level asked for.
    """
    finding = _finding(verdict, witness, device)
    judged = with_finding(verdict, Level.CHECKSUMS, finding, asked=asked)
    if verdict.category is Category.CORRUPTED and witness.whole and _times_tell(device):
        known = verdict.reason.removesuffix(_NO_CAUSE)
        since = f"silent corruption since {_day(witness.last)}, when it was last whole"
        return replace(judged, reason=f"{known}; {since}")
    return judged


def misread(verdict: Verdict, witness: Witness, first: str, *, asked: int) -> Verdict:
    """The verdict where two readings, one after the other, gave different bytes."""
    facts = verdict.facts
    said = (
        f"two readings, one after the other, gave different bytes ({first}, then {facts.content})"
    )
    blame = "the disk, its cable or the memory of this machine fails now and then"
    if facts.content != witness.content:
        finding = failed(Category.UNREADABLE, f"{said}: {blame}")
        return with_finding(verdict, Level.CHECKSUMS, finding, asked=asked)
    note = f"{said}; the second is what was read on {_day(witness.last)}: {blame}"
    return with_finding(verdict, Level.CHECKSUMS, _beside(verdict, note), asked=asked)


def proves(verdict: Verdict, witness: Witness, device: int) -> bool:
    """True where the witness stays: what was read first is the truth about these times."""
    return _times_tell(device) and not (_passed(verdict) and not witness.whole)


def _finding(verdict: Verdict, witness: Witness, device: int) -> Finding:
    since, detail = _day(witness.last), _both(verdict, witness)
    if (mapped := _mapped_by(verdict)) is not None:
        text = f"process {mapped} has it mapped for writing: its bytes change without its times"
        return Finding(Result.SKIPPED, text, Category.CHANGING, text, detail)
    if verdict.category is Category.CORRUPTED:
        return _as_it_was(verdict, detail)
    if _passed(verdict) and not witness.whole:
        text = f"whole; what was read on {since} was not: that reading went wrong, not the file"
        return warned(text, detail)
    if not _times_tell(device):
        text = (
            f"its bytes are not those of {since}, under the same size and times; "
            "on this filesystem an ordinary write can do that"
        )
        return _beside(verdict, text, detail)
    if _passed(verdict):
        text = (
            f"whole by its own checksums, but not the bytes that were read on {since}, although "
            "its size and times are the same"
        )
        return warned(text, detail)
    reason = (
        "its bytes changed although its size and times did not: "
        f"silent corruption since {since}, when it was last read"
    )
    return failed(Category.CORRUPTED, reason, f"{detail}\n{_WHY}")


_WHY: Final = (
    "Every write moves the ctime, and nobody can set it back: no program wrote this. "
    "The disk or memory changed it, or one of the two readings was wrong."
)


def _beside(verdict: Verdict, note: str, detail: str = "") -> Finding:
    """A remark that takes nothing back of what the level said."""
    said = verdict.checks.get(Level.CHECKSUMS)
    if said is None or said.result in (Result.PASS, Result.NONE_RECORDED, Result.WARN):
        return warned(note, detail)
    return _as_it_was(verdict, f"{note}\n{detail}".strip())


def _as_it_was(verdict: Verdict, detail: str) -> Finding:
    """What the level said, with more in its detail."""
    said = verdict.checks.get(Level.CHECKSUMS)
    result, note = (said.result, said.detail) if said is not None else (Result.FAIL, "")
    return Finding(result, note, detail=detail)


def _passed(verdict: Verdict) -> bool:
    """True where checksums of the file's own writer vouch for its records."""
    said = verdict.checks.get(Level.CHECKSUMS)
    return verdict.category in GOOD and said is not None and said.result is Result.PASS


def _both(verdict: Verdict, witness: Witness) -> str:
    then = f"{witness.content} from {_day(witness.first)}"
    if _day(witness.first) != _day(witness.last):
        then += f" to {_day(witness.last)}"
    return f"All its bytes: {then}; {verdict.facts.content} now, in two readings."


def _day(moment: str) -> str:
    """A time as a person reads it; the text itself where it is none."""
    try:
        return datetime.fromisoformat(moment).strftime("%Y-%m-%d %H:%M UTC")
    except ValueError:
        return moment


def _times_tell(device: int) -> bool:
    """True where every write through the filesystem moves the ctime."""
    kind = filesystem_type(device)
    return kind not in LOOSE_TIMES and not kind.startswith("fuse.")


def _mapped_by(verdict: Verdict) -> int | None:
    """A process of this user and machine that has the file mapped, shared and for writing."""
    signature = verdict.facts.signature
    inode = str(signature[1]) if signature is not None else ""
    for pid in islice(_processes(), _MOST_PROCESSES):
        for line in _map_of(pid):
            fields = line.split(None, 5)  # proc_pid_maps(5): range, rwxp, offset, device, inode
            if len(fields) >= 5 and fields[4] == inode and fields[1].startswith(("rw-s", "rwxs")):
                return pid
    return None


def _processes() -> Iterator[int]:
    try:
        with os.scandir("/proc") as entries:
            for entry in entries:
                if entry.name.isdigit():
                    yield int(entry.name)
    except OSError:
        return


def _map_of(pid: int) -> list[str]:
    try:
        with open(f"/proc/{pid}/maps", encoding="utf-8", errors="surrogateescape") as file:
            return file.read(_LONGEST_MAP).splitlines()
    except OSError:
        return []
