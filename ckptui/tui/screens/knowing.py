"""What child processes find out about the row under the cursor, for the parts of its detail."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import partial

from textual.timer import Timer

from ckptui.present.glyphs import Role
from ckptui.present.spans import Line, Span, line
from ckptui.tui.screens.footers import Footers
from ckptui.tui.sections import DIAGNOSIS, TITLES, Section
from ckptui.tui.services import Services

REST_SECONDS = 0.6
"""How long the cursor rests on a row before a child is asked about it."""
_KEPT = 24
"""Answers that are kept; the oldest goes first."""
_TREES_KEPT = 3


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to ask.

    Attributes:
        section: The part of the detail that it is for.
        about: The row's key.
        state: What the answer is true for; another state needs another answer.
        arguments: Of the verb.
        read: Makes the part of the verb's document.
        meanwhile: What to say until the answer is there.
    """

    section: str
    about: str
    state: Hashable
    arguments: tuple[str, ...]
    read: Callable[[Mapping[str, object]], Awaitable[Section]]
    meanwhile: str


class Knowing(Footers):
    """Asks verbs, once a state, and keeps what they said.

    Attributes:
        showing: Id of the part of the detail that is shown.
    """

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._known: dict[tuple[str, str], tuple[Hashable, Section]] = {}
        self.showing = DIAGNOSIS
        self._wanted: tuple[object, ...] | None = None
        self._rest: Timer | None = None

    def known(self, question: Question) -> Section | None:
        """The answer, None where it is not there yet."""
        found = self._known.get((question.section, question.about))
        return found[1] if found is not None and found[0] == question.state else None

    def answer(self, question: Question) -> Section:
        """The newest answer there is, or a sentence that says that it is being looked for."""
        found = self._known.get((question.section, question.about))
        if found is not None:
            return found[1]  # of a state before this one, until the new answer is there
        return _section(question, (line(Span(question.meanwhile, Role.MUTED)),))

    def ask_about(self, question: Question | None, *, soon: bool) -> None:
        """Ask, unless it is known or being asked; None stops what has not begun.

        Args:
            question: What to ask.
            soon: Only once the cursor has rested for a moment.
        """
        wanted = None
        if question is not None and self.known(question) is None:
            wanted = (question.section, question.about, question.state, soon)
        if wanted == self._wanted:
            return
        self._wanted = wanted
        if self._rest is not None:
            self._rest.stop()
        if wanted is not None and question is not None:
            start = partial(self._ask_now, question)
            if soon:
                self._rest = self.set_timer(REST_SECONDS, start)
            else:
                start()

    def _ask_now(self, question: Question) -> None:
        self.run_worker(self._ask(question), exclusive=True, group="detail")

    async def _ask(self, question: Question) -> None:
        answer = await self.services.verbs.ask(*question.arguments)
        if answer.document is None:
            said = (line(Span(answer.sentence, Role.ERROR)),)
            section = _section(question, said)
        else:
            section = await question.read(answer.document)
        self._known.pop((question.section, question.about), None)
        self._known[question.section, question.about] = (question.state, section)
        self._forget()
        self.show_detail()

    def _forget(self) -> None:
        """Let go of the oldest answers; of trees, which are large, but for the last few."""
        trees = [key for key, (_, section) in self._known.items() if section.tree is not None]
        for key in [*trees[:-_TREES_KEPT], *list(self._known)[:-_KEPT]]:
            self._known.pop(key, None)

    def full(self, path: str) -> str:
        """The absolute path of something in the run directory."""
        return os.path.join(self.services.root, path)

    def show_detail(self) -> None:
        """Show what is known by now; ``Placing`` does."""
        raise NotImplementedError


def _section(question: Question, lines: tuple[Line, ...]) -> Section:
    return Section(question.section, TITLES[question.section], lines)
