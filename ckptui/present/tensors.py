"""The tensors of a checkpoint as a tree by their dotted names, with sums, marks and search.

A hundred thousand tensors are no rare thing: the tree is built piece by piece, a branch that is
opened or closed changes only its own rows, and a chain of branches with nothing beside them is one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from ckptui.light import dataclass
from ckptui.present.reading import number, text
from ckptui.present.safe import plain

ORDERS: Final = ("file", "name", "size")
"""As the file lists them, by name (2 before 10), or the largest first."""
_DEEPEST: Final = 32
"""Branches above a tensor; what a name has beyond them stays together."""
_OPEN_TO: Final = 40
"""Rows up to which branches are open from the start."""
_STEP: Final = 4_000
_DIGITS: Final = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Mark:
    """What stands against a tensor: whether it is wrong or only odd, and in which words."""

    wrong: bool
    reason: str


_CHILDLESS: Final[dict[str, Node]] = {}
"""Shared by all that have none, and so never added to: most nodes are tensors."""


class Node:
    """A branch, a tensor, a plain value, or a tensor that has others below its name.

    Attributes:
        key: Its dotted name, unique in the tree.
        label: The part of the name that its row shows.
        parent: The branch that it is in; None for the root.
        children: By the part of the name, as the file lists them.
        dtype, shape: Of a tensor, as shown; of a value, its kind and itself.
        bytes, elements, tensors: Of it and of all below it.
        mark: What stands against it, None where nothing does.
        marked: Marked tensors below it.
    """

    __slots__ = (
        "bytes", "children", "dtype", "elements", "key", "label", "mark", "marked", "parent",
        "shape", "tensors",
    )  # fmt: skip

    def __init__(self, key: str, label: str, parent: Node | None) -> None:
        self.key, self.label, self.parent = key, label, parent
        self.children = _CHILDLESS
        self.dtype = self.shape = ""
        self.bytes = self.elements = self.tensors = 0
        self.mark: Mark | None = None
        self.marked = 0

    @property
    def depth(self) -> int:
        """Branches above it."""
        node, depth = self.parent, 0
        while node is not None:
            node, depth = node.parent, depth + 1
        return depth


class TensorTree:
    """The tree, and which of its branches are open.

    Attributes:
        root: All tensors together.
        nodes: Key → node.
        order: One of :data:`ORDERS`.
        rows: Keys of the rows that are shown, in order.
        cursor: Key of the row that the user was on, for whoever shows it next.
    """

    def __init__(self) -> None:
        self.root = Node("", "", None)
        self.nodes: dict[str, Node] = {"": self.root}
        self.opened: set[str] = {""}
        self.order = ORDERS[0]
        self.rows: list[str] = []
        self.cursor = ""
        self._names: list[tuple[str, str]] = []
        self._marks: dict[str, Mark] = {}

    # Building

    def add(self, tensors: Iterable[Mapping[str, object]]) -> None:
        """Take some tensors, as ``ckptui inspect --json`` lists them."""
        for each in tensors:
            shape = each.get("shape")
            found = shape if isinstance(shape, list) else []
            sizes = [size for size in found if isinstance(size, int)]
            node = self._leaf(text(each, "name"))
            node.dtype = plain(text(each, "dtype"))
            node.shape = "×".join(map(str, sizes)) or "scalar"
            node.tensors = 1
            node.bytes, node.elements = number(each, "bytes"), math.prod(sizes)

    def add_values(self, values: Mapping[str, object], keys: Sequence[str] = ()) -> None:
        """Take what stands beside the tensors: top-level values, what a format says of itself.

        Args:
            values: Name → value, as far as they are told.
            keys: Top-level keys, told or not; those that hold tensors are left as they are.
        """
        for key in dict.fromkeys([*keys, *values]):
            if key not in self.nodes:  # a flat file's keys are its tensors
                node = self._leaf(key, whole=True)
                node.dtype = _kind(values[key]) if key in values else ""
                node.shape = _said(values[key]) if key in values else "not told by the header"

    def _leaf(self, name: str, *, whole: bool = False) -> Node:
        parts = [name] if whole or not name else name.split(".", _DEEPEST)
        node = self.root
        for part in parts:
            child = node.children.get(part)
            if child is None:
                child = self._new(node, part)
            node = child
        if node.dtype or node.shape:  # two of one name: each has a row of its own
            node = self._new(node.parent or self.root, f"{parts[-1]} ({len(self.nodes)})")
        if not whole:
            self._names.append((name.lower(), node.key))
        return node

    def _new(self, parent: Node, part: str) -> Node:
        key = f"{parent.key}.{part}" if parent.key else part or "(the tensor itself)"
        while key in self.nodes:
            key += " "
        node = Node(key, plain(part) or "(the tensor itself)", parent)
        if parent.children is _CHILDLESS:
            parent.children = {}
        parent.children[part] = self.nodes[key] = node
        return node

    def finish(self) -> None:
        """Add up, join chains, and open as much as is easily seen."""
        for _ in self.finishing():
            pass

    def finishing(self) -> Iterator[None]:
        """The same in steps of a few milliseconds."""
        for at, node in enumerate(list(self.nodes.values())[::-1]):  # each after all below it
            if node.parent is not None:
                node.parent.tensors += node.tensors
                node.parent.bytes += node.bytes
                node.parent.elements += node.elements
            if at % _STEP == 0:
                yield
        for at, node in enumerate(list(self.nodes.values())):
            if node.children and node.key in self.nodes:
                node.children = {part: self._joined(each) for part, each in node.children.items()}
            if at % _STEP == 0:
                yield
        top = sorted(self.root.children.values(), key=_rank)
        self.root.children = {node.key: node for node in top}
        self._open_some()
        self.rows = list(self._below(self.root))

    def _joined(self, node: Node) -> Node:
        """A branch that holds one thing and nothing else is one row with it."""
        while len(node.children) == 1 and not node.dtype:
            (only,) = node.children.values()
            del self.nodes[node.key]
            only.label, only.parent = f"{node.label}.{only.label}", node.parent
            node = only
        return node

    def mark(self, marks: Mapping[str, Mark]) -> None:
        """Mark what a verdict names, and open the branches above it; other marks go.

        Args:
            marks: Tensor's name → what stands against it, as ``marks_of`` finds it.
        """
        if marks == self._marks:
            return
        for name in self._marks:
            self._set_mark(name, None)
        self._marks = dict(marks)
        for name, mark in marks.items():
            self._set_mark(name, mark)
        named = [self.nodes[name] for name in marks if name in self.nodes]
        for node in named[:_OPEN_TO]:
            self.opened |= {above.key for above in _above(node)}
            self.cursor = self.cursor or node.key
        self.rows = list(self._below(self.root))

    def _set_mark(self, name: str, mark: Mark | None) -> None:
        node = self.nodes.get(name)
        if node is not None:
            node.mark = mark
            for above in _above(node):
                above.marked += 1 if mark is not None else -1

    def _open_some(self) -> None:
        """Open branches, the outer ones first, while all rows are easily seen."""
        shown = len(self.root.children)
        level = list(self.root.children.values())
        while level:
            below = [node for node in level if node.children]
            shown += sum(len(node.children) for node in below)
            if shown > _OPEN_TO:
                break
            self.opened |= {node.key for node in below}
            level = [child for node in below for child in node.children.values()]

    # Rows

    def _ordered(self, node: Node) -> list[Node]:
        children = list(node.children.values())
        if self.order == "name":
            children.sort(key=lambda child: _natural(child.label))
        elif self.order == "size":
            children.sort(key=lambda child: -child.bytes)
        return children

    def _below(self, node: Node) -> Iterator[str]:
        for child in self._ordered(node):
            yield child.key
            if child.children and child.key in self.opened:
                yield from self._below(child)

    def sort(self, order: str) -> None:
        """Show the rows in another order, one of :data:`ORDERS`."""
        self.order = order
        self.rows = list(self._below(self.root))

    def open(self, key: str) -> bool:
        """Open a branch; False where it is open, or none."""
        node = self.nodes[key]
        if not node.children or key in self.opened:
            return False
        self.opened.add(key)
        at = self.rows.index(key) + 1
        self.rows = [*self.rows[:at], *self._below(node), *self.rows[at:]]
        return True

    def close(self, key: str) -> bool:
        """Close a branch; False where it is closed, or none."""
        if key not in self.opened or not self.nodes[key].children:
            return False
        at = self.rows.index(key) + 1
        end = at + sum(1 for _ in self._below(self.nodes[key]))
        self.opened.discard(key)
        self.rows = [*self.rows[:at], *self.rows[end:]]
        return True

    def show(self, key: str) -> None:
        """Open all branches above a row."""
        closed = {above.key for above in _above(self.nodes[key])} - self.opened
        if closed:
            self.opened |= closed
            self.rows = list(self._below(self.root))

    # Search

    def find(self, words: str) -> list[str]:
        """Keys of the tensors whose names hold all of these words, in any case, as listed."""
        wanted = words.lower().split()
        if not wanted:
            return []
        first, *more = wanted
        found = [key for name, key in self._names if first in name]
        return [key for key in found if all(word in key.lower() for word in more)]

    def first_after(self, key: str, found: Sequence[str]) -> int:
        """Which of the rows found comes next after a row, as the file lists them; 0 after all."""
        wanted, passed = set(found), not key
        for _, each in self._names:
            passed = passed or each == key or each.startswith(f"{key}.")
            if passed and each in wanted:
                return found.index(each)
        return 0


def _rank(node: Node) -> int:
    """Values first, then tensors, then what the format says of itself."""
    return 1 if node.tensors else 2 if node.key.startswith("(") else 0


def _above(node: Node) -> Iterator[Node]:
    while node.parent is not None:
        node = node.parent
        yield node


def _natural(label: str) -> list[tuple[int, int, str]]:
    """Sort key in which 2 comes before 10."""
    if label.isdecimal():
        return [(0, len(label.lstrip("0")), label.lstrip("0"))]
    parts = (part for part in _DIGITS.split(label) if part)
    return [(0, len(p.lstrip("0")), p.lstrip("0")) if p.isdecimal() else (1, 0, p) for p in parts]


def _kind(value: object) -> str:
    names = ((bool, "yes or no"), (int, "number"), (float, "number"), (str, "text"), (list, "list"))
    return next((name for kind, name in names if isinstance(value, kind)), "")


def _said(value: object) -> str:
    words = "; ".join(map(str, value)) if isinstance(value, list) else str(value)
    return plain(words[:200])
