"""Taking, taking over and releasing a claim file, without a race and without a lock manager.

``RUN/.ckptui/claim.json`` appears whole or not at all (hard link of a finished file, which fails
where the name exists, also over NFS). Whoever wants to replace or remove it first creates
``claim.json.TOKEN.taking``, in the same exclusive way, for the token that stands in the file now,
and then looks again. Tokens are never used twice, so what was true when the guard was held stays
true until its holder acts: of any number of takers exactly one replaces a stale claim, and a
claim that was released and taken anew in between is left alone. A guard whose holder died is
itself such a file and is taken over in the same way.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Final

from ckptui.durable import atomic_write_bytes, fsync_dir, new_file, temporary_path

_TOKEN: Final = re.compile(r"[0-9a-f]{32}")
_NO_LINKS: Final = frozenset(
    {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
)
_ATTEMPTS: Final = 50
_DEPTH: Final = 4
_PAUSE: Final = 0.02


@dataclass(frozen=True, slots=True)
class ClaimInfo:
    """What a claim file says.

    Attributes:
        token: Names this claim, 32 hex digits; of a file that cannot be read, a digest of it.
        host, boot_id, pid_ns, machine: Where the holder works (see ``processes.Here``).
        pid, start_ticks: The holder: a supervisor, or a pipeline started by hand.
        user: Name of its user.
        job: Job id of the batch system, or "".
        what: What it does, in words.
        run: Id of the resumed run, or "".
        started_at: ISO 8601, UTC.
        damaged: True where the file holds something else than a claim.
    """

    token: str
    host: str = ""
    boot_id: str = ""
    pid_ns: str = ""
    machine: str = ""
    pid: int = 0
    start_ticks: int = 0
    user: str = ""
    job: str = ""
    what: str = ""
    run: str = ""
    started_at: str = ""
    damaged: bool = False

    def to_bytes(self) -> bytes:
        """The claim as it stands on disk, one line of ASCII JSON."""
        document = asdict(self)
        del document["damaged"]
        return json.dumps({"version": 1, **document}).encode() + b"\n"


def parse_claim(data: bytes) -> ClaimInfo:
    """Read the bytes of a claim file; anything else gives a claim marked ``damaged``."""
    damaged = ClaimInfo(token=hashlib.sha256(data).hexdigest()[:32], damaged=True)
    try:
        document: object = json.loads(data)
    except (ValueError, RecursionError):
        return damaged
    if not isinstance(document, dict) or not _TOKEN.fullmatch(_text(document, "token")):
        return damaged
    return ClaimInfo(
        token=_text(document, "token"),
        host=_text(document, "host"),
        boot_id=_text(document, "boot_id"),
        pid_ns=_text(document, "pid_ns"),
        machine=_text(document, "machine"),
        pid=_number(document, "pid"),
        start_ticks=_number(document, "start_ticks"),
        user=_text(document, "user"),
        job=_text(document, "job"),
        what=_text(document, "what"),
        run=_text(document, "run"),
        started_at=_text(document, "started_at"),
    )


def _text(document: Mapping[str, object], name: str) -> str:
    value = document.get(name)
    return value if isinstance(value, str) else ""


def _number(document: Mapping[str, object], name: str) -> int:
    value = document.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def read_file(path: str) -> ClaimInfo | None:
    """The claim that stands at ``path``; None where there is none.

    Raises:
        OSError: It cannot be read.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        return parse_claim(os.read(fd, 65536))
    finally:
        os.close(fd)


def acquire(
    path: str,
    mine: ClaimInfo,
    may_take: Callable[[ClaimInfo], bool],
    guard_may_go: Callable[[ClaimInfo], bool],
    depth: int = 0,
) -> ClaimInfo | None:
    """Put ``mine`` at ``path``.

    Args:
        path: The claim file; its directory exists.
        mine: The new claim, with a fresh token.
        may_take: Says of a claim that stands there whether it may be taken over.
        guard_may_go: Says of a guard's holder whether it is certain not to act any more.
        depth: 0 for a claim, more for a guard of a guard.

    Returns:
        None on success, else the claim that stands, or the one that is about to.

    Raises:
        OSError: The directory cannot be written.
    """
    holder: ClaimInfo | None = None
    for _ in range(_ATTEMPTS):
        if _create(path, mine.to_bytes()):
            return None
        holder = read_file(path)
        if holder is None:
            continue  # released in this moment: try again
        if depth > _DEPTH or not may_take(holder):
            return holder
        guard = guard_path(path, holder.token)
        other = acquire(guard, mine, guard_may_go, guard_may_go, depth + 1)
        if other is not None:
            if depth:
                return other
            # It is being decided this very moment; who holds the guard need not be who wins.
            holder = other
            time.sleep(_PAUSE)
            continue
        try:
            now = read_file(path)
            if now is not None and now.token == holder.token:
                atomic_write_bytes(path, mine.to_bytes())
                return None
        finally:
            _unlink(guard)
    return holder or ClaimInfo(token="", damaged=True)


def release(path: str, mine: ClaimInfo) -> None:
    """Remove ``mine`` from ``path``; a claim that somebody else put there is left alone."""
    guard = guard_path(path, mine.token)
    try:
        if not _create(guard, mine.to_bytes()):
            return  # it is being taken over
    except OSError:
        # A full disk must not keep a claim for ever: without a guard, look once and remove.
        _remove_if_mine(path, mine.token)
        return
    try:
        _remove_if_mine(path, mine.token)
    finally:
        _unlink(guard)


def _remove_if_mine(path: str, token: str) -> None:
    with suppress(OSError):
        now = read_file(path)
        if now is not None and now.token == token:
            os.unlink(path)


def guard_path(path: str, token: str) -> str:
    """The file that must be held by whoever replaces or removes the claim ``token``."""
    return f"{path}.{token}.taking"


def _create(path: str, data: bytes) -> bool:
    """Create ``path`` with ``data`` in one step; False where it exists."""
    draft = temporary_path(path)
    try:
        with new_file(draft) as file:
            file.write(data)
        return _link(draft, path, data)
    finally:
        _unlink(draft)


def _link(draft: str, path: str, data: bytes) -> bool:
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return _create_plainly(path, data)
    fsync_dir(os.path.dirname(path))
    return True


def _create_plainly(path: str, data: bytes) -> bool:
    # Filesystems without hard links (FAT, some FUSE): exclusive, but for a moment empty. A reader
    # takes that for a damaged claim, which is never taken over unasked.
    try:
        with new_file(path) as file:
            file.write(data)
    except FileExistsError:
        return False
    return True


def _unlink(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)
