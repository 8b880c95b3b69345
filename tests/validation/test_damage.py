"""Damage, and everything that is no checkpoint: each in its category, with its sentence."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ckptui.terms import Action, Category, Level, Result
from ckptui.validation.check import check_file
from ckptui.validation.scan import CancelledError, Progress
from tests.validation.conftest import make_old, run_python

Copy = Callable[[str], Path]


def _payload(path: Path, name: str) -> tuple[int, int]:
    """Where a record's data lies, by the standard library's reader."""
    import zipfile

    with zipfile.ZipFile(path) as archive:
        info = next(i for i in archive.infolist() if i.filename.endswith(name))
    data = path.read_bytes()
    at = info.header_offset
    lengths = int.from_bytes(data[at + 26 : at + 28], "little") + int.from_bytes(
        data[at + 28 : at + 30], "little"
    )
    return at + 30 + lengths, info.file_size


def _overwrite(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)
    make_old(path)


def test_cut_anywhere_it_is_corrupted_and_says_where(copy_of: Copy) -> None:
    whole = copy_of("optimizer.pt").read_bytes()
    path = copy_of("optimizer.pt")
    places = [1, 30, 64, 500, *random.Random(1).sample(range(1, len(whole)), 60), len(whole) - 1]
    for place in places:
        path.write_bytes(whole[:place])
        make_old(path)
        for header_only in (True, False):
            verdict = check_file(path, header_only=header_only)
            assert verdict.category in {Category.CORRUPTED, Category.FOREIGN}, (place, verdict)
            if place >= 64:
                assert verdict.category is Category.CORRUPTED, (place, verdict)
                assert verdict.remedy is Action.QUARANTINE
                assert verdict.level == 1


def test_the_sentence_of_a_cut_names_byte_length_and_tensor(tmp_path: Path) -> None:
    path = tmp_path / "ckpt_5.pt"
    run_python(
        "import sys, torch; torch.save({'enc': {'a': torch.ones(20000), 'b': torch.ones(20000)}},"
        " sys.argv[1])",
        str(path),
    )
    size = path.stat().st_size
    os.truncate(path, 120_000)
    reason = check_file(make_old(path)).reason
    assert "120,000" in reason
    assert "enc.b" in reason
    assert "cause not known" in reason
    about = int(reason.split("about ")[1].split(",  ")[0].split(", in")[0].replace(",", ""))
    assert abs(about - size) < 1000


def test_flipped_bits_in_tensors_are_found_at_level_5_and_the_tensor_is_named(
    copy_of: Copy,
) -> None:
    path = copy_of("view.pt")
    start, size = _payload(path, "/data/0")
    _overwrite(path, start + size // 2, b"\x55")
    assert check_file(path, level=4).category is Category.VALID
    verdict = check_file(path, level=5)
    assert (verdict.category, verdict.level) == (Category.CORRUPTED, 4)
    assert "`row`" in verdict.reason
    assert verdict.checks[Level.CHECKSUMS].result is Result.FAIL


def test_a_zeroed_block_is_found(copy_of: Copy) -> None:
    path = copy_of("view.pt")
    start, _ = _payload(path, "/data/0")
    _overwrite(path, (start + 4095) // 4096 * 4096, bytes(4096))
    assert check_file(path, level=5).category is Category.CORRUPTED


def test_a_zeroed_tensor_is_told_from_a_flipped_one(copy_of: Copy) -> None:
    path = copy_of("view.pt")
    start, size = _payload(path, "/data/0")
    _overwrite(path, start, bytes(size))
    assert "only zeros" in check_file(path, level=5).reason


def test_a_signed_exchange_of_records_is_found_by_the_archives_own_fold(copy_of: Copy) -> None:
    """The CRC in descriptor and directory is forged to fit: only the fold still tells."""
    import zlib

    path = copy_of("list.pt")
    start, size = _payload(path, "/data/0")
    data = path.read_bytes()
    old, forged = data[start : start + size], b"\x01" * size
    crc_old, crc_new = (zlib.crc32(part).to_bytes(4, "little") for part in (old, forged))
    path.write_bytes(data.replace(old, forged).replace(crc_old, crc_new))
    make_old(path)
    assert check_file(path, level=4).category is Category.VALID
    verdict = check_file(path, level=5)
    assert verdict.category is Category.CORRUPTED
    assert "fingerprint" in verdict.reason


def test_a_damaged_pickle_is_called_damaged_not_unsafe(copy_of: Copy) -> None:
    path = copy_of("ours.pt")
    data = path.read_bytes()
    path.write_bytes(data.replace(b"torch._utils", b"torbh._utils"))
    make_old(path)
    for header_only in (True, False):
        verdict = check_file(path, header_only=header_only)
        assert (verdict.category, "pickle" in verdict.reason) == (Category.CORRUPTED, True)


@pytest.mark.parametrize(
    ("content", "category", "word"),
    [
        (b"", Category.CORRUPTED, "empty"),
        (bytes(5000), Category.CORRUPTED, "zeros"),
        (b"<!DOCTYPE html><html><body>404</body></html>", Category.FOREIGN, "HTML"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n",
            Category.FOREIGN,
            "git lfs",
        ),
        (b"\x1f\x8b\x08\x00" + bytes(100), Category.FOREIGN, "gzip"),
        (b'{"a": 1}', Category.FOREIGN, "JSON"),
        (b"1f841b4bb5e8b5e5" * 50, Category.FOREIGN, "text"),
    ],
)
def test_what_is_no_checkpoint_is_named(
    tmp_path: Path, content: bytes, category: Category, word: str
) -> None:
    path = tmp_path / "x.pt"
    path.write_bytes(content)
    make_old(path)
    for header_only in (True, False):
        verdict = check_file(path, level=5, header_only=header_only)
        assert (verdict.category, word in verdict.reason) == (category, True), verdict
        assert verdict.remedy is Action.QUARANTINE


def test_what_is_no_regular_file_is_unreadable_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pt")
    (tmp_path / "folder.pt").mkdir()
    (tmp_path / "zero.pt").symlink_to("/dev/zero")
    (tmp_path / "loop.pt").symlink_to(tmp_path / "loop.pt")
    (tmp_path / "dangling.pt").symlink_to(tmp_path / "nowhere")
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "sock.pt"))
    words = {
        "pipe.pt": "FIFO",
        "folder.pt": "directory",
        "zero.pt": "device",
        "loop.pt": "leads back",
        "dangling.pt": "does not exist",
        "sock.pt": "socket",
        "no\0name.pt": "NUL",
        "n" * 300: "longer",
    }
    for name, word in words.items():
        verdict = check_file(os.path.join(tmp_path, name), level=6)
        assert verdict.category is Category.UNREADABLE, verdict
        assert word in verdict.reason, verdict
        assert verdict.remedy is None
    server.close()


def test_a_file_that_one_may_not_read_is_unreadable_not_damaged(good: Path, tmp_path: Path) -> None:
    """As a real unprivileged user: root reads everything."""
    if os.getuid() != 0:
        pytest.skip("needs root to become another user")
    shared = Path("/tmp") / f"ckptui-permission-{os.getpid()}"
    shared.mkdir()
    try:
        path = shared / "x.pt"
        path.write_bytes((good / "ours.pt").read_bytes())
        path.chmod(0)
        code = (
            "import os, sys; from ckptui.validation.check import check_file; "
            "check_file('/nowhere', level=6); os.setgid(65534); os.setuid(65534); "
            "v = check_file(sys.argv[1]); print(v.category, v.reason)"
        )
        said = run_python(code, str(path))
        assert said == "unreadable permission denied: this user may not read it\n"
    finally:
        subprocess.run(["rm", "-rf", str(shared)], check=True)


def test_a_file_without_blocks_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "tape.pt"
    path.touch()
    os.truncate(path, 1 << 20)
    assert path.stat().st_blocks == 0
    verdict = check_file(make_old(path))
    assert (verdict.category, "no blocks" in verdict.reason) == (Category.UNREADABLE, True)


def test_young_and_bad_is_changing_until_it_has_settled(copy_of: Copy) -> None:
    path = copy_of("ours.pt")
    os.truncate(path, 800)
    os.utime(path)
    assert check_file(path).category is Category.CHANGING
    assert check_file(path).remedy is None
    assert check_file(path, settle=False).category is Category.CORRUPTED
    assert check_file(make_old(path, 11)).category is Category.CORRUPTED


def test_young_and_whole_may_be_judged(copy_of: Copy) -> None:
    path = copy_of("ours.pt")
    os.utime(path)
    assert check_file(path, level=5).category is Category.VALID


_GROW = """
import sys
sys.stdin.read(1)
with open(sys.argv[1], 'ab') as file:
    file.write(b'more')
