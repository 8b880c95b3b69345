"""What ``ckptui config init`` writes: every setting with its default, as comments."""

from __future__ import annotations

from typing import Final

CONFIG: Final = """\
# ckptui: how it looks and behaves for you. What stands here as a comment is the default.
# ckptui config check finds mistakes; ckptui config show tells what holds, and why.

[ui]
# theme = "auto"        # auto, dark, light, ansi (the terminal's own colours), nord, gruvbox …
# keys = "default"      # default, vim, plain (arrows and F-keys); single keys go into keys.toml
# mouse = true          # false leaves the mouse to the terminal
# ascii = false         # true shows no signs beyond ASCII
# columns = []          # of the checkpoints, in order, for example ["name", "step", "verdict"]

[notify]
# bad: checkpoints turned bad; run: a resumed run ended; space: the next save does not fit;
# late: a save is late; good: another checkpoint is the last good one
# bell = ["bad", "run", "space", "late"]      # ring the terminal's bell
# line = ["bad", "run", "space", "late"]      # are said in the line above the footer
# command = ["bad", "run", "space", "late"]   # run the command of --on-event

[limits]
# entries = 50000       # names that are looked at in a run directory
# depth = 8             # directories below it

# Checkpoints whose path fits may name these things in their pickle:
# [[allow]]
# path = "/scratch/me/**"
# globals = ["mine.config.Config"]
"""

KEYS_HEAD: Final = """\
# Your own keys, over the set that config.toml chooses (ui.keys). What stands here as a comment is
# that set; take the # away and change the keys: letters, ?, esc, enter, tab, space, pgdn, f5,
# ctrl+x, alt+x. Several are separated by commas, "" is none. ckptui config check finds mistakes.
"""
