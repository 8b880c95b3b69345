"""Carrying operations out through the journal: all of them, or none.

Every state between two lines here may be the last one before a crash; ``recover`` ends what it
finds, and tests/repair kills a real process at each of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime

from ckptui.durable import fsync_dir
from ckptui.errors import RepairError
from ckptui.repair import journal
from ckptui.repair.guards import sentence
from ckptui.repair.journal import Record
from ckptui.repair.lock import turn
from ckptui.repair.model import Recovery
from ckptui.repair.operations import Operation, happened, perform, reverse
from ckptui.repair.site import HOME, QUARANTINED, TRASH, Site, trash_path


def stamp() -> str:
    """A name for a repair made now: ``20261120-021455`` (UTC)."""
    return datetime.now(UTC).strftime("%Y%m%d-%H%M%S")


@contextmanager
def our_turn(site: Site) -> Iterator[None]:
    """Hold the run directory's repair lock; makes ``.ckptui`` where there is none.

    Raises:
        RepairError: Someone else holds it, or it cannot be made.
    """
    try:
        _make_home(site)
        with turn(site):
            yield
    except OSError as error:
        raise RepairError(sentence(error, site.full(HOME), site.root)) from error


def _make_home(site: Site) -> None:
    home = site.full(HOME)
    for own in (HOME, TRASH):
        if os.path.islink(site.full(own)):
            raise RepairError(f"{site.full(own)}: a link, where ckptui keeps its own; remove it")
    if os.path.isdir(home):
        return
    before = os.stat(site.root)
    with suppress(FileExistsError):
        os.mkdir(home)
    with suppress(OSError):
        os.chown(home, -1, before.st_gid)
    # Our own folder is no change of the run: its root keeps its time, as far as we may set it.
    _set_mtime(site, "", before.st_mtime_ns)
    fsync_dir(site.root)


def fresh_id(site: Site, wanted: str) -> str:
    """An undo id that nothing in the journal or the trash has yet."""
    taken = {record.id for record in journal.records(site)}
    number, name = 1, wanted
    while name in taken or os.path.lexists(site.full(f"{TRASH}/{name}")):
        number += 1
        name = f"{wanted}-{number}"
    return name


def carry_out(
    site: Site,
    action: str,
    operations: Sequence[Operation],
    *,
    undo_id: str,
    undoes: Record | None = None,
) -> None:
    """Journal and perform operations; on any failure take back those that were done.

    Args:
        site: The run directory; the lock is held.
        action: What the journal calls it.
        operations: In order.
        undo_id: From :func:`fresh_id`.
        undoes: The repair that this one takes back; its folders then get their times back too,
            where nothing else changed them.

    Raises:
        RepairError: It could not be done; all is as it was.
    """
    dirs = _times(site, operations)
    done: list[Operation] = []
    current = site.root
    try:
        journal.append(
            site,
            {
                "id": undo_id,
                "event": "begin",
                "at": journal.now(),
                "action": action,
                "by": journal.author(),
                "undoes": undoes.id if undoes else None,
                "operations": [each.to_json() for each in operations],
                "dirs": dirs,
            },
        )
        for number, each in enumerate(operations):
            current = each.path
            journal.append(site, {"id": undo_id, "event": "step", "n": number, "do": each.do,
                                  "path": each.path, "to": each.to})  # fmt: skip
            perform(site, each)
            done.append(each)
        if undoes is not None:
            _give_back_times(site, undoes, dirs)
        journal.append(site, _end(undo_id, "done", _times(site, operations)))
    except OSError as error:
        after = _times(site, operations)
        stuck = _take_back(site, done, undo_id, ours=True)
        if not stuck:
            _restore_times(site, dirs, after)
        with suppress(OSError):  # a full disk: without this line recovery finds nothing to do
            journal.append(site, _end(undo_id, "stuck" if stuck else "rolled back", {}))
        _sweep_trash(site, undo_id)
        raise RepairError(stuck or sentence(error, current, site.root)) from error
    _sweep_trash(site, undo_id)
    if undoes is not None:
        _sweep_trash(site, undoes.id)


def _end(undo_id: str, state: str, dirs: dict[str, int]) -> dict[str, object]:
    return {"id": undo_id, "event": "end", "at": journal.now(), "state": state, "dirs": dirs}


def _take_back(site: Site, done: Sequence[Operation], undo_id: str, *, ours: bool) -> str:
    """Reverse operations, the last first; a sentence where one cannot be.

    Args:
        site: The run directory.
        done: What happened, in order.
        undo_id: Whose trash a created marker goes to.
        ours: True where this very process created the markers: then they are simply unlinked.
            After a crash someone else may have made them since.
    """
    for each in reversed(done):
        back = reverse(each, undo_id)
        try:
            if each.do in ("create", "write") and ours:
                # Ours, and made a moment ago: nobody misses it.
                os.unlink(site.full(each.path))
            else:
                perform(site, back)
        except FileNotFoundError:
            if each.do == "move":
                return f"{back.path}: vanished, so it could not be put back to {back.to}"
        except OSError as error:
            if each.do in ("mkdir", "rmdir"):
                continue  # a folder that is in use by now, or there already, harms nobody
            return (
                f"{each.path}: could not be put back ({error.strerror}); it lies in "
                f"{back.path}, and ckptui repair restore brings it back once its place is free"
            )
    return ""


def recover_all(site: Site) -> list[Recovery]:
    """End every repair that a crash cut off; the lock is held.

    What was done whole is declared done, everything else is taken back.
    """
    found = []
    for record in journal.records(site):
        if record.ended:
            continue
        found.append(_recover(site, record))
    return found


def _recover(site: Site, record: Record) -> Recovery:
    try:
        for each in record.operations:
            each.stay_inside(site)
    except RepairError as error:
        journal.append(site, _end(record.id, "stuck", {}))
        return Recovery(
            record.id, record.action, "stuck", f"the journal is not to be trusted: {error}"
        )
    begun = record.operations[: record.started]
    done = [each for each in begun if happened(site, each)]
    what = f"the {record.action} of {record.at} was cut off"
    if len(done) == len(record.operations):
        journal.append(site, _end(record.id, "done", _times(site, record.operations)))
        return Recovery(
            record.id, record.action, "finished", f"{what} after its last step: it is done"
        )
    stuck = _take_back(site, done, record.id, ours=False)
    journal.append(site, _end(record.id, "stuck" if stuck else "rolled back", {}))
    _sweep_trash(site, record.id)
    if stuck:
        return Recovery(record.id, record.action, "stuck", f"{what}; {stuck}")
    return Recovery(
        record.id, record.action, "rolled back", f"{what} midway: all is as before it began"
    )


def _times(site: Site, operations: Sequence[Operation]) -> dict[str, int]:
    """mtime_ns of each folder whose entries the operations change; ckptui's own left out."""
    folders = {os.path.dirname(each.path) for each in operations}
    folders |= {os.path.dirname(each.to) for each in operations if each.to}
    times: dict[str, int] = {}
    for folder in sorted(folders):
        found = site.look(folder)
        if found is not None and folder.split("/")[0] != HOME:
            times[folder] = found.st_mtime_ns
    return times


