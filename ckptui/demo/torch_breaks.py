"""The breaks that torch must write: ``python -m ckptui.demo.torch_breaks ROOT``.

A process of its own, so that neither the command line nor the terminal UI imports torch. It prints
the path of the temporary file that a killed writer left.
"""

from __future__ import annotations

import os
import signal
import sys

from ckptui.demo.breaks import CUT, LACKING, NEWER, OLDER
from ckptui.durable import new_file, temporary_path
from ckptui.marker import create_done_marker


def main(root: str) -> None:
    """Damage the run in ``root``."""
    _rewrite(os.path.join(root, NEWER), {"version": "2.0"}, ())
    _rewrite(os.path.join(root, OLDER), {}, ("version", "status"))
    _rewrite(os.path.join(root, LACKING), {}, ("features",))
    left = _killed_writer(os.path.join(root, CUT))
    sys.stdout.buffer.write(os.fsencode(os.path.relpath(left, root)))


def _rewrite(path: str, change: dict[str, object], drop: tuple[str, ...]) -> None:
    """Save a file again with some keys other or gone; whole, and marked as its writer would."""
    import torch

    document: dict[str, object] = torch.load(path, weights_only=True)
    kept = {key: value for key, value in document.items() if key not in drop}
    torch.save({**kept, **change}, path)
    create_done_marker(path)


def _killed_writer(path: str) -> str:
    """Start to save a file again, and be killed half-way, as by a node that runs out of memory."""
    with open(path, "rb") as whole:
        data = whole.read()
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        temporary = temporary_path(path)
        os.write(write_end, os.fsencode(temporary))
        with new_file(temporary) as file:
            file.write(data[: len(data) // 2])
            file.flush()
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    return os.fsdecode(os.read(read_end, 65536))


if __name__ == "__main__":
    main(sys.argv[1])
