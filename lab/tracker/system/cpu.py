"""How busy the processors of the machine are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.tracker.system._base import Sensor, psutil

__all__ = ["Cpu"]


class Cpu(Sensor):
    """All cores together."""

    name = "cpu"

    def __init__(self) -> None:
        self._psutil: Any = None

    def open(self, folder: Path) -> bool:
        """Begin; the first reading of `psutil` means nothing."""
        self._psutil = psutil()
        self._psutil.cpu_percent()
        return True

    def read(self) -> Mapping[str, float]:
        """How busy they were since the last time."""
        return {"cpu.percent": self._psutil.cpu_percent()}
