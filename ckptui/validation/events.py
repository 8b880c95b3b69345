"""What a pool tells: progress, verdicts, answers."""

from __future__ import annotations

from ckptui.light import dataclass
from ckptui.validation.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Progress:
    """A running check: bytes read of bytes to read."""

    id: int
    done_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True)
class Done:
    """A check that has come to its verdict."""

    id: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Answer:
    """The document that was asked for; ``{"error": sentence}`` where there is none."""

    id: int
    document: dict[str, object]


Event = Progress | Done | Answer
