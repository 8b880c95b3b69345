"""The rows of the verdict cache. Every call may raise; :mod:`ckptui.validation.cache` bears it.

Each row carries a checksum of itself, because a bit that turns over in here must never make a good
file look bad. Verdicts are trusted by the rules that made them only; checksums of contents stay
true whatever the rules.
"""

from __future__ import annotations

import json
import sqlite3
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Final, NamedTuple

from ckptui.terms import GOOD, Level, Result
from ckptui.validation import cache_history as history
from ckptui.validation.cache_rows import (
    Known,
    PastVerdict,
    Question,
    Sighting,
    Witness,
    demand_of,
    depth_of,
    key_of,
    place_of,
)
from ckptui.validation.cache_rules import rules, torch_identity
from ckptui.validation.verdict import Verdict
from ckptui.validation.wire import verdict_from_wire, verdict_to_wire

_LARGEST: Final = 1 << 16
"""Bytes of one verdict, or of the values that go with it: more is not kept."""
_LARGEST_UNPACKED: Final = 1 << 24
_TRIM_EVERY: Final = 500
"""Writes between two looks at the number of rows."""
_DAY: Final = 86_400

_FIND: Final = (
    "SELECT key, depth, rules, torch, verdict, proof, used FROM verdicts "
    "WHERE path = ? AND demand = ?"
)
_FIND_VALUES: Final = "SELECT key, content, whole, first, proof, peaks FROM contents WHERE path = ?"
_FIND_CONTENT: Final = "SELECT key, content, whole, first, last, proof FROM contents WHERE path = ?"


class _Row(NamedTuple):
    key: str
    depth: int
    rules: str
    torch: str
    verdict: str


