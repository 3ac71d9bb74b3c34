"""How busy the network is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.tracker.system._base import MB, Rates, Sensor, psutil

__all__ = ["Network"]

_LOOPS = ("lo", "Loopback")  # what goes through these stays on the machine


class Network(Sensor):
    """What all interfaces of the machine sent and received."""

    name = "network"

    def __init__(self) -> None:
        self._psutil: Any = None
        self._rates = Rates()

    def open(self, folder: Path) -> bool:
        """Begin to count."""
        self._psutil = psutil()
        self._rates.since_last(self._counters())
        return True

    def read(self) -> Mapping[str, float]:
        """What was sent and received since the last time."""
        return self._rates.since_last(self._counters())

    def _counters(self) -> dict[str, float]:
        interfaces = self._psutil.net_io_counters(pernic=True)
        counters = [one for name, one in interfaces.items() if not name.startswith(_LOOPS)]
        return {
            "network.sent_mb_per_s": sum(one.bytes_sent for one in counters) / MB,
            "network.received_mb_per_s": sum(one.bytes_recv for one in counters) / MB,
        }
