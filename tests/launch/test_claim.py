"""The claim: who may take it, who may not, and what is said."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ckptui.errors import ClaimError
from ckptui.launch.claim import Claim, holder_sentence, read_claim, take_claim
from ckptui.launch.claim_file import ClaimInfo, parse_claim
from ckptui.launch.places import claim_path, make_dirs, own_dir
from ckptui.launch.processes import start_ticks


def put(root: str, info: ClaimInfo) -> None:
    make_dirs(root, own_dir(root))
    Path(claim_path(root)).write_bytes(info.to_bytes())


def a_claim(root: str) -> ClaimInfo:
    with take_claim(root, what="training") as claim:
        return claim.info


def test_a_claim_is_held_and_given_back(root: str) -> None:
    with take_claim(root, what="the qa pipeline") as claim:
        assert read_claim(root) == claim.info
        assert (claim.info.pid, claim.info.start_ticks) == (os.getpid(), start_ticks(os.getpid()))
        with pytest.raises(ClaimError) as caught:
            take_claim(root, what="another")
        assert str(caught.value).startswith(f"{root}: already worked on by pid {os.getpid()} of ")
        assert "the qa pipeline" in str(caught.value)
        assert f"stop pid {os.getpid()}" in str(caught.value)
    assert os.listdir(own_dir(root)) == []
    take_claim(root, what="another").release()


def test_every_name_of_a_directory_is_one(root: str, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(root)
    with (
        take_claim(root, what="the qa pipeline"),
        pytest.raises(ClaimError, match="already worked on"),
    ):
        take_claim(str(tmp_path / "link"), what="another")


def test_releasing_twice_leaves_the_next_holder_alone(root: str) -> None:
    first = take_claim(root, what="first")
    first.release()
    second = take_claim(root, what="second")
    first.release()
    Claim(root, first.info).release()
    assert read_claim(root) == second.info
    second.release()


def test_a_claim_of_a_dead_process_is_taken_over(root: str) -> None:
    code = (
        "import os, sys; from ckptui.launch.claim import take_claim; "
        "take_claim(sys.argv[1], what='training'); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code, root]).returncode == -9
    left = read_claim(root)
    assert left is not None
    with take_claim(root, what="the next one") as claim:
        assert claim.info.token != left.token
        assert read_claim(root) == claim.info


def test_a_claim_of_a_reused_pid_is_taken_over(root: str) -> None:
    info = a_claim(root)
    put(root, replace(info, start_ticks=info.start_ticks - 1))
    take_claim(root, what="the next one").release()


def test_a_claim_from_before_a_reboot_is_taken_over(root: str) -> None:
    info = replace(a_claim(root), boot_id="another boot", machine="m")
    put(root, info)
    with pytest.raises(ClaimError, match="restarted since, or is another one of the same name"):
        take_claim(root, what="the next one")
    own = a_claim_here(root)
    if not own.machine:
        pytest.skip("this machine has no machine-id")
    put(root, replace(info, machine=own.machine))
    take_claim(root, what="the next one").release()


def a_claim_here(root: str) -> ClaimInfo:
    other = Path(root, "other")
    other.mkdir()
    return a_claim(str(other))


def test_a_claim_of_another_host_is_never_stolen_silently(root: str) -> None:
    info = replace(
        a_claim(root),
        host="n042",
        job="8123",
        user="anna",
        started_at="2026-11-20T02:14:55+00:00",
        pid=812,
    )
    put(root, info)
    with pytest.raises(ClaimError) as caught:
        take_claim(root, what="another")
    said = str(caught.value)
    who = "pid 812 of anna on n042 (job 8123) since 2026-11-20 02:14:55 UTC: training"
    assert who in said
    assert "--take-claim" in said
    assert holder_sentence(info) == who
    assert read_claim(root) == info
    with take_claim(root, what="another", force=True) as claim:
        assert read_claim(root) == claim.info


def test_another_container_is_another_host(root: str) -> None:
    put(root, replace(a_claim(root), pid_ns="pid:[1]", pid=1, start_ticks=1))
    with pytest.raises(ClaimError, match="cannot see whether it still works"):
        take_claim(root, what="another")


def test_force_does_not_override_a_holder_that_works_here(root: str) -> None:
    info = a_claim(root)  # this very process is alive
    put(root, info)
    with pytest.raises(ClaimError, match="already worked on"):
        take_claim(root, what="another", force=True)
    assert read_claim(root) == info


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b'{"token": "../../x"}', b"\xff\xfe", b"[" * 100_000, b'{"token": 3}'],
)
def test_a_damaged_claim_file_is_not_taken_for_none(root: str, data: bytes) -> None:
    make_dirs(root, own_dir(root))
    Path(claim_path(root)).write_bytes(data)
    with pytest.raises(ClaimError, match=r"claim\.json cannot be read.*--take-claim"):
        take_claim(root, what="another")
    assert Path(claim_path(root)).read_bytes() == data
    take_claim(root, what="another", force=True).release()
    assert os.listdir(own_dir(root)) == []


def test_what_is_written_is_read_back(root: str) -> None:
    info = replace(a_claim(root), what="caf\udce9 → train", user="ä")
    assert parse_claim(info.to_bytes()) == info
    assert info.to_bytes().isascii()


def test_a_process_of_the_run_adopts_the_claim(root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    holder = take_claim(root, what="resumed run")
    monkeypatch.setenv("CKPTUI_CLAIM", holder.info.token)
    with take_claim(root, what="the qa pipeline") as adopted:
        assert adopted.adopted
    assert read_claim(root) == holder.info
    other = Path(root, "another")
    other.mkdir()
    with take_claim(str(other), what="the qa pipeline") as own:
        assert not own.adopted
    monkeypatch.setenv("CKPTUI_CLAIM", "0" * 32)
    with pytest.raises(ClaimError):
        take_claim(root, what="the qa pipeline")
    holder.release()


def test_a_missing_directory_is_said(tmp_path: Path) -> None:
    with pytest.raises(ClaimError, match="No such file or directory; give a run directory"):
        take_claim(str(tmp_path / "nowhere"), what="x")
