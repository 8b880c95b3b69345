"""The one table of keys: stable ids, what each does in words, and where it works.

Bindings, footer, help and palette are all made from it. Ids never change once released: people's
keymaps name them. No default sits on ``ctrl+a`` or ``ctrl+b`` (tmux, screen), on ``ctrl+s``,
``ctrl+q`` (flow control) or ``ctrl+z`` (job control).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from textual.binding import Binding, BindingType

from ckptui.tui.keynames import caption

_IN_FORCE: Final[dict[str, tuple[str, ...]]] = {}
"""Id → keys where the user's keymap differs: one terminal, one app, one keymap."""


def use(keymap: Mapping[str, tuple[str, ...]]) -> None:
    """Put a keymap in force: from now on every key is shown as it has them."""
    _IN_FORCE.clear()
    _IN_FORCE.update(keymap)


@dataclass(frozen=True, slots=True)
class Key:
    """One action and its keys.

    Attributes:
        id: Stable kebab-case id.
        keys: Textual's names, separated by commas; the first is the one shown.
        action: Action method without ``action_``.
        label: A word or two, for the footer.
        help: One sentence, for help and palette.
        shown: How the default keys are written for people; empty to use the first one's name.
        changes: True where it changes something on disk; dimmed when read-only.
        always: True where it works even while a line is being typed.
        group: Where the help tells of it; what changes something is ``act`` by itself.
    """

    id: str
    keys: str
    action: str
    label: str
    help: str
    shown: str = ""
    changes: bool = False
    always: bool = False
    group: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The terminal's names of its keys, as the keymap in force has them."""
        return _IN_FORCE.get(self.id, tuple(self.keys.split(",")))

    @property
    def cap(self) -> str:
        """The key as people read it; empty where the keymap gives it none."""
        names = self.names
        if self.shown and ",".join(names) == self.keys:
            return self.shown
        return caption(names[0]) if names else ""


QUIT: Final = Key("quit", "q", "app.leave", "quit", "Quit; a resumed run goes on.")
HELP: Final = Key(
    "help", "question_mark,f1", "app.show_help", "keys", "Show all keys that work here.", "?"
)
APP: Final = (
    QUIT,
    Key("quit-now", "ctrl+c", "app.leave", "quit", "Quit, also from a line of text.", always=True),
    HELP,
    Key(
        "palette",
        "colon,ctrl+p",
        "app.command_palette",
        "palette",
        "Find an action or a checkpoint by name.",
        ":",
    ),
    Key("redraw", "ctrl+l", "app.redraw", "redraw", "Paint the whole screen anew."),
    Key("theme", "T", "app.next_theme", "colours", "Other colours; the palette has all of them."),
)
"""Keys that work everywhere but in dialogs."""

