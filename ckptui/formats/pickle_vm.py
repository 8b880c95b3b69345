"""A bounded pickle machine: it reads opcodes, imports nothing and calls nothing.

The stock Unpickler with an allow-list is not enough: nine bytes (LONG_BINPUT 2**29) cost it 8 GB,
a dict key nested 300,000 deep crashes the interpreter, and 50,000 colliding keys ten seconds
(all measured; tests/formats/test_hostile.py keeps each). Opcodes are those of protocols 0–5, as
in the standard library's pickletools.
"""

from __future__ import annotations

from struct import error as StructError  # noqa: N812

from ckptui.formats.limits import DEFAULT, Limits
from ckptui.formats.model import Problem
from ckptui.formats.pickle_nodes import (
    Bag,
    Dict,
    FrozenBag,
    Global,
    Object,
    Packed,
    Storage,
)
from ckptui.formats.pickle_rebuild import NotAsWrittenError, construct, storage_of
from ckptui.light import TYPE_CHECKING, dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Final, TypeAlias


class StopReading(Exception):  # noqa: N818  (a way out, not an error of ours)
    """The pickle cannot be read further; carries the problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text)
        self.problem = problem


class ArrayFollows(Exception):  # noqa: N818  (a way out, too)
    """So many bytes of an array follow in the stream; ``aligned`` ones behind their padding."""

    def __init__(self, size: int, *, aligned: bool) -> None:
        super().__init__()
        self.size = size
        self.aligned = aligned


@dataclass(slots=True)
class PickleTree:
    """What one pickle would have built.

    Attributes:
        root: The top-level node; None also where nothing was left on the stack.
        globals: Every global that it names, ``module.name``, sorted.
        called: Those of them that it calls itself, by REDUCE, NEWOBJ, INST or OBJ, sorted.
        storages: Storages by key, as first declared.
        end: Offset just after STOP, or where reading ended.
        finished: True where STOP was reached.
        problems: What is wrong with it, first things first.
        protocol: Highest protocol declared.
        opcodes: Opcodes that were executed.
        packed: Storages that stand in it as files of torch's own: their bytes, or a ``Blob``.
    """

    root: object = None
    globals: tuple[str, ...] = ()
    called: tuple[str, ...] = ()
    storages: dict[str, Storage] = field(default_factory=dict)
    end: int = 0
    finished: bool = False
    problems: list[Problem] = field(default_factory=list)
    protocol: int = 0
    opcodes: int = 0
    packed: list[object] = field(default_factory=list)


class Machine:
    """State of one run; opcodes live in ``pickle_values`` and ``pickle_ops``."""

    __slots__ = (
        "base", "beyond", "big_keys", "called", "data", "globals", "known", "left", "limits",
        "marks", "memo", "packed", "pos", "problems", "protocol", "stack", "started", "storages",
        "wraps",
    )  # fmt: skip

    def __init__(self, data: bytes, limits: Limits, start: int = 0) -> None:
        self.data = data
        self.limits = limits
        self.pos = start
        self.stack: list[object] = []
        self.marks: list[int] = []
        self.memo: dict[int, object] = {}
        self.globals: dict[str, Global] = {}
        self.called: set[str] = set()
        self.storages: dict[str, Storage] = {}
        self.problems: list[Problem] = []
        self.protocol = 0
        self.big_keys = 0
        self.known: Mapping[int, object] | None = None
        self.left = limits.opcodes  # that it may still execute
        self.packed: list[object] = []  # storages that are files of torch's own, as bytes
        # Where it reads a file in windows:
        self.base = 0  # offset of its data in the file
        self.beyond = 0  # bytes that the file has behind its data
        self.started = 0  # where its last opcode began
        self.wraps = False  # True where joblib's arrays may stand between

    def fail(self, code: str, text: str, kind: str = "damaged") -> StopReading:
        """The exception to raise where reading must end here."""
        return StopReading(Problem(code, text, self.base + self.pos, kind))

    def take(self, count: int) -> bytes:
        """The next ``count`` bytes of the pickle's own data."""
        end = self.pos + count
        if end > len(self.data):
            raise self.fail("pickle-cut", "its pickle ends in the middle of a value")
        chunk = self.data[self.pos : end]
        self.pos = end
        return chunk

    def line(self) -> bytes:
        """The next line, without its end."""
        end = self.data.find(b"\n", self.pos, self.pos + self.limits.string)
        if end < 0:
            raise self.fail("pickle-cut", "its pickle ends in the middle of a line")
        chunk = self.data[self.pos : end]
        self.pos = end + 1
        return chunk

    def since_mark(self) -> list[object]:
        """Everything above the last MARK, taken off the stack."""
        start = self.marks.pop()
        if start > len(self.stack):
            raise self.fail("pickle-broken", "its pickle takes more than it has put down")
        items = self.stack[start:]
        del self.stack[start:]
        return items

    def remember(self, index: int) -> None:
        """Put the top of the stack into a memo slot."""
        if index > self.limits.memo_index:
            text = "its pickle numbers its values in a way that exhausts memory when loaded"
            raise self.fail("hostile-memo", text, "hostile")
        self.memo[index] = self.stack[-1]

    def name(self, module: str, name: str) -> Global:
        """The node for a global, one a name."""
        full = f"{module}.{name}"
        node = self.globals.get(full)
        if node is None:
            node = self.globals[full] = Global(full)
        return node

    def persistent(self, pid: object) -> object:
        """The node for a persistent id, remembered where it is a storage."""
        if self.known is not None:
            return self._by_number(pid, self.known)
        try:
            node = storage_of(pid)
        except NotAsWrittenError as error:
            raise self.fail("bad-storage", f"in its pickle, {error}") from None
        if isinstance(node, Storage):
            return self._storage(node)
        return node

    def _by_number(self, pid: object, known: Mapping[int, object]) -> object:
        """A tensor or storage that stands elsewhere, or a class with its source (tar files)."""
        if isinstance(pid, tuple) and pid:
            return pid[0]
        number = int(pid) if isinstance(pid, str) and pid.isdecimal() and len(pid) < 24 else pid
        if type(number) is int and number in known:
            return known[number]
        raise self.fail("bad-storage", "its pickle names a tensor that is not there")

    def _storage(self, node: Storage) -> Storage:
        first = self.storages.setdefault(node.key, node)
        if first.numel * first.itemsize != node.numel * node.itemsize:
            text = f"its pickle gives the storage {node.key[:40]} two different sizes"
            self.problems.append(Problem("storage-disagrees", text, self.base + self.pos))
        return node

    def call(self, called: object, args: object) -> object:
        """The node for a call that is not made."""
        if isinstance(called, Global):
            self.called.add(called.name)
        try:
            node = construct(called, args)
        except NotAsWrittenError as error:
            at = self.base + self.pos
            self.problems.append(Problem("bad-tensor", f"in its pickle, {error}", at))
            return Object(called, args)
        if isinstance(node, Bag):
            for member in node:
                self.check_key(member)
        elif isinstance(node, Packed):
            self.packed.append(node.content)
        return node

    def check_key(self, key: object) -> None:
        """Refuse keys that no writer makes and that crash or stall whoever hashes them."""
        if type(key) is str:
            return
        if isinstance(key, int):
            if not -(1 << 61) < key < (1 << 61):
                self.big_keys += 1
                if self.big_keys > self.limits.big_keys:
                    text = "its dict keys are numbers chosen to collide, which stalls a loader"
                    raise self.fail("hostile-keys", text, "hostile")
        elif isinstance(key, tuple | FrozenBag):
            self._check_nested(key)
        elif isinstance(key, list):  # Dict and Bag are lists, too
            raise self.fail("bad-key", "a dict in its pickle has a key that cannot be one")

    def _check_nested(self, key: tuple[object, ...] | FrozenBag) -> None:
        level: list[object] = [key]
        left = self.limits.key_nodes
        for _ in range(self.limits.key_depth):
            inner: list[object] = []
            for item in level:
                if isinstance(item, tuple | FrozenBag):
                    left -= len(item)
                    if left < 0:
                        break
                    inner.extend(item)
                elif isinstance(item, list):
                    text = "a dict in its pickle has a key that cannot be one"
                    raise self.fail("bad-key", text)
            level = inner
            if not level and left >= 0:
                return
            if left < 0:
                break
        text = "a dict key in its pickle is nested so deep that loading it crashes Python"
        raise self.fail("hostile-keys", text, "hostile")

    def execute(self) -> None:
        """Run to STOP.

        Raises:
            StopReading: The pickle is broken, hostile, or larger than the limits.
        """
        handlers, data, stack, memo = HANDLERS, self.data, self.stack, self.memo
        marks, most_marks = self.marks, self.limits.marks
        left, start = self.left, self.pos
        try:
            while True:
                start = self.pos
                try:
                    op = data[start]
                    self.pos = start + 1
                    # The four most frequent opcodes of real checkpoints first, without a call.
                    if op == 0x71:  # BINPUT
                        memo[data[self.pos]] = stack[-1]
                        self.pos += 1
                    elif op == 0x68:  # BINGET
                        stack.append(memo[data[self.pos]])
                        self.pos += 1
                    elif op == 0x4B:  # BININT1
                        stack.append(data[self.pos])
                        self.pos += 1
                    elif op == 0x28 and len(marks) < most_marks:  # MARK
                        marks.append(len(stack))
                    elif op == 0x2E:  # STOP
                        left -= 1
                        return
                    else:
                        handlers[op](self)
                except (IndexError, KeyError):
                    raise self._broken() from None
                except StructError:  # a number of fixed width beyond the end
                    text = "its pickle ends in the middle of a value"
                    raise self.fail("pickle-cut", text) from None
                left -= 1
                if left <= 0:
                    text = "its pickle is larger than the header reader goes; the rest was not read"
                    raise self.fail("reader-limit", text, "limit")
        finally:
            self.left, self.started = left, start

    def _broken(self) -> StopReading:
        if self.pos >= len(self.data):
            return self.fail("pickle-cut", "its pickle ends before its end mark")
        op = self.data[self.pos - 1] if self.pos else 0
        return self.fail("pickle-broken", f"its pickle makes no sense at byte 0x{op:02x}")


