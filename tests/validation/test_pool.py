"""The pool: whatever becomes of a worker, one verdict at most is lost, and it says so."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ckptui.input_hash import compute_input_hash
from ckptui.terms import Category, Level, Result
from ckptui.validation import Answer, Done, Pool, Progress, Request
from ckptui.validation.verdict import Verdict
from tests.validation.conftest import make_old, run_python

_ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def pool() -> Iterator[Pool]:
    with Pool(jobs=1) as one:
        yield one


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint that takes a while to read to the end: 768 MB, of one block of data."""
    path = tmp_path_factory.mktemp("large") / "large.pt"
    run_python(
        "import sys, torch; torch.save({'w': torch.zeros(192 << 20)}, sys.argv[1])", str(path)
    )
    return make_old(path)


def drain(pool: Pool, seconds: float = 60) -> dict[int, Verdict]:
    """Everything that is pending, by id."""
    found: dict[int, Verdict] = {}
    end = time.monotonic() + seconds
    while pool.pending and time.monotonic() < end:
        for event in pool.events(0.5):
            if isinstance(event, Done):
                found[event.id] = event.verdict
    assert pool.pending == 0
    return found


def workers_of(pid: int) -> list[int]:
    """Child processes that are check workers."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(c) for c in children if b"validation.worker" in _command(int(c))]


def loaders_of(pid: int) -> list[int]:
    """Child processes that ask torch."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(c) for c in children if b"loader.py" in _command(int(c))]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def until_reading(pool: Pool, id_: int) -> None:
    """Wait until a check is in the middle of its bytes."""
    while True:
        for event in pool.events(10):
            assert not isinstance(event, Done), "it ended before it could be disturbed"
            if isinstance(event, Progress) and event.id == id_:
                return


def test_many_headers_at_once_each_with_its_own_verdict(good: Path, tmp_path: Path) -> None:
    paths = [*sorted(good.iterdir())] * 20 + [tmp_path / "nowhere.pt"]
    with Pool(jobs=2) as pool:
        ids = {pool.submit(Request(str(path), header_only=True)): path for path in paths}
        found = drain(pool)
    assert {id_: Path(v.path) for id_, v in found.items()} == ids
    assert sum(v.category is Category.UNREADABLE for v in found.values()) == 1
    assert sum(v.category is Category.UNSAFE for v in found.values()) == 20
    assert {v.level for v in found.values() if v.category is Category.UNCHECKED} == {4}


def test_a_worker_killed_once_from_outside_costs_nothing(pool: Pool, large: Path) -> None:
    id_ = pool.submit(Request(str(large), level=5, load=False))
    until_reading(pool, id_)
    for pid in workers_of(os.getpid()):
        os.kill(pid, signal.SIGKILL)
    assert drain(pool)[id_].category is Category.VALID


def test_a_file_over_which_workers_die_is_not_called_corrupted(
    pool: Pool, large: Path, good: Path
) -> None:
    deadly = pool.submit(Request(str(large), level=5, load=False))
    other = pool.submit(Request(str(good / "ours.pt"), load=False))
    for _ in range(2):
        until_reading(pool, deadly)
        for pid in workers_of(os.getpid()):
            os.kill(pid, signal.SIGKILL)
    found = drain(pool)
    assert found[deadly].category is Category.UNREADABLE
    assert "SIGKILL" in found[deadly].reason
    assert found[other].category is Category.VALID


def test_a_worker_that_stops_answering_is_replaced(large: Path, good: Path) -> None:
    with Pool(jobs=1, patience=1.5) as pool:
        hung = pool.submit(Request(str(large), level=5, load=False))
        other = pool.submit(Request(str(good / "ours.pt"), load=False))
        until_reading(pool, hung)
        for pid in workers_of(os.getpid()):
            os.kill(pid, signal.SIGSTOP)
        found = drain(pool)
    assert found[hung].category is Category.UNREADABLE
    assert "no answer in time" in found[hung].reason
    assert found[other].category is Category.VALID
    assert workers_of(os.getpid()) == []


