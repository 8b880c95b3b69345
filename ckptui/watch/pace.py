"""How often to sweep, and what to say about it. Pure."""

from __future__ import annotations

from typing import Final

from ckptui.light import dataclass

_BASE: Final = 30.0
_WITHOUT_HINTS: Final = 5.0
_IDLE: Final = 3600.0
_IDLE_FACTOR: Final = 4


@dataclass(frozen=True, slots=True)
class WatchState:
    """How the events stand.

    Attributes:
        on: Events come.
        watched, directories: How many directories are watched, of how many.
        problem: Why there are none, in words.
        counted: False before anything is known.
        linked: Some directories are behind symlinks, where no events come from.
    """

    on: bool = False
    watched: int = 0
    directories: int = 0
    problem: str = ""
    counted: bool = False
    linked: bool = False

    @property
    def complete(self) -> bool:
        """True where every known directory is watched."""
        return self.on and self.watched >= self.directories


def sweep_interval(
    *, network: bool, hints: bool, took: float, work: float, idle: float = 0.0
) -> float:
    """Seconds from the end of one sweep to the start of the next.

    Args:
        network: Events cannot be trusted, and every look is somebody else's load.
        hints: Every directory is watched.
        took: Seconds that the last sweep took.
        work: Those of them in which it did not wait for its own cap.
        idle: Seconds since anybody touched a key.

    Example:
        >>> sweep_interval(network=False, hints=True, took=0.1, work=0.1)
        30.0
    """
    if network:
        interval = max(_BASE, 20 * work, took)
    elif hints:
        # The sweep is only the safety net here: under one percent of a core.
        interval = max(_BASE, 120 * work)
    else:
        interval = max(_WITHOUT_HINTS, 20 * work)
    return interval * _IDLE_FACTOR if idle > _IDLE else interval


def describe(
    state: WatchState, *, network: bool, filesystem: str, interval: float, once: bool
) -> tuple[str, str]:
    """Mode and sentence of :class:`~ckptui.watch.model.Watching`."""
    if once:
        return "once", "looked at once"
    every = f"{interval:.0f} s"
    if network:
        kind = filesystem or "unknown filesystem"
        if state.on:
            return "sweep", f"{kind}: live on this host, others within {every}"
        return "sweep", f"{kind}: looked at every {every}"
    if not state.on:
        why = state.problem or ("events are off" if state.counted else "starting to watch")
        return "sweep", f"{why}; looked at every {every}"
    if not state.complete:
        some = f"{state.watched:,} of {state.directories:,} directories"
        return "sweep", f"watch limit: {some} live, the rest within {every}"
    if state.linked:
        return "events", f"live, behind symlinks within {every}"
    return "events", "live"
