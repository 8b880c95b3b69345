"""What every screen needs, in one place: where the run is, who acts, who watches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ckptui.tui.actions import Verbs
from ckptui.user_config import UserConfig
from ckptui.watch.monitor import Monitor


@dataclass(frozen=True, slots=True)
class Services:
    """Shared by the screens of one run directory.

    Attributes:
        root: Absolute path of the run directory.
        verbs: Everything that touches the disk.
        monitor: The live model.
        environment: As it was before Textual changed it.
        host: This machine's name.
        config: The user's own configuration, read before the app started.
        ascii_only: No signs beyond ASCII.
        read_only: Nothing may be changed, by the user's word.
    """

    root: str
    verbs: Verbs
    monitor: Monitor
    environment: Mapping[str, str]
    host: str
    config: UserConfig
    ascii_only: bool = False
    read_only: bool = False
