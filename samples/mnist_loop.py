"""Train a small convolutional network on images of handwritten digits.

Shows configs put together by inheritance, an optimizer chosen by name, the training loop, and where
the run is kept. `dataset_name = "digits"` needs no download; `"MNIST"` is the real thing.
"""

from __future__ import annotations

import torch
from torch import nn, optim
from torch.nn import functional

from lab import experiment, logger, loop, monit, tracker
from lab.configs import option
from lab.helpers.pytorch.datasets.mnist import MNISTConfigs
from lab.helpers.pytorch.device import DeviceConfigs
from lab.helpers.pytorch.seed import SeedConfigs
from lab.helpers.training_loop import TrainingLoopConfigs
from lab.logger import Text


class Net(nn.Module):
    """Two convolutions and two linear layers, for 1x28x28 images of ten kinds."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, channels, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(channels, 2 * channels, 5), nn.ReLU(), nn.MaxPool2d(2),
        )  # fmt: skip
        self.classify = nn.Sequential(
            nn.Flatten(), nn.Linear(2 * channels * 4 * 4, 128), nn.ReLU(), nn.Linear(128, 10)
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """The scores of the ten kinds."""
        scores: torch.Tensor = self.classify(self.features(images))
        return scores


class Configs(TrainingLoopConfigs, MNISTConfigs, DeviceConfigs, SeedConfigs):
    """All that can be set, and all that is computed from it."""

    epochs: int = 10
    dataset_name = "digits"
    train_log_interval: int = 10

    channels: int = 8
    model: nn.Module
    learning_rate: float = 2e-3
    optimizer: optim.Optimizer = option("adam_optimizer")

    loop_step = option("loop_step")
    loop_count = option("loop_count")
    is_save_models = True

    set_seed = "set_seed"
    main: MNIST


class MNIST:
    """The training: takes what it needs from the configs."""

    def __init__(self, c: Configs) -> None:
        self.model = c.model
        self.device = c.device
        self.train_loader = c.train_loader
        self.valid_loader = c.valid_loader
        self.optimizer = c.optimizer
        self.train_log_interval = c.train_log_interval
        self.training_loop = c.training_loop

    def __call__(self) -> None:
        """Train and validate in turns, as often as the loop says."""
        tracker.set_queue("train.loss", 20, True)
        tracker.set_scalar("valid.loss")
        for _ in self.training_loop:
            self.train()
            self.valid()

    def train(self) -> None:
        """Go through the training images once."""
        self.model.train()
        for i, (images, labels) in monit.enum("Train", self.train_loader):
            images, labels = images.to(self.device), labels.to(self.device)
            self.optimizer.zero_grad()
            loss = functional.cross_entropy(self.model(images), labels)
            loss.backward()
            self.optimizer.step()

            loop.add_global_step()
            tracker.add("train.loss", loss)
            if (i + 1) % self.train_log_interval == 0:
                tracker.save()

    def valid(self) -> None:
        """Go through the validation images; the training loop saves what is added."""
        self.model.eval()
        with torch.no_grad():
            for images, labels in monit.iterate("Valid", self.valid_loader):
                images, labels = images.to(self.device), labels.to(self.device)
                scores = self.model(images)
                losses = functional.cross_entropy(scores, labels, reduction="none")
                tracker.add("valid.loss", losses)
                tracker.add("valid.accuracy", scores.argmax(dim=1) == labels)


@Configs.calc(Configs.model)
def model(c: Configs) -> nn.Module:
    return Net(c.channels).to(c.device)


@Configs.calc(Configs.optimizer)
def sgd_optimizer(c: Configs, momentum: float = 0.9) -> optim.Optimizer:
    return optim.SGD(c.model.parameters(), lr=c.learning_rate, momentum=momentum)


@Configs.calc(Configs.optimizer)
def adam_optimizer(c: Configs) -> optim.Optimizer:
    return optim.Adam(c.model.parameters(), lr=c.learning_rate)


@Configs.calc(Configs.loop_step)
def loop_step(c: Configs) -> int:
    return len(c.train_loader)


@Configs.calc(Configs.loop_count)
def loop_count(c: Configs) -> int:
    return c.epochs * len(c.train_loader)


def main() -> None:
    """Run the experiment."""
    torch.set_num_threads(1)  # so small a network gains next to nothing from more
    conf = Configs()
    experiment.create(name="mnist_loop", writers={"sqlite"})
    experiment.calculate_configs(conf, {}, ["set_seed", "main"])
    experiment.add_pytorch_models({"model": conf.model})
    with experiment.start() as run:
        conf.main()

    logger.log()
    logger.log([("The run is in ", None), (str(run.path), Text.value)])
    logger.log("Its values can be read with SQL:")
    logger.log(f"  sqlite3 {run.path / 'sqlite.db'} 'select * from scalars limit 5'")


if __name__ == "__main__":
    main()