print('done', flush=True)
"""


def test_a_file_that_grows_during_the_check_is_changing(tmp_path: Path) -> None:
    """A real writer adds to it while the payload is being read."""
    path = tmp_path / "big.pt"
    run_python("import sys, torch; torch.save({'w': torch.ones(8 << 20)}, sys.argv[1])", str(path))
    make_old(path)
    writer = subprocess.Popen(
        [sys.executable, "-c", _GROW, str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert writer.stdin is not None
    assert writer.stdout is not None
    told = False

    def on_progress(_done: int, _total: int) -> None:
        nonlocal told
        if not told:
            told = True
            assert writer.stdin is not None
            assert writer.stdout is not None
            writer.stdin.write(b"x")
            writer.stdin.flush()
            writer.stdout.readline()

    verdict = check_file(path, level=5, on_progress=on_progress)
    writer.communicate()
    assert verdict.category is Category.CHANGING
    assert "size" in verdict.reason


def test_a_file_that_is_replaced_during_the_check_is_changing(copy_of: Copy) -> None:
    path = copy_of("view.pt")
    other = path.with_suffix(".new")
    other.write_bytes(path.read_bytes())
    verdict = check_file(
        path, level=5, on_progress=lambda *_: os.replace(other, path) if other.exists() else None
    )
    assert (verdict.category, "replaced" in verdict.reason) == (Category.CHANGING, True)


def test_cancelled_is_no_verdict_about_the_file(copy_of: Copy) -> None:
    verdict = check_file(copy_of("view.pt"), level=5, cancelled=lambda: True)
    assert (verdict.category, verdict.reason) == (Category.UNCHECKED, "not checked: cancelled")


def test_progress_counts_bytes_to_the_end(copy_of: Copy) -> None:
    seen: list[tuple[int, int]] = []
    check_file(copy_of("view.pt"), level=5, on_progress=lambda *at: seen.append(at))
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1] > 40_000


def test_two_threads_agree_with_one(tmp_path: Path) -> None:
    """Over several parts, with a flipped bit in the last one."""
    path = tmp_path / "big.pt"
    run_python(
        "import sys, torch; torch.save({'w': torch.arange(20 << 20), 'b': torch.ones(3)},"
        " sys.argv[1])",
        str(path),
    )
    make_old(path)
    assert check_file(path, level=6).category is Category.VALID
    start, size = _payload(path, "/data/0")
    _overwrite(path, start + size - 3, b"\x99")
    verdict = check_file(path, level=6)
    assert verdict.category is Category.CORRUPTED
    assert "`w`" in verdict.reason


def test_holes_left_by_skip_data_are_found(tmp_path: Path) -> None:
    path = tmp_path / "holes.pt"
    run_python(
        "import sys, torch\nwith torch.serialization.skip_data():\n"
        " torch.save({'w': torch.ones(5000)}, sys.argv[1])",
        str(path),
    )
    verdict = check_file(make_old(path), level=5)
    assert verdict.category is Category.CORRUPTED
    assert "never written" in verdict.reason


def test_a_repacked_archive_is_whole(copy_of: Copy, tmp_path: Path) -> None:
    """Deflated, and in another order: odd, but nothing is lost."""
    import zipfile

    repacked = tmp_path / "again.pt"
    with (
        zipfile.ZipFile(copy_of("ours.pt")) as old,
        zipfile.ZipFile(repacked, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in reversed(old.namelist()):
            new.writestr(name, old.read(name))
    make_old(repacked)
    verdict = check_file(repacked, level=6)
    assert verdict.category is Category.VALID, verdict
    assert verdict.checks[Level.CHECKSUMS].result is Result.PASS


def test_progress_stops_the_other_thread() -> None:
    progress = Progress(10, None, None)
    progress.stopped = True
    with pytest.raises(CancelledError):
        progress.advance(1)


def test_nothing_is_checked_in_the_future_either(copy_of: Copy) -> None:
    """A clock far ahead does not keep a damaged file ``changing`` for ever."""
    path = copy_of("ours.pt")
    os.truncate(path, 800)
    ahead = time.time() + 86_400
    os.utime(path, (ahead, ahead))
    assert check_file(path).category is Category.CORRUPTED