class Store:
    """The tables; used by one thread.

    Args:
        base: As :func:`ckptui.validation.cache_file.open_file` opens it.
        rows: Files remembered at most.
    """

    def __init__(self, base: sqlite3.Connection, rows: int) -> None:
        self._base = base
        self._rows = rows
        self._writes = 0

    def close(self) -> None:
        """Let go of it."""
        self._base.close()

    @contextmanager
    def _transaction(self, kind: str) -> Iterator[None]:
        self._base.execute(f"BEGIN {kind}")
        try:
            yield
            self._base.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._base.execute("ROLLBACK")
            raise

    # Reading

    def find(self, questions: Sequence[Question]) -> list[Known]:
        """What is known about each, in one look at the file."""
        with self._transaction("DEFERRED"):
            return [self._known(question) for question in questions]

    def _known(self, question: Question) -> Known:
        place = place_of(question.request.path)
        row, idle = self._row(place, demand_of(question.request))
        verdict = _verdict_in(row, question) if row is not None else None
        return Known(
            row.key if row is not None and verdict is not None else "",
            verdict,
            self._witness(place) if question.witness else None,
            self._values(question.request.previous) if question.request.wants_values else None,
            idle=verdict is not None and idle,
        )

    def _row(self, place: bytes, demand: str) -> tuple[_Row | None, bool]:
        """A row of today's rules, and whether it was last of use before today."""
        found = self._base.execute(_FIND, (place, demand)).fetchone()
        if found is None:
            return None, False
        *fields, proof, used = found
        if proof != _proof(place, fields) or fields[2] != rules():
            return None, False
        return _Row(*fields), used < _today()

    def _witness(self, place: bytes) -> Witness | None:
        found = self._base.execute(_FIND_CONTENT, (place,)).fetchone()
        if found is None:
            return None
        key, content, whole, first, last, proof = found
        if proof != _proof(place, (key, content, whole, first)):
            return None
        return Witness(str(key), str(content), bool(whole), str(first), str(last))

    def _values(self, path: str) -> tuple[str, Mapping[str, float]] | None:
        """Key and values of a file that was whole."""
        place = place_of(path)
        found = self._base.execute(_FIND_VALUES, (place,)).fetchone()
        if found is None:
            return None
        *fields, proof, peaks = found
        if proof != _proof(place, fields) or not fields[2]:
            return None
        values = _unpacked(peaks)
        return (str(fields[0]), values) if values else None

    def history(self, path: str) -> list[PastVerdict]:
        """What was found out about a path, and about all below it, the newest first."""
        with self._transaction("DEFERRED"):
            return history.told(self._base, path)

    # Writing

    def keep(self, sightings: Iterable[Sighting]) -> None:
        """Remember verdicts, all of them or none."""
        with self._transaction("IMMEDIATE"):
            for sighting in sightings:
                history.note(self._base, sighting)
                if not sighting.lasting:
                    continue
                self._keep_verdict(sighting)
                if sighting.seasoned and sighting.verdict.facts.content:
                    self._keep_content(sighting)
            if self._writes % _TRIM_EVERY == 0:
                self._trim(self._rows)
            self._writes += 1

    def touch(self, questions: Iterable[Question]) -> None:
        """Note that these were of use today."""
        with self._transaction("IMMEDIATE"):
            self._base.executemany(
                "UPDATE verdicts SET used = ? WHERE path = ? AND demand = ?",
                [(_today(), place_of(q.request.path), demand_of(q.request)) for q in questions],
            )

    def make_room(self) -> None:
        """Drop a quarter of what there is, oldest use first."""
        with self._transaction("IMMEDIATE"):
            (rows,) = self._base.execute("SELECT count(used) FROM verdicts").fetchone()
            self._trim(rows * 3 // 4)

    def _keep_verdict(self, sighting: Sighting) -> None:
        request, verdict = sighting.request, sighting.verdict
        place, demand = place_of(request.path), demand_of(request)
        key, depth = key_of(verdict.facts.signature or ()), depth_of(request)
        before, _ = self._row(place, demand)
        # A deeper verdict about the same bytes stands, but bad news always counts.
        stands = before is not None and before.key == key and before.depth > depth
        wire = {name: v for name, v in verdict_to_wire(verdict).items() if name != "values"}
        text = json.dumps(wire | {"path": ""}, separators=(",", ":"))
        if (stands and verdict.category in GOOD) or len(text) > _LARGEST:
            return
        own = request.wants_loader and not _goes_on(verdict)
        torch = torch_identity(sighting.python) if own else ""
        row = _Row(key, depth, rules(), torch, text)
        self._base.execute(
            "INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (place, demand, *row, _proof(place, row), _today()),
        )

    def _keep_content(self, sighting: Sighting) -> None:
        facts, at = sighting.verdict.facts, sighting.verdict.checked_at
        place, key = place_of(sighting.request.path), key_of(facts.signature or ())
        # What a bad file's numbers are like is nothing to compare with.
        good = sighting.verdict.category in GOOD
        peaks = _packed(sighting.values) if good else b""
        before = self._witness(place)
        if before is not None and before.key == key and not sighting.anew:
            if before.content == facts.content:
                self._base.execute(
                    "UPDATE contents SET last = ?, used = ?, "
                    "peaks = CASE WHEN ? THEN peaks ELSE ? END WHERE path = ?",
                    (at, _today(), not peaks, peaks, place),
                )
            return
        row = (key, facts.content, int(good), at)
        self._base.execute(
            "INSERT OR REPLACE INTO contents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (place, *row, at, peaks, _proof(place, row), _today()),
        )

    def _trim(self, rows: int) -> None:
        history.trim(self._base, min(rows // 2, history.MOST))
        for table in ("verdicts", "contents"):
            (there,) = self._base.execute(f"SELECT count(used) FROM {table}").fetchone()  # noqa: S608
            if there > rows:
                # Somewhat more than must go, so that it is not done again at once.
                self._base.execute(
                    f"DELETE FROM {table} WHERE rowid IN "  # noqa: S608  (constants)
                    f"(SELECT rowid FROM {table} ORDER BY used, rowid LIMIT ?)",
                    (there - rows * 9 // 10,),
                )


def _verdict_in(row: _Row, question: Question) -> Verdict | None:
    """The verdict of a row, where it answers the question; None also where it makes no sense."""
    if row.depth < depth_of(question.request):
        return None
    # torch's no is about that torch only.
    if row.torch and row.torch != torch_identity(question.python):
        return None
    try:
        return verdict_from_wire(json.loads(row.verdict) | {"path": question.request.path})
    except (ValueError, TypeError, KeyError):
        return None


def _goes_on(verdict: Verdict) -> bool:
    load = verdict.checks.get(Level.LOAD)
    return load is None or load.result in (Result.PASS, Result.WARN)


def _packed(values: Mapping[str, float]) -> bytes:
    """Values for keeping; empty where there are too many."""
    packed = zlib.compress(json.dumps(dict(values)).encode(), 1) if values else b""
    return packed if len(packed) <= _LARGEST else b""


def _unpacked(peaks: bytes) -> dict[str, float]:
    """The values again; empty where there are none, or where zlib's own checksum is wrong."""
    try:
        found = json.loads(zlib.decompressobj().decompress(peaks, _LARGEST_UNPACKED))
        return {str(name): float(value) for name, value in found.items()}
    except (zlib.error, ValueError, TypeError, AttributeError):
        return {}


def _proof(place: bytes, fields: Iterable[object]) -> int:
    return zlib.crc32(repr(tuple(fields)).encode("utf-8", "surrogatepass"), zlib.crc32(place))


def _today() -> int:
    return int(time.time()) // _DAY
