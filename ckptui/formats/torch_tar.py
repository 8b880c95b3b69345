"""torch.save up to 0.1.1: a tar of four members, with pickles and raw numbers mixed in them.

``storages``: a pickled count, then for each a pickle ``(key, location, class)``, its number of
elements as int64 and its bytes; last a pickled list of views. ``tensors``: a pickled count, then
for each a pickle ``(key, storage, class)``, its dimensions as int32 and four bytes of padding,
sizes, strides and offset as int64. ``pickle``: the object, which names both by their keys
(torch/serialization.py, ``legacy_load``). All of it goes through the bounded machine only.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from struct import Struct
from typing import Final

from ckptui.formats.dtypes import itemsize, storage_dtype
from ckptui.formats.limits import MIB, Limits
from ckptui.formats.model import Header, Problem, Record
from ckptui.formats.pickle_nodes import Global, Storage, Tensor
from ckptui.formats.pickle_table import make_table, storage_infos
from ckptui.formats.pickle_vm import PickleTree, run
from ckptui.formats.tar_members import Members, read_members
from ckptui.formats.torch_records import judge_tensor
from ckptui.formats.window import Window

_MEMBERS: Final = ("sys_info", "pickle", "tensors", "storages")
_I64: Final = Struct("<q")
_DIMENSIONS: Final = Struct("<i4x")
_SMALL: Final = 512
_LARGEST: Final = 16 * MIB
_MOST: Final = 20_000
_MOST_DIMENSIONS: Final = 64
_TOLD: Final = 20


class _StopError(Exception):
    """A member cannot be read further; the problem says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text)
        self.problem = problem


@dataclass(slots=True)
class _Tar:
    window: Window
    limits: Limits
    members: dict[str, Record] = field(default_factory=dict)
    storages: dict[int, Storage] = field(default_factory=dict)
    tensors: dict[int, Tensor] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    globals: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    opcodes: int = 0
    tree: PickleTree = field(default_factory=PickleTree)


def read_header_of(window: Window, limits: Limits, full: bool) -> Header:
    """The header of a tar that torch wrote; there is nothing more to read in ``full``.

    Raises:
        OSError: A read failed.
    """
    members = read_members(window)
    tar = _Tar(window, limits, {record.name: record for record in members.records})
    tar.opcodes = limits.opcodes
    tar.problems += _absent(tar, members)
    if not tar.problems and not members.problems:
        try:
            _read(tar)
        except _StopError as stop:
            tar.problems.append(stop.problem)
    return _header(tar, members)


def _absent(tar: _Tar, members: Members) -> list[Problem]:
    absent = [name for name in _MEMBERS if name not in tar.members]
    if not absent or members.problems:
        return []
    return [Problem("missing-record", f"its member {absent[0]} is missing", members.end)]


def _read(tar: _Tar) -> None:
    _pickle(tar, tar.members["sys_info"], tar.members["sys_info"].data_start)
    _read_storages(tar)
    _read_tensors(tar)
    member = tar.members["pickle"]
    tar.tree = _pickle(tar, member, member.data_start)


def _header(tar: _Tar, members: Members) -> Header:
    table = make_table(tar.tree.root, tar.limits)
    infos = storage_infos({storage.key: storage for storage in tar.storages.values()})
    bad = [problem for t in table.tensors if (problem := judge_tensor(t, infos)) is not None]
    problems = (*members.problems, *tar.problems, *bad[:_TOLD])
    return Header(
        "torch-tar",
        tar.window.size,
        top_type=table.top_type if tar.tree.finished else "",
        keys=table.keys,
        top=table.top,
        tensors=tuple(table.tensors),
        storages=infos,
        records=tuple(sorted(tar.records, key=lambda record: record.data_start)),
        globals=tuple(sorted({*tar.globals, *tar.tree.globals})),
        called=tar.tree.called,
        problems=problems,
        notes=tuple(table.notes),
        truncated_table=table.truncated or any(p.kind == "limit" for p in problems),
    )


def _pickle(tar: _Tar, member: Record, at: int) -> PickleTree:
    """Run the machine over a pickle inside a member; ``end`` of the tree counts from the file."""
    known = {**tar.storages, **tar.tensors} if member.name == "pickle" else None
    room, length = member.data_start + member.size - at, _SMALL
    while True:
        data = tar.window.pread(min(length, room), at)
        tree = run(data, replace(tar.limits, opcodes=tar.opcodes), known=known)
        if tree.finished or len(data) < length or length >= _LARGEST:
            break
        length *= 8
    tar.opcodes -= tree.opcodes
    tar.globals.update(tree.globals)
    if tree.problems:
        problem = tree.problems[0]
        text = f"in its member {member.name}, {problem.text}"
        beyond = problem.code == "pickle-cut" and len(data) < room
        raise _StopError(
            Problem("reader-limit", "its pickle is larger than the reader goes", at, "limit")
            if beyond
            else Problem(problem.code, text, at + (problem.offset or 0), problem.kind)
        )
    tree.end += at
    return tree


