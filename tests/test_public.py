"""The public names: all there, documented, and free of charge until they are used."""

from __future__ import annotations

import doctest
import inspect
import subprocess
import sys
from importlib import import_module

import pytest

import ckptui

SPECIFIED = """
CHECKPOINT_VERSION checkpoint_version atomic_save atomic_write_json load_with_compatibility
has_done_marker create_done_marker remove_done_marker validate_checkpoint
validate_checkpoint_batch distinguish_error_type get_checkpoint_info CheckpointError Verdict
log_failed_checkpoint load_failed_checkpoints StageCheckpoint save_stage_checkpoint
load_stage_checkpoint delete_stage_checkpoint compute_input_hash should_skip_stage
PipelineContext CheckpointManager CHECKPOINT_EXIT_CODE
""".split()  # noqa: SIM905  (one name a line would hide the list)


def test_every_name_of_the_contract_is_public() -> None:
    assert set(SPECIFIED) <= set(ckptui.__all__)
    assert set(ckptui.__all__) <= set(dir(ckptui))


@pytest.mark.parametrize("name", ckptui.__all__)
def test_each_name_resolves_and_is_documented(name: str) -> None:
    value: object = getattr(ckptui, name)
    if inspect.isfunction(value):
        doc = value.__doc__ or ""
        assert "Example:" in doc, f"{name} has no example"
    elif inspect.isclass(value):
        assert value.__doc__, f"{name} has no docstring"


@pytest.mark.parametrize(
    "module",
    [
        "durable",
        "version",
        "marker",
        "failure_log",
        "input_hash",
        "config",
        "globs",
        "checkpoint.save",
        "checkpoint.load",
        "checkpoint.info",
        "checkpoint.stage",
        "checkpoint.context",
        "checkpoint.manager",
        "checkpoint.adopt",
    ],
)
def test_the_examples_are_true(module: str) -> None:
    results = doctest.testmod(import_module(f"ckptui.{module}"))
    assert results.attempted > 0
    assert results.failed == 0


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        ckptui.no_such_name  # noqa: B018


def test_exit_codes() -> None:
    assert (ckptui.EXIT_OK, ckptui.EXIT_FAILURE, ckptui.EXIT_PARTIAL) == (0, 1, 2)
    assert (ckptui.CHECKPOINT_EXIT_CODE, ckptui.EXIT_INTERRUPTED) == (3, 130)


def loaded_by(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return {name.partition(".")[0] for name in done.stdout.split()}


HEAVY = {"torch", "numpy", "pydantic", "textual", "rich", "watchdog", "psutil", "click"}


@pytest.mark.parametrize(
    "code",
    [
        "import ckptui",
        "from ckptui import atomic_save, load_with_compatibility, CheckpointManager",
        "from ckptui import PipelineContext, StageCheckpoint, compute_input_hash",
        "from ckptui import get_checkpoint_info, has_done_marker, load_failed_checkpoints",
    ],
)
def test_importing_costs_nothing_heavy(code: str) -> None:
    assert not loaded_by(code) & HEAVY


def test_importing_the_package_loads_no_room_of_it() -> None:
    code = "import ckptui, sys; print(*[m for m in sys.modules if m.startswith('ckptui.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
