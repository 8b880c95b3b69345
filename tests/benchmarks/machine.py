"""What a benchmark ran on, as a line of text."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version


def _processor() -> str:
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        models = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    return models[0] if models else platform.machine()


def describe() -> str:
    """Processor, cores, Python and the libraries compared."""
    cores = len(os.sched_getaffinity(0))
    libraries = ", ".join(f"{name} {version(name)}" for name in ("torch", "safetensors", "isal"))
    return (
        f"{_processor()}, {cores} cores, Linux {platform.release()}, "
        f"Python {platform.python_version()}, {libraries}"
    )
