"""Level 6, values: NaN, Inf, tensors that are all zero, largest magnitude. Only ever a warning.

Mask buffers hold -inf and a fresh LoRA is zero, so nothing here makes a checkpoint bad.
The only room of validation that imports numpy: it is imported where level 6 is asked for.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ckptui.terms import Result
from ckptui.validation.checksums import CrcSink, new_sink
from ckptui.validation.comparison import Before, Change, sentence
from ckptui.validation.finding import Finding
from ckptui.validation.floats import FloatType, magnitude
from ckptui.validation.spans import Span, SpanFinder
from ckptui.validation.static_load import name_some
from ckptui.validation.tiling import Stretch

_SMALL = 4096
"""All-zero tensors below this many bytes are not worth a word: biases and counters are."""

_NO_SCORE_YET = re.compile(r"callbacks\..*\.(?:kth_value|best_score|best_model_score)")
"""Scores that Lightning's ModelCheckpoint and EarlyStopping start at plus or minus infinity, and
leave there where they watch nothing (pytorch_lightning 2.6, callbacks/model_checkpoint.py)."""

_Bits = npt.NDArray[np.uint64]


@dataclass(slots=True)
class Tally:
    """What the numbers of one span are like so far.

    Attributes:
        largest: Largest sign-less pattern among the finite numbers.
        nans, infs: How many there are.
    """

    largest: int = 0
    nans: int = 0
    infs: int = 0

    def look(self, chunk: memoryview, kind: FloatType, *, swap: bool) -> None:
        """Take further numbers; a broken one at the end is left out."""
        unit = np.dtype(f"<u{kind.bytes}")
        whole = len(chunk) - len(chunk) % kind.bytes
        if not whole:
            return
        bits: _Bits = np.frombuffer(chunk[:whole], unit)
        if swap != kind.big:
            bits = bits.byteswap()
        top = self._top(bits, kind)
        self.largest = max(self.largest, top)

    def _top(self, bits: _Bits, kind: FloatType) -> int:
        """The largest sign-less pattern that is a number; counts what is none."""
        if kind.packed:
            return max(int((bits & 7).max()), int((bits >> 4 & 7).max()))
        # Two maxima that copy nothing: negative numbers are the largest unsigned integers,
        # positive ones the largest signed integers.
        top = int(np.maximum.reduce(bits))
        sign = kind.sign
        if sign and top >= sign:
            top = max(top - sign, int(np.maximum.reduce(bits.view(f"<i{kind.bytes}"))))
        if kind.nan_is_minus_zero:
            self.nans += int(np.count_nonzero(bits == sign))
        return self._count_odd(bits, kind) if top > kind.last_finite else top

    def _count_odd(self, bits: _Bits, kind: FloatType) -> int:
        plain = bits & (kind.sign - 1) if kind.sign else bits.copy()
        odd = plain > kind.last_finite
        infs = 0 if kind.inf is None else int(np.count_nonzero(plain == kind.inf))
        self.infs += infs
        self.nans += int(np.count_nonzero(odd)) - infs
        plain[odd] = 0
        return int(plain.max())

    def add(self, other: Tally) -> None:
        """Take in what was seen elsewhere in the same span."""
        self.largest = max(self.largest, other.largest)
        self.nans += other.nans
        self.infs += other.infs


class Viewer:
    """Looks at the numbers in one stretch of a record, chunk after chunk.

    Attributes:
        spans: Of the whole record.
        tallies: By the number of the span.
    """

    __slots__ = ("_at", "_next", "_swap", "spans", "tallies")

    def __init__(self, spans: Sequence[Span], at: int, *, swap: bool) -> None:
        """``at`` is the stretch's first byte within the record."""
        self.spans, self._at, self._swap = spans, at, swap
        self._next = bisect_right(spans, at, key=lambda span: span.end)
        self.tallies: dict[int, Tally] = {}

    def look(self, chunk: memoryview) -> None:
        """Take the next bytes."""
        begin, end = self._at, self._at + len(chunk)
        self._at = end
        while self._next < len(self.spans):
            span = self.spans[self._next]
            if span.start >= end:
                return
            inside = chunk[max(span.start - begin, 0) : span.end - begin]
            tally = self.tallies.setdefault(self._next, Tally())
            tally.look(inside, span.kind, swap=self._swap)
            if span.end > end:
                return
            self._next += 1


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the numbers of one tensor are like, or of several that share bytes.

    Attributes:
        names: The tensors.
        size: Bytes.
        largest: Largest magnitude among the finite ones.
        nans, infs: How many there are.
    """

    names: tuple[str, ...]
    size: int
    largest: float
    nans: int
    infs: int

    @property
    def label(self) -> str:
        """The tensor's name as shown."""
        return f"`{self.names[0]}`" if self.names[0] else "the tensor"

    @property
    def value(self) -> float:
        """The largest magnitude as it is kept: NaN where there is one, else Inf where there is."""
        return math.nan if self.nans else math.inf if self.infs else self.largest

    @property
    def all_zero(self) -> bool:
        """True where it is worth saying that every number is zero."""
        return self.size >= _SMALL and self.value == 0