def _give_back_times(site: Site, undone: Record, found: dict[str, int]) -> None:
    """After an undo: folders that nothing but the repair changed get their old times back."""
    for folder, before in undone.dirs.items():
        if found.get(folder, -1) == undone.dirs_after.get(folder):
            _set_mtime(site, folder, before)


def _restore_times(site: Site, before: dict[str, int], after: dict[str, int]) -> None:
    for folder, when in before.items():
        if folder in after:
            _set_mtime(site, folder, when)


def _set_mtime(site: Site, folder: str, mtime_ns: int) -> None:
    with suppress(OSError):  # only its owner may; the entries themselves are right all the same
        path = site.full(folder)
        os.utime(path, ns=(os.stat(path).st_atime_ns, mtime_ns))


def _sweep_trash(site: Site, undo_id: str) -> None:
    """Take away the folders that stand empty in the trash of one repair."""
    top = site.full(f"{TRASH}/{undo_id}")
    for folder, _, _ in os.walk(top, topdown=False):
        # What was put there is kept as it is, empty folders of a checkpoint directory too.
        if QUARANTINED + "/" not in folder[len(site.root) :] + "/":
            with suppress(OSError):
                os.rmdir(folder)


def rehomed(operations: Sequence[Operation], planned: str, undo_id: str) -> list[Operation]:
    """The same operations with the trash of the id that they got in the end."""
    old, new = f"{TRASH}/{planned}/", f"{TRASH}/{undo_id}/"
    return [
        replace(each, to=new + each.to[len(old) :]) if each.to and each.to.startswith(old) else each
        for each in operations
    ]


def to_trash(site: Site, path: str, undo_id: str, note: str = "") -> Operation:
    """The operation that moves something to the trash."""
    return Operation(
        "move", path, trash_path(undo_id, path), site.bytes(path), note, site.signature(path)
    )
