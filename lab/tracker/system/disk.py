"""How full the disk of the run is, and how busy the disks are."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.tracker.system._base import MB, Rates, Sensor, psutil

__all__ = ["Disk"]


class Disk(Sensor):
    """The disk that the folder of the run is on, and what is read and written on all disks."""

    name = "disk"

    def __init__(self) -> None:
        self._psutil: Any = None
        self._folder = Path()
        self._rates = Rates()

    def open(self, folder: Path) -> bool:
        """Begin to count."""
        self._psutil = psutil()
        self._folder = folder
        self._rates.since_last(self._counters())
        return True

    def read(self) -> Mapping[str, float]:
        """How full it is, and what was read and written since the last time."""
        rates = self._rates.since_last(self._counters())
        try:
            usage = shutil.disk_usage(self._folder)
        except OSError:  # the folder is gone: the writers say so
            return rates
        # of what users may fill: what is kept for the system counts as neither used nor free
        return {"disk.percent": 100 * usage.used / ((usage.used + usage.free) or 1), **rates}

    def _counters(self) -> dict[str, float]:
        counters = self._psutil.disk_io_counters()  # None on a machine without disks of its own
        if counters is None:
            return {}
        return {
            "disk.read_mb_per_s": counters.read_bytes / MB,
            "disk.write_mb_per_s": counters.write_bytes / MB,
        }
