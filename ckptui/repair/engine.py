"""plan → preview → apply: the same road for every repair."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from ckptui.config import RunConfig, load_run_config, required_keys_for
from ckptui.errors import RepairError
from ckptui.repair import allowing, journal, markers, moving
from ckptui.repair.draft import Context, Decider, Decision, Draft, Drafter
from ckptui.repair.guards import SETTLE_SECONDS, check_root, in_use, open_for_writing
from ckptui.repair.model import Outcome, Plan, Recovery, Step
from ckptui.repair.operations import Operation
from ckptui.repair.site import Signature, Site, subject
from ckptui.repair.transaction import carry_out, fresh_id, our_turn, recover_all, rehomed, stamp
from ckptui.terms import Action
from ckptui.user_config import load_user_config
from ckptui.validation.check import check_file
from ckptui.validation.verdict import Verdict

OnProgress: TypeAlias = Callable[[str, int, int], None]
"""Called with (path, bytes read, bytes in all) while a check reads."""
Cancelled: TypeAlias = Callable[[], bool]


def _draft_validate(context: Context, path: str) -> Draft:
    name = subject(path)
    context.exists(name)
    return Draft((Step("check", name, None, context.site.bytes(name), "to level 5"),))


def _decide_validate(site: Site, path: str, verdict: Verdict, undo_id: str) -> Decision:
    del site, path, undo_id
    said = f"{verdict.category}" + (f", {verdict.reason}" if verdict.reason else "")
    return Decision(True, said)


_DRAFTERS: Final[Mapping[Action, Drafter]] = {
    Action.VALIDATE: _draft_validate,
    Action.ADD_MARKER: markers.draft_add,
    Action.REMOVE_MARKER: markers.draft_remove,
    Action.RENEW_MARKER: markers.draft_renew,
    Action.QUARANTINE: moving.draft_quarantine,
    Action.RESTORE: moving.draft_restore,
    Action.PROMOTE: moving.draft_promote,
    Action.CLEAN: moving.draft_clean,
}
_DECIDERS: Final[Mapping[Action, Decider]] = {
    Action.VALIDATE: _decide_validate,
    Action.ADD_MARKER: markers.decide_add,
    Action.RENEW_MARKER: markers.decide_renew,
    Action.PROMOTE: moving.decide_promote,
}
ACTIONS: Final[tuple[Action, ...]] = (*_DRAFTERS, Action.ALLOW_GLOBALS)
"""The repairs that can be planned and applied."""


def plan(
    action: Action,
    root: str,
    paths: Sequence[str],
    *,
    last_good: str | None = None,
    output: str | None = None,
    settle: float = SETTLE_SECONDS,
) -> Plan:
    """Say what a repair would do; nothing is changed and no checkpoint is opened.

    But for ``allow-globals``, which reads the headers of the checkpoints for the names in them.

    Args:
        action: One of :data:`ACTIONS`.
        root: Absolute run directory.
        paths: What to repair, relative to it; ``x.pt.done`` means ``x.pt``. For ``restore``: where
            a file stood, or where it lies in the trash.
        last_good: The last good checkpoint; moving it then needs a second confirmation.
        output: Final name for ``promote``, where the temporary's own does not tell it.
        settle: Seconds for which a change counts as just now.

    Returns:
        The plan. Where several paths are given, those that are refused are named in its warnings.

    Raises:
        RepairError: Nothing can be done: the one sentence says why.
    """
    if action not in ACTIONS:
        raise RepairError(f"{action}: not available as a repair yet; nothing was changed")
    site = Site(root)
    if action is not Action.VALIDATE:
        check_root(root)
    context = Context(site, stamp(), last_good, open_for_writing(root), settle, output)
    if action is Action.ALLOW_GLOBALS:  # one change of one file, whatever the paths
        drafts, refused = [allowing.draft_allow(context, paths)], list[str]()
    else:
        drafts, refused = _drafts(context, action, paths)
    steps = tuple(step for draft in drafts for step in draft.steps)
    if not steps:
        raise RepairError("; ".join(refused) or "nothing to repair: no path was given")
    warnings = [warning for draft in drafts for warning in draft.warnings]
    return Plan(
        action,
        root,
        steps,
        _signatures(site, steps),
        (*warnings, *refused),
        " ".join(draft.confirm for draft in drafts if draft.confirm),
    )


def _drafts(
    context: Context, action: Action, paths: Iterable[str]
) -> tuple[list[Draft], list[str]]:
    drafts: list[Draft] = []
    refused: list[str] = []
    seen: set[str] = set()
    for path in paths:
        try:
            trashed = action is Action.RESTORE and moving.is_ours(os.path.normpath(path))
            name = os.path.normpath(path) if trashed else context.site.inside(path)
            if subject(name) not in seen:
                drafts.append(_DRAFTERS[action](context, name))
            seen.add(subject(name))
        except RepairError as error:
            refused.append(str(error))
        except OSError as error:
            refused.append(f"{path}: {(error.strerror or str(error)).lower()}; look at it first")
    return drafts, refused


def _signatures(site: Site, steps: Iterable[Step]) -> dict[str, Signature | None]:
    """What stands at every path that the plan speaks of, and what does not stand there."""
    signatures: dict[str, Signature | None] = {}
    for step in steps:
        # A step may take a place that an earlier step of the same plan has cleared.
        for path in (step.path, step.to):
            if path is not None:
                signatures.setdefault(path, site.signature(path))
    return signatures


def apply(
    plan: Plan,
    *,
    confirm: bool = False,
    on_progress: OnProgress | None = None,
    cancelled: Cancelled | None = None,
) -> Outcome:
    """Do what a plan says, wholly or not at all.

    Args:
        plan: From :func:`plan`.
        confirm: The second confirmation, where ``plan.confirm`` asks for one.
        on_progress: Called while checks read.
        cancelled: Asked while checks read; true leaves everything as it is.

    Returns:
        What was done. Checkpoints that a check refused are named in the message.

    Raises:
        RepairError: It was refused or failed; nothing is half-done.
    """
    if plan.confirm and not confirm:
        raise RepairError(f"{plan.confirm} Confirm it a second time if that is what you want")
    site = Site(plan.root)
    _unchanged(site, plan, {})
    planned_id = _planned_id(plan)
    decided = _decide(site, plan, planned_id, on_progress, cancelled)
    if not decided.operations:
        if plan.action is Action.VALIDATE:
            return Outcome(plan.action, decided.checks, True, None, decided.said)
        raise RepairError(decided.said)
    check_root(plan.root)
    with our_turn(site):
        ended = recover_all(site)
        _unchanged(site, plan, open_for_writing(plan.root))
        undo_id = fresh_id(site, planned_id)
        operations = rehomed(decided.operations, planned_id, undo_id)
        carry_out(site, plan.action, operations, undo_id=undo_id)
    steps = decided.checks + tuple(Step(o.do, o.path, o.to, o.bytes, o.note) for o in operations)
    message = "; ".join([*(each.message for each in ended), _message(plan, decided, operations)])
    return Outcome(plan.action, steps, True, undo_id, message)


def _unchanged(site: Site, plan: Plan, writers: Mapping[str, str]) -> None:
    for path, planned in plan.signatures.items():
        found = site.signature(path)
        if found != planned:
            what = "is gone" if found is None else "changed" if planned else "appeared"
            raise RepairError(f"{path}: {what} since the plan was made; look again and plan anew")
        busy = "" if moving.is_ours(path) else in_use(site, path, writers, settle=0.0)
        if busy:
            raise RepairError(busy)


def _planned_id(plan: Plan) -> str:
    for step in plan.steps:
        parts = (step.to or "").split("/")
        if len(parts) > 3 and moving.is_ours(step.to or ""):
            return parts[2]
    return stamp()


@dataclass(slots=True)
class _Decided:
    """What the checks of a plan came to."""

    checks: tuple[Step, ...] = ()
    operations: list[Operation] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def said(self) -> str:
        return "; ".join(self.sentences + self.refused)


def _decide(
    site: Site,
    plan: Plan,
    undo_id: str,
    on_progress: OnProgress | None,
    cancelled: Cancelled | None,
) -> _Decided:
    """Read what must be read, before the lock is taken: a check may last for minutes."""
    decided = _Decided()
    config = load_run_config(site.root) if plan.action in _DECIDERS else RunConfig()
    go = True
    for step in plan.steps:
        if step.do != "check":
            if go:
                decided.operations.append(_operation(site, step))
            continue
        verdict = _check(site, step, config, on_progress, cancelled)
        decision = _DECIDERS[plan.action](site, step.path, verdict, undo_id)
        go = decision.go
        (decided.sentences if go else decided.refused).append(f"{step.path}: {decision.said}")
        decided.checks += (replace(step, note=decision.said),)
        decided.operations += decision.operations
    return decided


def _check(
    site: Site,
    step: Step,
    config: RunConfig,
    on_progress: OnProgress | None,
    cancelled: Cancelled | None,
) -> Verdict:
    def tell(done: int, total: int) -> None:
        if on_progress is not None:
            on_progress(step.path, done, total)

    return check_file(
        site.full(step.path),
        level=5,
        required_keys=required_keys_for(config, step.path),
        allow_globals=load_user_config().allowed_for(site.full(step.path), config.allow_globals),
        on_progress=tell,
        cancelled=cancelled,
    )


def _operation(site: Site, step: Step) -> Operation:
    note = step.note if step.do == "move" else ""
    # What is written stands where something else stood until the step before.
    signature = None if step.do == "write" else site.signature(step.path)
    return Operation(step.do, step.path, step.to, step.bytes, note, signature, step.text)


def _message(plan: Plan, decided: _Decided, operations: Sequence[Operation]) -> str:
    moved = [each for each in operations if each.do == "move"]
    names = [each.path for each in moved if not each.path.endswith(".done")] or [
        each.path for each in operations
    ]
    what = names[0] if len(names) == 1 else f"{len(names)} files"
    if plan.action is Action.RESTORE:
        files = [each.to for each in moved if each.to and not each.to.endswith(".done")]
        what = files[0] if len(files) == 1 else f"{len(moved)} files"
        done = f"restored {what}"
    elif plan.action is Action.ALLOW_GLOBALS:
        done = f"{plan.steps[-1].path} {plan.steps[-1].note}"
    elif decided.sentences:
        done = "; ".join(decided.sentences)
    else:
        done = f"moved {what} to the trash"
    return "; ".join([done + "; undo takes it back", *decided.refused])


def recover(root: str) -> list[Recovery]:
    """End what a crash cut off, and say how: finished, or rolled back.

    Args:
        root: Absolute run directory.

    Returns:
        One entry a repair that was cut off; empty, and nothing touched, where there is none.

    Raises:
        RepairError: Another ckptui is at work there, or the directory cannot be written to.
    """
    site = Site(root)
    try:
        if all(record.ended for record in journal.records(site)):
            return []
    except OSError as error:
        raise RepairError(f"{site.full(journal.JOURNAL)}: {error.strerror}") from error
    with our_turn(site):
        return recover_all(site)
