"""Login nodes: large files are left to a job there, unless somebody insists."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ckptui.terms import Category
from ckptui.validation import Done, Pool, Request
from ckptui.validation.check import check_file
from ckptui.validation.login_node import LARGE, is_login_node, job_of
from ckptui.validation.verdict import Verdict
from tests.cli.program import ckptui
from tests.validation.conftest import make_old, run_python

_WRITE = """
import sys, torch
torch.serialization.set_crc32_options(False)
with torch.serialization.skip_data():
    torch.save({"w": torch.empty(260_000_000)}, sys.argv[1])
"""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Torch's own layout of more than a gigabyte, with holes for data."""
    path = tmp_path_factory.mktemp("login") / "large.pt"
    run_python(_WRITE, str(path))
    assert path.stat().st_size > LARGE
    return make_old(path)


@pytest.fixture(params=["squeue", "sinfo"])
def login_node(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slurm's client on the PATH, and no job."""
    program = tmp_path / request.param
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)


def checked(request: Request) -> Verdict:
    with Pool(jobs=1) as pool:
        pool.submit(request)
        while True:
            for event in pool.events(30.0):
                if isinstance(event, Done):
                    return event.verdict


@pytest.mark.usefixtures("login_node")
def test_a_large_file_is_left_to_a_job(large: Path) -> None:
    verdict = checked(Request(str(large), level=5))
    assert (verdict.category, verdict.level) == (Category.UNCHECKED, 2)
    assert "1.0 GB is no work for a login node" in verdict.reason
    assert "srun ckptui validate" in verdict.reason
    assert "--here" in verdict.reason


@pytest.mark.usefixtures("login_node")
def test_a_directory_counts_as_a_whole(large: Path, tmp_path: Path) -> None:
    home = tmp_path / "global_step7"
    home.mkdir()
    (home / "mp_rank_00_model_states.pt").symlink_to(large)
    verdict = checked(Request(str(home), level=5))
    assert (verdict.category, verdict.level) == (Category.UNCHECKED, 2)
    assert "1.0 GB is no work for a login node" in verdict.reason


@pytest.mark.usefixtures("login_node")
def test_whoever_insists_is_obeyed(large: Path) -> None:
    assert checked(Request(str(large), level=4, load=False, here=True)).level == 4


@pytest.mark.usefixtures("login_node")
def test_headers_and_small_files_are_read_as_anywhere(large: Path, good: Path) -> None:
    assert checked(Request(str(large), level=4, load=False, header_only=True)).level == 4
    verdict = checked(Request(str(good / "ours.pt"), level=5, load=False))
    assert (verdict.category, verdict.level) == (Category.VALID, 5)


@pytest.mark.usefixtures("login_node")
def test_the_library_does_what_its_caller_says(large: Path) -> None:
    assert check_file(large, level=4).level == 4


@pytest.mark.usefixtures("login_node")
def test_in_a_job_there_is_no_limit(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_JOB_ID", "8123")
    assert checked(Request(str(large), level=4, load=False)).level == 4


@pytest.mark.usefixtures("login_node")
def test_latest_and_explain_say_so_and_take_here_too(large: Path) -> None:
    folder = str(large.parent)
    said = ckptui("latest", folder, "--level", "5")
    assert (said.code, said.out) == (3, "")
    assert "passed over large.pt: not checked to level 5: checked to level 2 only" in said.err
    said = ckptui("latest", folder, "--level", "5", "--here")
    assert (said.code, said.out) == (0, f"{large}\n"), said.err
    said = ckptui("explain", str(large), "--level", "4", "--no-load")
    assert "no work for a login node" in said.out
    assert "no work" not in ckptui("explain", str(large), "--level", "4", "--no-load", "--here").out


def test_slurms_settings_tell_as_its_programs_do(tmp_path: Path) -> None:
    nowhere = {"PATH": str(tmp_path)}
    assert not is_login_node(nowhere, str(tmp_path / "slurm"))
    assert is_login_node(nowhere, str(tmp_path))
    assert not is_login_node({**nowhere, "SLURM_JOB_ID": "1"}, str(tmp_path))


def test_the_job_of_a_process() -> None:
    assert job_of({"SLURM_JOB_ID": "12"}, "") == "12"
    adopted = "0::/system.slice/slurmstepd.scope/job_8123/step_extern/user/task_0\n"
    assert job_of({}, adopted) == "8123"
    assert job_of({}, "4:memory:/slurm/uid_1000/job_77/step_0\n") == "77"
    assert job_of({}, "0::/user.slice/user-1000.slice/job_9\n") == ""
