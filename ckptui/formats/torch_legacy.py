"""torch.save before 1.6, and with ``_use_new_zipfile_serialization=False``.

Five pickles one after another (magic, protocol, system, object, list of storage keys), then each
storage in the order of that list: its number of elements as int64, then its bytes
(torch/serialization.py, ``_legacy_save``). Both are little-endian whatever wrote them
(torch/csrc/serialization.cpp). There is no checksum. A file may hold several saves, one after
another: torch.load reads the first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ckptui.formats.limits import KIB, Limits
from ckptui.formats.model import Header, Problem, Record
from ckptui.formats.pickle_nodes import Dict
from ckptui.formats.pickle_table import Table, make_table, storage_infos
from ckptui.formats.pickle_vm import PickleTree, run
from ckptui.formats.recognise import begins_legacy
from ckptui.formats.torch_records import judge_tensor
from ckptui.formats.window import Window

_FIRST: Final = 64 * KIB
_PICKLES: Final = ("beginning", "beginning", "beginning", "pickle", "list of storages")
_MAGIC: Final = 0x1950A86A20F9469CFC6C
_PROTOCOL: Final = 1001
_COUNT: Final = 8  # bytes of a storage's int64 number of elements
_TOLD: Final = 20
_HEAD: Final = 64


@dataclass(slots=True)
class _Legacy:
    trees: list[PickleTree] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)

    @property
    def object(self) -> PickleTree:
        """The pickle that matters."""
        return self.trees[3] if len(self.trees) > 3 else PickleTree()


def read_header_of(window: Window, limits: Limits, full: bool) -> Header:
    """The header of a legacy file; ``full`` compares every storage's own count with the pickle.

    Raises:
        OSError: A read failed.
    """
    legacy = _Legacy()
    complete = _read_pickles(window, limits, legacy) and _begins_well(legacy)
    table = make_table(legacy.object.root, limits)
    if complete:
        _place_storages(window, legacy, table)
        if full or window.whole:
            _check_counts(window, legacy)
    tree = legacy.object
    infos = storage_infos(tree.storages)
    bad = [problem for t in table.tensors if (problem := judge_tensor(t, infos)) is not None]
    return Header(
        "torch-legacy",
        window.size,
        top_type=table.top_type,
        keys=table.keys,
        top=table.top,
        tensors=tuple(table.tensors),
        storages=infos,
        records=tuple(legacy.records),
        globals=tree.globals,
        called=tree.called,
        metadata=_system(legacy),
        problems=(*legacy.problems, *bad[:_TOLD]),
        notes=tuple(table.notes),
        truncated_table=table.truncated or any(p.kind == "limit" for p in legacy.problems),
    )


def _read_pickles(window: Window, limits: Limits, legacy: _Legacy) -> bool:
    """Read the five pickles in growing windows; False where one of them is not whole."""
    length = _FIRST
    data = window.pread(length, 0)
    while len(legacy.trees) < len(_PICKLES):
        start = legacy.trees[-1].end if legacy.trees else 0
        tree = run(data, limits, start)
        cut = any(problem.code == "pickle-cut" for problem in tree.problems)
        if cut and len(data) == length < limits.pickle:
            length = min(length * 8, limits.pickle)
            data = window.pread(length, 0)
            continue
        legacy.trees.append(tree)
        if not tree.finished:
            legacy.problems += _unfinished(tree, cut, len(data), window.size, len(legacy.trees))
            return False
        legacy.problems += tree.problems
    return True


def _unfinished(tree: PickleTree, cut: bool, read: int, size: int, number: int) -> list[Problem]:
    """Why the pickle of this number did not reach its end."""
    if not cut:
        return tree.problems
    if read == size:
        return [_cut(size, 0, f"inside its {_PICKLES[number - 1]}, before any tensor")]
    text = "its pickle is larger than the header reader goes; the rest was not read"
    return [Problem("reader-limit", text, read, "limit")]


def _begins_well(legacy: _Legacy) -> bool:
    """torch.load insists on these two numbers; no version of it has written others."""
    if (legacy.trees[0].root, legacy.trees[1].root) == (_MAGIC, _PROTOCOL):
        return True
    text = "its first numbers are not those that torch writes"
    legacy.problems.append(Problem("bad-beginning", text, 0))
    return False


def _cut(size: int, expected: int, where: str) -> Problem:
    of = f" of {expected:,}" if expected > size else ""
    return Problem("cut-short", f"it is cut short at byte {size:,}{of}, {where}", size)


def _place_storages(window: Window, legacy: _Legacy, table: Table) -> None:
    """Where each storage lies, and whether the file ends with the last one."""
    keys = legacy.trees[4].root
    storages = legacy.object.storages
    if not isinstance(keys, list) or {str(key) for key in keys[:200_000]} != set(storages):
        text = "its list of storages does not fit its pickle"
        legacy.problems.append(Problem("storages-disagree", text, legacy.trees[4].end))
        return
    at = legacy.trees[4].end
    first_cut = ""
    for key in keys:
        storage = storages[str(key)]
        size = storage.numel * storage.itemsize
        record = Record(f"data/{storage.key}", size, at + _COUNT, at, None)
        at = record.data_start + size
        if at > window.size and not first_cut:
            first_cut = storage.key
        legacy.records.append(record)
    strange = next(
        (storages[str(key)].dtype for key in keys if not storages[str(key)].itemsize), ""
    )
    if strange:
        text = (
            f"it holds {strange[:80]}, whose size is not known here; where it ends was not judged"
        )
        legacy.problems.append(Problem("reader-limit", text, legacy.trees[4].end, "limit"))
        return
    _check_end(window, legacy, at, _user(table, first_cut))


def _user(table: Table, key: str) -> str:
    return next((t.name for t in table.tensors if t.storage == key), "")


def _check_end(window: Window, legacy: _Legacy, expected: int, tensor: str) -> None:
    if expected > window.size:
        where = f"inside the tensor {tensor}" if tensor else "inside its storages"
        legacy.problems.append(_cut(window.size, expected, where))
    elif expected < window.size:
        following = window.pread(_HEAD, expected)
        more = "another save follows in the same file; torch.load reads the first"
        text = f"{window.size - expected:,} bytes follow its last storage"
        legacy.problems.append(
            Problem("second-save", more, expected, "odd")
            if begins_legacy(following)
            else Problem("trailing", text, expected)
        )


def _check_counts(window: Window, legacy: _Legacy) -> None:
    storages = legacy.object.storages
    for record in legacy.records:
        raw = window.pread(_COUNT, record.header_start)
        storage = storages[record.name.removeprefix("data/")]
        if len(raw) == _COUNT and int.from_bytes(raw, "little") != storage.numel:
            text = f"the storage {storage.key[:40]} does not begin where its pickle says"
            legacy.problems.append(Problem("storage-count", text, record.header_start))
            return


def _system(legacy: _Legacy) -> dict[str, str]:
    root = legacy.trees[2].root if len(legacy.trees) > 2 else None
    little = dict_value(root, "little_endian")
    return {} if little is None else {"saved_on": f"{'little' if little else 'big'}-endian machine"}


def dict_value(node: object, key: str) -> object:
    """A value of a dict node, or None; the last one counts, as in a dict."""
    if not isinstance(node, Dict):
        return None
    return next((value for name, value in reversed(node) if name == key), None)
