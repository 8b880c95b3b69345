"""Keys that mend: each asks the repair verb for its plan, shows it, and applies it after a yes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from ckptui.present import units
from ckptui.present.reading import text
from ckptui.present.spans import line
from ckptui.terms import Action, MarkerState
from ckptui.tui.actions import Answer
from ckptui.tui.screens.base import RunScreen
from ckptui.tui.screens.choose import Choice, Choose
from ckptui.watch.model import Checkpoint


class RepairActions(RunScreen):
    """Fix, marker, quarantine, undo."""

    def action_fix(self) -> None:
        """Show the remedies of what is chosen."""
        wanted: dict[Action, list[str]] = {}
        for row in self.chosen():
            if row.remedy is not None:
                wanted.setdefault(row.remedy, []).append(row.path)
        if Action.VALIDATE in wanted:
            self.services.monitor.check(wanted.pop(Action.VALIDATE), level=5, load=True)
        if wanted.pop(Action.RESUME, None) is not None and not wanted:
            self.action_resume()
        elif wanted:
            self._preview(wanted)
        else:
            self.say("nothing to mend here: no remedy is recommended")  # of all that are marked

    def action_quarantine(self) -> None:
        """Show what moving the chosen ones to the trash would do."""
        self._preview({Action.QUARANTINE: [row.path for row in self.chosen()]})

    def action_marker(self) -> None:
        """Choose what to do with the markers of the chosen ones."""
        chosen = self.chosen()
        choices = _marker_choices(chosen)
        likely = "n" if chosen[0].marker is MarkerState.OUTDATED else "a"
        if chosen[0].marker in (MarkerState.PRESENT, MarkerState.ORPHAN):
            likely = "r"
        ask = Choose("Marker", choices, chosen=likely, ascii_only=self.services.ascii_only)

        def go(key: str | None) -> None:
            if key:
                self._preview({_MARKER_KEYS[key]: [row.path for row in chosen]})

        self.app.push_screen(ask, go)

    def _preview(self, wanted: Mapping[Action, Sequence[str]]) -> None:
        if not self.asking:
            self.say("making the preview…")
        self.begin(self._mend(wanted))

    async def _mend(self, wanted: Mapping[Action, Sequence[str]]) -> None:
        plans: list[Answer] = []
        for action, paths in wanted.items():
            plan = await self._repair(action, paths, "--dry-run")
            if not plan.ok:
                self.say(plan.sentence, alarm=True)
                return
            plans.append(plan)
        if not await self._agreed(plans):
            return
        asked = any(text(plan.document or {}, "confirm") for plan in plans)
        sure = ("--even-last-good",) if asked else ()
        for plan, (action, paths) in zip(plans, wanted.items(), strict=True):
            # What needs a second yes has had it by now; without, the verb refuses.
            answer = await self._repair(action, paths, "--yes", *_as_shown(plan), *sure)
            if not answer.ok:  # what was done before it stands, and undo takes it back
                break
        self.table.clear_marks()
        self._tell(answer)

    async def _agreed(self, plans: Sequence[Answer]) -> bool:
        from ckptui.tui.documents import preview_lines, preview_title
        from ckptui.tui.screens.dialog import Confirm, Preview, text_width

        if self.interrupted():
            return False
        ascii_only = self.services.ascii_only
        documents = [plan.document for plan in plans if plan.document is not None]
        lines = preview_lines(documents, self.services.root, width=text_width(self.app.size.width))
        title = preview_title(documents, self.services.root)
        self.hush()
        if await self.app.push_screen_wait(Preview(title, lines, ascii_only=ascii_only)) != "yes":
            self.say("nothing was changed")
            return False
        for sentence in filter(None, (text(document, "confirm") for document in documents)):
            ask = Confirm("Are you sure?", [line(sentence)], ascii_only=ascii_only)
            if await self.app.push_screen_wait(ask) != "yes":
                self.say("nothing was changed")
                return False
        return True

    async def _repair(self, action: Action, paths: Sequence[str], *how: str) -> Answer:
        root = self.services.root
        full = [os.path.join(root, path) for path in paths]
        return await self.services.verbs.ask(
            "repair", action, "--root", root, "--json", *how, "--", *full
        )

    def _tell(self, answer: Answer) -> None:
        """Say what came of it; from here on the next key may change something."""
        from ckptui.tui.documents import done_sentence

        self.services.monitor.rescan()
        self.done_asking()
        if answer.document is not None and answer.ok:
            self.mended = True
            self.say(done_sentence(answer.document))
        else:
            self.say(answer.sentence, alarm=True)

    def action_undo(self) -> None:
        """Show what taking the last repair back would do."""
        if not self.asking:
            self.say("looking for the last repair…")
        self.begin(self._undo())

    async def _undo(self) -> None:
        root = self.services.root
        plan = await self.services.verbs.ask("undo", root, "--dry-run", "--json")
        if not plan.ok or plan.document is None:
            self.say(plan.sentence, alarm=True)
            return
        if await self._agreed([plan]):
            how = ("--yes", "--json", *_as_shown(plan))
            self._tell(await self.services.verbs.ask("undo", root, *how))


def _as_shown(plan: Answer) -> tuple[str, str]:
    """Holds the verb to what the preview said."""
    return ("--plan", text(plan.document or {}, "plan"))


_MARKER_KEYS = {
    "a": Action.ADD_MARKER,
    "n": Action.RENEW_MARKER,
    "r": Action.REMOVE_MARKER,
}


def _marker_choices(chosen: Sequence[Checkpoint]) -> list[Choice]:
    what = chosen[0].path if len(chosen) == 1 else units.counted(len(chosen), "checkpoint")
    return [
        Choice("a", f"add: {what}", "checks it first"),
        Choice("n", f"renew: {what}", "checks it first"),
        Choice("r", f"remove: {what}", "undo brings it back"),
    ]
