"""Real runs of real pipelines in processes of their own, without the price of importing torch.

``python -m tests.pipeline.forker`` imports torch once and forks for each run: a child is a process
like any other, which can be killed. Orders come in as JSON lines, answers go out as JSON lines.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn


class Forker:
    """The parent's end."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.pipeline.forker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        self._working = 0

    def start(self, arguments: Sequence[str], log: Path, *, largest_file: int = 0) -> int:
        """Start ``python -m ckptui.pipeline ARGUMENTS``; give its process id."""
        assert not self._working, "one run at a time"
        order = {"argv": list(arguments), "log": str(log), "largest_file": largest_file}
        self._working = self._ask(order)
        return self._working

    def kill(self, number: signal.Signals) -> None:
        """Send a signal to the run; until :meth:`wait` it is not reaped, so its id is its own."""
        assert self._working > 1
        os.kill(self._working, number)

    def wait(self) -> int:
        """Wait for the end; give the exit code, or minus the signal that ended it."""
        code = self._ask({"wait": self._working})
        self._working = 0
        return code

    def run(self, arguments: Sequence[str], log: Path, *, largest_file: int = 0) -> int:
        """Start and wait."""
        self.start(arguments, log, largest_file=largest_file)
        return self.wait()

    def close(self) -> None:
        """Let the server end."""
        self._process.communicate()

    def _ask(self, order: dict[str, object]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@contextmanager
def forking() -> Iterator[Forker]:
    """A server for the time of some tests."""
    forker = Forker()
    try:
        yield forker
    finally:
        forker.close()


def _serve() -> None:
    import torch
    import torch.optim

    # What the first optimizer imports takes a second; the children inherit it.
    torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))])
    torch.set_num_threads(1)
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            _, status = os.waitpid(order["wait"], 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
            continue
        child = os.fork()
        if child == 0:
            _child(order["argv"], order["log"], order["largest_file"])
        print(child, flush=True)


def _child(argv: list[str], log: str, largest_file: int) -> NoReturn:
    from ckptui.pipeline.__main__ import main

    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.close(0)
    if largest_file:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
    try:
        code = main(argv)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    _serve()
