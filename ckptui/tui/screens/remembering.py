"""What the screen was like the last time: recalled before it opens, told while it is open."""

from __future__ import annotations

from ckptui.present.filter import Filter
from ckptui.tui.keys import cap
from ckptui.tui.screens.placing import PLACEMENTS, Placing
from ckptui.tui.services import Services
from ckptui.tui.session import Session


class Remembering(Placing):
    """Views, filters and the detail's place as they were left."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        known = services.session
        for view in self.views.values():
            fields = known.views.get(view.id, {})
            view.recall(fields)
            typed = fields.get("typed")
            if isinstance(typed, list):
                self.typed_before[view.id] = [each for each in typed if isinstance(each, str)]
            if view.filter.problems:  # written by another version, or by hand
                view.filter = Filter()
            table = self.tables[view.id]
            table.sorted_by = view.sort if view.sort and view.sort[0] else None
        self.view = self.views.get(known.view, self.view)
        if known.placement in PLACEMENTS:
            self.placement = known.placement

    def on_mount(self) -> None:
        """Say what is left out, so that nobody believes it is gone."""
        if self.view.filter:
            typed = self.view.filter.typed
            self.say(f"filter from last time: {typed} ; {cap('stop-check')} clears it")

    def session(self) -> Session:
        """What to remember."""
        views = {
            view.id: {**view.remembered(), "typed": list(self.typed_before.get(view.id, []))}
            for view in self.views.values()
        }
        return Session(self.view.id, self.placement, views)
