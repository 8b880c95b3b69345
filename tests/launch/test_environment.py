"""What a resumed run gets: its environment, its directory, its claim, its place for progress."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ckptui.errors import ClaimError
from ckptui.launch import claim, local, lock, places, registry
from ckptui.launch.claim import take_claim
from ckptui.launch.command import Command, record_command
from ckptui.launch.local import cancel_run, start_run
from ckptui.launch.log import log_path
from tests.launch.helpers import python, run_of, wait_for, wait_for_state

SHOW = "import json, os; print(json.dumps([dict(os.environ), os.getcwd()]))"


def shown(root: str, command: Command) -> tuple[dict[str, str], str]:
    run = start_run(root, command)
    wait_for_state(root, run.id, "ended")
    environment, cwd = json.loads(Path(log_path(root, run.id)).read_text())
    return environment, cwd


def test_the_environment_is_the_users(root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("MINE", "caf\udce9")
    monkeypatch.setenv("CKPTUI_SOMETHING", "internal")
    argv = python(SHOW).argv
    found, cwd = shown(root, Command(argv, env={"MASTER_PORT": "29500"}))
    assert (found["NO_COLOR"], found["MINE"], found["MASTER_PORT"]) == ("1", "caf\udce9", "29500")
    assert found["PATH"] == os.environ["PATH"]
    assert "CKPTUI_SOMETHING" not in found
    (run_id,) = os.listdir(places.runs_dir(root))
    assert found["CKPTUI_RUN"] == root
    assert found["CKPTUI_PROGRESS"] == f"{root}/.ckptui/runs/{run_id}/progress.json"
    assert len(found["CKPTUI_CLAIM"]) == 32
    assert cwd == root


def test_the_command_may_name_its_directory(root: str) -> None:
    place = Path(root, "caf\udce9")
    place.mkdir()
    assert shown(root, Command(python(SHOW).argv, cwd=str(place)))[1] == str(place)


def test_the_environment_is_not_left_on_disk(root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", "hunter2-secret")
    run = start_run(root, Command(("true",)))
    wait_for_state(root, run.id, "ended")
    for directory, _, names in os.walk(root):
        for name in names:
            assert b"hunter2" not in Path(directory, name).read_bytes()


def test_a_pipeline_adopts_the_claim_and_tells_its_progress(root: str) -> None:
    code = """
import sys, time
from ckptui.launch.claim import take_claim
from ckptui.launch.progress import write_progress
with take_claim(sys.argv[1], what="a pipeline") as claim:
    print(claim.adopted, flush=True)
    write_progress(sys.argv[1], 3, 4, "features 3 of 4")
    write_progress("/elsewhere", 1, 1, "not this one")
    time.sleep(600)
"""
    run = start_run(root, python(code, root))
    wait_for(lambda: run_of(root, run.id).progress is not None)
    now = run_of(root, run.id)
    assert (now.state, now.progress, now.progress_text) == ("running", 0.75, "features 3 of 4")
    cancel_run(root)
    wait_for_state(root, run.id, "cancelled")
    assert Path(log_path(root, run.id)).read_bytes().startswith(b"True\n")


def test_the_directories_belong_to_the_runs_group(root: str) -> None:
    if os.getuid():
        pytest.skip("only root may choose a group")
    os.chown(root, -1, 4242)
    run = start_run(root, Command(("true",)))
    wait_for_state(root, run.id, "ended")
    for directory, _, names in os.walk(places.own_dir(root)):
        assert os.stat(directory).st_gid == 4242
        for name in names:
            assert os.stat(os.path.join(directory, name)).st_gid == 4242


def as_ordinary_user(root: str, act: str) -> str:
    """Do something in a child without rights; gives its error message."""
    # Imported here, because a process without rights may not be able to import anything more.
    assert all(sys.modules[module.__name__] for module in (claim, local, lock, registry))
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.getuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            if act == "start":
                start_run(root, Command(("true",)))
            elif act == "claim":
                take_claim(root, what="the qa pipeline")
            else:
                record_command(root, ["true"], None)
            os.write(writer, b"it worked")
        except BaseException as error:  # noqa: BLE001  (the child must not run on as a test)
            os.write(writer, f"{type(error).__name__} {error}".encode())
        finally:
            os._exit(0)
    os.close(writer)
    with open(reader) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return said


@pytest.fixture
def read_only() -> Iterator[str]:
    # Not below tmp_path: pytest keeps that for the user who runs it.
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        directory = os.path.join(place, "theirs")
        os.mkdir(directory)
        os.chmod(directory, 0o555)
        yield directory


@pytest.mark.parametrize(
    ("act", "what"), [("start", "cannot be resumed"), ("claim", "cannot be claimed")]
)
def test_a_read_only_directory_is_refused_in_words(read_only: str, act: str, what: str) -> None:
    said = as_ordinary_user(read_only, act)
    assert said.startswith(f"{ClaimError.__name__} {read_only}: {what}")
    assert "cannot be written (Permission denied)" in said
    assert "resume it as its owner, or in a copy that you may write" in said
    assert os.listdir(read_only) == []


def test_a_linked_directory_of_ours_works(root: str, tmp_path: Path) -> None:
    # People move .ckptui to another disk.
    target = tmp_path / "target"
    target.mkdir()
    Path(root, ".ckptui").symlink_to(target)
    run = start_run(root, Command(("echo", "hello")))
    wait_for_state(root, run.id, "ended")
    assert Path(log_path(root, run.id)).read_bytes() == b"hello\n"