def _stop(member: str, what: str, at: int) -> _StopError:
    return _StopError(Problem("bad-member", f"its member {member} {what}", at))


def _number(tar: _Tar, member: Record, at: int) -> int:
    end = member.data_start + member.size
    raw = tar.window.pread(min(_I64.size, max(end - at, 0)), at)
    if len(raw) < _I64.size:
        raise _stop(member.name, "ends before its last entry", at)
    return int(_I64.unpack(raw)[0])


def _count(tree: PickleTree, member: Record) -> int:
    if type(tree.root) is not int or tree.root < 0:
        raise _stop(member.name, "does not begin with a count", member.data_start)
    if tree.root > _MOST:
        text = f"its member {member.name} lists more than the reader goes through"
        raise _StopError(Problem("reader-limit", text, member.data_start, "limit"))
    return tree.root


def _triple(tree: PickleTree, member: Record, at: int) -> tuple[int, object, object]:
    """A pickled ``(key, …, class)``."""
    root = tree.root
    if isinstance(root, tuple) and len(root) == 3 and type(root[0]) is int:
        return root[0], root[1], root[2]
    raise _stop(member.name, "holds something other than an entry", at)


def _read_storages(tar: _Tar) -> None:
    member = tar.members["storages"]
    tree = _pickle(tar, member, member.data_start)
    at = tree.end
    for _ in range(_count(tree, member)):
        entry = _pickle(tar, member, at)
        key, location, kind = _triple(entry, member, at)
        dtype = storage_dtype(kind.name) if isinstance(kind, Global) else None
        if dtype is None:
            raise _stop(member.name, "holds a storage of no known type", at)
        numel = _number(tar, member, entry.end)
        start, size = entry.end + _I64.size, numel * itemsize(dtype)
        if numel < 0 or start + size > member.data_start + member.size:
            raise _stop(member.name, "ends before the storage that it announces", entry.end)
        device = location if isinstance(location, str) else "cpu"
        tar.storages[key] = Storage(str(key), dtype, itemsize(dtype), numel, device)
        tar.records.append(Record(f"data/{key}", size, start, entry.end, None))
        at = start + size
    views = _pickle(tar, member, at)
    _add_views(tar, views.root if isinstance(views.root, list) else [None])
    _at_end(member, views.end)


def _add_views(tar: _Tar, views: list[object]) -> None:
    """``(key, key of the root, first element, number of elements)`` each."""
    for view in views:
        numbers = tuple(n for n in view if type(n) is int) if isinstance(view, tuple) else ()
        root = tar.storages.get(numbers[1]) if len(numbers) == 4 else None
        if root is None or not 0 <= numbers[2] <= numbers[2] + numbers[3] <= root.numel:
            text = "its list of views does not fit its storages"
            raise _StopError(Problem("bad-member", text, tar.members["storages"].data_start))
        tar.storages[numbers[0]] = Storage(
            root.key, root.dtype, root.itemsize, root.numel, root.device, numbers[2], numbers[3]
        )


def _read_tensors(tar: _Tar) -> None:
    member = tar.members["tensors"]
    tree = _pickle(tar, member, member.data_start)
    at = tree.end
    for _ in range(_count(tree, member)):
        entry = _pickle(tar, member, at)
        key, storage_key, _ = _triple(entry, member, at)
        dimensions = tar.window.pread(_DIMENSIONS.size, entry.end)
        count = _DIMENSIONS.unpack(dimensions)[0] if len(dimensions) == _DIMENSIONS.size else -1
        if not 0 <= count <= _MOST_DIMENSIONS:
            raise _stop(member.name, "gives a tensor no valid number of dimensions", entry.end)
        at = entry.end + _DIMENSIONS.size
        numbers = [_number(tar, member, at + 8 * n) for n in range(2 * count + 1)]
        at += 8 * len(numbers)
        if any(number < 0 for number in numbers):
            raise _stop(member.name, "gives a tensor a negative size", entry.end)
        shape, stride = tuple(numbers[:count]), tuple(numbers[count:-1])
        tar.tensors[key] = _tensor(tar, storage_key, shape, stride, numbers[-1])
    _at_end(member, at)


def _tensor(
    tar: _Tar, key: object, shape: tuple[int, ...], stride: tuple[int, ...], offset: int
) -> Tensor:
    storage = tar.storages.get(key) if type(key) is int else None
    if storage is None:
        if key is None:
            return Tensor("float32", shape, stride)
        raise _stop("tensors", "names a storage that is not there", 0)
    return Tensor(
        storage.dtype, shape, stride, storage=storage, offset=storage.start + offset,
        device=storage.device,
    )  # fmt: skip


def _at_end(member: Record, at: int) -> None:
    if at != member.data_start + member.size:
        raise _stop(member.name, "goes on behind its last entry", at)
