"""How each process of a distributed run ended: `ranks/<rank>.yaml`, and where it raised, `<rank>.txt`.

The first process, rank 0, writes the run; the others write nothing of it but these files. They are
read where the run ended otherwise than well, for the process that failed first is often another one.
"""

from __future__ import annotations

import contextlib
import os
import socket
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timezone
from typing import Any

from lab import files
from lab.runs._heartbeat import has_died, process_start
from lab.runs._layout import Layout

__all__ = ["RankInfo", "first_failure", "forget_ranks", "is_lost", "read_ranks", "write_rank"]

_DIED = "died without a word: killed (SIGKILL, as where there is no memory left) or ended by C code"
# what the backends of torch.distributed say where they cannot reach another process
_LOST = (
    "Connection closed by peer",
    "Connection reset by peer",
    "DistBackendError",
    "DistNetworkError",
    "DistStoreError",
    "gloo",
)


@dataclass
class RankInfo:
    """What is known of one process of a run.

    Attributes:
        rank: its number.
        status: running, completed, failed, interrupted or crashed.
        exception: what ended it, where something did.
        time: when this was written, in ISO 8601 (UTC).
        host: the machine.
        process: the process id on that machine.
        process_start: what tells it from others of that id.
    """

    rank: int
    status: str = "running"
    exception: str | None = None
    time: str = field(
        default_factory=lambda: datetime.now(timezone.utc).isoformat(timespec="microseconds")
    )
    host: str = field(default_factory=socket.gethostname)
    process: int = field(default_factory=os.getpid)
    process_start: str | None = field(default_factory=process_start)


def write_rank(layout: Layout, info: RankInfo, traceback: str | None = None) -> None:
    """Write what is known of a process, into the folder of a run that is there.

    Raises:
        OSError: it cannot be written.
    """
    layout.ranks.mkdir(exist_ok=True)
    if traceback is not None:
        files.write_text(layout.ranks / f"{info.rank}.txt", traceback)
    files.write_text(layout.ranks / f"{info.rank}.yaml", files.to_yaml(asdict(info)))


def forget_ranks(layout: Layout) -> None:
    """Forget how processes ended, of a run that goes on.

    Raises:
        OSError: they cannot be deleted.
    """
    with contextlib.suppress(FileNotFoundError):
        for name in os.listdir(layout.ranks):
            (layout.ranks / name).unlink(missing_ok=True)


def read_ranks(layout: Layout) -> list[RankInfo]:
    """What is known of the processes beside the first, by rank; one found dead is crashed.

    Files that cannot be read are passed over: they are no reason not to read the run.
    """
    try:
        names = os.listdir(layout.ranks)
    except OSError:
        return []
    found = []
    for name in names:
        if name.endswith(".yaml"):
            with contextlib.suppress(OSError, ValueError, TypeError):
                found.append(_parsed(files.read_yaml(layout.ranks / name)))
    return sorted(found, key=lambda info: info.rank)


def first_failure(layout: Layout) -> RankInfo | None:
    """The process beside the first that failed, and of several the one that most likely began it.

    First comes one that raised, the earliest of them; then one that was found dead, for nobody knows
    when it died; last one that only lost the connection to another.
    """
    failed = [info for info in read_ranks(layout) if info.status in ("failed", "crashed")]
    return min(failed, key=_order, default=None)


def is_lost(exception: str | None) -> bool:
    """Whether an error of PyTorch's, as one line, is that another process is gone."""
    return exception is not None and any(words in exception for words in _LOST)


def _order(info: RankInfo) -> tuple[int, str]:
    rank = 2 if is_lost(info.exception) else 1 if info.status == "crashed" else 0
    return rank, info.time


def _parsed(data: Any) -> RankInfo:
    known = {one.name for one in fields(RankInfo)}
    if not isinstance(data, dict):
        raise TypeError("no file about a rank")
    info = RankInfo(**{key: value for key, value in data.items() if key in known})
    if not isinstance(info.rank, int) or not isinstance(info.time, str):
        raise TypeError("no file about a rank")
    if info.status == "running" and has_died(info.host, info.process, info.process_start):
        info.status, info.exception = "crashed", _DIED
    return info
