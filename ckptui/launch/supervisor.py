"""The small process above a resumed run. Run as ``PYTHON -I supervisor.py``; standard library only.

It outlives ckptui and the terminal: a session of its own, no open terminal, SIGHUP ignored. It
starts the command in a further session with its output in a log file, passes a request to cancel
on to the whole group (SIGINT, SIGTERM, SIGKILL), ends what the command leaves behind, and writes
the exit status to disk atomically before it gives the claim back.

Dialogue with the starter: it prints its own pid (one line of JSON), reads the job from standard
input up to the end of file, and prints what became of the start. A starter that dies before the
job is complete starts nothing.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import time
from datetime import UTC, datetime

POLL = 0.25
"""Seconds between two looks at ``cancel.json``."""
GRACE = (15.0, 10.0)
"""Seconds that a cancelled run has after SIGINT, and then after SIGTERM."""
LEFTOVER_PATIENCE = (2.0, 5.0, 5.0)
"""Seconds for what the command leaves behind: to end by itself, after SIGTERM, after SIGKILL."""
RESERVE = 4096
"""Bytes set aside for the exit status while the disk still has room for them."""
EXIT_PATIENCE = 300.0
"""Seconds for which writing the exit status is tried again where the disk is full after all."""
PR_SET_CHILD_SUBREAPER = 36
SIGNALS = (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM)

Document = dict[str, object]


def now() -> str:
    """This moment as ISO 8601, UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def stat_fields(pid: int) -> tuple[str, list[str]]:
    """Name and the fields after it of /proc/PID/stat (proc_pid_stat(5)); empty where it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return "", []
    end = text.rfind(")")
    return text[text.find("(") + 1 : end], text[end + 2 :].split()


def start_ticks(pid: int) -> int:
    """Start time of a process in clock ticks since boot (field 22), 0 where it is gone."""
    fields = stat_fields(pid)[1]
    return int(fields[19]) if len(fields) > 19 else 0


def descendants(session: int) -> dict[int, str]:
    """Pid → name of every living process below this one, or in the session of the command."""
    found: dict[int, tuple[str, int, int]] = {}
    for entry in os.listdir("/proc"):
        name, fields = stat_fields(int(entry)) if entry.isdecimal() else ("", [])
        if len(fields) > 3 and fields[0] not in "ZXx":
            found[int(entry)] = (name, int(fields[1]), int(fields[3]))
    below = {os.getpid()}
    grown = True
    while grown:
        more = {pid for pid, (_, parent, _) in found.items() if parent in below} - below
        below |= more
        grown = bool(more)
    ours = (below | {pid for pid, item in found.items() if item[2] == session}) - {os.getpid()}
    return {pid: found[pid][0] for pid in ours if pid in found}


def fsync_directory(path: str) -> None:
    """Make the names in a directory durable, where its filesystem can."""
    with contextlib.suppress(OSError):
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def write_whole(path: str, draft: str, data: bytes, flags: int) -> None:
    """Write ``draft``, sync it, and rename it to ``path``."""
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | flags, 0o666)
    try:
        while data:
            data = data[os.write(fd, data) :]
        os.fsync(fd)
    finally:
        os.close(fd)
    os.replace(draft, path)
    fsync_directory(os.path.dirname(path))


class Run:
    """One run: its directory, its command, its end."""

    def __init__(self, job: Document) -> None:
        self.job = job
        self.directory = str(job["directory"])
        self.child = 0
        self.status: int | None = None
        self.error = ""
        self.written = True
        self.started = time.monotonic()
        run = job["run"]
        self.record: Document = dict(run) if isinstance(run, dict) else {}
        me = os.getpid()
        self.record["supervisor"] = {"pid": me, "start_ticks": start_ticks(me)}

    def path(self, name: str) -> str:
        """A file of this run."""
        return os.path.join(self.directory, name)

    def write_record(self) -> None:
        """Write ``run.json``."""
        data = json.dumps(self.record).encode() + b"\n"
        write_whole(self.path("run.json"), self.path(".run.json.tmp"), data, os.O_TRUNC)

    def reserve(self) -> None:
        """Set room aside for ``exit.json``: a full disk is what most often ends a run."""
        write_whole(
            self.path(".exit.json.tmp"), self.path(".exit.json.new"), b" " * RESERVE, os.O_TRUNC
        )

    def start(self) -> None:
        """Start the command; ``error`` says why where that failed."""
        self.reserve()
        self.write_record()
        reader, writer = os.pipe()
        self.child = os.fork()
        if self.child == 0:
            self._become_command(writer)
        os.close(writer)
        with open(reader, "rb") as pipe:
            self.error = pipe.read().decode("utf-8", "replace")
        self.record["pid"], self.record["start_ticks"] = self.child, start_ticks(self.child)
        self.written = False
        self.write_record_again()

    def write_record_again(self) -> None:
        """Add the pid to ``run.json``; a disk that is full now must not end a run that works."""
        if not self.written:
            with contextlib.suppress(OSError):
                self.write_record()
                self.written = True

    def _become_command(self, writer: int) -> None:
        argv = [str(word) for word in as_list(self.job["argv"])]
        what = argv[0]
        try:
            os.setsid()
            for number in ("SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGPIPE", "SIGXFSZ"):
                signal.signal(getattr(signal, number), signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, ())
            what = self.path("log.txt")
            log = os.open(what, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o666)
            for target in (1, 2):
                os.dup2(log, target)
            what = str(self.job["cwd"])
            os.chdir(what)
            what = argv[0]
            os.execvpe(what, argv, as_environment(self.job["env"]))  # noqa: S606
        except BaseException as error:  # noqa: BLE001  (a forked child must not go on as the parent)
            reason = getattr(error, "strerror", None) or str(error)
            os.write(writer, f"{what}: {reason}".encode("utf-8", "backslashreplace"))
        finally:
            os._exit(127)

    def reap(self) -> None:
        """Collect every process that has ended; notes the status of the command."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                if pid == self.child:
                    self.status = status

    def signal_group(self, number: int) -> None:
        """Send a signal to the whole group of the command, and let stopped processes get it."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.child, number)
            os.killpg(self.child, signal.SIGCONT)
        if number == signal.SIGKILL:
            signal_all(descendants(self.child), number)

    def end_leftovers(self, *, cancelled: bool) -> list[Document]:
        """End what the command left behind; says which processes and by what."""
        ended: dict[int, Document] = {}
        plan = (None, signal.SIGTERM, signal.SIGKILL)
        for number, patience in zip(plan, LEFTOVER_PATIENCE, strict=True):
            deadline = time.monotonic() + (0.0 if number is None and cancelled else patience)
            sent: set[int] = set()
            while left := self._left():
                if number is not None:
                    fresh = {pid: name for pid, name in left.items() if pid not in sent}
                    signal_all(fresh, number)
                    sent |= set(fresh)
                    for pid, name in fresh.items():
                        ended[pid] = {"pid": pid, "name": name, "by": number.name}
                if time.monotonic() >= deadline:
                    break
                time.sleep(0.05)
            if not left:
                break
        for pid in self._left():
            ended[pid]["by"] = "nothing: it still works"
        return list(ended.values())

    def _left(self) -> dict[int, str]:
        self.reap()
        return descendants(self.child)

    def finish(self, cancel: Cancel) -> None:
        """Write ``exit.json``, then give the claim back."""
        leftovers = self.end_leftovers(cancelled=cancel.asked)
        code, number = self._exit()
        document = {
            "version": 1,
            "exit_code": code,
            "signal": number,
            "error": self.error or None,
            "cancelled": cancel.record() if cancel.asked else None,
            "leftovers": leftovers,
            "ended_at": now(),
            "duration_seconds": round(time.monotonic() - self.started, 3),
        }
        self._write_exit(json.dumps(document).encode() + b"\n")
        release(str(self.job["claim"]), str(self.job["token"]))

    def _exit(self) -> tuple[int | None, int | None]:
        if self.status is None:
            return (127 if self.error else None), None
        if os.WIFSIGNALED(self.status):
            return None, os.WTERMSIG(self.status)
        return os.WEXITSTATUS(self.status), None

    def _write_exit(self, data: bytes) -> None:
        # Over the reserved bytes, not truncated, so that no new block is needed; JSON does not
        # mind the blanks that stay behind it.
        deadline = time.monotonic() + EXIT_PATIENCE
        while True:
            try:
                write_whole(self.path("exit.json"), self.path(".exit.json.tmp"), data, 0)
            except FileNotFoundError:
                return  # the run directory is gone, and with it everybody who could ask
            except OSError:
                if time.monotonic() > deadline:
                    return
                time.sleep(2.0)
            else:
                return


class Cancel:
    """A request to cancel: one signal after the other, the next one sooner if asked again."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.asked = False
        self.by = ""
        self.at = ""
        self.signals: list[signal.Signals] = []
        self.grace: tuple[float, float] = GRACE
        self.next_at = 0.0
        self._seen: tuple[int, int] | None = None

    def record(self) -> Document:
        """What ``exit.json`` keeps of it."""
        return {"by": self.by, "at": self.at, "signals": [item.name for item in self.signals]}

    def look(self, arrived: int) -> None:
        """Act on a signal to the supervisor, on a new ``cancel.json``, or on the time gone by."""
        if arrived in (signal.SIGINT, signal.SIGTERM):
            self.request(f"{signal.Signals(arrived).name} to the supervisor")
        path = self.run.path("cancel.json")
        with contextlib.suppress(OSError, ValueError):
            stat = os.stat(path, follow_symlinks=False)
            if (stat.st_ino, stat.st_mtime_ns) != self._seen:
                self._seen = (stat.st_ino, stat.st_mtime_ns)
                self._read(path)
        if self.asked and time.monotonic() >= self.next_at:
            self.step()

    def _read(self, path: str) -> None:
        with open(path, "rb") as file:
            document = json.loads(file.read(65536))
        if isinstance(document, dict):
            grace = document.get("grace")
            if isinstance(grace, list) and len(grace) == 2:
                self.grace = (float(grace[0]), float(grace[1]))
            self.request(str(document.get("by") or "a request"))

    def request(self, by: str) -> None:
        """Note who asked; a further request moves on to the next signal at once."""
        if not self.asked:
            self.asked, self.by, self.at = True, by, now()
        self.next_at = 0.0

    def step(self) -> None:
        """Send the next signal; the last one again and again."""
        number = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)[min(len(self.signals), 2)]
        if number not in self.signals:
            self.signals.append(number)
        self.run.signal_group(number)
        self.next_at = time.monotonic() + (*self.grace, 1.0)[len(self.signals) - 1]


