"""What the pool remembers: answers without reading, and bytes that changed unseen.

A header check that says what it saw on disk is answered from the cache. A check that somebody asked
for is made, compared with what the cache knows about the same bytes, and kept.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace

from ckptui.light import dataclass
from ckptui.terms import Category, Level, Result
from ckptui.validation.cache import Cache
from ckptui.validation.cache_rows import Known, Question, Sighting, Witness, key_of
from ckptui.validation.silent_change import judge_change, misread, proves
from ckptui.validation.verdict import Verdict
from ckptui.validation.wire import Request

_NOTHING_READ = frozenset({Category.CHANGING, Category.UNREADABLE})


@dataclass(slots=True)
class _Case:
    """A request on its way.

    Attributes:
        asked_at: Wall-clock seconds before anybody looked at the file.
        witness: What its bytes were, if that is known.
        first: Checksum of a first reading that did not agree with the witness.
        anew: The witness was wrong.
        before: Key and values of the previous checkpoint, where they are known.
    """

    request: Request
    asked_at: float
    witness: Witness | None = None
    first: str = ""
    anew: bool = False
    before: tuple[str, Mapping[str, float]] | None = None


class Memory:
    """The pool's use of the cache; one thread.

    Args:
        cache: Where verdicts are kept.
        python: Interpreter whose torch level 3 asks, None for the usual one.
    """

    def __init__(self, cache: Cache, python: str | None) -> None:
        self._cache, self._python = cache, python
        self._cases: dict[int, _Case] = {}

    def answers(self, requests: Iterable[tuple[int, Request]]) -> dict[int, Verdict]:
        """Take in requests; those that need no reading are answered at once."""
        now = time.time()
        new = {id_: request for id_, request in requests if request.kind == "check"}
        self._cases |= {id_: _Case(request, now) for id_, request in new.items()}
        asked = {id_: request for id_, request in new.items() if _is_of_use(request)}
        known = self._cache.look_up(
            [Question(r, _reads_all(r), self._python) for r in asked.values()]
        )
        found: dict[int, Verdict] = {}
        for (id_, request), each in zip(asked.items(), known, strict=True):
            self._cases[id_].witness = each.witness
            self._cases[id_].before = each.before
            if (verdict := _answer(request, each)) is not None:
                found[id_] = verdict
                del self._cases[id_]
        return found

    def completed(self, id_: int, request: Request) -> Request:
        """The request, with what is known of the file that level 6 compares with."""
        case = self._cases.get(id_)
        if case is None or case.before is None:
            return request
        key, values = case.before
        return replace(request, previous_key=key, previous_values=values)

    def compare(self, id_: int, verdict: Verdict) -> Verdict | None:
        """Compare what a check has read with what was there before.

        Returns:
            The verdict, or None where the file must be read once more to be sure.
        """
        case, signature = self._cases.get(id_), verdict.facts.signature
        if case is None or case.witness is None or signature is None or not _was_read(verdict):
            return verdict
        witness, content = case.witness, verdict.facts.content
        if key_of(signature) != witness.key or (content == witness.content and not case.first):
            return verdict
        if not case.first:
            case.first = content
            return None
        if content != case.first:
            return misread(verdict, witness, case.first, asked=case.request.level)
        case.anew = not proves(verdict, witness, signature[0])
        return judge_change(verdict, witness, signature[0], asked=case.request.level)

    def keep(self, id_: int, verdict: Verdict) -> None:
        """The last word on a request: remember it, where it will still be true tomorrow."""
        case = self._cases.pop(id_, None)
        if case is None or verdict.category is Category.CHANGING or not verdict.checks:
            return
        seen = self._rested(case, verdict)
        self._cache.keep(
            Sighting(
                case.request,
                verdict,
                verdict.values,
                python=self._python,
                seasoned=seen == "long",
                anew=case.anew,
                lasting=bool(seen) and _stands(case.request, verdict),
            )
        )

    def _rested(self, case: _Case, verdict: Verdict) -> str:
        """Whether the bytes had been left alone when they were read: "", "a while" or "long"."""
        signature = verdict.facts.signature
        if signature is None:
            return ""
        changed_at = max(signature[4] / 1e9, 0.0)
        if not self._cache.is_settled(signature[0], changed_at, case.asked_at):
            return ""
        return "long" if self._cache.is_seasoned(changed_at, case.asked_at) else "a while"

    def close(self) -> None:
        """Nothing more will come."""
        self._cache.close()

    def flush(self) -> None:
        """Wait, for half a second at most, until what was kept is with the disk."""
        self._cache.flush()


def _reads_all(request: Request) -> bool:
    return not request.header_only and request.level >= Level.CHECKSUMS


def _is_of_use(request: Request) -> bool:
    """True where the cache may know something: an answer, or a witness."""
    return (request.header_only and request.seen is not None) or _reads_all(request)


def _answer(request: Request, known: Known) -> Verdict | None:
    """The verdict that is known about exactly the bytes that the asker saw."""
    if not request.header_only or request.seen is None or known.verdict is None:
        return None
    if known.key != key_of(request.seen):
        return None
    if known.verdict.facts.signature == request.seen:
        return known.verdict
    facts = replace(known.verdict.facts, signature=request.seen)  # another device number
    return replace(known.verdict, facts=facts)


def _was_read(verdict: Verdict) -> bool:
    """True where all bytes were read, and none of them moved meanwhile."""
    return bool(verdict.facts.content) and verdict.category not in _NOTHING_READ


def _stands(request: Request, verdict: Verdict) -> bool:
    """True where another check of the same bytes would say the same."""
    if verdict.category in _NOTHING_READ or not verdict.checks:
        return False
    if not request.header_only and request.level < Level.KEYS:
        return False  # less than a header check says
    # What was left out here and now is tried again, but for what torch could not do.
    left_out = {level for level, said in verdict.checks.items() if said.result is Result.SKIPPED}
    if request.wants_loader:
        left_out.discard(Level.LOAD)
    return verdict.category is not Category.UNCHECKED or not left_out
