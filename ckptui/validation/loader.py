"""Level 3: torch itself, in a process of its own. ``PYTHON -I loader.py PARENT``.

One file, standard library and torch only, Python 3.8 or newer: it runs under the interpreter of
the run being watched, which need not have ckptui. It is given only files whose pickle the bounded
reader has accepted, and always loads with ``weights_only=True``. JSON lines: first
``{"torch": version}`` or ``{"absent": sentence}``, then for each
``{"id", "path", "allow": [globals], "served": bool}`` one ``{"id", "result", …}``.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import signal
import sys
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

ROOM = 2 << 30
"""Bytes of address space beyond the file's own mapping."""
SHARE = 4
"""What cannot be mapped may take one part in so many of the free memory."""
BRIEF = 64 << 20
"""Bytes that are copied within a second also from a file server that is busy."""


def settle_in(parent: int) -> None:
    """Be polite, and die with the parent."""
    with contextlib.suppress(OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
        if parent and os.getppid() != parent:
            os._exit(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        os.nice(10)
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("500")


def limit_memory(extra: int) -> None:
    """Allow ``extra`` bytes of address space more than there are now."""
    with contextlib.suppress(OSError, ValueError), open("/proc/self/statm") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        soft = now + extra
        if hard != resource.RLIM_INFINITY:
            soft = min(soft, hard)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def free_memory() -> int:
    """Bytes that can be had without swapping, or a large number where nobody says."""
    with contextlib.suppress(OSError, ValueError, IndexError), open("/proc/meminfo") as file:
        for line in file:
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return 1 << 62


def copied_size(path: str) -> int:
    """Bytes that loading would copy: 0 where the file can be mapped as it lies."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except zipfile.BadZipFile:
        return os.path.getsize(path)  # a legacy file: its storages are read one by one
    packed = any(entry.compress_type for entry in entries)
    orders = [e for e in entries if e.filename.endswith("/byteorder") and e.file_size < 16]
    swapped = any(stored_text(path, entry) != sys.byteorder for entry in orders)
    return sum(entry.file_size for entry in entries) if packed or swapped else 0


def stored_text(path: str, entry: zipfile.ZipInfo) -> str:
    """A small stored record as text. ``zipfile`` refuses it where torch wrote no checksums."""
    with open(path, "rb") as file:
        file.seek(entry.header_offset + 26)  # lengths of name and extra field: APPNOTE 4.3.7
        skip = sum(int.from_bytes(file.read(2), "little") for _ in range(2))
        file.seek(skip, os.SEEK_CUR)
        return file.read(entry.file_size).decode("ascii", "replace").strip()


class Stub:
    """Stands for whatever is allowed: it only keeps what it is given, and runs nothing.

    Not even numpy is used itself: ``numpy.ndarray(shape, object, buffer)`` and a forged state of
    ``numpy.dtype`` turn bytes of the file into pointers.
    """

    def __new__(cls, *args: object, **kwargs: object) -> Self:
        """Take any arguments."""
        return object.__new__(cls)

    def __init__(self, *args: object, **kwargs: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        self.state = state


def stub(name: str) -> type:
    """What an allowed global stands for, a class of its own."""
    module, _, attribute = name.rpartition(".")
    return type(attribute, (Stub,), {"__module__": module})


def allowed_objects(names: list[str]) -> list[tuple[object, str]]:
    """Pairs for ``torch.serialization.safe_globals``."""
    return [(stub(name), name) for name in names]


def refusal(version: str, path: str) -> str:
    """Why a torch of this version is not asked about this file; empty where it is."""
    numbers = tuple(int(part) for part in version.split("+")[0].split(".")[:2])
    if numbers < (2, 6):
        # CVE-2025-32434: weights_only=True ran code.
        return f"torch {version} is older than 2.6, whose safe loader can be tricked"
    if numbers < (2, 10) and os.stat(path).st_uid != os.getuid():
        # CVE-2026-24747: heap corruption by a crafted file.
        return f"torch {version} is older than 2.10, and the file is another user's"
    return ""


def load(path: str, names: list[str], served: bool) -> dict[str, object]:
    """Load one file and forget it.

    From a file server only what is over within a second, as a mapping is that touches no tensor:
    a file that is removed while it is open becomes ``.nfsXXXX``, and breaks the trainer's clean-up.
    """
    import torch

    why = refusal(str(torch.__version__), path)
    if why:
        return {"result": "skipped", "text": why}
    size = copied_size(path)
    if served and size > BRIEF:
        text = f"torch would hold it open while it copies {size / 1e9:.1f} GB from a file server"
        return {"result": "skipped", "text": text + "; check a copy on a local disk"}
    if size > free_memory() // SHARE:
        return {"result": "skipped", "text": f"needs {size / 1e9:.1f} GB"}
    limit_memory(ROOM + (size or os.path.getsize(path)))
    allowed = torch.serialization.safe_globals(allowed_objects(names))  # type: ignore[arg-type]
    with allowed, spelled(path) as name:
        torch.load(name, map_location="cpu", weights_only=True, mmap=not size)
    return {"result": "pass"}


@contextlib.contextmanager
def spelled(path: str) -> Iterator[str]:
    """A name that torch can take: that of the open file where the path is not UTF-8.

    Likewise where it ends in .safetensors: torch goes by that ending, whatever the file holds.
    """
    try:
        path.encode("utf-8")
        if not path.endswith(".safetensors"):
            yield path
            return
    except UnicodeEncodeError:
        pass
    fd = os.open(path, os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{fd}"
    finally:
        os.close(fd)


def attempt(path: str, names: list[str], served: bool) -> dict[str, object]:
    """Load, and tell what came of it: memory and permission are never the file's fault."""
    try:
        return load(path, names, served)
    except MemoryError:
        return {"result": "skipped", "text": "it needs more memory than the check may take"}
    except OSError as error:
        return {"result": "skipped", "text": f"it could not be read: {error.strerror or error}"}
    except Exception as error:  # noqa: BLE001  (whatever torch says about the file is the answer)
        return {"result": "error", "type": type(error).__name__, "text": str(error)}
    finally:
        gc.collect()


def import_torch() -> dict[str, object]:
    """Import torch, once, and say which it is."""
    try:
        import torch
    except Exception as error:  # noqa: BLE001  (a broken installation raises anything)
        return {"absent": f"{type(error).__name__}: {error}"}
    torch.set_num_threads(1)
    return {"torch": str(torch.__version__)}


def main() -> None:
    """Serve orders one after the other."""
    settle_in(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    # What a library prints must not get between the lines of the protocol.
    out = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)

    def say(message: dict[str, object]) -> None:
        out.write(json.dumps(message) + "\n")
        out.flush()

    say(import_torch())
    for line in sys.stdin:
        order = json.loads(line)
        say(dict(attempt(order["path"], order["allow"], order["served"]), id=order["id"]))


if __name__ == "__main__":
    main()
