"""TorchScript: torch's zip with a program in it. Its parts as its own reader asks for them.

torch/csrc/jit/serialization/import.cpp: ``data.pkl`` with its storages under ``data/``,
``constants.pkl``, sources under ``code/``, and ``version``, which the archive's reader insists on.
"""

from __future__ import annotations

from ckptui.formats.model import Problem
from ckptui.formats.pickle_vm import run
from ckptui.formats.zip_container import read_record
from ckptui.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ckptui.formats.limits import Limits
    from ckptui.formats.model import Record, StorageInfo
    from ckptui.formats.window import Window


def judge_script(
    window: Window,
    records: Mapping[str, Record],
    root: str,
    storages: Mapping[str, StorageInfo],
    limits: Limits,
) -> list[Problem]:
    """What is missing or broken of a TorchScript archive, beside its ``data.pkl``.

    Raises:
        OSError: A read failed.
    """
    problems = _judge_constants(window, records[f"{root}/constants.pkl"], limits)
    wanted = ["version", *(f"data/{key}" for key in storages)]
    absent = [name for name in wanted if f"{root}/{name}" not in records]
    if absent:
        text = f"{len(absent):,} of its records are missing, first {absent[0][:60]}"
        problems.append(Problem("missing-record", text))
    if not any(name.startswith(f"{root}/code/") for name in records):
        problems.append(Problem("missing-record", "it holds no code", None, "odd"))
    return problems


def _judge_constants(window: Window, record: Record, limits: Limits) -> list[Problem]:
    data = read_record(window, record, limits.pickle)
    if data is None or len(data) != record.size:
        kind = "limit" if record.size > limits.pickle else "damaged"
        text = "its constants.pkl cannot be read"
        return [Problem("bad-record", text, record.data_start, kind)]
    tree = run(data, limits)
    if tree.finished and tree.end == len(data):
        return []
    text = "its constants.pkl is damaged"
    problem = tree.problems[0] if tree.problems else Problem("pickle-broken", text)
    return [Problem(problem.code, f"{text}: {problem.text}", record.data_start, problem.kind)]