Handler: TypeAlias = "Callable[[Machine], None]"

HANDLERS: Final[dict[int, Handler]] = {}
"""Opcode → what it does; filled by ``pickle_values`` and ``pickle_ops``."""


def op(code: int) -> Callable[[Handler], Handler]:
    """Enter a function into the machine's table."""

    def enter(handler: Handler) -> Handler:
        HANDLERS[code] = handler
        return handler

    return enter


def length(machine: Machine, width: int) -> int:
    """A length of ``width`` bytes, little-endian."""
    return int.from_bytes(machine.take(width), "little")


def run(
    data: bytes,
    limits: Limits = DEFAULT,
    start: int = 0,
    *,
    known: Mapping[int, object] | None = None,
) -> PickleTree:
    """Read one pickle without running anything that it says.

    Args:
        data: Bytes that hold it; what follows STOP is left alone.
        limits: Bounds; beyond them the tree is what was read so far.
        start: Offset of the pickle in ``data``.
        known: What its persistent ids stand for, where these are numbers.

    Returns:
        The tree; never raises for bad bytes.
    """
    from ckptui.formats import pickle_ops  # noqa: F401  (fills HANDLERS)

    machine = Machine(data, limits, start)
    machine.known = known
    finished = False
    try:
        machine.execute()
        finished = True
    except StopReading as stop:
        machine.problems.append(stop.problem)
    return tree_of(machine, finished)


