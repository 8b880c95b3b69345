"""undo: the operations of a repair in reverse, last first, as a repair of their own."""

from __future__ import annotations

from ckptui.errors import RepairError
from ckptui.repair import journal
from ckptui.repair.guards import check_root
from ckptui.repair.journal import Record
from ckptui.repair.model import Outcome, Step
from ckptui.repair.operations import Operation, reverse
from ckptui.repair.site import Site
from ckptui.repair.transaction import carry_out, fresh_id, our_turn, recover_all, stamp

UNDO = "undo"


def plan_undo(root: str, undo_id: str | None = None) -> Outcome:
    """What :func:`undo` would do; nothing is changed.

    Args:
        root: Absolute run directory.
        undo_id: The repair to take back; None means the last one that still stands.

    Raises:
        RepairError: There is nothing to take back, or it cannot be.
    """
    site = Site(root)
    record = _find(site, undo_id)
    operations = _reversed(site, record, fresh_id(site, stamp()))
    return Outcome(UNDO, _steps(operations), False, None, f"takes back {_what(record)}")


def undo(root: str, undo_id: str | None = None) -> Outcome:
    """Take a repair back: content, mode and times come back as they were.

    Args:
        root: Absolute run directory.
        undo_id: The repair to take back, an undo too; None means the last repair that stands.

    Raises:
        RepairError: There is nothing to take back, or something stands in its way; nothing is
            half-done.
    """
    check_root(root)
    site = Site(root)
    if not site.look(journal.JOURNAL):
        raise RepairError(f"{root}: nothing to undo: no repair was made here")
    with our_turn(site):
        ended = recover_all(site)
        record = _find(site, undo_id)
        own_id = fresh_id(site, stamp())
        operations = _reversed(site, record, own_id)
        carry_out(site, UNDO, operations, undo_id=own_id, undoes=record)
    message = "; ".join([*(each.message for each in ended), f"took back {_what(record)}"])
    return Outcome(UNDO, _steps(operations), True, own_id, message)


def _find(site: Site, undo_id: str | None) -> Record:
    records = journal.records(site)
    if undo_id is None:
        standing = [
            record
            for record in records
            if record.ended == "done" and record.action != UNDO and not record.undone_by
        ]
        if not standing:
            raise RepairError(f"{site.root}: nothing to undo: no repair stands")
        return standing[-1]
    for record in records:
        if record.id == undo_id:
            if record.ended == "done" and not record.undone_by:
                return record
            state = "taken back already" if record.undone_by else record.ended or "unfinished"
            raise RepairError(f"{undo_id}: {state}, so there is nothing to undo")
    raise RepairError(f"{undo_id}: no such repair in {site.root}; ckptui journal lists them")


def _reversed(site: Site, record: Record, own_id: str) -> list[Operation]:
    operations = [reverse(each, own_id) for each in reversed(record.operations)]
    freed: set[str] = set()
    for each in operations:
        each.stay_inside(site)
        _check(site, each, freed)
        freed.add(each.path)
    return operations


def _check(site: Site, operation: Operation, freed: set[str]) -> None:
    """Refuse where the tree has moved on since the repair."""
    if operation.do != "move" or operation.to is None:
        return
    found = site.signature(operation.path)
    if found is None:
        raise RepairError(
            f"{operation.path}: no longer there, so its repair cannot be taken back; "
            "ckptui journal shows what happened since"
        )
    if operation.signature is not None and found != operation.signature:
        raise RepairError(
            f"{operation.path}: changed since the repair, so it is left alone; move it by hand "
            "if that is what you want"
        )
    if operation.text and not _still_says(site, operation):
        raise RepairError(f"{operation.path}: edited since the repair, so it is left alone")
    if operation.signature is None and found[1] != 0 and not operation.text:
        raise RepairError(f"{operation.path}: has content by now, so it is left alone")
    if site.look(operation.to) is not None and operation.to not in freed:
        raise RepairError(
            f"{operation.to}: something stands there again; quarantine that first, then undo"
        )


def _still_says(site: Site, operation: Operation) -> bool:
    wanted = operation.text.encode("utf-8")
    with open(site.full(operation.path), "rb") as file:
        return file.read(len(wanted) + 1) == wanted


def _steps(operations: list[Operation]) -> tuple[Step, ...]:
    return tuple(Step(each.do, each.path, each.to, each.bytes, each.note) for each in operations)


def _what(record: Record) -> str:
    names = [
        each.path for each in record.operations if each.do == "move" and each.path[-5:] != ".done"
    ] or [each.path for each in record.operations]
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"the {record.action} of {names[0]}{more}" if names else f"the {record.action}"