def signal_all(pids: dict[int, str], number: int) -> None:
    """Send a signal to each of these processes, as far as they are still there and ours."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def release(path: str, token: str) -> None:
    """Remove the claim if it is still ours, in the way that ``claim_file`` prescribes."""
    guard = f"{path}.{token}.taking"
    try:
        with open(path, "rb") as file:
            mine = file.read(65536)
        fd = os.open(guard, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    except FileExistsError:
        return  # somebody is taking it over
    except OSError:
        fd, mine = -1, b""
    if fd >= 0:
        with contextlib.suppress(OSError):
            os.write(fd, mine)
        os.close(fd)
    with contextlib.suppress(OSError, ValueError):
        with open(path, "rb") as file:
            document = json.loads(file.read(65536))
        if isinstance(document, dict) and document.get("token") == token:
            os.unlink(path)
    if fd >= 0:
        with contextlib.suppress(OSError):
            os.unlink(guard)


def as_list(value: object) -> list[object]:
    """A list out of JSON."""
    return value if isinstance(value, list) else []


def as_environment(value: object) -> dict[str, str]:
    """An environment out of JSON."""
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, dict) else {}


def detach() -> None:
    """Leave the starter: a further fork, so that no terminal can ever belong to this process."""
    if os.fork():
        os._exit(0)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    os.chdir("/")
    # Without it, what the command leaves behind would go to init, out of sight.
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def say(document: Document) -> None:
    """One line to the starter, which may be gone."""
    with contextlib.suppress(OSError):
        os.write(1, json.dumps(document).encode() + b"\n")


def silence(fd: int) -> None:
    """Put /dev/null in the place of a standard stream."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, fd)
    os.close(null)


def read_job() -> Document | None:
    """The job from standard input, or None where the starter died before it was complete."""
    with open(0, "rb", closefd=False) as pipe:
        data = pipe.read()
    silence(0)
    try:
        job = json.loads(data)
    except ValueError:
        return None
    return job if isinstance(job, dict) else None


def supervise(job: Document) -> None:
    """Carry one job from its start to its exit status."""
    run = Run(job)
    cancel = Cancel(run)
    try:
        run.start()
    except OSError as error:
        run.error = f"{error.filename or run.directory}: {error.strerror}"
    say({"started": not run.error, "error": run.error})
    silence(1)
    while run.child and run.status is None:
        arrived = signal.sigtimedwait(SIGNALS, POLL)
        run.reap()
        if run.status is None:
            run.write_record_again()
            cancel.look(arrived.si_signo if arrived else 0)
    run.finish(cancel)


def main() -> None:
    """Detach, ask for the job, do it."""
    detach()
    me = os.getpid()
    say({"pid": me, "start_ticks": start_ticks(me)})
    job = read_job()
    if job is not None:
        supervise(job)


if __name__ == "__main__":
    main()
