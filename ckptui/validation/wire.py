"""Requests and verdicts as JSON between the pool and its workers: ASCII, a line each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from sys import intern
from types import MappingProxyType
from typing import Final

from ckptui.light import dataclass
from ckptui.terms import Action, Category, Level, Result
from ckptui.validation.source import Signature
from ckptui.validation.verdict import NO_VALUES, Check, Facts, Part, Verdict

_SHARED: Final = 512
_CATEGORIES: Final[Mapping[str, Category]] = {str(each): each for each in Category}
_SMALL: Final = 1 << 18
"""Bytes that are read about as quickly as a header is."""


@dataclass(frozen=True, slots=True)
class Request:
    """One thing for a worker to do.

    Attributes:
        path: The file; for ``inputs`` the directory that the inputs are in.
        level: Highest level, 1–6.
        load: Whether level 3 asks torch, in the loader process.
        header_only: Read the header and nothing else.
        required_keys: Top-level keys that must be there.
        allow_globals: Globals that the user allows.
        kind: ``check`` (→ Done), ``inspect``, ``anatomy`` (its records are read from level 5 on)
            or ``inputs`` (→ Answer).
        pattern: For ``inputs``: glob below the directory, or a file's name.
        content: For ``inputs``: hash the content, not the sizes.
        settle: False where nobody writes any more, so that young and bad is bad.
        seen: What the asker saw on disk, None where it did not look: what has gone since then
            was removed, and is not missing.
        recall: Open it also where it has no blocks on disk: somebody asked for this very file.
        here: Read it also where it is large and this is a login node.
        previous: Path of the previous checkpoint of the series, "" if none: level 6 compares.
        previous_values: That one's values, where they are known; else it is read as well.
        previous_key: Of the bytes that those are about, as the cache has it; where others are
            there now it is read all the same. "" where the asker knows that they are the same.
        look_back: Look for the previous one beside the file.
        proven: For ``anatomy``: level 5 has found every record whole already.
    """

    path: str
    level: int = 4
    load: bool = True
    header_only: bool = False
    required_keys: tuple[str, ...] = ()
    allow_globals: tuple[str, ...] = ()
    kind: str = "check"
    pattern: str = "**/*"
    content: bool = False
    settle: bool = True
    seen: Signature | None = None
    recall: bool = False
    here: bool = False
    previous: str = ""
    previous_values: Mapping[str, float] | None = None
    previous_key: str = ""
    look_back: bool = False
    proven: bool = False

    @property
    def quick(self) -> bool:
        """True where many fit into one message: header checks, and files that are small anyway."""
        small = self.seen is not None and self.seen[2] <= _SMALL
        return self.kind == "check" and (self.header_only or small)

    @property
    def wants_values(self) -> bool:
        """True where level 6 compares with a file that has to be read for it."""
        return (
            self.kind == "check"
            and not self.header_only
            and self.level >= Level.VALUES
            and bool(self.previous)
            and self.previous_values is None
        )

    @property
    def wants_loader(self) -> bool:
        """True where torch itself is to be asked."""
        return (
            self.kind == "check" and self.load and not self.header_only and self.level >= Level.LOAD
        )


_USUAL_REQUEST: Final = Request("")
_USUAL_FACTS: Final = Facts()


def request_to_wire(request: Request) -> dict[str, object]:
    """A request as a JSON object; what has its usual value is left out."""
    wire = _unusual(request, _USUAL_REQUEST)
    if request.previous_values is not None:
        wire["previous_values"] = dict(request.previous_values)
    return wire | {"path": request.path}


def request_from_wire(wire: Mapping[str, object]) -> Request:
    """The request again. Both ends are ours, so nothing is checked twice."""
    return Request(
        path=str(wire["path"]),
        level=_int(wire.get("level", 4)),
        load=bool(wire.get("load", True)),
        header_only=bool(wire.get("header_only", False)),
        required_keys=_texts(wire.get("required_keys")),
        allow_globals=_texts(wire.get("allow_globals")),
        kind=str(wire.get("kind", "check")),
        pattern=str(wire.get("pattern", "**/*")),
        content=bool(wire.get("content", False)),
        settle=bool(wire.get("settle", True)),
        seen=_signature(wire.get("seen")),
        recall=bool(wire.get("recall", False)),
        here=bool(wire.get("here", False)),
        previous=str(wire.get("previous", "")),
        previous_values=_numbers(wire.get("previous_values")),
        previous_key=str(wire.get("previous_key", "")),
        look_back=bool(wire.get("look_back", False)),
        proven=bool(wire.get("proven", False)),
    )


def verdict_to_wire(verdict: Verdict) -> dict[str, object]:
    """A verdict as a JSON object; of the facts, what has its usual value is left out."""
    facts = _unusual(verdict.facts, _USUAL_FACTS)
    if verdict.facts.parts:
        facts["parts"] = [[p.name, p.size, p.category, p.reason] for p in verdict.facts.parts]
    return {
        "path": verdict.path,
        "category": verdict.category,
        "level": verdict.level,
        "reason": verdict.reason,
        "remedy": verdict.remedy,
        "checks": {str(int(k)): [c.result, c.detail] for k, c in verdict.checks.items()},
        "detail": verdict.detail,
        "at": verdict.checked_at,
        "facts": facts,
        "values": dict(verdict.values),
    }


def verdict_from_wire(wire: Mapping[str, object]) -> Verdict:
    """The verdict again."""
    remedy = wire["remedy"]
    return Verdict(
        path=str(wire["path"]),
        category=_CATEGORIES[str(wire["category"])],
        level=_int(wire["level"]),
        reason=str(wire["reason"]),
        remedy=None if remedy is None else Action(str(remedy)),
        checks=_checks(wire["checks"]),
        detail=str(wire["detail"]),
        facts=_facts(wire["facts"]),
        checked_at=intern(str(wire["at"])),
        values=_numbers(wire.get("values")) or NO_VALUES,
    )


def _checks(wire: object) -> Mapping[Level, Check]:
    if not isinstance(wire, dict):
        return {}
    return _shared_checks(tuple((key, result, note) for key, (result, note) in wire.items()))


@lru_cache(maxsize=_SHARED)
def _shared_checks(said: tuple[tuple[str, str, str], ...]) -> Mapping[Level, Check]:
    """Levels and what they said; the same object for the thousands of which the same is said."""
    return MappingProxyType(
        {Level(int(key)): Check(Result(result), str(note)) for key, result, note in said}
    )


def _facts(wire: object) -> Facts:
    fields: dict[str, object] = wire if isinstance(wire, dict) else {}
    signature = fields.get("signature")
    return Facts(
        format=_word_or_none(fields.get("format")),
        version=_word_or_none(fields.get("version")),
        status=_word_or_none(fields.get("status")),
        step=_int_or_none(fields.get("step")),
        epoch=_int_or_none(fields.get("epoch")),
        step_note=str(fields.get("step_note", "")),
        input_hash=_text_or_none(fields.get("input_hash")),
        globals=_shared_names(_texts(fields.get("globals"))),
        saved_as=intern(str(fields.get("saved_as", ""))),
        tensors=_int(fields.get("tensors", 0)),
        signature=_signature(signature),
        role=intern(str(fields.get("role", ""))),
        content=str(fields.get("content", "")),
        layout=intern(str(fields.get("layout", ""))),
        parts=_parts(fields.get("parts")),
    )


def _parts(wire: object) -> tuple[Part, ...]:
    if not isinstance(wire, list):
        return ()
    return tuple(
        Part(str(name), _int_or_none(size), Category(str(category)), str(reason))
        for name, size, category, reason in wire
    )


def _signature(value: object) -> Signature | None:
    if not isinstance(value, list | tuple) or len(value) != 5:
        return None
    device, inode, size, mtime_ns, ctime_ns = value
    return (_int(device), _int(inode), _int(size), _int(mtime_ns), _int(ctime_ns))


def _numbers(value: object) -> Mapping[str, float] | None:
    return {str(k): float(v) for k, v in value.items()} if isinstance(value, dict) else None


@lru_cache(maxsize=_SHARED)
def _shared_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """The same object for the thousands that name the same."""
    return names


def _unusual(made: Request | Facts, usual: Request | Facts) -> dict[str, object]:
    """Fields by name; what has its usual value is left out."""
    return {
        name: value
        for name in made.__dataclass_fields__
        if (value := getattr(made, name)) is not (known := getattr(usual, name)) and value != known
    }


def _int(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"expected a whole number, got {value!r}")
    return value


def _int_or_none(value: object) -> int | None:
    return None if value is None else _int(value)


def _word_or_none(value: object) -> str | None:
    """One of few words: a text that is there once, however many say it."""
    return None if value is None else intern(str(value))


def _text_or_none(value: object) -> str | None:
    return None if value is None else str(value)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(part) for part in value) if isinstance(value, list | tuple) else ()
