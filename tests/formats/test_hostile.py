"""Files made to harm whoever reads them: a bounded answer each, and nothing in them runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.formats.hostile import NAMES

_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
_MIB = 1 << 20

EXPECTED = {
    "nested_key": "hostile-keys",
    "nested_key_in_tuple": "hostile-keys",
    "nested_frozenset": "hostile-keys",
    "nested_set_member": "hostile-keys",
    "set_by_call": "hostile-keys",
    "doubled_tuple_key": "hostile-keys",
    "colliding_keys": "hostile-keys",
    "frozensets_in_frozensets": "hostile-depth",
    "marks": "hostile-depth",
    "huge_memo_slot": "hostile-memo",
    "huge_memo_text": "hostile-memo",
    "huge_integer": "hostile-integer",
    "long_digits": "hostile-integer",
    "empty_lists": "reader-limit",
    "empty_dicts": "reader-limit",
    "memo_flood": "reader-limit",
    "bomb": "reader-limit",
    "bomb_that_lies": "bad-record",
    "many_records": "reader-limit",
    "huge_json": "reader-limit",
    "wide_json": "reader-limit",
    "huge_string_claim": "pickle-cut",
    "huge_string8_claim": "pickle-cut",
    "huge_bytes_claim": "pickle-cut",
    "nothing_on_the_stack": "pickle-broken",
    "protocol_99": "pickle-broken",
    "random": "pickle-broken",
    "surrogate_global": "pickle-broken",
    "bytes_after_stop": "pickle-broken",
    "huge_shape": "tensor-bounds",
    "deep_json": "bad-header",
    "gguf_of_a_huge_text": "cut-short",
    "gguf_of_lists": "reader-limit",
    "gguf_of_pairs": "reader-limit",
    "gguf_of_tensors": "reader-limit",
    "hdf5_of_nothing": "bad-superblock",
    "index_of_many_names": "reader-limit",
    "index_of_wide_text": "reader-limit",
    "legacy_of_marks": "hostile-depth",
    "tar_of_many_members": "reader-limit",
    "tar_of_one_long_pickle": "reader-limit",
    "pickle_of_an_endless_array": "cut-short",
    "pickle_of_object_arrays": "hostile-depth",
    "pickle_of_one_line": "reader-limit",
    "pickle_of_packed_storages": "reader-limit",
    "npz_of_long_headers": "record-size",
    "npz_of_deep_headers": "bad-array",
    "npz_of_expressions": "bad-array",
    "npz_of_many_pickles": "reader-limit",
    "npz_of_many_arrays": "reader-limit",
    "long_json_number": "bad-header",
}
"""The problem that must be among those told."""

NAMED = {
    "runs_a_command": "os.system",
    "npz_that_runs": "os.system",
    "legacy_that_runs": "os.system",
    "tar_that_runs": "os.system",
    "runs_by_inst": "os.system",
    "runs_by_obj": "os.system",
    "runs_by_build": "os.system",
    "python2_name": "builtins.eval",
    "extension_code": "copyreg.extension_7",
}
"""The global that must be named."""


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    directory = str(tmp_path_factory.mktemp("hostile"))
    command = [sys.executable, "-m", "tests.formats.hostile", directory]
    done = subprocess.run(
        command, cwd=_ROOT, check=True, capture_output=True, text=True, timeout=300
    )
    lines = done.stdout.splitlines()
    assert len(lines) == len(NAMES)
    return {name: json.loads(line) for name, line in zip(NAMES, lines, strict=True)}


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_file_gets_a_bounded_answer(
    reports: dict[str, dict[str, object]], name: str
) -> None:
    report = reports[name]
    assert "error" not in report
    seconds, peak = report["seconds"], report["peak"]
    assert isinstance(seconds, float)
    assert isinstance(peak, int)
    assert seconds < 2  # processor time, not a clock
    assert peak < 300 * _MIB
    assert report["ran"] is False


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_what_is_wrong_is_told(reports: dict[str, dict[str, object]], name: str) -> None:
    problems = reports[name]["problems"]
    assert isinstance(problems, list)
    assert EXPECTED[name] in [code for code, _ in problems]


@pytest.mark.parametrize("name", sorted(NAMED))
def test_what_would_run_is_named(reports: dict[str, dict[str, object]], name: str) -> None:
    named = reports[name]["globals"]
    assert isinstance(named, list)
    assert NAMED[name] in named


def test_a_fifo_and_a_device_are_refused_without_waiting(tmp_path: object) -> None:
    from ckptui.formats.reader import read_header

    fifo = os.path.join(str(tmp_path), "pipe.pt")
    os.mkfifo(fifo)
    loop = os.path.join(str(tmp_path), "loop.pt")
    os.symlink(loop, loop)
    for path in (fifo, "/dev/zero", "/dev/null", str(tmp_path), loop, fifo + "/x"):
        with pytest.raises(OSError):
            read_header(path)
