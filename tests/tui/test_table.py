"""The virtual table: it looks only at what is seen, and repaints only what reads differently."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Self

from textual import events
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.pilot import Pilot

from ckptui.present.columns import Cell, Column
from ckptui.present.glyphs import Role
from ckptui.present.spans import Span, line, text_of
from ckptui.tui.contrast import variables_of
from ckptui.tui.listing import Rows
from ckptui.tui.widgets.painting import fold, width_of
from ckptui.tui.widgets.table import Table

COLUMNS = (
    Column("name", "Name", 10, stretch=True, middle=True),
    Column("size", "Size", 6, right=True, keep=50),
    Column("note", "Note", 12, keep=10),
)


class Changing(Rows):
    """Keys that change in place."""

    def __init__(self, keys: list[str]) -> None:
        self._keys = keys

    def insert(self, keys: list[str]) -> None:
        """Put some before all others."""
        self._keys[:0] = keys

    def line_of(self, key: str) -> int | None:
        return self._keys.index(key) if key in self._keys else None

    def at(self, line: int) -> str:
        return self._keys[line]

    def __len__(self) -> int:
        return len(self._keys)


class Watched(Table):
    """A table that notes what it repaints."""

    repainted: list[Region] = []  # noqa: RUF012

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        self.repainted.extend(regions or [Region(0, -1, 1, 1)])
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)


class Bench(App[None], inherit_bindings=False):
    """A table on its own; it counts which rows were asked for and which lines were repainted."""

    CSS_PATH = "../../ckptui/tui/styles/app.tcss"

    def __init__(self, count: int) -> None:
        super().__init__()
        self.values = {f"row {number}": str(number) for number in range(count)}
        self.asked: Counter[str] = Counter()
        self.headed: list[str] = []
        self.longs = ""
        self.table = Watched(COLUMNS, self.cells, ascii_only=False, table_id="bench")

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variables_of(self.current_theme)

    def compose(self) -> ComposeResult:
        yield self.table

    def cells(self, key: str) -> Mapping[str, Cell]:
        self.asked[key] += 1
        return {
            "name": Cell(key),
            "size": Cell(self.values.get(key, "")),
            "note": Cell("[b]x[/y]"),
            "long": Cell(self.longs),
        }

    def on_table_headed(self, message: Table.Headed) -> None:
        self.headed.append(message.column)

    def on_mount(self) -> None:
        self.table.show(list(self.values))
        self.table.focus()

    def shown(self) -> list[str]:
        """The visible lines."""
        return [self.table.render_line(y).text.rstrip() for y in range(self.table.size.height)]


async def test_ten_thousand_rows_cost_what_is_seen() -> None:
    app = Bench(10_000)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        assert len(app.asked) <= 20
        await pilot.press("G")
        await pilot.pause()
        assert app.table.cursor == "row 9999"
        assert "row 9999" in app.shown()[-1]
        assert len(app.asked) <= 45


async def test_a_changed_row_repaints_its_own_line_and_no_other() -> None:
    app = Bench(1_000)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        regions = app.table.repainted
        regions.clear()
        app.values["row 3"] = "9,999"
        app.values["row 500"] = "out of sight"
        app.table.show(list(app.values))
        assert {region.y for region in regions} == {4}
        regions.clear()
        await pilot.pause()
        app.table.touch()
        assert regions == []
        assert "9,999" in app.shown()[4]


async def test_the_cursor_stays_on_its_row_and_on_its_line() -> None:
    app = Bench(200)
    async with app.run_test(size=(60, 20)) as pilot:
        for _ in range(60):
            await pilot.press("j")
        await pilot.pause()
        y = next(y for y, text in enumerate(app.shown()) if text.startswith("▌"))
        app.values = {f"new {number}": "1" for number in range(7)} | app.values
        app.table.show(list(app.values))
        await pilot.pause()
        assert app.table.cursor == "row 60"
        assert app.shown()[y].startswith("▌") and "row 60" in app.shown()[y]
        app.values = {key: value for key, value in app.values.items() if key != "row 60"}
        app.table.show(list(app.values))
        assert app.table.cursor == "row 61"


async def test_a_key_finds_its_row_among_those_that_came_since_the_last_paint() -> None:
    bench = Bench(300)
    async with bench.run_test(size=(60, 21)) as pilot:
        keys = Changing(list(bench.values))
        bench.table.show(keys)
        await pilot.press("G", "k", "k")
        assert bench.table.cursor == "row 297"
        line = bench.shown().index(next(each for each in bench.shown() if "row 297" in each))
        # Rows are taken in piece by piece; they are painted four times a second, keys at once.
        keys.insert([f"new {number}" for number in range(500)])
        await pilot.press("j")
        assert bench.table.cursor == "row 298"
        assert "row 298" in bench.shown()[line + 1], "the eye stays where it was"
        keys.insert([f"newer {number}" for number in range(500)])
        await pilot.press("k")
        assert bench.table.cursor == "row 297" and "row 297" in bench.shown()[line]
        await pilot.pause()
        keys.insert([f"newest {number}" for number in range(3)])
        bench.table.on_click(events.Click(bench.table, 5, line - 2, 0, 0, 1, False, False, False))
        assert bench.table.cursor == "row 295", "the row that was seen there"


async def test_columns_give_way_and_markup_stays_text() -> None:
    app = Bench(3)
    async with app.run_test(size=(60, 10)) as pilot:
        await pilot.pause()
        assert "Note" in app.shown()[0]
        assert "[b]x[/y]" in app.shown()[1]
        await _resize(pilot, 24)
        assert "Note" not in app.shown()[0]
        assert "Size" in app.shown()[0]
        await _resize(pilot, 12)
        assert "row 0" in app.shown()[1]


async def _resize(pilot: Pilot[None], width: int) -> None:
    await pilot.resize_terminal(width, 10)
    await pilot.pause()


async def test_an_empty_table_says_why() -> None:
    app = Bench(0)
    async with app.run_test(size=(60, 10)) as pilot:
        app.table.empty = ("no checkpoints here yet",)
        app.table.refresh()
        await pilot.pause()
        assert "no checkpoints here yet" in "\n".join(app.shown())
        await pilot.press("j", "G", "enter", "space")
        assert app.table.cursor is None


def test_folding_keeps_every_character_and_the_width() -> None:
    spans = line(Span("a b", Role.STRONG), " ", Span("日本語のとても長い名前" * 3), " end of it")
    folded = fold(spans, 11)
    assert all(width_of(each) <= 11 for each in folded)
    whole = "".join(text_of(each) for each in folded).replace(" ", "")
    assert whole == text_of(spans).replace(" ", "")


async def test_columns_scroll_sideways_and_the_first_one_stays() -> None:
    app = Bench(5)
    app.table.set_columns([*COLUMNS, Column("long", "Long", 10, keep=1)])
    app.longs = "the whole of a long reason, to its very end"
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        assert "Long" not in app.shown()[0] and app.shown()[0].endswith("›")
        seen = []
        for _ in range(12):
            await pilot.press("right")
            seen.append(app.shown()[1])
            assert seen[-1].startswith("▌  row 0")
        assert "to its very end" in seen[-1]
        assert seen[-1] == seen[-2], "it stops at the end"
        assert "‹" in app.shown()[0] and not app.shown()[0].endswith("›")
        assert "very end" in "".join(seen)
        for _ in range(12):
            await pilot.press("left")
        assert "Size" in app.shown()[0] and "‹" not in app.shown()[0]


async def test_a_click_on_a_heading_names_its_column_also_when_scrolled() -> None:
    app = Bench(5)
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        header = app.shown()[0]
        for title, column in (("Name", "name"), ("Size", "size"), ("Note", "note")):
            await pilot.click(Table, offset=(header.index(title) + 1, 0))
            assert app.headed[-1] == column
        app.longs = "x" * 50
        app.table.set_columns([*COLUMNS, Column("long", "Long", 10, keep=1)])
        await pilot.press("right", "right")
        await pilot.click(Table, offset=(app.shown()[0].index("Long"), 0))
        assert app.headed[-1] == "long"
        assert app.table.cursor == "row 0"


async def test_the_neighbour_takes_the_cursor_of_many_rows_that_go_at_once() -> None:
    app = Bench(200)
    async with app.run_test(size=(60, 20)) as pilot:
        app.table.move_to("row 60")
        await pilot.pause()
        gone = {f"row {number}" for number in range(30, 64)}
        app.table.show([key for key in app.values if key not in gone])
        assert app.table.cursor == "row 64"
        app.table.move_to("row 199")
        app.table.show([f"row {number}" for number in range(150, 190)])
        assert app.table.cursor == "row 189"
        app.table.move_to("row 7")  # not there yet: as soon as it is
        assert app.table.cursor == "row 189"
        app.table.show([f"row {number}" for number in range(100)])
        assert app.table.cursor == "row 7"
        assert text_of(app.table.position()) == "8 of 100"
