"""The verdict cache: known files are not read again; whatever becomes of it costs time only."""

from __future__ import annotations

import ctypes
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ckptui.terms import Category, Level, Result
from ckptui.validation.cache import Cache
from ckptui.validation.cache_file import NAME
from ckptui.validation.pool import Done, Pool, Request
from ckptui.validation.source import Signature, signature_of
from ckptui.validation.verdict import Verdict

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def place(tmp_path: Path) -> Path:
    path = tmp_path / "cache"
    path.mkdir()
    return path


@pytest.fixture
def file(good: Path, tmp_path: Path) -> Path:
    """A checkpoint of its own for each test."""
    return Path(shutil.copy(good / "ours.pt", tmp_path / "ckpt_100.pt"))


def seen(path: Path) -> Signature:
    return signature_of(path.stat())


def ask(cache: Cache, *requests: Request) -> list[Verdict]:
    """Let a pool answer, and close it."""
    with Pool(jobs=1, cache=cache) as pool:
        return asked(pool, *requests)


def asked(pool: Pool, *requests: Request) -> list[Verdict]:
    ids = [pool.submit(request) for request in requests]
    found: dict[int, Verdict] = {}
    end = time.monotonic() + 60
    while pool.pending and time.monotonic() < end:
        for event in pool.events(0.5):
            if isinstance(event, Done):
                found[event.id] = event.verdict
    return [found[id_] for id_ in ids]


def header(path: Path, *keys: str) -> Request:
    return Request(str(path), header_only=True, seen=seen(path), required_keys=keys)


def workers() -> int:
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    lines = [Path(f"/proc/{child}/cmdline").read_bytes() for child in children]
    return sum(b"validation.worker" in line for line in lines)


def answered_without_a_worker(cache: Cache, *requests: Request) -> list[Verdict]:
    with Pool(jobs=1, cache=cache) as pool:
        found = asked(pool, *requests)
        assert workers() == 0
    return found


def test_a_known_file_is_answered_without_any_worker(place: Path, file: Path) -> None:
    first = ask(Cache(str(place), rest=0), header(file))
    again = answered_without_a_worker(Cache(str(place), rest=0), header(file))
    assert again == first
    assert again[0].facts.signature == seen(file)


def test_a_deeper_verdict_stands_and_says_when_it_was_made(place: Path, file: Path) -> None:
    deep = ask(Cache(str(place), rest=0), Request(str(file), level=5, load=False))[0]
    ask(Cache(str(place), rest=0), Request(str(file), level=4, load=False))
    again = answered_without_a_worker(Cache(str(place), rest=0), header(file))[0]
    assert again == deep
    assert (again.category, again.level) == (Category.VALID, 5)
    assert again.checked_at == deep.checked_at


def test_a_level_by_its_name_is_remembered_as_by_its_number(place: Path, file: Path) -> None:
    ask(Cache(str(place), rest=0), Request(str(file), level=Level.VALUES))
    (known,) = answered_without_a_worker(Cache(str(place), rest=0), header(file))
    assert (known.category, known.level) == (Category.VALID, 6)


def test_what_somebody_asks_for_is_read_again(place: Path, file: Path) -> None:
    deep = Request(str(file), level=5, load=False, seen=seen(file))
    with Pool(jobs=1, cache=Cache(str(place), rest=0)) as pool:
        asked(pool, deep)
    with Pool(jobs=1, cache=Cache(str(place), rest=0)) as pool:
        asked(pool, deep)
        assert workers() == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda path: os.utime(path, ns=(1, 1)),
        lambda path: path.chmod(0o600),
        lambda path: path.write_bytes(path.read_bytes()),
        lambda path: os.truncate(path, path.stat().st_size - 1),
    ],
    ids=["its time", "its mode", "written anew", "cut"],
)
def test_a_file_that_was_touched_is_read_again(
    place: Path, file: Path, change: Callable[[Path], object]
) -> None:
    ask(Cache(str(place), rest=0), header(file))
    change(file)
    with Pool(jobs=1, cache=Cache(str(place), rest=0)) as pool:
        asked(pool, header(file))
        assert workers() == 1


def test_another_demand_is_another_question(place: Path, file: Path) -> None:
    ask(Cache(str(place), rest=0), header(file))
    [verdict] = ask(Cache(str(place), rest=0), header(file, "no such key"))
    assert verdict.category is Category.INCOMPATIBLE
    [plain, strict] = answered_without_a_worker(
        Cache(str(place), rest=0), header(file), header(file, "no such key")
    )
    assert (plain.category, strict.category) == (Category.UNCHECKED, Category.INCOMPATIBLE)


def test_names_that_are_not_utf8(place: Path, file: Path) -> None:
    odd = os.fsdecode(os.fsencode(file.parent) + b"/\xff\xfe \n.pt")
    file.rename(odd)
    first = ask(Cache(str(place), rest=0), header(Path(odd)))
    assert answered_without_a_worker(Cache(str(place), rest=0), header(Path(odd))) == first
    assert first[0].path == odd


