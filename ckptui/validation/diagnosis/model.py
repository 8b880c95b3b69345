"""What a diagnosis is made of."""

from __future__ import annotations

from dataclasses import dataclass

from ckptui.terms import Action, Category


@dataclass(frozen=True, slots=True)
class Cause:
    """What one family of damage has found out about a file.

    Attributes:
        name: Stable word for it, for example ``text-mode``.
        reason: The verdict's sentence.
        lines: The evidence, a sentence each.
        advice: The next step, with the command to type where there is one. ``FILE`` in it stands
            for the file's own path, ``NEW`` for a new file.
        category: Where this puts the file, None leaves it where the levels put it.
        remedy: The repair for it, None leaves the usual one.
    """

    name: str
    reason: str
    lines: tuple[str, ...] = ()
    advice: str = ""
    category: Category | None = None
    remedy: Action | None = None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What happened to a file, as far as its bytes prove it.

    Attributes:
        reason: One sentence, the verdict's.
        cause: :attr:`Cause.name`, empty where the cause is not known.
        detail: Evidence, one sentence each, the next step last.
        torch_says: What torch.load prints for this file, empty where that is not known.
        category: Where the file belongs, None where the levels have it right.
        remedy: The repair, None for the usual one.
    """

    reason: str
    cause: str = ""
    detail: tuple[str, ...] = ()
    torch_says: str = ""
    category: Category | None = None
    remedy: Action | None = None
