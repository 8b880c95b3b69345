"""Check one file, all static levels, in this process: no torch, nothing of the file's runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ckptui.formats.model import Header
from ckptui.terms import Category, Level, Result
from ckptui.validation.comparison import Before
from ckptui.validation.container import check_container
from ckptui.validation.facts import facts_of
from ckptui.validation.finding import Finding, skipped
from ckptui.validation.judge import is_structural, judge, verdict_without_reading, worst
from ckptui.validation.keys import check_keys
from ckptui.validation.login_node import is_too_much, sentence
from ckptui.validation.name_says import with_name
from ckptui.validation.payload import Payload, read_payload
from ckptui.validation.reading import Content, read_content
from ckptui.validation.scan import CancelledError, Progress, ShortReadError
from ckptui.validation.settling import is_young
from ckptui.validation.size import check_size
from ckptui.validation.source import Source
from ckptui.validation.static_load import check_static_load
from ckptui.validation.trouble import bad_name, cancelled, out_of_memory, removed, unreadable
from ckptui.validation.verdict import Verdict
from ckptui.validation.wire import Request

OnProgress = Callable[[int, int], None]
Cancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Order:
    """What a check is asked to do: the arguments of :func:`check_file`, and what only a worker
    is told.

    Attributes:
        recall: True opens it also where it has no blocks on disk (it may lie on tape).
        here: False leaves a large file to a job where this is a login node.
        listed: True where it was there a moment ago: if it is not, it was removed.
        previous_key: Of the bytes that ``previous_values`` are about; "" where that is certain.
    """

    level: int
    required_keys: tuple[str, ...] = ()
    header_only: bool = False
    allow_globals: tuple[str, ...] = ()
    settle: bool = True
    recall: bool = False
    here: bool = True
    listed: bool = False
    previous: str = ""
    previous_values: Mapping[str, float] | None = None
    look_back: bool = False
    previous_key: str = ""


def check_file(
    path: str | os.PathLike[str],
    *,
    level: int = 4,
    required_keys: Sequence[str] = (),
    header_only: bool = False,
    allow_globals: Sequence[str] = (),
    on_progress: OnProgress | None = None,
    cancelled: Cancelled | None = None,
    settle: bool = True,
    previous: str = "",
    previous_values: Mapping[str, float] | None = None,
    look_back: bool = False,
) -> Verdict:
    """Check one file from its bytes, in bounded memory, without torch.

    Level 3 is decided from the pickle here and says so; the loader process is a matter of the
    pool (:mod:`ckptui.validation.pool`).

    Args:
        path: The file, or a checkpoint directory (:mod:`ckptui.validation.directory`).
        level: Highest level, 1–6; the lower ones are included.
        required_keys: Top-level keys that must be there.
        header_only: Read the header and nothing else: what finds no fault stays ``unchecked``.
        allow_globals: Globals that the user allows, ``module.name``.
        on_progress: Called with (bytes done, bytes in all) by the deep levels.
        cancelled: Asked before every read of the deep levels; true ends the check.
        settle: False where the caller knows that nobody writes any more: a young file with bad
            bytes is then damaged, not ``changing``.
        previous: Path of the previous checkpoint of its series, which level 6 compares it with.
        previous_values: Level 6's values of that one, where they are known; else it is read.
        look_back: True where the previous one is looked for beside the file, by the step in its
            name.

    Returns:
        The verdict. No error is raised for anything that the file or the disk does.

    Example:
        >>> check_file("/nowhere/a.pt").category
        <Category.UNREADABLE: 'unreadable'>
    """
    order = Order(
        level,
        tuple(required_keys),
        header_only,
        tuple(allow_globals),
        settle,
        recall=not settle,
        previous=previous,
        previous_values=previous_values,
        look_back=look_back,
    )
    return check_as(os.fspath(path), order, on_progress, cancelled)


def order_of(request: Request) -> Order:
    """What a request to a worker asks for."""
    return Order(
        request.level,
        request.required_keys,
        request.header_only,
        request.allow_globals,
        request.settle,
        recall=request.recall or not request.settle,
        here=request.here,
        listed=request.seen is not None,
        previous=request.previous,
        previous_values=request.previous_values,
        look_back=request.look_back,
        previous_key=request.previous_key,
    )


def check_as(
    path: str, order: Order, on_progress: OnProgress | None, is_cancelled: Cancelled | None
) -> Verdict:
    """Check one file or checkpoint directory as an order says; see :func:`check_file`."""
    try:
        with Source(path, recall=order.recall) as source:
            return _check_open(source, order, on_progress, is_cancelled)
    except CancelledError:
        return cancelled(path)
    except MemoryError:
        return out_of_memory(path)
    except ValueError as error:
        if "null" in str(error):
            return bad_name(path)
        raise
    except IsADirectoryError:
        return _directory(path, order, on_progress, is_cancelled)
    except FileNotFoundError as error:
        return removed(path) if order.listed else unreadable(path, error)
    except OSError as error:
        return unreadable(path, error)


def _directory(
    path: str, order: Order, on_progress: OnProgress | None, is_cancelled: Cancelled | None
) -> Verdict:
    from ckptui.validation.directory import check_listed

    try:
        return check_listed(path, order, on_progress, is_cancelled)
    except MemoryError:
        return out_of_memory(path)
    except FileNotFoundError as error:
        return removed(path) if order.listed else unreadable(path, error)
    except OSError as error:
        return unreadable(path, error)


def _check_open(
    source: Source, order: Order, on_progress: OnProgress | None, is_cancelled: Cancelled | None
) -> Verdict:
    check = _check if order.here or order.header_only else _check_as_guest
    try:
        return check(source, order, on_progress, is_cancelled)
    except ShortReadError:
        # Cut while it was read, or let go because its path leads elsewhere by now.
        moved = source.moved()
        if not moved:
            raise
        return verdict_without_reading(source.path, Category.CHANGING, moved)


def _check_as_guest(
    source: Source, order: Order, on_progress: OnProgress | None, is_cancelled: Cancelled | None
) -> Verdict:
    """On a login node a large file is looked at to level 2, and the verdict says so."""
    if not is_too_much(order.level, source.size, os.environ):
        return _check(source, order, on_progress, is_cancelled)
    shallow = replace(order, level=int(Level.CONTAINER))
    verdict = _check(source, shallow, on_progress, is_cancelled)
    if verdict.category is not Category.UNCHECKED:
        return verdict
    return replace(verdict, reason=sentence(source.size))


def _check(
    source: Source, order: Order, on_progress: OnProgress | None, is_cancelled: Cancelled | None
) -> Verdict:
    size = check_size(source.size)
    if order.level < Level.CONTAINER or size.category is not None:
        findings = {Level.SIZE: size}
        header = Header("empty" if source.size == 0 else "", source.size)
        return _settle(source, order, _verdict(source, order, Content(header, (), ()), findings))
    content = read_content(source, whole=not order.header_only)
    findings = _from_content(source, content, order)
    findings[Level.SIZE] = size
    if order.level >= Level.CHECKSUMS and not order.header_only:
        progress = Progress(0, on_progress, is_cancelled)
        try:
            payload = _deep(source, content, order, findings[Level.CONTAINER], progress)
        except ShortReadError:
            moved = source.moved()
            if not moved:
                raise
            return changing(_verdict(source, order, content, findings), moved)
        verdict = _verdict(source, order, content, findings | payload.findings)
        facts = replace(verdict.facts, content=payload.content)
        return _settle(source, order, replace(verdict, facts=facts, values=payload.values))
    return _settle(source, order, _verdict(source, order, content, findings))


def _from_content(source: Source, content: Content, order: Order) -> dict[Level, Finding]:
    """Levels 2, 3 and 4, as far as they were asked for.

    Where one of them has something against the file, its pickle is looked at once more: damage
    in there can look like anything, a newer version or a dangerous name.
    """
    findings = _judge_content(source.path, content, order)
    later = [finding for level, finding in findings.items() if level is not Level.CONTAINER]
    if findings[Level.CONTAINER].category is None and any(f.category is not None for f in later):
        from ckptui.validation.payload import damaged_pickle

        damage = damaged_pickle(source, content)
        if damage is not None:
            findings[Level.LOAD] = damage
            if Level.KEYS in findings:
                findings[Level.KEYS] = skipped("its pickle is damaged")
    return findings


def _judge_content(path: str, content: Content, order: Order) -> dict[Level, Finding]:
    container = check_container(content.header, content.problems)
    container = with_name(container, path, content.header.format)
    findings = {Level.CONTAINER: container}
    if order.level >= Level.LOAD:
        findings[Level.LOAD] = _unless_broken(
            container,
            lambda: check_static_load(content.header, content.problems, order.allow_globals),
        )
    if order.level >= Level.KEYS:
        findings[Level.KEYS] = _unless_broken(
            container, lambda: check_keys(content.header, content.problems, order.required_keys)
        )
    return findings


def _unless_broken(container: Finding, check: Callable[[], Finding]) -> Finding:
    if container.result is Result.FAIL:
        return skipped("the container is not whole")
    return check()


def _deep(
    source: Source, content: Content, order: Order, container: Finding, progress: Progress
) -> Payload:
    """Levels 5 and 6 in one pass over the bytes."""
    levels = [Level(n) for n in range(Level.CHECKSUMS, min(order.level, Level.VALUES) + 1)]
    if container.result is Result.FAIL:
        return _ask_data(source, content, levels, progress)
    before = _before(source, order, progress)
    progress.total = progress.done + source.size
    payload = read_payload(source, content, levels, progress, before)
    if container.result not in {Result.PASS, Result.WARN}:
        # Nobody has judged where its records lie; the checksum of the whole is true all the same.
        findings = dict.fromkeys(levels, skipped(container.note))
        return Payload(findings, payload.content)
    return payload


def _ask_data(
    source: Source, content: Content, levels: Sequence[Level], progress: Progress
) -> Payload:
    """In a broken container the data is only read where it can tell what is broken."""
    from ckptui.validation.quarrel import is_quarrel, settle_quarrel

    findings = dict.fromkeys(levels, skipped("the container is not whole"))
    if not is_quarrel(content):
        return Payload(findings)
    progress.total = source.size
    payload = read_payload(source, content, [Level.CHECKSUMS], progress)
    findings[Level.CONTAINER] = settle_quarrel(source, content, payload.wrong)
    return Payload(findings, payload.content)


def _before(source: Source, order: Order, progress: Progress) -> Before | None:
    """The previous checkpoint of its series, where level 6 is to compare it with one."""
    if order.level < Level.VALUES or not (order.previous or order.look_back):
        return None
    from ckptui.validation.previous import Known, previous_beside, read_before

    path = order.previous or previous_beside(source.path, source.keep_operations)
    if not path:
        return None
    known = Known(order.previous_values, order.previous_key)
    return read_before(path, known, progress, source.size)


def _verdict(
    source: Source, order: Order, content: Content, findings: dict[Level, Finding]
) -> Verdict:
    """The verdict, with what happened to a bad file in place of what is wrong with it."""
    last_word = ""
    level = worst(findings)
    if level is not None:
        from ckptui.validation.diagnosis import diagnose, sharpened, torch_line  # for bad files

        diagnosis = diagnose(source, content, findings)
        if diagnosis is not None:
            findings = findings | {level: sharpened(findings[level], diagnosis)}
            last_word = torch_line(diagnosis)
    return judge(
        source.path,
        findings,
        facts_of(source.path, content.header, source.signature),
        asked=order.level,
        header_only=order.header_only,
        last_word=last_word,
    )


def _settle(source: Source, order: Order, verdict: Verdict) -> Verdict:
    """Bytes that moved, or are bad and young, are ``changing``: nobody is done with them yet."""
    moved = source.moved()
    if moved:
        return changing(verdict, moved)
    if order.settle and is_structural(verdict) and is_young(source.info):
        return changing(verdict, f"written a moment ago and not whole (yet): {verdict.reason}")
    return verdict


def changing(verdict: Verdict, reason: str) -> Verdict:
    """The verdict about something that somebody is not done with."""
    changing = verdict_without_reading(
        verdict.path,
        Category.CHANGING,
        reason,
        detail=verdict.detail,
        checks=verdict.checks,
        facts=verdict.facts,
    )
    return replace(changing, level=verdict.level)
