"""Run one save again and again, and kill it at each system call that it makes.

The process imports torch once. For each kill it forks; the fork stops itself, strace is attached
to it with one injection, and it goes on. strace counts ``when=N`` for each system call by its
name, so "every system call" is every pair (name, N) of an undisturbed trace, and a few more of
each name until none is hit, because one run is not exactly as long as the next.

Run as ``python -m tests.crash.kill_everywhere SCENARIO DIRECTORY``; prints one JSON line a kill.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final

from ckptui.durable import parse_temporary

NAME: Final = "x.pt"
_CALL: Final = re.compile(r"^(?:\[pid +\d+\] |\d+ +)?(\w+)\(")


@dataclass(frozen=True)
class After:
    """What a kill left behind.

    Attributes:
        call: The system call it was killed at, ``name:N``; empty where it survived.
        final: ``none``, ``old``, ``new`` or ``broken``.
        marker: Whether the marker stands.
        strangers: Names in the directory that are neither of the two nor a temporary of its.
    """

    call: str
    final: str
    marker: bool
    strangers: list[str]


class Scenario:
    """One save into a directory that is set up anew before each run."""

    def __init__(self, directory: str, save: Callable[[str], None], *, old: bytes | None) -> None:
        self.directory = os.path.join(directory, "run")
        self.path = os.path.join(self.directory, NAME)
        self._save = save
        self._old = old
        self.set_up()
        self.run()
        with open(self.path, "rb") as file:
            self._new = file.read()

    def set_up(self) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)
        os.mkdir(self.directory)
        if self._old is not None:
            for path, data in ((self.path, self._old), (self.path + ".done", b"")):
                with open(path, "wb") as file:
                    file.write(data)

    def run(self) -> None:
        self._save(self.path)

    def look(self, call: str) -> After:
        names = set(os.listdir(self.directory))
        strangers = sorted(
            name
            for name in names - {NAME, NAME + ".done"}
            if (hint := parse_temporary(name)) is None or not hint.final_hint.startswith(NAME)
        )
        return After(call, self._final(), NAME + ".done" in names, strangers)

    def _final(self) -> str:
        try:
            with open(self.path, "rb") as file:
                data = file.read()
        except FileNotFoundError:
            return "none"
        if data == self._new:
            return "new"
        return "old" if data == self._old else "broken"


def stopped_fork(scenario: Scenario) -> int:
    """Fork; the child stops itself, and saves and exits once it is let go."""
    pid = os.fork()
    if pid == 0:
        try:
            os.kill(os.getpid(), signal.SIGSTOP)
            scenario.run()
        finally:
            os._exit(0)
    os.waitpid(pid, os.WUNTRACED)
    return pid


def run_under_strace(scenario: Scenario, *options: str) -> int:
    """Save in a fork with strace attached; its wait status."""
    scenario.set_up()
    pid = stopped_fork(scenario)
    tracer = subprocess.Popen(
        ["strace", "-f", "-p", str(pid), *options], stderr=subprocess.PIPE, text=True
    )
    assert tracer.stderr is not None
    line = tracer.stderr.readline()
    if "attached" not in line:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise RuntimeError(f"strace cannot attach: {line.strip()}")
    os.kill(pid, signal.SIGCONT)
    status = os.waitpid(pid, 0)[1]
    tracer.stderr.read()
    tracer.wait()
    return status


def calls_of(scenario: Scenario, log: str) -> Counter[str]:
    """How often an undisturbed save makes each system call."""
    run_under_strace(scenario, "-o", log)
    with open(log, encoding="utf-8", errors="replace") as file:
        found = [match[1] for line in file if (match := _CALL.match(line))]
    return Counter(found)


def kill_at(scenario: Scenario, call: str, number: int) -> After | None:
    """What is left after a kill at the N-th call of that name; None where it survived."""
    inject = f"inject={call}:signal=KILL:when={number}"
    status = run_under_strace(scenario, "-o", os.devnull, "-e", f"trace={call}", "-e", inject)
    survived = os.WIFEXITED(status)
    return None if survived else scenario.look(f"{call}:{number}")


def kill_everywhere(scenario: Scenario, log: str) -> list[After]:
    """Every kill, and last the save that nobody disturbed."""
    found: list[After] = []
    for call, count in sorted(calls_of(scenario, log).items()):
        number = 1
        while after := kill_at(scenario, call, number):
            found.append(after)
            number += 1
            if number > count + 1000:
                raise RuntimeError(f"{call} is called without end")
    scenario.set_up()
    scenario.run()
    return [*found, scenario.look("")]


def atomic_save_scenario(directory: str, *, overwrite: bool) -> Scenario:
    import torch

    from ckptui.checkpoint.save import atomic_save

    torch.set_num_threads(1)  # a pool of threads does not outlive a fork
    document = {"w": torch.arange(5000), "step": 2}
    old = None
    if overwrite:
        atomic_save({"w": torch.arange(3), "step": 1}, os.path.join(directory, "old.pt"))
        with open(os.path.join(directory, "old.pt"), "rb") as file:
            old = file.read()
    return Scenario(directory, lambda path: _discard(atomic_save(document, path)), old=old)


def naive_scenario(directory: str) -> Scenario:
    """What most scripts do; the test of the test: it must be caught."""
    import torch

    document = {"w": torch.arange(5000), "step": 2}

    def save(path: str) -> None:
        torch.save(document, path)
        with open(path + ".done", "wb"):
            pass

    return Scenario(directory, save, old=b"old")


def json_scenario(directory: str) -> Scenario:
    from ckptui.durable import atomic_write_json

    state = {"stages": {f"stage{n}": {"status": "completed"} for n in range(500)}}
    return Scenario(directory, lambda path: atomic_write_json(path, state), old=b"{}\n")


def _discard(_: object) -> None:
    return None


SCENARIOS: Final[dict[str, Callable[[str], Scenario]]] = {
    "fresh": lambda directory: atomic_save_scenario(directory, overwrite=False),
    "overwrite": lambda directory: atomic_save_scenario(directory, overwrite=True),
    "naive": naive_scenario,
    "json": json_scenario,
}


def main() -> None:
    name, directory = sys.argv[1:]
    scenario = SCENARIOS[name](directory)
    began = time.monotonic()
    for after in kill_everywhere(scenario, os.path.join(directory, "strace.log")):
        print(json.dumps(asdict(after)))
    print(f"{time.monotonic() - began:.1f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