MAIN: Final = (
    Key("view-checkpoints", "1", "view('checkpoints')", "checkpoints", "Show the checkpoints."),
    Key("view-stages", "2", "view('stages')", "stages", "Show the stages that states record."),
    Key("view-runs", "3", "view('runs')", "runs", "Show resumed runs."),
    Key(
        "view-failures",
        "4",
        "view('failures')",
        "failures",
        "Show the failure log and past repairs.",
    ),
    Key("next-view", "tab", "next_view(1)", "next view", "Go to the next view."),
    Key(
        "previous-view",
        "shift+tab",
        "next_view(-1)",
        "previous view",
        "Go to the view before.",
        "S-tab",
    ),
    Key(
        "previous-place",
        "left_square_bracket",
        "app.next_place(-1)",
        "place before",
        "Go to the run directory before, where several are open.",
        "[",
    ),
    Key(
        "next-place",
        "right_square_bracket",
        "app.next_place(1)",
        "next place",
        "Go to the next run directory, where several are open.",
        "]",
    ),
    Key(
        "validate",
        "v",
        "validate",
        "validate",
        "Read the checkpoint under the cursor, or all marked ones, to level 5.",
        group="act",
    ),
    Key(
        "validate-level",
        "V",
        "validate_level",
        "validate to level",
        "Validate to a level that you choose; also everything at once.",
        group="act",
    ),
    Key("fix", "f", "fix", "fix", "Show the remedy and, after a yes, apply it.", changes=True),
    Key("marker", "m", "marker", "marker", "Add, renew or remove the .done marker.", changes=True),
    Key(
        "quarantine",
        "x",
        "quarantine",
        "quarantine",
        "Move the checkpoint to the trash, after a preview.",
        changes=True,
    ),
    Key("undo", "z", "undo", "undo", "Take the last repair back, after a preview.", changes=True),
    Key(
        "resume",
        "R",
        "resume",
        "resume",
        "Carry the run on from its last good checkpoint.",
        changes=True,
    ),
    Key(
        "log", "l", "log", "log", "Show the log of the newest run, or of the run under the cursor."
    ),
    Key(
        "open-text",
        "o",
        "open_text",
        "open a text",
        "Read a text file: of this row, of the run directory, or any by its path.",
    ),
    Key(
        "cancel-run",
        "K,c",
        "cancel_run",
        "cancel run",
        "Stop a resumed run, after a question.",
        changes=True,
    ),
    Key(
        "stop-check",
        "escape",
        "back",
        "back",
        "Clear the filter, then the marks; stop running checks.",
        "esc",
        group="act",
    ),
    Key("rescan", "r", "rescan", "rescan", "Look at the whole directory again, now.", group="act"),
    Key("sort", "s", "sort", "sort", "Choose the column to sort by.", group="find"),
    Key("reverse-order", "S", "reverse_order", "turn round", "Turn the order round.", group="find"),
    Key("columns", "C", "columns", "columns", "Choose the columns and their order."),
    Key(
        "group",
        "t",
        "group",
        "group",
        "One row for each directory, step, or file.",
    ),
    Key(
        "filter",
        "slash",
        "filter",
        "filter",
        "Show only what matches: words, cat:corrupted, step>1000, size>1G, age<2h, -not.",
        "/",
        group="find",
    ),
    Key(
        "copy",
        "y",
        "copy",
        "copy path",
        "Copy the path, or those of all marked ones, through the terminal.",
        group="act",
    ),
    Key(
        "copy-what",
        "Y",
        "copy_what",
        "copy …",
        "Choose what to copy: path, reason, diagnosis, the command that mends, JSON; or save it.",
        group="act",
    ),
    Key(
        "mark-filter",
        "equals_sign",
        "mark_filter",
        "mark by filter",
        "Mark what matches a filter that you type; the rest stays on the screen.",
        "=",
        group="find",
    ),
    Key(
        "last-good",
        "asterisk",
        "last_good",
        "last good",
        "Jump to the last good checkpoint.",
        "*",
        group="find",
    ),
    Key(
        "placement",
        "d",
        "placement",
        "place detail",
        "Put the detail beside the table, below it, away, or where there is room.",
    ),
    Key(
        "enter-detail",
        "i",
        "enter_detail",
        "into detail",
        "Move into the detail, to scroll in it and to see its other parts.",
    ),
    Key(
        "next-bad",
        "n",
        "next_bad",
        "next bad",
        "Jump to the next checkpoint that is in trouble.",
        group="find",
    ),
    Key(
        "previous-bad",
        "N",
        "previous_bad",
        "previous bad",
        "Jump to the checkpoint in trouble above the cursor.",
        group="find",
    ),
)
"""Keys of the main screen."""

TABLE: Final = (
    Key("row-down", "j,down", "table_down", "down", "Next row.", "j ↓"),
    Key("row-up", "k,up", "table_up", "up", "Row above.", "k ↑"),
    Key("page-down", "pagedown,ctrl+f", "table_page_down", "page down", "A page on.", "PgDn"),
    Key("page-up", "pageup", "table_page_up", "page up", "A page back.", "PgUp"),
    Key("half-page-down", "ctrl+d", "table_half_page(1)", "half page", "Half a page on."),
    Key("half-page-up", "ctrl+u", "table_half_page(-1)", "half page", "Half a page back."),
    Key("first-row", "g,home", "table_top", "top", "First row.", "g"),
    Key("last-row", "G,end", "table_end", "end", "Last row.", "G"),
    Key(
        "scroll-left",
        "left",
        "table_side(-1)",
        "left",
        "Scroll the columns back; on a group, close it.",
        "←",
    ),
    Key(
        "scroll-right",
        "right",
        "table_side(1)",
        "right",
        "Scroll the columns, to read what is cut; on a group, open it.",
        "→",
    ),
    Key(
        "open-row",
        "enter",
        "table_open",
        "detail",
        "Open the row: its detail, its log, or the folder.",
    ),
    Key("mark-row", "space", "table_mark", "mark", "Mark the row, or take its mark away."),
    Key(
        "mark-range",
        "M",
        "table_mark_range",
        "mark range",
        "Mark from the row that was marked last to the cursor.",
    ),
    Key(
        "mark-all",
        "A",
        "table_mark_all",
        "mark all",
        "Mark all rows shown; once more takes their marks away.",
    ),
)
"""Keys of a table."""

UNMARKED: Final = tuple(key for key in TABLE if "mark" not in key.id)
"""Keys of a table in which nothing can be marked."""

