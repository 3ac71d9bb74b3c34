"""Forked children: the tracker falls silent there, as its threads and files are the parent's."""

from __future__ import annotations

import os
import sys
import weakref
from typing import Any, Protocol

from lab.tracker._warnings import warn

__all__ = ["WorkerWarning", "watch"]


class _Forked(Protocol):
    def forked(self) -> None: ...


_alive: weakref.WeakSet[Any] = weakref.WeakSet()
_claims: list[Any] = []  # kept until the process ends


class WorkerWarning:
    """Said once, by one of all the processes that share it.

    There is one byte in a pipe, and who reads it says it: only one process can.
    """

    def __init__(self) -> None:
        self._turn, end = os.pipe()  # forked children have it too
        if os.name != "nt":  # a fork just now would keep the other end open
            os.set_blocking(self._turn, False)
        os.write(end, b"1")
        os.close(end)
        self._close = weakref.finalize(self, os.close, self._turn)

    def say(self) -> None:
        """Warn, unless that was done."""
        if self._is_mine() and _is_first():
            warn("values added to the tracker in a worker process are not recorded")

    def give_up(self) -> None:
        """Warn no more."""
        self._is_mine()
        self._close()

    def _is_mine(self) -> bool:
        if not self._close.alive:
            return False
        try:
            return bool(os.read(self._turn, 1))
        except BlockingIOError:
            return False


def _is_first() -> bool:
    """Whether no other worker of the same parent that is alive has warned; known on Linux alone.

    Spawned workers share no memory. What they share is the machine's list of sockets without files
    (https://man7.org/linux/man-pages/man7/unix.7.html, "abstract"), which forgets one with its process.
    """
    processes = sys.modules.get("multiprocessing.process")
    parent = None if processes is None else processes.parent_process()
    if parent is None or not sys.platform.startswith("linux"):
        return True
    import errno
    import socket

    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        claim.bind(f"\0lab-worker-warning-{os.getuid()}-{parent.pid}")
    except OSError as error:
        claim.close()
        return error.errno != errno.EADDRINUSE
    _claims.append(claim)
    return True


def watch(tracker: _Forked) -> WorkerWarning:
    """Call `tracker.forked()` in forked children; gives the warning that they share."""
    if not _alive and hasattr(os, "register_at_fork") and not watch.__dict__:
        os.register_at_fork(after_in_child=_tell_all)
        watch.__dict__["is_registered"] = True
    _alive.add(tracker)
    return WorkerWarning()


def _tell_all() -> None:
    for tracker in list(_alive):
        tracker.forked()