def test_a_cancelled_check_ends_and_the_next_one_runs(pool: Pool, large: Path, good: Path) -> None:
    id_ = pool.submit(Request(str(large), level=6, load=False))
    until_reading(pool, id_)
    pool.cancel(id_)
    other = pool.submit(Request(str(good / "ours.pt"), load=False))
    queued = pool.submit(Request(str(large), level=5, load=False))
    pool.cancel(queued)
    found = drain(pool)
    assert found[id_].reason == found[queued].reason == "not checked: cancelled"
    assert found[id_].category is Category.UNCHECKED
    assert found[other].category is Category.VALID


def test_a_cancel_that_is_not_heeded_ends_the_worker(pool: Pool, large: Path) -> None:
    id_ = pool.submit(Request(str(large), level=5, load=False))
    until_reading(pool, id_)
    for pid in workers_of(os.getpid()):
        os.kill(pid, signal.SIGSTOP)
    pool.cancel(id_)
    assert drain(pool, 10)[id_].reason == "not checked: cancelled"


def test_header_checks_do_not_wait_for_a_deep_one(pool: Pool, large: Path, good: Path) -> None:
    deep = pool.submit(Request(str(large), level=6, load=False))
    until_reading(pool, deep)
    for pid in workers_of(os.getpid()):
        os.kill(pid, signal.SIGSTOP)
    quick = pool.submit(Request(str(good / "ours.pt"), header_only=True))
    first: list[int] = []
    while not first:
        first = [event.id for event in pool.events(30) if isinstance(event, Done)]
    assert first == [quick]


def test_submit_cancel_and_wake_work_from_any_thread(pool: Pool, good: Path) -> None:
    threading.Timer(0.2, pool.wake).start()
    assert pool.events(60) == []
    request = Request(str(good / "ours.pt"), header_only=True)
    threading.Timer(0.2, lambda: pool.submit(request)).start()
    events = pool.events(60)
    assert [type(event) for event in events] == [Done]


