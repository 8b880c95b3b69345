"""From a pickle's tree to what people ask for: top-level keys, values, and the tensor table."""

from __future__ import annotations

from ckptui.formats.dtypes import itemsize
from ckptui.formats.limits import Limits
from ckptui.formats.model import StorageInfo, TensorInfo, Value
from ckptui.formats.pickle_nodes import (
    Composite,
    Dict,
    Global,
    Object,
    Storage,
    Tensor,
    type_name,
    value_of,
)
from ckptui.light import TYPE_CHECKING, dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME_LIMIT = 1024
_MODULE_PARTS = frozenset({"_modules", "_parameters", "_buffers", "__dict__"})
"""Attributes of a pickled nn.Module that its own state_dict leaves out of the names."""
_DEEPER = (("meta", "iter"), ("meta", "epoch"), ("optimizer_history", "num_updates"))
"""Where progress stands one level down: mmengine and mmcv (``runner.save_checkpoint``), and fairseq
(``checkpoint_utils.py``), whose history is a list with the present optimizer last."""


@dataclass(slots=True)
class Table:
    """The readable part of a tree; fields as in :class:`ckptui.formats.model.Header`."""

    top_type: str = ""
    keys: tuple[str, ...] = ()
    top: dict[str, Value] = field(default_factory=dict)
    tensors: list[TensorInfo] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    truncated: bool = False


def make_table(root: object, limits: Limits) -> Table:
    """List what a tree holds: iterative, depth-limited, each container at most once a path."""
    table = Table(top_type=type_name(root))
    pairs = root if isinstance(root, Dict) else root.pairs if isinstance(root, Object) else None
    if pairs is not None:
        for key, value in pairs[: limits.table]:
            table.top[key_text(key)] = value_of(value)
        table.keys = tuple(table.top)
        table.top.update(_progress_below(pairs[: limits.table]))
    _Walk(table, limits).walk(root)
    return table


def _progress_below(pairs: list[tuple[object, object]]) -> dict[str, Value]:
    """Steps and epochs that stand one level down, under dotted names that are no keys."""
    found: dict[str, Value] = {}
    for name, part in _DEEPER:
        for key, value in pairs:
            if type(key) is str and key == name:
                below = value[-1] if type(value) is list and value else value
                for each, number in below if isinstance(below, Dict) else ():
                    if type(each) is str and each == part and type(number) is int:
                        found[f"{name}.{part}"] = number
    return found


def storage_infos(storages: dict[str, Storage]) -> dict[str, StorageInfo]:
    """The storages of a tree as plain facts."""
    return {
        s.key: StorageInfo(s.key, s.dtype, s.numel, s.itemsize, s.device) for s in storages.values()
    }


def key_text(key: object) -> str:
    """A dict key as text; only short ones are spelled out."""
    if isinstance(key, str):
        return key[:_NAME_LIMIT]
    if key is None or isinstance(key, int | float):
        return str(key)
    if isinstance(key, bytes):
        return key[:_NAME_LIMIT].decode("utf-8", "backslashreplace")
    if isinstance(key, Global):
        return key.name
    if isinstance(key, tuple) and len(key) <= 8 and not any(isinstance(k, tuple) for k in key):
        return "(" + ", ".join(key_text(item) for item in key) + ")"
    return f"<{type_name(key)}>"


class _Walk:
    """One walk over a tree.

    A container is skipped where it contains itself, and where it was seen to hold no tensor.
    One that holds tensors is walked again at every place it stands, as far as the limits go:
    two names for one state dict are two names. A hundred doubled tuples end at the limit.
    """

    def __init__(self, table: Table, limits: Limits) -> None:
        self.table = table
        self.limits = limits
        self.barren: set[int] = set()
        self.open: set[int] = set()
        self.left = limits.visits

    def walk(self, root: object) -> None:
        self._visit(root, "", 0)
        if self.left <= 0 or len(self.table.tensors) >= self.limits.table:
            self.table.truncated = True
            self.table.notes.append("its tensor table is longer than what is listed here")

    def _visit(self, node: object, name: str, depth: int) -> bool:
        """List the tensors below a node; True where there were any."""
        kind = type(node)
        if kind is str or kind is int or node is None:
            return False
        self.left -= 1
        if self.left <= 0 or len(self.table.tensors) >= self.limits.table:
            return True
        if isinstance(node, Tensor):
            self._add(node, name)
            if node.parts is not None:
                self._container(node.parts, name, depth)
            return True
        if isinstance(node, Storage):
            self._add_storage(node, name)
            return True
        if isinstance(node, list | tuple | Object | Composite):
            return self._container(node, name, depth)
        return False

    def _container(self, node: object, name: str, depth: int) -> bool:
        mark = id(node)
        if mark in self.barren or mark in self.open:
            return False
        if depth >= self.limits.depth:
            if not self.table.truncated:
                self.table.truncated = True
                self.table.notes.append("it nests deeper than what is listed here")
            return False
        self.open.add(mark)
        found = False
        for part, child in _children(node):
            kind = type(child)
            if kind is str or kind is int:  # long lists of numbers pass by quickly
                continue
            found |= self._visit(child, _joined(name, part), depth + 1)
            if self.left <= 0:
                break
        self.open.discard(mark)
        if not found:
            self.barren.add(mark)
        if isinstance(node, Composite) and len(self.table.notes) < 20:
            sizes = "×".join(str(size) for size in node.shape)
            self.table.notes.append(f"{name or 'it'} is a {node.kind} {sizes}".rstrip())
        return found

    def _add(self, node: Tensor, name: str) -> None:
        count = 1
        for size in node.shape:
            count *= size
        storage = node.storage
        self.table.tensors.append(
            TensorInfo(
                name, node.dtype, node.shape, node.stride, node.offset,
                storage.key if storage is not None else "",
                count * itemsize(node.dtype), node.device,
            )
        )  # fmt: skip

    def _add_storage(self, node: Storage, name: str) -> None:
        """A storage saved by itself: a flat tensor of its elements."""
        size = node.extent * node.itemsize
        self.table.tensors.append(
            TensorInfo(
                name, node.dtype, (node.extent,), (1,), node.start, node.key, size, node.device
            )
        )


def _joined(name: str, part: str) -> str:
    if not part or part in _MODULE_PARTS:
        return name
    return f"{name}.{part}"[:_NAME_LIMIT] if name else part


def _children(node: object) -> Iterator[tuple[str, object]]:
    """A container's children with the last part of their names."""
    if isinstance(node, Dict):
        for key, value in node:
            yield key_text(key), value
    elif isinstance(node, list | tuple):
        for index, value in enumerate(node):
            yield str(index), value
    elif isinstance(node, Composite):
        yield from node.parts
    elif isinstance(node, Object):
        yield from _object_children(node)


def _object_children(node: Object) -> Iterator[tuple[str, object]]:
    if isinstance(node.args, tuple):
        for index, argument in enumerate(node.args):
            yield str(index), argument
    if node.pairs is not None:
        for key, value in node.pairs:
            yield key_text(key), value
    for index, value in enumerate(node.items or ()):
        yield str(index), value
    # Objects with __slots__ have the state (dict or None, slots).
    for state in node.state if isinstance(node.state, tuple) else (node.state,):
        if isinstance(state, Dict):
            for key, value in state:
                yield key_text(key), value
        elif isinstance(state, list | tuple | Object | Tensor):
            yield "", state
