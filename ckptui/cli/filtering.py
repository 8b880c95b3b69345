"""``--filter``: the language of the filter line, for the shell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from ckptui.present.filter import Filter

TEACHING: Final = """\b
The language of --filter is that of / in the terminal UI; quote it for the shell:
  'lora best'               all of these words: in path, category, reason, marker
  'cat:corrupted,unsafe'    a field begins with one of these; cat:bad is any trouble
  'step>1000 size<=200M'    comparisons; sizes in powers of 1024; step:100..200
  'age<2h -checked<1d'      times in s m h d w; - leaves out what matches
  'name:ckpt_* folder:a'    texts: anywhere, or as a whole with * or ?; = is all of it
  '~ck45 "two words"'       fuzzy: these characters in this order; words with blanks
Fields: cat marker input format version status fix level step epoch size age checked
        name folder path reason global; none stands for no value (step:none).
"""


def filter_option(help_text: str) -> click.Option:
    """The option, the same for every verb that shows checkpoints."""
    return click.Option(
        ["--filter", "asked"], callback=_read, multiple=True, metavar="TEXT", help=help_text
    )


def _read(
    context: click.Context, parameter: click.Parameter, value: tuple[str, ...]
) -> Filter | None:
    if not value:
        return None
    from ckptui.present.filter import Filter  # what a call without it does not need

    asked = Filter.parse(" ".join(value))
    if asked.problems:
        raise click.BadParameter(asked.problem)
    return asked
