"""The experiment of the first table: 30 values, and five objects made of them and of each other."""

from __future__ import annotations

from typing import Any

DEFAULTS: dict[str, Any] = {
    # the dataset
    "root": "data",
    "size": 28,
    "channels": 1,
    "classes": 10,
    "augment": True,
    "seed": 5,
    # the model
    "width": 64,
    "depth": 4,
    "kernel": 3,
    "dropout": 0.1,
    "activation": "relu",
    "norm": "batch",
    # the optimizer
    "lr": 0.01,
    "momentum": 0.5,
    "weight_decay": 0.0,
    "nesterov": False,
    "eps": 1e-8,
    "clip": 1.0,
    # the schedule
    "warmup": 100,
    "gamma": 0.7,
    "step_size": 1,
    "floor": 0.0,
    "power": 1.0,
    "restart": False,
    # the trainer
    "epochs": 10,
    "batch_size": 64,
    "log_interval": 10,
    "save_interval": 100,
    "patience": 3,
    "device": "cpu",
}

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

GROUPS = ("dataset", "model", "optimizer", "schedule", "trainer")
GROUP_OF = {key: GROUPS[i // 6] for i, key in enumerate(DEFAULTS)}


def converted() -> dict[str, Any]:
    """The overrides with text made into values, for libraries that leave that to their users."""
    return {key: type(DEFAULTS[key])(value) for key, value in OVERRIDES.items()}


class Part:
    """An object that knows what it was made of."""

    values: tuple[Any, ...]

    def flat(self) -> list[Any]:
        """All values that went into it, and into what it was made of."""
        return [v.flat() if isinstance(v, Part) else v for v in self.values]


class Dataset(Part):
    def __init__(
        self, root: str, size: int, channels: int, classes: int, augment: bool, seed: int
    ) -> None:
        self.values = (root, size, channels, classes, augment, seed)


class Model(Part):
    def __init__(
        self,
        dataset: Dataset,
        width: int,
        depth: int,
        kernel: int,
        dropout: float,
        activation: str,
        norm: str,
    ) -> None:
        self.values = (dataset, width, depth, kernel, dropout, activation, norm)


class Optimizer(Part):
    def __init__(
        self,
        model: Model,
        lr: float,
        momentum: float,
        weight_decay: float,
        nesterov: bool,
        eps: float,
        clip: float,
    ) -> None:
        self.values = (model, lr, momentum, weight_decay, nesterov, eps, clip)


class Schedule(Part):
    def __init__(
        self,
        optimizer: Optimizer,
        warmup: int,
        gamma: float,
        step_size: int,
        floor: float,
        power: float,
        restart: bool,
    ) -> None:
        self.values = (optimizer, warmup, gamma, step_size, floor, power, restart)


class Trainer(Part):
    def __init__(
        self,
        dataset: Dataset,
        model: Model,
        optimizer: Optimizer,
        schedule: Schedule,
        epochs: int,
        batch_size: int,
        log_interval: int,
        save_interval: int,
        patience: int,
        device: str,
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
