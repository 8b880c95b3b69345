"""Runs subjects and commands, round after round in turn, so that a busy minute hits all alike.

Each runs in a process group of its own: ctrl-C is for the one who measures, who ends them.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

ROOT: Final = os.path.abspath(os.path.join(os.path.dirname(__file__), os.pardir, os.pardir))
CKPTUI: Final = os.path.join(os.path.dirname(sys.executable), "ckptui")
_HEADER: Final = "import sys, ckptui; ckptui.get_checkpoint_info(sys.argv[1])"
_LEVEL_5: Final = (
    "import sys, ckptui; "
    "assert ckptui.validate_checkpoint(sys.argv[1], level=5, load=False).category == 'valid'"
)
_TORCH: Final = "import sys, torch; torch.load(sys.argv[1], map_location='cpu')"
_TORCH_HEADER: Final = "import sys, torch; torch.load(sys.argv[1], mmap=True, map_location='cpu')"


@dataclass(slots=True)
class Timing:
    """All that was measured of one thing.

    Attributes:
        seconds: One a round.
        memory: Largest resident size over all rounds, in bytes; 0 where it was not looked at.
    """

    seconds: list[float] = field(default_factory=list)
    memory: int = 0

    @property
    def median(self) -> float:
        """Seconds."""
        return statistics.median(self.seconds)


def commands(path: str, small: str) -> dict[str, Sequence[str]]:
    """Name → a command that is timed from its start to its end, Python's own start included."""
    python = sys.executable
    return {
        "python": [python, "-c", "pass"],
        "header, library": [python, "-c", _HEADER, path],
        "header, torch.load(mmap=True)": [python, "-c", _TORCH_HEADER, path],
        "ckptui inspect": [CKPTUI, "inspect", path],
        "ckptui validate --level 5 --no-load": [
            CKPTUI,
            "validate",
            "--level",
            "5",
            "--no-load",
            path,
        ],
        "level 5, library": [python, "-c", _LEVEL_5, path],
        "torch.load, new process": [python, "-c", _TORCH, path],
        "cat": ["cat", path],
        "ckptui --help": [CKPTUI, "--help"],
        "ckptui status": [CKPTUI, "status", small],
    }


def measure_command(command: Sequence[str], environment: Mapping[str, str]) -> float:
    """Seconds of one run.

    Raises:
        subprocess.CalledProcessError: It failed.
    """
    started = time.perf_counter()
    subprocess.run(
        command, check=True, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0,
    )  # fmt: skip
    return time.perf_counter() - started


def ask(name: str, path: str, environment: Mapping[str, str]) -> dict[str, float]:
    """One run of a subject in its new process (see :mod:`tests.benchmarks.subjects`)."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.subjects", name, path],
        check=True, cwd=ROOT, env=environment, capture_output=True, text=True, process_group=0,
    )  # fmt: skip
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def rounds(
    subjects: Sequence[str],
    path: str,
    small: str,
    count: int,
    environment: Mapping[str, str],
    tell: Callable[[str], None],
) -> dict[str, Timing]:
    """Measure everything ``count`` times, one after the other in each round."""
    found: dict[str, Timing] = {}
    runs = commands(path, small)
    for command in runs.values():  # once for nothing: caches are filled, modules compiled
        measure_command(command, environment)
    for at in range(count):
        tell(f"round {at + 1} of {count}")
        for name in subjects:
            answer = ask(name, path, environment)
            timing = found.setdefault(name, Timing())
            timing.seconds.append(answer["seconds"])
            timing.memory = max(timing.memory, int(answer["memory"]))
        for name, command in runs.items():
            timing = found.setdefault(name, Timing())
            timing.seconds.append(measure_command(command, environment))
    return found
