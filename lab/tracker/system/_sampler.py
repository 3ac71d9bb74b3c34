"""All sensors together; one that fails is left out from then on."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path

from lab import logger
from lab.errors import MissingExtra
from lab.logger import Text
from lab.tracker.system._base import Sensor

__all__ = ["SENSORS", "Sampler", "check_installed"]

SENSORS = {
    "cpu": "lab.tracker.system.cpu:Cpu",
    "memory": "lab.tracker.system.memory:Memory",
    "process": "lab.tracker.system.process:Process",
    "disk": "lab.tracker.system.disk:Disk",
    "network": "lab.tracker.system.network:Network",
    "gpu": "lab.tracker.system.gpu:Gpu",
}


class Sampler:
    """Reads the sensors of this machine.

    Args:
        folder: the folder of the run.
        sensors: the sensors; all that there are where not given.
    """

    def __init__(self, folder: Path, sensors: Sequence[Sensor] | None = None) -> None:
        self._folder = folder
        self._given = sensors
        self._sensors: list[Sensor] = []

    def open(self) -> bool:
        """Begin to measure, which takes a moment; whether there is anything to measure."""
        for sensor in _all() if self._given is None else self._given:
            try:
                if sensor.open(self._folder):
                    self._sensors.append(sensor)
            except MissingExtra:  # who asked for it by name was told
                continue
            except Exception as error:  # whatever a driver raises must not end a training run
                _note(sensor, error)
        return bool(self._sensors)

    def read(self) -> dict[str, float]:
        """The measurements of now by the names of their indicators."""
        values: dict[str, float] = {}
        for sensor in list(self._sensors):
            try:
                read = sensor.read()
            except Exception as error:
                self._sensors.remove(sensor)
                _note(sensor, error)
                continue
            values.update((f"system.{name}", value) for name, value in read.items())
        return values


def check_installed() -> None:
    """Make sure that there is something to measure with.

    Raises:
        MissingExtra: there is not.
    """
    from importlib.util import find_spec

    if find_spec("psutil") is None:
        raise MissingExtra("psutil", "system", "the system indicators")


def _all() -> list[Sensor]:
    sensors = []
    for place in SENSORS.values():
        module, _, name = place.partition(":")
        sensors.append(getattr(importlib.import_module(module), name)())
    return sensors


def _note(sensor: Sensor, error: Exception) -> None:
    text = f"system.{sensor.name}.* is not measured any more: {type(error).__name__}: {error}"
    logger.log([(text, Text.subtle)])
