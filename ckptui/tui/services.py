"""What every screen needs, in one place: where the run is, who acts, who watches."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from ckptui.present.short_names import short_names
from ckptui.tui.actions import Verbs
from ckptui.tui.session import Session
from ckptui.user_config import UserConfig
from ckptui.validation.pool import jobs_of_each
from ckptui.watch.link import Link, settings_for
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
        session: How it was looked at the last time.
        name: Of the run directory, short and like no other that is open; from disk.
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
    name: str = ""
    session: Session = Session()  # noqa: RUF009  (frozen)

    def why_read_only(self) -> str:
        """Why nothing may be changed here, as far as is known now; empty where it may."""
        return _why_read_only(self.monitor, self.read_only)


def _why_read_only(monitor: Monitor, read_only: bool) -> str:
    if read_only:
        return "read-only: started with --read-only"
    if monitor.snapshot.owner_is_other:
        return "read-only: this directory belongs to another user"
    if not monitor.snapshot.writable:
        return "read-only: no permission to write in this directory"
    return ""


def services_of(
    roots: Sequence[str],
    scanners: Mapping[str, Link],
    environment: Mapping[str, str],
    config: UserConfig,
    *,
    read_only: bool,
    ascii_only: bool,
    sessions: Sequence[Session] = (),
) -> list[Services]:
    """What the screens of each run directory need; nothing more is started yet."""
    settings, jobs = settings_for(config.limits), jobs_of_each(len(roots))
    host = socket.gethostname().partition(".")[0]
    found: list[Services] = []
    everything = zip(roots, short_names(roots), sessions or [Session() for _ in roots], strict=True)
    for root, name, session in everything:
        monitor = Monitor(
            root, settings=settings, user=config, jobs=jobs, scanner=scanners.get(root)
        )
        found.append(
            Services(
                root=root,
                verbs=Verbs(root, environment, partial(_why_read_only, monitor, read_only)),
                monitor=monitor,
                environment=environment,
                host=host,
                config=config,
                ascii_only=ascii_only,
                read_only=read_only,
                name=name,
                session=session,
            )
        )
    return found
