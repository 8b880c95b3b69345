"""How often, on which filesystem, and in which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from ckptui.watch.mounts import events_are_complete, filesystem_in, filesystem_of
from ckptui.watch.pace import WatchState, describe, sweep_interval
from ckptui.watch.throttle import Throttle
from ckptui.watch.writers import Writers, sentences

MOUNTS = [
    "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw",
    "23 22 0:40 / /home rw,relatime shared:1 - nfs4 server:/home rw",
    "24 23 0:41 / /home/me/a\\040b rw - xfs /dev/sdb rw",
    "25 22 0:42 / /mnt/caf\\303\\251 rw - lustre mds@tcp:/x rw",
    "26 22 0:43 / /auto rw - autofs systemd-1 rw",
    "27 26 0:44 / /auto rw - beegfs beegfs_nodev rw",
    "broken line",
]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/run", "ext4"),
        ("/home", "nfs4"),
        ("/homes/x", "ext4"),
        ("/home/me/a b/run", "xfs"),
        ("/mnt/café/run", "lustre"),
        ("/auto/run", "beegfs"),
    ],
)
def test_the_longest_mount_wins_and_the_last_is_on_top(path: str, kind: str) -> None:
    assert filesystem_in(MOUNTS, path) == kind


def test_only_known_local_filesystems_are_trusted() -> None:
    assert events_are_complete("ext4")
    for kind in ("nfs4", "lustre", "fuse.sshfs", "9p", "virtiofs", "gpfs", "", "newfs"):
        assert not events_are_complete(kind)


def test_the_filesystem_of_a_real_path(tmp_path: Path) -> None:
    assert filesystem_of("/proc/self") == "proc"
    assert filesystem_of(str(tmp_path))
    assert filesystem_of("/proc", "/nowhere/mountinfo") == ""


def test_sweeps_adapt() -> None:
    def interval(network: bool, hints: bool, took: float, idle: float = 0) -> float:
        return sweep_interval(network=network, hints=hints, took=took, work=took, idle=idle)

    assert interval(True, True, 0.1) == 30
    assert interval(True, False, 10) == 200
    assert interval(True, False, 10, idle=4000) == 800
    assert interval(False, True, 0.1) == 30
    assert 0.5 / interval(False, True, 0.5) < 0.01  # under one percent of a core
    assert interval(False, False, 0.1) == 5
    # Waiting for one's own cap is no load on the server.
    assert sweep_interval(network=True, hints=False, took=250, work=5) == 250


def test_how_it_is_watched_is_said() -> None:
    def say(state: WatchState, network: bool, kind: str = "ext4") -> tuple[str, str]:
        return describe(state, network=network, filesystem=kind, interval=30, once=False)

    all_on = WatchState(True, 4, 4, counted=True)
    some = WatchState(True, 19, 50, counted=True)
    assert say(all_on, False) == ("events", "live")
    linked = WatchState(True, 4, 4, counted=True, linked=True)
    assert say(linked, False) == ("events", "live, behind symlinks within 30 s")
    assert say(all_on, True, "nfs4") == ("sweep", "nfs4: live on this host, others within 30 s")
    assert say(WatchState(), True, "lustre") == ("sweep", "lustre: looked at every 30 s")
    mode, sentence = say(some, False)
    assert mode == "sweep"
    assert sentence == "watch limit: 19 of 50 directories live, the rest within 30 s"
    assert "limit of watches" in say(WatchState(problem="the limit of watches"), False)[1]


def test_the_cap_makes_a_sweep_wait_and_shows_that_it_lives() -> None:
    ticks: list[int] = []
    throttle = Throttle(100.0, lambda: ticks.append(1))
    for _ in range(110):
        throttle.spend()
    assert throttle.slept > 0.05
    assert ticks
    free = Throttle(None)
    free.spend(10**9)
    assert free.slept == 0


def test_no_more_is_claimed_than_was_seen() -> None:
    train = Writers({}, (("train.py", 0.0),))
    assert sentences(train, None, 3 * 3600) == ("train.py alive here 3 h",)
    assert sentences(Writers(), 0.0, 240.0) == ("wrote 4 min ago, host unknown",)
    assert sentences(Writers(), 0.0, 86400.0) == ("no writer seen from this host",)
    assert sentences(Writers(), None, 0.0) == ("no writer seen from this host",)
