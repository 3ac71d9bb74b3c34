"""The GPUs of NVIDIA, through the library that comes with their driver."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lab import optional
from lab.errors import MissingExtra
from lab.tracker.system._base import GB, Sensor

__all__ = ["Gpu"]

_READINGS: dict[str, Callable[[Any, Any], float]] = {
    "percent": lambda nvml, gpu: nvml.nvmlDeviceGetUtilizationRates(gpu).gpu,
    "memory_gb": lambda nvml, gpu: nvml.nvmlDeviceGetMemoryInfo(gpu).used / GB,
    "memory_percent": lambda nvml, gpu: _share(nvml.nvmlDeviceGetMemoryInfo(gpu)),
    "power_w": lambda nvml, gpu: nvml.nvmlDeviceGetPowerUsage(gpu) / 1000,
    "temperature_c": lambda nvml, gpu: nvml.nvmlDeviceGetTemperature(
        gpu, nvml.NVML_TEMPERATURE_GPU
    ),
}


class Gpu(Sensor):
    """What each GPU does, whoever uses it; none where there is no driver."""

    name = "gpu"

    def __init__(self) -> None:
        self._nvml: Any = None
        self._readings: list[tuple[str, Any, Callable[[Any, Any], float]]] = []

    def open(self, folder: Path) -> bool:
        """Find the GPUs, and what each of them tells."""
        try:
            self._nvml = optional.module("pynvml", "system", "the GPU indicators")
            self._nvml.nvmlInit()
        except MissingExtra:
            return False
        except self._nvml.NVMLError:  # no driver
            return False
        for index in range(self._nvml.nvmlDeviceGetCount()):
            gpu = self._nvml.nvmlDeviceGetHandleByIndex(index)
            for name, read in _READINGS.items():
                try:
                    read(self._nvml, gpu)
                except self._nvml.NVMLError:  # not every model tells everything
                    continue
                self._readings.append((f"gpu.{index}.{name}", gpu, read))
        return bool(self._readings)

    def read(self) -> Mapping[str, float]:
        """What all GPUs tell now."""
        return {name: float(read(self._nvml, gpu)) for name, gpu, read in self._readings}


def _share(memory: Any) -> float:
    return 100 * float(memory.used) / (memory.total or 1)