def test_inspect_and_inputs_are_answered_with_documents(
    pool: Pool, good: Path, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("abc")
    asked = {
        pool.submit(Request(str(good / "ours.pt"), kind="inspect")): "inspect",
        pool.submit(Request(str(tmp_path), kind="inputs", pattern="*.txt")): "inputs",
        pool.submit(Request(str(tmp_path / "nowhere.pt"), kind="inspect")): "missing",
    }
    found: dict[str, dict[str, object]] = {}
    while pool.pending:
        for event in pool.events(10):
            assert isinstance(event, Answer)
            found[asked[event.id]] = event.document
    assert found["inspect"]["step"] == 7
    assert found["inspect"]["parameters"] == 5
    assert found["inputs"]["hash"] == compute_input_hash(str(tmp_path), "*.txt")
    assert "No such file" in str(found["missing"]["error"])


def test_names_that_are_no_utf8_survive_both_ways(pool: Pool, good: Path, tmp_path: Path) -> None:
    name = os.fsdecode(os.fsencode(str(tmp_path)) + b"/caf\xe9\n\x1b.pt")
    Path(name).write_bytes((good / "ours.pt").read_bytes())
    id_ = pool.submit(Request(name, level=5))
    verdict = drain(pool)[id_]
    assert (verdict.path, verdict.category) == (name, Category.VALID)


def test_workers_and_loader_end_with_a_parent_that_was_killed(good: Path) -> None:
    code = (
        "import sys\nfrom ckptui.validation import Pool, Request\npool = Pool(jobs=1)\n"
        "pool.submit(Request(sys.argv[1], level=4))\n"
        "while pool.pending: pool.events(1)\n"
        "print('ready', flush=True)\npool.events(600)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(good / "ours.pt")], stdout=subprocess.PIPE, cwd=_ROOT
    )
    assert parent.stdout is not None
    parent.stdout.readline()
    children = [int(pid) for pid in Path(
        f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()]  # fmt: skip
    assert len(children) == 2
    parent.kill()
    parent.wait()
    end = time.monotonic() + 10
    while any(_command(pid) for pid in children) and time.monotonic() < end:
        time.sleep(0.05)
    assert [pid for pid in children if _command(pid)] == []


def test_what_lies_in_the_current_directory_is_not_imported(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run directories hold scripts with names of the standard library."""
    for name in ("json", "queue", "struct", "zipfile", "contextlib", "torch", "numpy"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('imported')")
    monkeypatch.chdir(tmp_path)
    with Pool(jobs=1) as pool:
        id_ = pool.submit(Request(str(good / "ours.pt"), level=6))
        verdict = drain(pool)[id_]
    assert (verdict.category, verdict.level) == (Category.VALID, 6)


def test_workers_and_loader_are_polite_and_see_no_gpu(pool: Pool, good: Path) -> None:
    pool.submit(Request(str(good / "ours.pt"), level=4))
    drain(pool)
    [worker], [loader] = workers_of(os.getpid()), loaders_of(os.getpid())
    for pid in (worker, loader):
        assert int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[16]) >= 10
        assert int(Path(f"/proc/{pid}/oom_score_adj").read_text()) == 500
        assert b"CUDA_VISIBLE_DEVICES=\0" in Path(f"/proc/{pid}/environ").read_bytes()
    assert b"torch" not in Path(f"/proc/{worker}/maps").read_bytes()


def test_memory_is_limited_after_the_imports_with_room_for_the_mapping(
    pool: Pool, large: Path
) -> None:
    id_ = pool.submit(Request(str(large), level=4))
    verdict = drain(pool)[id_]
    assert (verdict.category, verdict.reason) == (Category.VALID, "")
    [worker], [loader] = workers_of(os.getpid()), loaders_of(os.getpid())
    # Their imports have their space already: torch alone maps gigabytes.
    assert 1 << 30 <= address_limit(worker) < (1 << 30) + 2 * mapped(worker)
    room = (2 << 30) + large.stat().st_size
    assert room < address_limit(loader) <= room + 2 * mapped(loader)
    assert address_limit(loader) > mapped(loader) + large.stat().st_size


def address_limit(pid: int) -> int:
    """Bytes of address space that a process may take."""
    return resource.prlimit(pid, resource.RLIMIT_AS)[0]


def mapped(pid: int) -> int:
    """Bytes of address space that a process has."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * resource.getpagesize()


def test_a_check_that_gets_no_memory_is_not_called_corrupted(pool: Pool, large: Path) -> None:
    """A worker whose memory is taken away from outside while it runs."""
    pool.submit(Request(str(large), header_only=True))
    drain(pool)
    [pid] = workers_of(os.getpid())
    resource.prlimit(pid, resource.RLIMIT_AS, (1 << 20, 1 << 20))
    id_ = pool.submit(Request(str(large), level=6, load=False))
    verdict = drain(pool)[id_]
    assert verdict.category in {Category.UNCHECKED, Category.UNREADABLE}, verdict
    assert "not checked" in verdict.reason


def test_where_no_worker_can_run_everything_is_told_so(
    good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with Pool(jobs=1) as pool:
        ids = [pool.submit(Request(str(good / "ours.pt"), header_only=True)) for _ in range(200)]
        found = drain(pool)
    assert set(found) == set(ids)
    assert {verdict.category for verdict in found.values()} == {Category.UNREADABLE}


def test_level_3_without_torch_is_skipped_and_says_how_to_get_it(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an interpreter that has no torch: the system's own, isolated from this environment."""
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    with Pool(jobs=1, python=str(bare / "bin" / "python")) as pool:
        id_ = pool.submit(Request(str(good / "ours.pt"), level=5))
        verdict = drain(pool)[id_]
    assert verdict.category is Category.UNCHECKED
    assert verdict.checks[Level.LOAD].result is Result.SKIPPED
    assert verdict.checks[Level.CHECKSUMS].result is Result.PASS
    assert verdict.level == 2
    assert "no torch" in verdict.reason


def test_a_python_that_is_not_there_is_said(good: Path) -> None:
    with Pool(jobs=1, python="/nowhere/python") as pool:
        id_ = pool.submit(Request(str(good / "ours.pt")))
        verdict = drain(pool)[id_]
    assert "/nowhere/python cannot be started" in verdict.checks[Level.LOAD].detail


def test_a_loader_killed_from_outside_is_started_again(pool: Pool, good: Path) -> None:
    first = pool.submit(Request(str(good / "ours.pt")))
    assert drain(pool)[first].category is Category.VALID
    [loader] = loaders_of(os.getpid())
    os.kill(loader, signal.SIGKILL)
    second = pool.submit(Request(str(good / "list.pt")))
    assert drain(pool)[second].category is Category.VALID
