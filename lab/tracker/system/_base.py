"""The contract of a sensor, and counters as rates."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lab import optional

__all__ = ["GB", "MB", "Rates", "Sensor", "psutil"]

GB = 10**9  # bytes
MB = 10**6


class Sensor:
    """Measures something of the machine. There is one kind per file.

    Both methods are called on one thread, which is not the training thread; a sensor that raises is
    not asked again.
    """

    name = "sensor"

    def open(self, folder: Path) -> bool:
        """Begin; what is measured between two readings starts now.

        Args:
            folder: the folder of the run.

        Returns:
            Whether this machine has any such thing.
        """
        return True

    def read(self) -> Mapping[str, float]:
        """The measurements of now by name, without `system.`; those that are unknown left out."""
        raise NotImplementedError


class Rates:
    """Turns counters that only rise into what they rose by in a second.

    Args:
        clock: gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._before: Mapping[str, float] = {}
        self._then = 0.0

    def since_last(self, counters: Mapping[str, float]) -> dict[str, float]:
        """The rates of the counters that were there the last time; one that fell has a rate of 0."""
        now = self._clock()
        seconds, before = now - self._then, self._before
        self._before, self._then = dict(counters), now
        if seconds <= 0:
            return {}
        return {
            name: max(0.0, value - before[name]) / seconds
            for name, value in counters.items()
            if name in before
        }


def psutil() -> Any:
    """The package that knows the machine.

    Raises:
        MissingExtra: it is not installed.
    """
    return optional.module("psutil", "system", "the system indicators")