def test_what_was_written_just_now_is_not_remembered(place: Path, file: Path) -> None:
    ask(Cache(str(place)), header(file))
    with Pool(jobs=1, cache=Cache(str(place))) as pool:
        asked(pool, header(file))
        assert workers() == 1


def test_what_could_not_be_read_is_not_remembered(place: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.pt"
    os.mkfifo(pipe)
    for _ in range(2):
        with Pool(jobs=1, cache=Cache(str(place), rest=0)) as pool:
            [verdict] = asked(pool, header(pipe))
            assert workers() == 1
        assert verdict.category is Category.UNREADABLE


def test_a_cancelled_check_is_not_remembered(place: Path, file: Path) -> None:
    with Pool(jobs=1, cache=Cache(str(place), rest=0)) as pool:
        pool.cancel(pool.submit(header(file)))
        while pool.pending:
            pool.events(0.5)
    assert ask(Cache(str(place), rest=0), header(file))[0].level == 4


def test_another_judgement_is_not_trusted_but_its_checksum_is(place: Path, file: Path) -> None:
    ask(Cache(str(place), rest=0), Request(str(file), level=5, load=False))
    with sqlite3.connect(place / NAME) as base:
        assert base.execute("UPDATE verdicts SET rules = '0.0.1 1'").rowcount == 1
        kept = base.execute("SELECT content, first FROM contents").fetchall()
    base.close()
    [verdict] = ask(Cache(str(place), rest=0), header(file))
    assert verdict.category is Category.UNCHECKED
    ask(Cache(str(place), rest=0), Request(str(file), level=5, load=False))
    with sqlite3.connect(place / NAME) as base:
        assert base.execute("SELECT content, first FROM contents").fetchall() == kept
    base.close()


def test_torchs_no_is_about_that_torch_only(place: Path, file: Path, tmp_path: Path) -> None:
    deep = Request(str(file), level=5)
    for name in ("one", "two"):
        (tmp_path / name / "bin").mkdir(parents=True)
        Path(tmp_path / name / "bin" / "python").symlink_to(sys.executable)
    one, two = (str(tmp_path / name / "bin" / "python") for name in ("one", "two"))
    with Pool(jobs=1, python=one, cache=Cache(str(place), rest=0)) as pool:
        [verdict] = asked(pool, deep)
    assert verdict.checks[Level.LOAD].result is Result.SKIPPED  # no torch in there
    with Pool(jobs=1, python=one, cache=Cache(str(place), rest=0)) as pool:
        assert asked(pool, header(file)) == [verdict]
    with Pool(jobs=1, python=two, cache=Cache(str(place), rest=0)) as pool:
        [anew] = asked(pool, header(file))
    assert (anew.level, anew.category) == (4, Category.UNCHECKED)


def test_the_oldest_go_first(place: Path, tmp_path: Path, file: Path) -> None:
    paths = [Path(shutil.copy(file, tmp_path / f"more_{n:03}.pt")) for n in range(40)]
    ask(Cache(str(place), rest=0), *(header(path) for path in paths))
    cache = Cache(str(place), rest=0, rows=20)
    ask(cache, header(file))
    with sqlite3.connect(place / NAME) as base:
        rows = base.execute("SELECT path FROM verdicts ORDER BY rowid").fetchall()
    base.close()
    assert 15 <= len(rows) <= 20
    assert rows[-1] == (os.fsencode(file),)


def test_only_its_owner_may_read_it(place: Path, file: Path) -> None:
    before = os.umask(0)
    try:
        ask(Cache(str(place), rest=0), header(file))
    finally:
        os.umask(before)
    assert [(p.name, oct(p.stat().st_mode & 0o777)) for p in place.iterdir()] == [(NAME, "0o600")]


# Damage --------------------------------------------------------------------------------------


def _garbage(path: Path) -> None:
    path.write_bytes(os.urandom(path.stat().st_size))


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _cut_to_a_few_bytes(path: Path) -> None:
    os.truncate(path, 50)


def _hole(path: Path) -> None:
    with path.open("r+b") as handle:
        handle.seek(4096)
        handle.write(bytes(path.stat().st_size - 4096))


def _directory(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "x").touch()


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _foreign(path: Path) -> None:
    path.unlink()
    base = sqlite3.connect(path)
    base.execute("CREATE TABLE bookmarks (url)")
    base.commit()
    base.close()


def _no_table(path: Path) -> None:
    base = sqlite3.connect(path)
    base.execute("DROP TABLE verdicts")
    base.commit()
    base.close()


def _other_columns(path: Path) -> None:
    base = sqlite3.connect(path)
    base.execute("ALTER TABLE verdicts DROP COLUMN torch")
    base.commit()
    base.close()


@pytest.mark.parametrize(
    "damage",
    [_garbage, _cut, _cut_to_a_few_bytes, _hole, _directory, _pipe, _foreign, _no_table,
     _other_columns],
)  # fmt: skip
def test_a_damaged_cache_costs_time_only_and_is_replaced(
    place: Path, file: Path, damage: Callable[[Path], None]
) -> None:
    first = ask(Cache(str(place), rest=0), header(file))
    damage(place / NAME)
    anew = ask(Cache(str(place), rest=0), header(file))
    assert (anew[0].category, anew[0].level) == (first[0].category, first[0].level)
    assert answered_without_a_worker(Cache(str(place), rest=0), header(file)) == anew
    assert len(list(place.glob(f"{NAME}.damaged.*"))) == 1


def test_damage_in_a_row_is_seen(place: Path, file: Path) -> None:
    ask(Cache(str(place), rest=0), Request(str(file), level=5, load=False))
    with sqlite3.connect(place / NAME) as base:
        base.execute("UPDATE verdicts SET verdict = replace(verdict, 'valid', 'corrupted')")
        base.execute("UPDATE contents SET content = 'crc32:00000000'")
    base.close()
    [shown] = ask(Cache(str(place), rest=0), header(file))
    assert shown.category is Category.UNCHECKED
    [deep] = ask(Cache(str(place), rest=0), Request(str(file), level=5, load=False))
    assert (deep.category, deep.reason) == (Category.VALID, "")


ASK_TWICE = """
import sys
from tests.validation.test_cache import Cache, Path, ask, header
for _ in range(2):
    print(ask(Cache(sys.argv[1], rest=0), header(Path(sys.argv[2])))[0].level)
"""


def _obey_permissions() -> None:
    """Take from root the right to write anywhere (capabilities(7)); others never had it."""
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


@pytest.mark.parametrize("mode", [0o555, 0o000])
def test_a_read_only_directory(place: Path, file: Path, mode: int) -> None:
    ask(Cache(str(place), rest=0), header(file))
    os.utime(file)
    place.chmod(mode)
    done = subprocess.run(
        [sys.executable, "-c", ASK_TWICE, str(place), str(file)],
        cwd=ROOT, capture_output=True, text=True, check=False, preexec_fn=_obey_permissions,
    )  # fmt: skip
    place.chmod(0o755)
    assert (done.stdout, done.stderr) == ("4\n4\n", "")
    assert [path.name for path in place.iterdir()] == [NAME]


LOCK = """
import sqlite3, sys
base = sqlite3.connect(sys.argv[1], isolation_level=None)
base.execute("PRAGMA locking_mode = EXCLUSIVE")
base.execute("BEGIN EXCLUSIVE")
base.execute("UPDATE verdicts SET used = used")
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def locked(place: Path, file: Path) -> Iterator[None]:
    """Another process holds the cache and never lets go."""
    ask(Cache(str(place), rest=0), header(file))
    with subprocess.Popen(
        [sys.executable, "-c", LOCK, str(place / NAME)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as other:  # fmt: skip
        assert other.stdout is not None
        assert other.stdout.readline() == b"locked\n"
        yield
        other.kill()


@pytest.mark.usefixtures("locked")
def test_a_cache_that_another_process_holds_for_ever(place: Path, file: Path) -> None:
    with Pool(jobs=1, cache=Cache(str(place), rest=0)) as pool:
        [verdict] = asked(pool, header(file))
        assert workers() == 1
    assert verdict.level == 4
    assert not list(place.glob("*.damaged*")), "it is locked, not damaged"


def test_a_full_disk(place: Path, file: Path) -> None:
    """The limit of the file itself stands in for that of the disk: SQLite says the same."""
    ask(Cache(str(place), rest=0), header(file))
    code = (
        "import resource, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n" + ASK_TWICE
    )
    os.utime(file)
    done = subprocess.run(
        [sys.executable, "-c", code, str(place), str(file)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("4\n4\n", "")
    # What was there before the disk was full is there still.
    ask(Cache(str(place), rest=0), header(file))
    answered_without_a_worker(Cache(str(place), rest=0), header(file))


def test_two_processes_at_once(place: Path, good: Path, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for n in range(150):
        shutil.copy(good / "ours.pt", folder / f"ckpt_{n}.pt")
    code = (
        "import sys\nfrom tests.validation.test_cache import *\n"
        "with Pool(jobs=1, cache=Cache(sys.argv[1], rest=0)) as pool:\n"
        "    found = [asked(pool, header(p))[0] for p in sorted(Path(sys.argv[2]).iterdir())]\n"
        "print(len(found), {v.level for v in found})"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(place), str(folder)],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    for process in both:
        out, err = process.communicate(timeout=120)
        assert (out, err) == ("150 {4}\n", "")
    paths = sorted(folder.iterdir())
    answered_without_a_worker(Cache(str(place), rest=0), *(header(path) for path in paths))
    base = sqlite3.connect(place / NAME)
    assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    base.close()
