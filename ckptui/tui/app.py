"""The application: it composes the screens and binds the keys that work everywhere."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import partial
from importlib import import_module
from types import MappingProxyType
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.command import Provider
from textual.driver import Driver

from ckptui.present.safe import plain
from ckptui.terms import EXIT_OK
from ckptui.tui.colours import Colours
from ckptui.tui.contrast import variables_of
from ckptui.tui.crash import Terminal
from ckptui.tui.hearing import Hearing
from ckptui.tui.in_order import InOrder
from ckptui.tui.keymap import Keymap, keymap_of
from ckptui.tui.keys import APP, bindings, by_id, use
from ckptui.tui.line.driver import LineChanged, LineDriver
from ckptui.tui.memory import Memory
from ckptui.tui.messages import CommandFailed, Happened
from ckptui.tui.pauses import COLLECT_SECONDS, collector
from ckptui.tui.places import Places
from ckptui.tui.screens.main import MainScreen
from ckptui.tui.services import services_of
from ckptui.tui.session import Session
from ckptui.tui.themes import THEMES, choose_theme, next_theme
from ckptui.tui.widgets.placebar import PlaceBar
from ckptui.user_config import UserConfig
from ckptui.watch.link import Link

_COMMANDS = (
    ("palette", "ActionCommands"),
    ("palette", "CheckpointCommands"),
    ("palette", "PlaceCommands"),
    ("palette_events", "EventCommands"),
)


def _commands(module: str, name: str) -> type[Provider]:
    """A part of the palette, loaded when the palette is opened."""
    found: type[Provider] = getattr(import_module(f"ckptui.tui.{module}"), name)
    return found


class CkptuiApp(Colours, inherit_bindings=False):
    """The terminal UI of run directories, one of which is on show.

    Args:
        roots: Absolute paths of the run directories, at least one, all different.
        scanners: Root → one that was started already.
        read_only: Nothing may be changed.
        ascii_only: No signs beyond ASCII.
        config: The user's own configuration.
        keymap: The user's own keys; by default those of the configured set.
        problems: What is wrong in either, to be said once.
        remembered_as: Paths of the run directories without symlinks; none to remember nothing.
        sessions: How each was looked at the last time.
        on_event: A shell's command that is told of events; empty for none.
    """

    CSS_PATH = "styles/app.tcss"
    TITLE = "ckptui"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar = {partial(_commands, *each) for each in _COMMANDS}
    BINDINGS: ClassVar[list[BindingType]] = bindings(APP)
    CLOSE_TIMEOUT = 0.5

    def __init__(
        self,
        roots: Sequence[str],
        *,
        scanners: Mapping[str, Link] = MappingProxyType({}),
        read_only: bool = False,
        ascii_only: bool = False,
        config: UserConfig = UserConfig(),  # noqa: B008  (frozen)
        keymap: Keymap | None = None,
        problems: Sequence[str] = (),
        remembered_as: Sequence[str] = (),
        sessions: Sequence[Session] = (),
        on_event: str = "",
    ) -> None:
        environment = dict(os.environ)  # before Textual takes NO_COLOR out of it
        theme, ansi = choose_theme(environment, config.ui.theme)
        super().__init__(ansi_color=ansi or None)
        for ours in THEMES:
            self.register_theme(ours)
        self.theme = theme
        self.animation_level = "none"
        self.set_class(ascii_only, "-ascii")
        self.problems = tuple(problems)
        self.typed = InOrder(self, super().on_event)
        self.terminal = Terminal.now()
        self.keymap = keymap or keymap_of(config.ui.keys)
        use(self.keymap.keys)
        each = services_of(
            roots,
            scanners,
            environment,
            config,
            read_only=read_only,
            ascii_only=ascii_only,
            sessions=sessions,
        )
        self.places = Places([MainScreen(services) for services in each], self.post_message)
        self.memory = Memory(self.places, remembered_as)
        self.hearing = Hearing(self.places, config.notify, self.post_message, on_event)

    def get_driver_class(self) -> type[Driver]:
        """The one that sends only what differs."""
        return LineDriver

    @property
    def main(self) -> MainScreen:
        """The screen of the run directory that is on show."""
        return self.places.shown

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own colours in themes that are not ours."""
        return variables_of(self.current_theme)

    def on_mount(self) -> None:
        """Open the main screen, and leave in order when the terminal or the system says so."""
        self.set_keymap(self.keymap.overrides)
        self.push_screen(self.main)
        self.places.begin(self)
        self.memory.begin(self)
        self.hearing.begin(self)
        if self.problems:
            more = len(self.problems) - 1
            rest = f" (and {more} more: ckptui config check)" if more else ""
            self.call_after_refresh(self.main.say, self.problems[0] + rest, alarm=True)
        if not self.is_headless:
            self.set_interval(COLLECT_SECONDS, collector())
            self.heed_signals(self.terminal)

    async def on_event(self, event: events.Event) -> None:
        """A key goes after the key before it; the one that quits at once."""
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
            return
        if event.key in by_id("quit-now").names:
            await super().on_event(event)
        else:
            await self.typed.take(event)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that go from place to place are there where there are several."""
        return action != "next_place" or len(self.places) > 1

    def action_next_place(self, step: int) -> None:
        """Go to the next run directory, or the one before."""
        self.show_place(self.places.at + step)

    def show_place(self, number: int) -> None:
        """Show another run directory; the others go on being watched."""
        self.places.go_to(number, self)

    def on_place_bar_clicked(self, message: PlaceBar.Clicked) -> None:
        """A place was clicked."""
        self.show_place(message.number)

    def on_place_changed(self) -> None:
        """Something is new somewhere."""
        self.places.tell()

    def on_happened(self, _: Happened) -> None:
        """Tell it, a moment later: more of its kind may come."""
        self.hearing.tell_soon(self)

    def on_command_failed(self, message: CommandFailed) -> None:
        """Say it once; a command has no other place to say it."""
        self.main.notice(plain(message.sentence), alarm=True)

    def action_command_palette(self) -> None:
        """Open the palette."""
        from ckptui.tui.palette import Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(id="--command-palette"))

    def action_redraw(self) -> None:
        """Send everything again: something else has written on the terminal."""
        driver = self._driver
        if isinstance(driver, LineDriver):
            driver.forget()
        self.screen.refresh(layout=True)
        self.refresh()

    def action_next_theme(self) -> None:
        """The next of the colours that suit this terminal."""
        self.show_theme(next_theme(self.theme))

    def action_leave(self) -> None:
        """Quit at once: what hangs is killed or left behind, never waited for."""
        self.exit(EXIT_OK)

    def on_line_changed(self, message: LineChanged) -> None:
        """Over a slow line nothing is painted for its looks alone."""
        self.set_class(message.slow, "-slow")

    def on_unmount(self) -> None:
        """Let go of everything that still works for us."""
        self.memory.close()
        self.hearing.close()
        for place in self.places:
            place.feed.close()
            place.services.verbs.close()

    def action_show_help(self) -> None:
        """Show the keys that work where the focus is; once more goes back."""
        from ckptui.tui.screens.dialog import text_width
        from ckptui.tui.screens.help import HelpScreen, help_lines

        if isinstance(self.screen, HelpScreen):
            self.screen.action_leave()
            return
        width = text_width(self.size.width)
        lines = help_lines(self.screen, self.main.why_not, width)
        ascii_only = self.main.services.ascii_only
        self.push_screen(HelpScreen("Keys", lines, ascii_only=ascii_only))