def tree_of(machine: Machine, finished: bool) -> PickleTree:
    """What a machine that has stopped would have built."""
    stack = machine.stack
    if finished and len(stack) != 1:
        text = "its pickle ends with values left over, so that it is not as it was written"
        machine.problems.append(Problem("pickle-broken", text, machine.base + machine.pos))
    if not finished:
        _fold(machine)
    return PickleTree(
        # pickle takes the last value; a pickle that broke off has its outermost one first.
        root=(stack[-1] if finished else stack[0]) if stack else None,
        globals=tuple(sorted(machine.globals)),
        called=tuple(sorted(machine.called)),
        storages=machine.storages,
        end=machine.pos,
        finished=finished,
        problems=machine.problems,
        protocol=machine.protocol,
        opcodes=machine.limits.opcodes - machine.left,
        packed=machine.packed,
    )


def _fold(machine: Machine) -> None:
    """Put what was pending into the containers that wait for it, innermost first."""
    stack = machine.stack
    while machine.marks:
        start = machine.marks.pop()
        if not 0 < start <= len(stack):
            continue
        holder, items = stack[start - 1], stack[start:]
        del stack[start:]
        if isinstance(holder, Dict):
            holder.extend(zip(items[::2], items[1::2], strict=False))
        elif isinstance(holder, list):
            holder.extend(items)
