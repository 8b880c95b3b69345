"""The check worker: ``python -m ckptui.validation.worker PARENT``, JSON lines over its pipes.

It says ``{"ready": pid}``, reads ``{"do": [[id, request], …]}`` and ``{"cancel": [id, …]}``, and
writes ``{"done": [[id, verdict], …]}``, ``{"at": [id, bytes done, bytes in all]}``,
``{"answer": [id, document]}`` and ``{"broke": [id, sentence]}``. A file that kills or hangs it
costs one verdict: the pool sees to the rest.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import deque
from collections.abc import Mapping
from threading import Condition, Thread
from typing import TYPE_CHECKING, Final, NoReturn

from ckptui.terms import Level
from ckptui.validation.lifeline import be_polite, die_with_parent, limit_memory

if TYPE_CHECKING:
    from ckptui.validation.wire import Request

MEMORY: Final = 1 << 30
"""Bytes of address space that checks may add: the header reader's own bounds lie far below."""
_FLUSH = 0.02
_TELL = 0.1


class Orders:
    """What the parent wants, read by a thread of its own so that a cancel is seen at once."""

    def __init__(self) -> None:
        self._news = Condition()
        self._waiting: deque[tuple[int, Mapping[str, object]]] = deque()
        self._cancelled: set[int] = set()

    def listen(self) -> NoReturn:
        """Read orders until the parent is gone; then end the process, whatever it is doing."""
        for line in sys.stdin.buffer:
            message = json.loads(line)
            with self._news:
                self._waiting.extend((id_, wire) for id_, wire in message.get("do", ()))
                self._cancelled.update(message.get("cancel", ()))
                self._news.notify()
        os._exit(0)

    def next(self) -> tuple[int, Mapping[str, object]]:
        """Wait for the next order."""
        with self._news:
            while not self._waiting:
                self._news.wait()
            return self._waiting.popleft()

    @property
    def more(self) -> bool:
        """True where another order is waiting already."""
        return bool(self._waiting)

    def is_cancelled(self, id_: int) -> bool:
        """True where the parent does not want the answer any more."""
        return id_ in self._cancelled

    def forget(self, id_: int) -> None:
        """Drop a cancel that came for something that is done."""
        self._cancelled.discard(id_)


class Reports:
    """Lines to the parent. Header verdicts are gathered for up to 20 ms: thousands a second."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._done: list[object] = []
        self._flushed = time.monotonic()
        self._told = 0.0

    def done(self, id_: int, verdict: object, *, more: bool) -> None:
        """A verdict; held back a moment where more follow at once."""
        self._done.append([id_, verdict])
        if not more or time.monotonic() - self._flushed > _FLUSH:
            self.flush()

    def at(self, id_: int, done: int, total: int) -> None:
        """Progress in bytes, ten times a second at most."""
        now = time.monotonic()
        if now - self._told >= _TELL:
            self._told = now
            self.say({"at": [id_, done, total]})

    def flush(self) -> None:
        """Send the verdicts that were gathered."""
        self._flushed = time.monotonic()
        if self._done:
            gathered, self._done = self._done, []
            self.say({"done": gathered})

    def say(self, message: Mapping[str, object]) -> None:
        """Send one line."""
        data = memoryview(json.dumps(message).encode("ascii") + b"\n")
        while data:
            data = data[os.write(self._fd, data) :]


def _serve(orders: Orders, reports: Reports) -> NoReturn:
    while True:
        id_, wire = orders.next()
        try:
            _answer(id_, wire, orders, reports)
        except OSError as error:
            reports.say({"broke": [id_, f"{error.strerror or error}"]})
        except Exception as error:  # noqa: BLE001  (a bug in a level costs one verdict, and is told)
            reports.say(
                {"broke": [id_, f"the check itself failed: {type(error).__name__}: {error}"]}
            )
        orders.forget(id_)


def _answer(id_: int, wire: Mapping[str, object], orders: Orders, reports: Reports) -> None:
    from ckptui.validation.check import check_as, order_of
    from ckptui.validation.wire import request_from_wire, verdict_to_wire

    request = request_from_wire(wire)
    if request.kind == "inspect":
        from ckptui.validation.inspect import inspect_document

        reports.say({"answer": [id_, inspect_document(request.path)]})
        return
    if request.kind == "anatomy":
        reports.say({"answer": [id_, _anatomy(id_, request, orders, reports)]})
        return
    if request.kind == "inputs":
        reports.say({"answer": [id_, _inputs(request.path, request.pattern, request.content)]})
        return
    verdict = check_as(
        request.path,
        order_of(request),
        lambda done, total: reports.at(id_, done, total),
        lambda: orders.is_cancelled(id_),
    )
    reports.done(id_, verdict_to_wire(verdict), more=request.quick and orders.more)


def _anatomy(id_: int, request: Request, orders: Orders, reports: Reports) -> dict[str, object]:
    from ckptui.validation.anatomy import anatomy_document
    from ckptui.validation.scan import CancelledError

    try:
        return anatomy_document(
            request.path,
            compare=request.level >= Level.CHECKSUMS,
            proven=request.proven,
            on_progress=lambda done, total: reports.at(id_, done, total),
            cancelled=lambda: orders.is_cancelled(id_),
        )
    except CancelledError:
        return {"error": "cancelled"}


def _inputs(root: str, pattern: str, content: bool) -> dict[str, object]:
    from ckptui.input_hash import hash_inputs, list_inputs

    inputs = list_inputs(root, pattern, content=content)
    return {"inputs": inputs.to_json(), "hash": hash_inputs(inputs)}


def main() -> NoReturn:
    """Serve the parent whose process id is the first argument."""
    die_with_parent(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    be_polite()
    # What a library prints must not get between the lines of the protocol.
    out = os.dup(1)
    os.dup2(2, 1)
    orders = Orders()
    Thread(target=orders.listen, daemon=True).start()
    import ckptui.validation.check
    import ckptui.validation.wire  # noqa: F401

    limit_memory(MEMORY)
    reports = Reports(out)
    reports.say({"ready": os.getpid()})
    _serve(orders, reports)


if __name__ == "__main__":
    main()
