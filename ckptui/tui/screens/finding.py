"""Keys that look and find: views, filter, sort, jumps, validate."""

from __future__ import annotations

from ckptui.present import units
from ckptui.terms import Level
from ckptui.tui.keys import cap
from ckptui.tui.messages import Checked
from ckptui.tui.screens.choose import Choice, Choose
from ckptui.tui.screens.copying import CopyActions
from ckptui.tui.screens.filtering import FilterActions
from ckptui.tui.screens.jumping import JumpActions
from ckptui.watch.model import Checkpoint

_LEVELS = {
    Level.LOAD: "torch loads it, running nothing",
    Level.KEYS: "required keys, shapes, version",
    Level.CHECKSUMS: "every byte by its checksum",
    Level.VALUES: "also NaN, Inf, all-zero tensors",
}


class FindActions(CopyActions, JumpActions, FilterActions):
    """Actions that change nothing on disk."""

    def action_view(self, view_id: str) -> None:
        """Open a view."""
        self.show_view(view_id)

    def action_next_view(self, step: int) -> None:
        """Open the next view, or the one before."""
        ids = list(self.views)
        self.show_view(ids[(ids.index(self.view.id) + step) % len(ids)])

    # Validate

    def action_validate(self) -> None:
        """Validate what is chosen to level 5."""
        self._check(self.chosen(), Level.CHECKSUMS)

    def action_validate_level(self) -> None:
        """Ask how deep, then validate."""
        chosen = self.chosen()
        every = list(self.snapshot.checkpoints.values())
        choices = [
            Choice(str(level.value), f"level {level.value}, {level.label}", why)
            for level, why in _LEVELS.items()
            if chosen
        ]
        choices += [
            Choice("a", "everything to level 5", f"{_these(every)}, {_size(every)} to read"),
            Choice("e", "everything to level 6", "the same, and its numbers"),
        ]
        title = f"Validate {_these(chosen)}, {_size(chosen)} to read" if chosen else "Validate"
        ask = Choose(title, choices, chosen="5", ascii_only=self.services.ascii_only)

        def go(key: str | None) -> None:
            if key in ("a", "e"):
                self._check(every, Level.CHECKSUMS if key == "a" else Level.VALUES)
            elif key:
                self._check(chosen, Level(int(key)))

        self.app.push_screen(ask, go)

    def _check(self, rows: list[Checkpoint], level: Level) -> None:
        rows = [row for row in rows if row.size is not None]
        if not rows:
            self.say("there is no checkpoint under the cursor to validate")
            return
        what = f"{_these(rows)} to level {int(level)}"
        self.order = self.order.following(what, [row.size or 0 for row in rows])
        number = self.order.number

        def done(_: str, row: Checkpoint | None) -> None:  # on the monitor's thread: only a post
            self.post_message(Checked(number, None if row is None else row.category))

        self.services.monitor.check([row.path for row in rows], level=level, load=True, done=done)
        self.say(f"checking {what}: {_size(rows)} to read; {cap('stop-check')} stops it")

    def on_checked(self, message: Checked) -> None:
        """Say what came out, once the last check of the last order is over."""
        if message.order != self.order.number:
            return
        self.order.found[message.category] += 1
        if self.order.found.total() == self.order.wanted:
            self.order.ended()
            self.say(self.order.sentence())

    def action_rescan(self) -> None:
        """Look at everything again."""
        self.services.monitor.rescan()
        self.say("looking at the whole directory again")

    def action_back(self) -> None:
        """Take back, one after the other: a change that hangs, filter, marks, running checks."""
        running = [
            row.path for row in self.snapshot.checkpoints.values() if row.progress is not None
        ]
        if self.asking:
            self.stop_asking()
        elif self.view.filter:
            self.drop_filter()
        elif self.table.marks:
            self.table.clear_marks()
        elif running:
            self.services.monitor.cancel(running)
            self.say(f"stopped checking {units.counted(len(running), 'checkpoint')}")


def _these(rows: list[Checkpoint]) -> str:
    return rows[0].path if len(rows) == 1 else units.counted(len(rows), "checkpoint")


def _size(rows: list[Checkpoint]) -> str:
    return units.size(sum(row.size or 0 for row in rows))
