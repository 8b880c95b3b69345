"""How a run directory was looked at is there again the next time, and never in the way."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from ckptui.tui.keeping import MOST_FILES, Keeper, read_sessions, sessions_folder
from ckptui.tui.session import MOST_BYTES, Session, file_name, session_in
from tests.tui.terminal import Terminal, shown

SMALL = (80, 24)
PATIENCE = 30.0


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A state directory of one's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return str(tmp_path / "state")


def leave(terminal: Terminal) -> None:
    terminal.press("q")
    terminal.until(terminal.ended, "the end")
    assert terminal.status == 0


def kept(state: str) -> list[dict[str, object]]:
    folder = os.path.join(state, "ckptui", "sessions")
    names = os.listdir(folder) if os.path.isdir(folder) else []
    return [json.loads(Path(folder, name).read_text(encoding="ascii")) for name in names]


def test_filter_order_and_view_are_there_the_next_time_and_said(run_dir: str, state: str) -> None:
    with shown(run_dir, size=SMALL) as terminal:
        terminal.shows("1 corrupted")
        terminal.press("/")
        terminal.shows("show only what matches")
        terminal.press("0400")
        terminal.shows("1 of 17")
        terminal.press("\r")
        terminal.shows("filter: 0400")
        terminal.press("S")
        terminal.shows("the oldest first")
        leave(terminal)
    folder = os.path.join(state, "ckptui", "sessions")
    (name,) = os.listdir(folder)
    assert stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode) == 0o600
    link = os.path.join(os.path.dirname(run_dir), "link")
    os.symlink(run_dir, link)
    with shown(f"{link}/", size=SMALL) as terminal:
        terminal.shows("filter from last time: 0400 ; esc clears it")
        terminal.press("\x1b")
        terminal.shows("0000600.pt")
        terminal.press("/")
        terminal.shows("show only what matches")
        terminal.press("\x1b[A")
        terminal.shows("1 of 17")  # what was typed the last time, by the arrow
        terminal.press("\x1b")
        terminal.shows("0000600.pt")
        leave(terminal)
    with shown(run_dir, size=SMALL) as terminal:
        terminal.shows("0000600.pt")
        terminal.press("3")
        terminal.shows("no run was resumed")
        leave(terminal)
    with shown(run_dir, size=SMALL) as terminal:
        terminal.shows("no run was resumed")
        assert "filter from last time" not in terminal.screen()
        leave(terminal)
    assert len(kept(state)) == 1


def test_it_is_kept_while_the_app_runs_too(run_dir: str, state: str) -> None:
    with shown(run_dir, size=SMALL) as terminal:
        terminal.shows("1 corrupted")
        terminal.press("2")
        terminal.until(lambda: [each["view"] for each in kept(state)] == ["stages"], "the file")


def test_nothing_is_kept_where_nothing_was_changed_or_wanted(run_dir: str, state: str) -> None:
    with shown(run_dir, size=SMALL) as terminal:
        terminal.shows("1 corrupted")
        leave(terminal)
    with shown("--no-session", run_dir, size=SMALL) as terminal:
        terminal.shows("1 corrupted")
        terminal.press("2")
        terminal.shows("translation")
        leave(terminal)
    assert kept(state) == []


def test_the_palette_forgets(run_dir: str, state: str) -> None:
    with shown(run_dir, size=SMALL) as terminal:
        terminal.shows("1 corrupted")
        terminal.press("2")
        terminal.until(lambda: kept(state), "the file")
        terminal.press(":")
        terminal.shows("Search for commands")
        terminal.press("forget the")
        terminal.shows("Forget the filter")
        terminal.press("\r")
        terminal.shows("forgotten")
        terminal.press("1")
        leave(terminal)
    assert kept(state) == []


def test_several_places_each_remember_their_own(run_dir: str, tmp_path: Path, state: str) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with shown(run_dir, str(other), size=SMALL) as terminal:
        terminal.shows("other")
        terminal.press("2]")
        terminal.shows("no checkpoints here yet")
        terminal.press("4")
        terminal.shows("no failures")
        leave(terminal)
    views = {str(each["path"]): each["view"] for each in kept(state)}
    assert views == {os.path.realpath(run_dir): "stages", str(other): "failures"}


HOSTILE: Mapping[str, bytes] = {
    "empty": b"",
    "binary": bytes(range(256)),
    "deep": b"[" * 60_000,
    "long": b'"' + b"x" * MOST_BYTES + b'"',
    "list": b"[]",
    "version": b'{"version": 99, "view": "stages"}',
    "other": b'{"version": 1, "path": "/somewhere/else", "view": "stages"}',
    "odd": b'{"version": 1, "path": "/run", "view": 3, "placement": [], "views": {"a": 1, "b": 2}}',
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_damaged_or_foreign_is_as_if_nothing_was_known(case: str) -> None:
    found = session_in(HOSTILE[case], "/run")
    assert (found.view, found.placement) == ("", "")
    assert not any(found.views.values())


async def test_what_makes_no_sense_is_left_out_field_by_field(run_dir: str) -> None:
    from ckptui.tui.app import CkptuiApp

    document = {
        "version": 1,
        "path": "/run",
        "view": "stages\x1b[2J",
        "placement": "sideways",
        "views": {
            "checkpoints": {
                "sort": ["no such", {}],
                "columns": ["size", "\x1b[2J", 3, None],
                "filter": "step>[bold",
                "grouping": "by moon",
                "opened": [{}, "x" * 9999],
                "more": {"deep": {}},
            },
            "stages": {"sort": ["stage", True], "filter": "translation"},
        },
    }
    session = session_in(json.dumps(document).encode(), "/run")
    app = CkptuiApp([run_dir], sessions=[session])
    async with app.run_test(size=SMALL):
        assert app.main.view.id == "checkpoints"
        assert app.main.placement == "auto"
        assert not app.main.checkpoints.filter
        assert app.main.checkpoints.sort is None
        assert app.main.stages.sort == ("stage", True)
        assert app.main.stages.filter.typed == "translation"


def test_names_that_are_no_text_come_back_as_they_were(state: str) -> None:
    path = "/runs/\udcff\x1b[2J"
    session = Session("checkpoints", "beside", {"checkpoints": {"opened": [f"{path}/x"]}})
    keeper = Keeper()
    keeper.keep(path, session)
    assert keeper.wait(PATIENCE)
    assert read_sessions([path, "/runs/never seen"], seconds=PATIENCE) == [session, Session()]


def test_a_file_is_never_too_large_to_be_read_again() -> None:
    opened = [f"folder {number} {'x' * 100}" for number in range(5_000)]
    session = Session("stages", "", {"checkpoints": {"opened": opened, "filter": "a"}})
    data = session.to_bytes("/run")
    assert len(data) <= MOST_BYTES
    assert session_in(data, "/run").views == {"checkpoints": {"filter": "a"}}


def test_only_so_many_are_kept_the_newest_of_all(state: str) -> None:
    folder = Path(sessions_folder())
    folder.mkdir(parents=True)
    for number in range(MOST_FILES + 20):
        file = folder / f"{number}.json"
        file.write_text("{}", encoding="ascii")
        os.utime(file, (number, number))
    keeper = Keeper()
    keeper.keep("/run", Session("stages"))
    assert keeper.wait(PATIENCE)
    names = set(os.listdir(folder))
    assert len(names) == MOST_FILES
    assert file_name("/run") in names
    assert "0.json" not in names
    assert f"{MOST_FILES + 19}.json" in names


def test_two_at_once_never_damage_a_file(state: str) -> None:
    keepers = [Keeper(), Keeper()]
    for number in range(200):
        for keeper in keepers:
            keeper.keep("/run", Session("stages", "", {"v": {"opened": [str(number)] * 500}}))
    assert all(keeper.wait(PATIENCE) for keeper in keepers)
    (found,) = read_sessions(["/run"], seconds=PATIENCE)
    assert found.views == {"v": {"opened": ["199"] * 500}}
    assert os.listdir(sessions_folder()) == [file_name("/run")]


def test_a_home_that_cannot_be_written_is_no_matter(run_dir: str, tmp_path: Path) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("", encoding="ascii")
    with shown(run_dir, size=SMALL, XDG_STATE_HOME=str(blocked)) as terminal:
        terminal.shows("1 corrupted")
        terminal.press("2")
        terminal.shows("translation")
        leave(terminal)


def test_a_home_that_hangs_holds_up_neither_opening_nor_quitting(
    run_dir: str, tmp_path: Path
) -> None:
    """A FIFO in place of the file answers as little as a dead mount does."""
    folder = tmp_path / "state" / "ckptui" / "sessions"
    folder.mkdir(parents=True)
    os.mkfifo(folder / file_name(os.path.realpath(run_dir)))
    with shown(run_dir, size=SMALL, XDG_STATE_HOME=str(tmp_path / "state")) as terminal:
        terminal.shows("1 corrupted")
        leave(terminal)
