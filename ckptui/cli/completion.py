"""``ckptui completion``: the completion script for a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from ckptui.cli.common import put
from ckptui.errors import CkptuiError
from ckptui.terms import EXIT_OK


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion_command(shell: str) -> int:
    """Print the completion script for SHELL.

    \b
    bash:  ckptui completion bash > ~/.local/share/bash-completion/completions/ckptui
    zsh:   ckptui completion zsh > ~/.zfunc/_ckptui      (with ~/.zfunc in fpath)
    fish:  ckptui completion fish > ~/.config/fish/completions/ckptui.fish
    """
    from ckptui.cli.main import cli

    kind = get_completion_class(shell)
    if kind is None:
        raise CkptuiError(f"{shell}: no completion is known for this shell; bash, zsh and fish are")
    put(kind(cli, {}, "ckptui", "_CKPTUI_COMPLETE").source())
    return EXIT_OK
