"""What is asked of the cache, what it knows, and what it is told. Plain data."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence

from ckptui.light import dataclass, field
from ckptui.terms import Category
from ckptui.validation.verdict import Verdict
from ckptui.validation.wire import Request


def key_of(signature: Sequence[int]) -> str:
    """What must be equal for a file to be the same: inode, size, mtime and ctime.

    The device is left out: its number changes with the order in which disks are mounted.

    Example:
        >>> key_of((64768, 7, 100, 5, 6))
        '7 100 5 6'
    """
    return " ".join(map(str, signature[1:]))


def place_of(path: str) -> bytes:
    """The absolute path as the bytes that the disk knows."""
    return os.fsencode(os.path.abspath(path))


def demand_of(request: Request) -> str:
    """What the verdict was to say something about, beside the bytes."""
    return json.dumps([sorted(request.required_keys), sorted(request.allow_globals)])


def depth_of(request: Request) -> int:
    """How deep a request looks: 0 for the header alone, else its level."""
    # A number: the enum is written otherwise, and a row whose proof holds it is never believed.
    return 0 if request.header_only else int(request.level)


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to look up.

    Attributes:
        request: The check that is to be answered, or compared.
        witness: Ask for the content's checksum too.
        python: Interpreter whose torch would be asked, None for the usual one.
    """

    request: Request
    witness: bool = False
    python: str | None = None


@dataclass(frozen=True, slots=True)
class Witness:
    """What a file's bytes were when they were first read under these times.

    Attributes:
        key: As :func:`key_of` makes it.
        content: Checksum of all bytes, ``crc32:%08x``.
        whole: Nothing stood against them then.
        first: When they were first read, ISO 8601, UTC.
        last: When the same bytes were last read.
    """

    key: str
    content: str
    whole: bool
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Known:
    """What the cache knows about one file.

    Attributes:
        key: Of the bytes that ``verdict`` is about; "" where there is none.
        verdict: The deepest that is trusted, None where there is none.
        witness: None where there is none or it was not asked for.
        before: Key and level 6's values of the previous checkpoint that the request names.
        idle: The verdict was last of use on an earlier day.
    """

    key: str = ""
    verdict: Verdict | None = None
    witness: Witness | None = None
    before: tuple[str, Mapping[str, float]] | None = None
    idle: bool = False


@dataclass(frozen=True, slots=True)
class Sighting:
    """A verdict to remember.

    Attributes:
        request: What was asked.
        verdict: What came of it; its signature is known.
        values: Largest magnitude of each tensor, where level 6 looked.
        python: Interpreter whose torch was asked, None for the usual one.
        seasoned: The file had been left alone so long that its bytes can bear witness.
        anew: The witness that is there was wrong: put this one in its place.
        lasting: False where it is news, but not to be trusted the next time.
    """

    request: Request
    verdict: Verdict
    values: Mapping[str, float] = field(default_factory=dict)
    python: str | None = None
    seasoned: bool = True
    anew: bool = False
    lasting: bool = True


@dataclass(frozen=True, slots=True)
class PastVerdict:
    """What was found out about a path at one time.

    Attributes:
        path: Absolute.
        at: ISO 8601, UTC.
        asked: The level that was asked for; 0 for the header alone.
        level: The level reached.
        size: Bytes, None where there was nothing.
    """

    path: str
    at: str
    asked: int
    level: int
    category: Category
    reason: str
    size: int | None
