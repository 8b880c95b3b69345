"""Where the cache lies: where the user says, else on a disk of this machine, closed to others."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ckptui.validation.cache_place import cache_directory, is_switched_off, own_directory


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CKPTUI_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))


def test_the_users_cache_directory(tmp_path: Path) -> None:
    assert cache_directory() == str(tmp_path / "xdg" / "ckptui")
    assert stat.S_IMODE((tmp_path / "xdg" / "ckptui").stat().st_mode) == 0o700
    assert cache_directory() == str(tmp_path / "xdg" / "ckptui")


def test_the_users_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CKPTUI_CACHE", str(tmp_path / "a" / "b"))
    assert cache_directory() == str(tmp_path / "a" / "b")
    assert not is_switched_off()
    monkeypatch.setenv("CKPTUI_CACHE", "off")
    assert is_switched_off()


def test_a_directory_of_ones_own_among_others(tmp_path: Path) -> None:
    place = own_directory(str(tmp_path))
    own = tmp_path / f"ckptui-{os.getuid()}"
    assert place == str(own / "cache") == own_directory(str(tmp_path))
    assert stat.S_IMODE(own.stat().st_mode) == stat.S_IMODE(os.stat(place).st_mode) == 0o700


@pytest.mark.parametrize("trap", ["a link", "open to others", "a file"])
def test_what_another_may_have_laid_out_is_not_used(tmp_path: Path, trap: str) -> None:
    own, elsewhere = tmp_path / f"ckptui-{os.getuid()}", tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    if trap == "a link":
        own.symlink_to(elsewhere)
    elif trap == "a file":
        own.touch()
    else:
        own.mkdir()
        own.chmod(0o777)
    with pytest.raises(OSError, match=r"not a directory|others may write"):
        own_directory(str(tmp_path))
    assert not list(elsewhere.iterdir())


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a directory away")
def test_another_users_directory_is_not_used(tmp_path: Path) -> None:
    own = tmp_path / f"ckptui-{os.getuid()}"
    own.mkdir(mode=0o700)
    os.chown(own, 12345, 12345)
    with pytest.raises(PermissionError, match="another user"):
        own_directory(str(tmp_path))
