"""A pickle of any size, read in windows: large bytes in it are passed over and never held.

The machine stops where its window ends, and goes on at the opcode where it stopped: opcodes read
all of their own bytes before they change anything.

The arrays that joblib puts between the opcodes are passed over as well.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ckptui.formats.limits import KIB, MIB, Limits
from ckptui.formats.model import Problem
from ckptui.formats.pickle_nodes import Global
from ckptui.formats.pickle_vm import ArrayFollows, Machine, PickleTree, StopReading, tree_of
from ckptui.formats.window import Window

_FIRST: Final = 64 * KIB
_AFTER: Final = 4 * KIB
_WIDEST: Final = 4 * MIB


class _Stream:
    """One pickle, and how much of it was read."""

    def __init__(self, window: Window, limits: Limits, start: int, budget: int) -> None:
        self.window = window
        self.at = start
        self.length = _FIRST
        self.budget = budget
        self.machine = Machine(b"", limits)
        self.machine.wraps = True

    def step(self) -> bool:
        """Run the machine over the next window; True where it came to its end."""
        machine = self.machine
        if not machine.base <= self.at < machine.base + len(machine.data):
            machine.data = self.window.pread(self.length, self.at)
            machine.base = self.at
            self.budget -= len(machine.data)
        machine.pos = self.at - machine.base
        machine.beyond = max(self.window.size - machine.base - len(machine.data), 0)
        try:
            machine.execute()
        except ArrayFollows as array:
            self.at = machine.base + machine.pos
            self._pass_array(array)
            return False
        except StopReading as stop:
            if stop.problem.code != "pickle-cut" or not machine.beyond:
                raise
            self._go_on()
            return False
        self.at = machine.base + machine.pos
        return True

    def _go_on(self) -> None:
        """Read on where the machine stopped for want of bytes."""
        machine = self.machine
        if self.budget <= 0 or (not machine.started and self.length >= _WIDEST):
            raise self._too_large()
        self.at = machine.base + machine.started
        # Behind bytes that were passed over the next ones may follow soon.
        jumped = machine.started > len(machine.data)
        self.length = _AFTER if jumped else min(self.length * 4, _WIDEST)
        machine.data = b""

    def _too_large(self) -> StopReading:
        text = "its pickle is larger than the header reader goes; the rest was not read"
        return self.machine.fail("reader-limit", text, "limit")

    def _pass_array(self, array: ArrayFollows) -> None:
        if self.budget <= 0:
            raise self._too_large()
        if array.size < 0:
            self._pass_objects()
            return
        if array.aligned:
            padding = self.window.pread(1, self.at)
            self.at += 1 + (padding[0] if padding else 0)
        if self.at + array.size > self.window.size:
            text = f"its pickle ends inside an array of {array.size:,} bytes"
            raise StopReading(Problem("pickle-cut", text, self.window.size))
        self.at += array.size
        self.length = _AFTER

    def _pass_objects(self) -> None:
        """An array of objects: a pickle of its own, whose names count."""
        machine = self.machine
        limits = replace(machine.limits, opcodes=max(machine.left, 1))
        inner = run_stream(self.window, limits, self.at, self.budget)
        machine.left -= inner.opcodes
        machine.globals.update((name, Global(name)) for name in inner.globals)
        machine.packed += inner.packed
        if inner.problems:
            raise StopReading(inner.problems[0])
        self.at = inner.end


def run_stream(window: Window, limits: Limits, start: int, budget: int) -> PickleTree:
    """Read one pickle of a file without running anything that it says.

    Args:
        window: The file.
        limits: Bounds; ``limits.pickle`` is not one of them.
        start: Offset of the pickle in the file, in bytes.
        budget: Bytes that may be read; what is passed over does not count.

    Returns:
        The tree; ``end`` and the problems' offsets count from the beginning of the file.

    Raises:
        OSError: A read failed.
    """
    from ckptui.formats import pickle_ops  # noqa: F401  (fills the machine's table)

    stream = _Stream(window, limits, start, budget)
    finished = False
    try:
        while not finished:
            finished = stream.step()
    except StopReading as stop:
        stream.machine.problems.append(stop.problem)
    tree = tree_of(stream.machine, finished)
    tree.end = stream.at
    return tree