_NO_TREE: Final = frozenset({"open-row", "mark-row", "mark-all", "scroll-left", "scroll-right"})
TREE: Final = (
    *(key for key in TABLE if key.id not in _NO_TREE),
    Key("tree-toggle", "enter", "table_open", "open, close", "Open the branch, or close it."),
    Key("tree-unfold", "right", "tree_unfold", "open", "Open the branch; then go into it.", "→"),
    Key(
        "tree-fold",
        "left",
        "tree_fold",
        "close",
        "Close the branch, or go to the one that this is in.",
        "←",
    ),
    Key("tree-order", "s", "tree_order", "order", "Order by file, by name, by size."),
)
"""Keys of a tree."""
TREE_FIND: Final = (
    Key("tree-find", "slash", "tree_find", "find", "Find tensors by words of their names.", "/"),
    Key("tree-next", "n", "tree_next(1)", "next found", "The next tensor found."),
    Key("tree-previous", "N", "tree_next(-1)", "previous found", "The tensor found before."),
)
"""Keys that find in a tree."""

PAGER: Final = (
    Key("line-down", "j,down", "pager_down", "down", "A line on.", "j ↓"),
    Key("line-up", "k,up", "pager_up", "up", "A line back.", "k ↑"),
    Key(
        "text-page-down",
        "pagedown,space,ctrl+f",
        "pager_page_down",
        "page down",
        "A page on.",
        "PgDn",
    ),
    Key("text-page-up", "pageup", "pager_page_up", "page up", "A page back.", "PgUp"),
    Key("text-half-down", "ctrl+d", "pager_half_page(1)", "half page", "Half a page on."),
    Key("text-half-up", "ctrl+u", "pager_half_page(-1)", "half page", "Half a page back."),
    Key("text-top", "g,home", "pager_top", "top", "The beginning.", "g"),
    Key("text-end", "G,end", "pager_end", "end", "The end; a log follows again from here.", "G"),
    Key(
        "text-search",
        "slash",
        "text_search",
        "search",
        "Search; case counts where you type a capital, /in slashes/ is a regular expression.",
        "/",
    ),
    Key("text-next", "n", "text_next(1)", "next match", "The next match."),
    Key("text-previous", "N", "text_next(-1)", "match before", "The match before."),
)
"""Keys of a text that scrolls."""

SECTIONS: Final = (
    Key("next-section", "tab", "next_section(1)", "next part", "The next part of the detail."),
    Key(
        "previous-section",
        "shift+tab",
        "next_section(-1)",
        "previous part",
        "The part of the detail before this one.",
        "S-tab",
    ),
    Key("section-one", "1", "section(1)", "first part", "The first part of the detail."),
    Key("section-two", "2", "section(2)", "second part", "Its second part."),
    Key("section-three", "3", "section(3)", "third part", "Its third part."),
    Key("section-four", "4", "section(4)", "fourth part", "Its fourth part."),
    Key("section-five", "5", "section(5)", "fifth part", "Its fifth part."),
    Key("follow", "enter", "follow", "go to it", "Go to the checkpoint that this is about."),
)
"""Keys of a detail in parts."""
LEAVE_DETAIL: Final = Key(
    "leave-detail", "escape", "leave_detail", "back", "Back to the table.", "esc"
)
"""Leaves the detail beside or below the table."""

TEXT: Final = (
    Key("text-follow", "F", "text_follow", "follow", "Follow the end; scrolling up stops it."),
    Key("text-goto", "percent_sign", "text_goto", "go to", "Go to a line number, or to 50%.", "%"),
    Key(
        "text-wrap",
        "W",
        "text_wrap",
        "wrap",
        "Break long lines at the edge, or let them go on beyond it.",
    ),
    Key("text-save", "w", "text_save", "save a copy", "Save a copy of the text as it is now."),
    Key("text-pager", "p", "text_pager", "pager", "Open it in $PAGER; its end brings you back."),
    Key(
        "text-editor",
        "e",
        "text_editor",
        "editor",
        "Open it in $EDITOR; its end brings you back.",
        changes=True,
    ),
    Key("text-left", "left", "text_side(-1)", "left", "Half a page to the left.", "←"),
    Key("text-right", "right", "text_side(1)", "right", "Half a page to the right.", "→"),
)
"""More keys of a text that is a file."""

ENTRY: Final = (
    Key(
        "line-complete",
        "tab",
        "line_complete",
        "complete",
        "Complete what is typed; again: the next.",
    ),
    Key("line-older", "up", "line_older", "before", "What was typed before.", "↑"),
    Key("line-newer", "down", "line_newer", "after", "What was typed after that.", "↓"),
    Key("line-leave", "escape", "line_leave", "clear", "Clear the line and leave it.", "esc"),
)
"""Keys of the line in which a filter is typed."""

LEAVE: Final = Key("leave", "escape", "leave", "leave it", "Go back; nothing is changed.", "esc")
DIALOG: Final = (LEAVE, QUIT, HELP)
"""Keys of every dialog."""