@dataclass(slots=True)
class Values:
    """The numbers of a whole file, put together from its stretches in order.

    Attributes:
        found: In file order.
    """

    finder: SpanFinder
    swap: bool = False
    found: list[Numbers] = field(default_factory=list)
    _tallies: dict[int, Tally] = field(default_factory=dict)

    def new_sink(self, stretch: Stretch) -> CrcSink:
        """A sink that also looks at the numbers, where there are any."""
        spans = () if stretch.record is None else self.finder.spans(stretch.record)
        if not spans or stretch.record is None:
            return new_sink(stretch)
        at = stretch.start - stretch.record.data_start
        return new_sink(stretch, Viewer(spans, at, swap=self.swap))

    def add(self, sink: CrcSink) -> None:
        """Take the next stretch."""
        viewer = sink.viewer
        if not isinstance(viewer, Viewer):
            return
        for number, tally in viewer.tallies.items():
            self._tallies.setdefault(number, Tally()).add(tally)
        if sink.stretch.last:
            self._finish(viewer.spans)

    def by_tensor(self) -> dict[str, float]:
        """Largest magnitude by tensor, as it is kept and compared later."""
        return {name: numbers.value for numbers in self.found for name in numbers.names}

    def _finish(self, spans: Sequence[Span]) -> None:
        for number, tally in sorted(self._tallies.items()):
            span = spans[number]
            largest = magnitude(span.kind, tally.largest)
            size = span.end - span.start
            self.found.append(Numbers(span.names, size, largest, tally.nans, tally.infs))
        self._tallies.clear()


def judge_values(
    found: Sequence[Numbers], before: Before | None = None, changes: Sequence[Change] = ()
) -> Finding:
    """Say what is unusual about the numbers, as a warning at most.

    Args:
        found: Of the whole file.
        before: The previous checkpoint of the series, where there is one.
        changes: What changed since then as training never changes anything.
    """
    if not found:
        return Finding(Result.NOT_APPLICABLE, "it holds no floating-point numbers")
    lines = _unusual(found, {change.name for change in changes})
    if before is not None and changes:
        lines.insert(0, sentence(changes, before))
    top = max(found, key=lambda numbers: numbers.largest)
    most = f"largest magnitude {top.largest:.3g}, in {top.label}"
    detail = [most] if lines else []
    if before is not None:
        detail.append(before.why_not or f"its numbers were compared with those of {before.name}")
    if lines:
        return Finding(Result.WARN, "; ".join(lines), detail="\n".join(detail))
    return Finding(Result.PASS, most, detail="\n".join(detail))


def _unusual(found: Sequence[Numbers], told: AbstractSet[str]) -> list[str]:
    rest = [numbers for numbers in found if told.isdisjoint(numbers.names)]
    groups = (
        ("NaN in", [n.label for n in rest if n.nans]),
        ("Inf in", [n.label for n in rest if n.infs and not _NO_SCORE_YET.fullmatch(n.names[0])]),
        ("all zero:", [n.label for n in rest if n.all_zero]),
    )
    return [f"{text} {name_some(labels)}" for text, labels in groups if labels]
