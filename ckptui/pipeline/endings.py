"""How a run ends: every way out is one sentence and an exit code."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from ckptui.errors import CheckpointError, CkptuiError
from ckptui.pipeline.interrupts import RunInterrupted
from ckptui.pipeline.talk import log
from ckptui.terms import CHECKPOINT_EXIT_CODE, EXIT_FAILURE, EXIT_INTERRUPTED

_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(slots=True)
class End:
    """The exit code of a run, once it is known."""

    code: int = EXIT_FAILURE


@contextmanager
def ending(run_dir: str) -> Iterator[End]:
    """Turn whatever ends the run into one sentence on stderr and an exit code."""
    end = End()
    try:
        yield end
    except KeyboardInterrupt as stop:
        end.code = EXIT_INTERRUPTED
        name = f" by {stop}" if isinstance(stop, RunInterrupted) else ""
        log.warning("interrupted%s; what is marked stands, so the run can be resumed", name)
    except CheckpointError as error:
        end.code = CHECKPOINT_EXIT_CODE
        log.error("%s", error)
    except CkptuiError as error:
        log.error("%s", error)
    except OSError as error:
        end.code = _disk_trouble(error, run_dir)
    except Exception:  # noqa: BLE001  (told in full, with the traceback)
        # A bug in a stage: its author needs the traceback, and the log is where they look.
        log.exception("the run failed")


def _disk_trouble(error: OSError, run_dir: str) -> int:
    where = error.filename if isinstance(error.filename, str) else run_dir
    if error.errno in _NO_ROOM:
        log.error(
            "%s: no room to save (%s); free space or raise the limit, then resume: "
            "what was saved before is whole.",
            where,
            (error.strerror or str(error)).lower(),
        )
        return CHECKPOINT_EXIT_CODE
    log.error("%s: %s", where, (error.strerror or str(error)).lower())
    return EXIT_FAILURE