YES: Final = Key("yes", "y", "yes", "yes", "Do what the preview says.")
EDIT: Final = Key("edit", "e", "edit", "edit", "Change the command that resumes this run.")

ON_DETAIL: Final = (
    "validate",
    "validate-level",
    "fix",
    "marker",
    "quarantine",
    "undo",
    "resume",
    "copy",
    "copy-what",
)
"""Keys of the main screen that also work while a detail fills the screen."""

BACK: Final = Key("back", "escape,backspace", "leave", "back", "Back to the table.", "esc")
TEXT_SCREEN: Final = (BACK, QUIT, HELP)
"""Keys of the full-screen texts: detail and log."""


def bindings(keys: Sequence[Key]) -> list[BindingType]:
    """Textual's bindings for a part of the table, each with its id."""
    return [
        Binding(
            key.keys,
            key.action,
            key.label,
            id=key.id,
            priority=key.always,
            tooltip=key.help,
        )
        for key in keys
    ]


COLUMNS: Final = (
    Key(
        "column-later",
        "J,shift+down",
        "move_column(1)",
        "later",
        "Move the column one place to the right.",
    ),
    Key(
        "column-earlier",
        "K,shift+up",
        "move_column(-1)",
        "earlier",
        "Move the column one place to the left.",
    ),
    Key("usual-columns", "u", "usual_columns", "as usual", "Show the usual columns again."),
)
"""Keys of the choice of columns."""


EVERY: Final = (
    *APP,
    *MAIN,
    *TABLE,
    *SECTIONS,
    *TREE[-4:],
    *TREE_FIND,
    LEAVE_DETAIL,
    *PAGER,
    *TEXT,
    *ENTRY,
    LEAVE,
    YES,
    EDIT,
    BACK,
    *COLUMNS,
)
"""All keys there are."""
_BY_ID: Final = {key.id: key for key in EVERY}

_ANYWHERE: Final = tuple(key.id for key in APP if key.always)


def _ids(*keys: Key, more: Sequence[str] = ()) -> tuple[str, ...]:
    """Ids without a second mention, with those that work everywhere."""
    return tuple(dict.fromkeys([*(key.id for key in keys), *more, *_ANYWHERE]))


PLACES: Final[Mapping[str, tuple[str, ...]]] = {
    "on the main screen": _ids(*APP, *MAIN, *TABLE),
    "in a detail": _ids(*TEXT_SCREEN, *APP, *SECTIONS, *PAGER, more=ON_DETAIL),
    "in a tree": _ids(*TEXT_SCREEN, *APP, *SECTIONS[:-1], *TREE, *TREE_FIND, more=ON_DETAIL),
    "in a list of outputs": _ids(*TEXT_SCREEN, *APP, *SECTIONS[:-1], *UNMARKED, more=ON_DETAIL),
    "in the detail beside the table": _ids(*SECTIONS, LEAVE_DETAIL, *PAGER),
    "in a tree beside the table": _ids(*SECTIONS[:-1], LEAVE_DETAIL, *TREE, *TREE_FIND),
    "in a list of outputs beside the table": _ids(*SECTIONS[:-1], LEAVE_DETAIL, *UNMARKED),
    "in the log below the runs": _ids(*PAGER, *TEXT),
    "in a log": _ids(*TEXT_SCREEN, *APP, *PAGER, *TEXT),
    "in a text to be copied by hand": _ids(*TEXT_SCREEN, *APP, *PAGER, more=("text-save",)),
    "while a filter is typed": _ids(*ENTRY),
    "while words to find are typed": _ids(more=("line-leave",)),
    "in a preview": _ids(*DIALOG, *PAGER, YES, EDIT),
    "in a choice": _ids(*DIALOG, *UNMARKED),
    "where columns are chosen": _ids(*DIALOG, *TABLE, *COLUMNS),
    "while a line is edited": _ids(LEAVE),
}
"""Where keys work together, so that none may have two meanings there: place → ids."""


def forwarded(ids: Sequence[str]) -> tuple[Key, ...]:
    """These keys for another screen, which passes what they do on with ``forward``."""
    return tuple(
        replace(_BY_ID[key_id], action=f"forward('{_BY_ID[key_id].action}')") for key_id in ids
    )


def by_id(key_id: str) -> Key:
    """The key with this id."""
    return _BY_ID[key_id]


def cap(key_id: str) -> str:
    """A key for a sentence that names it; where it has none, how the palette finds the action."""
    key = _BY_ID[key_id]
    return key.cap or f"{_BY_ID['palette'].cap} {key.label}".strip()


def caps() -> dict[str, str]:
    """Id → key as :func:`cap` has it."""
    return {key.id: cap(key.id) for key in EVERY}
