"""The claim on a run directory: whoever works on it, and that nobody else does.

Two things together: a lock of this host that lives as long as the last process of the run, and a
claim file that other hosts can read. A claim whose holder is gone for certain is taken over; one
of another host never without being told to.
"""

from __future__ import annotations

import os
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Self

from ckptui.errors import ClaimError
from ckptui.launch import claim_file
from ckptui.launch.claim_file import ClaimInfo
from ckptui.launch.lock import LockHeldError, hold
from ckptui.launch.places import claim_path, make_dirs, own_dir, runs_dir
from ckptui.launch.processes import CLAIM_VARIABLE, here, start_ticks, user_name
from ckptui.launch.standing import Standing, holder_sentence, refusal, standing

__all__ = ["Claim", "ClaimInfo", "holder_sentence", "read_claim", "take_claim"]

_JOB_VARIABLES: Final = ("SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "JOB_ID")
_GUARD_PATIENCE: Final = 300.0
_NAME_PATIENCE: Final = 1.0


@dataclass(slots=True)
class Claim:
    """A claim that this process holds, or works under. A context manager that releases it.

    Attributes:
        root: The run directory.
        info: What the claim file says.
        adopted: True where the supervisor holds it for this process: releasing is then its matter.
        lock: The open lock, or None.
    """

    root: str
    info: ClaimInfo
    adopted: bool = False
    lock: int | None = field(default=None, repr=False)

    def release(self) -> None:
        """Give the claim back; a second call, or an adopted claim, changes nothing."""
        if self.adopted or self.lock == -1:
            return
        claim_file.release(claim_path(self.root), self.info)
        self.let_go()

    def let_go(self) -> None:
        """Close this process's hold on the lock and leave the claim to who inherited it."""
        if self.lock is not None and self.lock >= 0:
            os.close(self.lock)
        self.lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def take_claim(root: str, *, what: str, token: str | None = None, force: bool = False) -> Claim:
    """Take the claim on a run directory, or adopt the one under which this process was started.

    Args:
        root: The run directory; it must exist.
        what: What the holder does, in words (``sequences pipeline``).
        token: Claim to adopt where it is the one that stands; by default ``$CKPTUI_CLAIM``.
        force: Take over a claim of another host, or a damaged one. A holder that is seen to work
            on this host is never overridden.

    Raises:
        ClaimError: Somebody else holds it (the sentence says who, where, since when and what to
            do), or the directory cannot be written.

    Example:
        >>> import tempfile
        >>> with take_claim(tempfile.mkdtemp(), what="a test") as claim:
        ...     claim.adopted
        False
    """
    wanted = os.environ.get(CLAIM_VARIABLE, "") if token is None else token
    standing_claim = _read(root)
    if standing_claim and wanted and standing_claim.token == wanted:
        return Claim(root, standing_claim, adopted=True)
    lock = take_lock(root, what)
    try:
        return Claim(root, write_claim(root, what=what, force=force), lock=lock)
    except BaseException:
        if lock is not None:
            os.close(lock)
        raise


def read_claim(root: str) -> ClaimInfo | None:
    """The claim that stands on a run directory, or None. A damaged file gives a ``damaged`` claim.

    Raises:
        ClaimError: The claim file is there and cannot be read.
    """
    return _read(root)


def _read(root: str) -> ClaimInfo | None:
    try:
        return claim_file.read_file(claim_path(root))
    except NotADirectoryError:
        return None
    except OSError as error:
        raise ClaimError(
            f"{claim_path(root)}: cannot be read ({error.strerror}), so nobody knows whether "
            f"another run works in {root}; make it readable for you, or ask its owner"
        ) from error


def take_lock(root: str, what: str) -> int | None:
    """Take this host's lock; see :func:`ckptui.launch.lock.hold`.

    Raises:
        ClaimError: Another process of this host holds it, or the run directory is not there.
    """
    deadline = time.monotonic() + _NAME_PATIENCE
    while True:
        try:
            return hold(root, what)
        except LockHeldError as error:
            # Whoever took the lock a moment ago is about to write its claim, and whoever has just
            # written its exit status is about to let go: both are over in milliseconds.
            known = _known_holder(root)
            if known or time.monotonic() > deadline:
                raise ClaimError(known or _nameless(root, error)) from None
        except OSError as error:
            raise ClaimError(
                f"{root}: {error.strerror}; give a run directory that exists"
            ) from error
        time.sleep(0.02)


def _known_holder(root: str) -> str:
    """The refusal where the claim file names a holder that works and has not ended; else ""."""
    info = _read(root)
    state = standing(root, info) if info else None
    if info is None or state not in (Standing.ALIVE, Standing.ORPHANED):
        return ""
    exit_file = os.path.join(runs_dir(root), info.run, "exit.json")
    return "" if info.run and os.path.exists(exit_file) else refusal(root, info, state)


def _nameless(root: str, error: LockHeldError) -> str:
    what = f" ({error.holder.what})" if error.holder.what else ""
    return (
        f"{root}: already worked on by a run that pid {error.holder.pid} started on "
        f"{here().host}{what}. Wait for it, or end it with: ckptui cancel {root}"
    )


def write_claim(
    root: str, *, what: str, force: bool = False, pid: int | None = None, run: str = ""
) -> ClaimInfo:
    """Put a new claim on a run directory; the caller holds the lock.

    Args:
        root: The run directory.
        what: What the holder does, in words.
        force: See :func:`take_claim`.
        pid: The holder; this process by default, or the supervisor that it has started.
        run: Id of the resumed run.

    Raises:
        ClaimError: Another claim stands, or the directory cannot be written.
    """
    mine = _new_info(what, os.getpid() if pid is None else pid, run)

    def may_take(info: ClaimInfo) -> bool:
        state = standing(root, info)
        return state is Standing.DEAD or (force and state in (Standing.ELSEWHERE, Standing.UNKNOWN))

    def guard_may_go(info: ClaimInfo) -> bool:
        # A guard is held for milliseconds. One of another host that is minutes old is a leftover,
        # but only who was told to take over may conclude that.
        return standing(root, info) is Standing.DEAD or (
            force and may_take(info) and _age(info.started_at) > _GUARD_PATIENCE
        )

    try:
        make_dirs(root, own_dir(root))
        holder = claim_file.acquire(claim_path(root), mine, may_take, guard_may_go)
    except OSError as error:
        raise ClaimError(
            f"{root}: cannot be claimed: {own_dir(root)} cannot be written ({error.strerror}); "
            "resume it as its owner, or in a copy that you may write"
        ) from error
    if holder is not None:
        raise ClaimError(refusal(root, holder, standing(root, holder)))
    return mine


def _new_info(what: str, pid: int, run: str) -> ClaimInfo:
    this = here()
    return ClaimInfo(
        token=secrets.token_hex(16),
        host=this.host,
        boot_id=this.boot_id,
        pid_ns=this.pid_ns,
        machine=this.machine,
        pid=pid,
        start_ticks=start_ticks(pid),
        user=user_name(),
        job=next((os.environ[name] for name in _JOB_VARIABLES if os.environ.get(name)), ""),
        what=what,
        run=run,
        started_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _age(stamp: str) -> float:
    try:
        return (datetime.now(UTC) - datetime.fromisoformat(stamp)).total_seconds()
    except (ValueError, TypeError):
        return 0.0
