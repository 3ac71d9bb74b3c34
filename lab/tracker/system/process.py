"""What this program takes of the machine, the workers that it started included."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.tracker.system._base import GB, Rates, Sensor, psutil

__all__ = ["Process"]


class Process(Sensor):
    """Processor time and memory of the process and all its descendants."""

    name = "process"

    def __init__(self) -> None:
        self._psutil: Any = None
        self._self: Any = None
        self._rates = Rates()

    def open(self, folder: Path) -> bool:
        """Begin to count."""
        self._psutil = psutil()
        self._self = self._psutil.Process()
        self.read()
        return True

    def read(self) -> Mapping[str, float]:
        """What they took since the last time, and the memory that they have."""
        seconds = memory = 0.0
        children = self._children()
        for process in (self._self, *children):
            try:
                # The times of a child that ended and was waited for are among its parent's, so that
                # the sum over those that live never falls.
                seconds += sum(process.cpu_times()[:4])
                memory += process.memory_info().rss
            except self._psutil.Error:  # it has ended since
                continue
        rate = self._rates.since_last({"process.cpu_percent": 100 * seconds})
        return {
            **rate,
            "process.memory_gb": memory / GB,
            "process.children": float(len(children)),
        }

    def _children(self) -> list[Any]:
        found = _descendants(self._self.pid)
        if found is None:
            children: list[Any] = self._self.children(recursive=True)
            return children
        processes = []
        for pid in found:
            try:
                processes.append(self._psutil.Process(pid))
            except self._psutil.Error:
                continue
        return processes


def _descendants(pid: int) -> list[int] | None:
    """The processes below one; None where the system does not keep a list.

    `psutil` looks at every process of the machine for this, Linux says it at once:
    https://man7.org/linux/man-pages/man5/proc_pid_task_children.5.html
    """
    if not os.path.exists(f"/proc/{pid}/task/{pid}/children"):
        return None
    found: list[int] = []
    waiting = [pid]
    while waiting:
        folder = f"/proc/{waiting.pop()}/task"
        try:
            threads = os.listdir(folder)
        except OSError:  # the process has ended
            continue
        for thread in threads:
            try:
                with open(f"{folder}/{thread}/children", encoding="ascii") as file:
                    below = [int(word) for word in file.read().split()]
            except OSError:  # the thread has
                continue
            found += below
            waiting += below
    return found
