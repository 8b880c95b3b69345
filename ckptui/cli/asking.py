"""Questions to a filesystem that may never answer, asked by a child process.

A system call that waits for a dead mount cannot be interrupted, and on some filesystems its process
cannot even be killed. So the process that the user waits for does not make it: a forked child does,
and is left behind where it hangs.
"""

from __future__ import annotations

import json
import os
import select
import signal
import time
from collections.abc import Callable
from typing import Final

from ckptui.cli.common import say
from ckptui.errors import CheckpointError, CkptuiError
from ckptui.validation.pace import shared_fd

ANSWER_SECONDS: Final = 5.0
"""How long a filesystem may take to answer before ckptui says that it does not."""
PATIENCE: Final = 60.0
"""How long a header may take before ckptui gives up on it."""


def why_not(path: str, error: OSError | ValueError) -> str:
    """One sentence for a path that cannot be reached: path, what, what to do."""
    if isinstance(error, FileNotFoundError):
        return f"{path}: no such file or directory; check the path"
    if isinstance(error, PermissionError):
        return f"{path}: permission denied; ask its owner for read access"
    if isinstance(error, NotADirectoryError):
        return f"{path}: a part of this path is a file, not a directory; check the path"
    words = (error.strerror if isinstance(error, OSError) else "") or str(error)
    return f"{path}: {words.lower()}"


def ask(question: Callable[[], object], about: str, *, patience: float = PATIENCE) -> object:
    """Let a child process answer.

    Args:
        question: Returns something that JSON can hold.
        about: The path it is about, for sentences.
        patience: Seconds after which the child is given up; after five it is said that it waits.

    Raises:
        CkptuiError: The question raised one, or no answer came; CheckpointError stays one.
    """
    shared_fd()  # the child keeps our account with the file server
    heard, told = os.pipe()
    pid = os.fork()
    if pid == 0:
        _answer(question, about, told)
    os.close(told)
    try:
        data = _read(heard, about, patience)
    finally:
        os.close(heard)
        # Not waited for: where it hangs, it dies when the kernel lets go of it.
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    if not data:
        raise CkptuiError(f"{about}: the process that read it ended without a word; try again")
    document: dict[str, object] = json.loads(data)
    problem = document.get("problem")
    if isinstance(problem, list):
        raise CheckpointError(*problem)
    if problem is not None:
        raise CkptuiError(str(problem))
    return document["answer"]


def _answer(question: Callable[[], object], about: str, told: int) -> None:
    """In the child: answer and end, holding nothing of the parent's open meanwhile."""
    code = 1
    try:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for own in (0, 1, 2):
            os.dup2(nowhere, own)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        with os.fdopen(told, "wb") as pipe:
            pipe.write(json.dumps(_said(question, about)).encode("ascii"))
        code = 0
    finally:
        os._exit(code)


def _said(question: Callable[[], object], about: str) -> dict[str, object]:
    try:
        return {"answer": question()}
    except CheckpointError as error:
        return {"problem": [error.path, error.category, error.message]}
    except CkptuiError as error:
        return {"problem": str(error)}
    except OSError as error:
        return {"problem": why_not(os.fsdecode(error.filename or about), error)}


def _read(heard: int, about: str, patience: float) -> bytes:
    """What the child says, until it ends.

    Raises:
        CkptuiError: It said nothing for too long.
    """
    data, began, said = b"", time.monotonic(), False
    while True:
        waited = time.monotonic() - began
        if waited >= patience:
            raise CkptuiError(no_answer(about, waited))
        if waited >= ANSWER_SECONDS and not said:
            said = True
            say(f"{about}: no answer from its filesystem for {waited:.0f} s; still waiting")
        step = ANSWER_SECONDS if not said else patience - waited
        ready, _, _ = select.select([heard], [], [], max(0.01, min(step, patience - waited)))
        if not ready:
            continue
        piece = os.read(heard, 1 << 20)
        if not piece:
            return data
        data += piece


def no_answer(path: str, seconds: float) -> str:
    """The sentence for a filesystem that does not answer."""
    return (
        f"{path}: no answer from its filesystem for {seconds:.0f} s; "
        "see whether the mount is alive, then try again"
    )
