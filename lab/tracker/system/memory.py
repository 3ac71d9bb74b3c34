"""How much of the machine's memory is taken."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.tracker.system._base import GB, Sensor, psutil

__all__ = ["Memory"]


class Memory(Sensor):
    """What is not available to programs."""

    name = "memory"

    def __init__(self) -> None:
        self._psutil: Any = None

    def open(self, folder: Path) -> bool:
        """Begin."""
        self._psutil = psutil()
        return True

    def read(self) -> Mapping[str, float]:
        """The memory that is taken now."""
        memory = self._psutil.virtual_memory()
        taken = memory.total - memory.available
        return {"memory.percent": memory.percent, "memory.used_gb": taken / GB}
