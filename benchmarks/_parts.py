"""The experiment of the first table: 30 values, and five objects made of them and of each other."""

from __future__ import annotations

import inspect
from typing import Any


class Part:
    """An object that knows what it was made of."""

    values: tuple[Any, ...]

    def flat(self) -> list[Any]:
        """All values that went into it, and into what it was made of."""
        return [v.flat() if isinstance(v, Part) else v for v in self.values]


class Dataset(Part):
    def __init__(
        self,
        root: str = "data",
        size: int = 28,
        channels: int = 1,
        classes: int = 10,
        augment: bool = True,
        seed: int = 5,
    ) -> None:
        self.values = (root, size, channels, classes, augment, seed)


class Model(Part):
    def __init__(
        self,
        dataset: Dataset,
        width: int = 64,
        depth: int = 4,
        kernel: int = 3,
        dropout: float = 0.1,
        activation: str = "relu",
        norm: str = "batch",
    ) -> None:
        self.values = (dataset, width, depth, kernel, dropout, activation, norm)


class Optimizer(Part):
    def __init__(
        self,
        model: Model,
        lr: float = 0.01,
        momentum: float = 0.5,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        eps: float = 1e-08,
        clip: float = 1.0,
    ) -> None:
        self.values = (model, lr, momentum, weight_decay, nesterov, eps, clip)


class Schedule(Part):
    def __init__(
        self,
        optimizer: Optimizer,
        warmup: int = 100,
        gamma: float = 0.7,
        step_size: int = 1,
        floor: float = 0.0,
        power: float = 1.0,
        restart: bool = False,
    ) -> None:
        self.values = (optimizer, warmup, gamma, step_size, floor, power, restart)


class Trainer(Part):
    def __init__(
        self,
        dataset: Dataset,
        model: Model,
        optimizer: Optimizer,
        schedule: Schedule,
        epochs: int = 10,
        batch_size: int = 64,
        log_interval: int = 10,
        save_interval: int = 100,
        patience: int = 3,
        device: str = "cpu",
    ) -> None:
        self.values = (
            dataset,
            model,
            optimizer,
            schedule,
            epochs,
            batch_size,
            log_interval,
            save_interval,
            patience,
            device,
        )


PARTS = {part.__name__.lower(): part for part in (Dataset, Model, Optimizer, Schedule, Trainer)}

DEFAULTS: dict[str, Any] = {}
GROUP_OF: dict[str, str] = {}  # which part takes a value
for _group, _part in PARTS.items():
    for _name, _parameter in inspect.signature(_part).parameters.items():
        if _parameter.default is not _parameter.empty:
            DEFAULTS[_name] = _parameter.default
            GROUP_OF[_name] = _group

# Eight of the values are overridden, three of them as text, as a command line has them.
OVERRIDES: dict[str, Any] = {
    "width": 96,
    "depth": "6",
    "dropout": 0.25,
    "activation": "gelu",
    "lr": "1e-3",
    "momentum": 0.8,
    "epochs": 25,
    "batch_size": "128",
}


def converted() -> dict[str, Any]:
    """The overrides with text made into values, for libraries that leave that to their users."""
    return {key: type(DEFAULTS[key])(value) for key, value in OVERRIDES.items()}
