"""Whether a run that says it is running still is: its process, and the file that it touches.

On the machine where the run was started its process tells at once: the run is over where there is no
process of that id, or another one has been given the id since. A stopped process is still there.

From elsewhere the run is over when its heartbeat is older than `LIMIT`. The age is the difference
between this machine's clock and the time of the file, which on a network drive is the server's: so
clocks that differ by less than `LIMIT` do no harm, and a heartbeat from the future is a fresh one.
Whoever looks more than once sees the file move; from then on its age is counted from that moment by
the clock of the one who looks, so that no difference of clocks matters.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

from lab.runs._layout import Layout

__all__ = ["HEARTBEAT_PERIOD", "LIMIT", "Heartbeat", "has_died", "is_over", "process_start"]

HEARTBEAT_PERIOD = 10.0  # seconds between two beats
LIMIT = 60.0  # seconds after which a run that does not beat is over


class _State(NamedTuple):
    """The time of a file, and when it was seen to move (by this process's own clock)."""

    modified: float
    moved: float | None


_seen: dict[str, _State] = {}
_lock = threading.Lock()


class Heartbeat:
    """The sign of life that a running process gives in the folder of its run.

    It belongs to the process that made it: in a forked child it does nothing. Nothing that goes wrong
    with the file is raised, for a run must not end by it.

    Args:
        layout: the files of the run.
    """

    def __init__(self, layout: Layout) -> None:
        self._path = layout.heartbeat
        self._process = os.getpid()

    def beat(self) -> bool:
        """Touch the file; to be called every `HEARTBEAT_PERIOD` seconds, from any thread.

        Returns:
            Whether that was possible.
        """
        if os.getpid() != self._process:
            return False
        try:
            try:
                os.utime(self._path)
            except FileNotFoundError:
                self._path.write_text(f"{self._process}\n", encoding="ascii")
        except OSError:
            return False
        return True

    def end(self) -> None:
        """Remove the file: the run has said how it ended."""
        if os.getpid() == self._process:
            with contextlib.suppress(OSError):
                self._path.unlink()


def process_start(process: int | None = None) -> str | None:
    """What tells a process from all others that ever had its id, as text.

    That is the boot of the machine, the namespace of process ids, and the clock tick at which the
    process started (https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html, field 22).

    Args:
        process: its id; this process where it is not given.

    Returns:
        The text; None where the platform does not tell, or there is no such process.
    """
    if not sys.platform.startswith("linux"):
        return None
    try:
        return f"{_machine()}/{_stat(os.getpid() if process is None else process)[1]}"
    except OSError:
        return None


def is_over(
    layout: Layout, process: int, start: str | None, is_same_host: bool, has_heartbeat: bool
) -> bool:
    """Whether a run that says it is running has ended without saying so.

    Args:
        layout: the files of the run.
        process: the process that it ran in.
        start: the `process_start` of that process, where it was known.
        is_same_host: whether that was on a machine of this one's name.
        has_heartbeat: whether what wrote the run beats at all.
    """
    if is_same_host and process > 0 and _sees_process(start):
        return not _is_alive(process, start)
    return has_heartbeat and _age(layout) > LIMIT


def has_died(host: str, process: int, start: str | None) -> bool:
    """Whether a process is known to be gone; of one on another machine nothing is known."""
    import socket

    is_here = host == socket.gethostname() and process > 0 and _sees_process(start)
    return is_here and not _is_alive(process, start)


def _sees_process(start: str | None) -> bool:
    """Whether the ids of processes here are those of the place where the run was started."""
    if start is None:
        return os.name != "nt"  # where a signal 0 would end the process
    with contextlib.suppress(OSError):
        return start.rpartition("/")[0] == _machine()
    return False


def _machine() -> str:
    """This boot of this machine, and the namespace of process ids in it."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"{boot}/{os.readlink('/proc/self/ns/pid')}"


def _stat(process: int) -> tuple[str, int]:
    """The state of a process, and the clock tick at which it started."""
    stat = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
    state, *fields = stat.rpartition(")")[2].split()  # the name before may hold anything
    return state, int(fields[18])


def _is_alive(process: int, start: str | None) -> bool:
    if start is not None:
        with contextlib.suppress(OSError):  # there is none, or it is hidden from other users
            state, tick = _stat(process)
            return state not in ("Z", "X") and start.endswith(f"/{tick}")
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # alive, and someone else's
        return True
    return True


def _age(layout: Layout) -> float:
    """How many seconds ago the run gave its last sign of life."""
    try:
        path = layout.heartbeat
        modified = path.stat().st_mtime
    except OSError:
        path = layout.info  # written when the run began, just before the first beat
        try:
            modified = path.stat().st_mtime
        except OSError:
            return 0.0
    now = time.monotonic()
    with _lock:
        before, moved = _seen.get(str(path), _State(modified, None))
        if modified > before:
            moved = now
        _seen[str(path)] = _State(modified, moved)
    return time.time() - modified if moved is None else now - moved
