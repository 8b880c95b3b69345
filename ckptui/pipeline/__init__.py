"""Pipelines: stages as plain functions, resumed where the last run left off.

A pipeline of one's own, for ``ckptui run count.py:pipeline --input data --run-dir run``:

    import os
    from ckptui.pipeline import Pipeline, Run, Stage, Unit

    def count(run: Run) -> None:
        def work(unit: Unit) -> None:
            with open(unit.name, "rb") as file:
                unit.write(str(len(file.read())).encode())
        run.each(run.input_files(), work, output=count_of)

    def count_of(path: str) -> str:
        return f"counts/{os.path.basename(path)}.txt"

    pipeline = Pipeline("count", (Stage("count", count, outputs=("counts/*.txt",)),))
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ckptui.pipeline.entry import run_file, run_qa, run_sequences
    from ckptui.pipeline.interrupts import RunInterrupted
    from ckptui.pipeline.model import Flags, Pipeline, Stage
    from ckptui.pipeline.run import Run, Unit
    from ckptui.pipeline.runner import run_pipeline

__all__ = [
    "Flags",
    "Pipeline",
    "Run",
    "RunInterrupted",
    "Stage",
    "Unit",
    "run_file",
    "run_pipeline",
    "run_qa",
    "run_sequences",
]

_HOME = {
    "Flags": "model",
    "Pipeline": "model",
    "Run": "run",
    "RunInterrupted": "interrupts",
    "Stage": "model",
    "Unit": "run",
    "run_file": "entry",
    "run_pipeline": "runner",
    "run_qa": "entry",
    "run_sequences": "entry",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value
