"""Tell handwritten digits apart, with a choice of two optimizers."""

from __future__ import annotations

from torch import nn, optim
from torch.nn.functional import cross_entropy

from lab import experiment, loop, tracker
from lab.configs import computed
from lab.helpers.pytorch.datasets.mnist import MNISTConfigs


class Configs(MNISTConfigs):
    epochs: int = 5
    dataset_name = "digits"
    model: nn.Module
    optimizer: optim.Optimizer


@Configs.calc(Configs.model)
def linear(c: Configs) -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 10))


@Configs.calc(Configs.optimizer)
def sgd(c: Configs, lr: float = 0.1, momentum: float = 0.9) -> optim.Optimizer:
    return optim.SGD(c.model.parameters(), lr=lr, momentum=momentum)


Configs.calc(Configs.optimizer, params=computed(lambda c: c.model.parameters()))(optim.Adam)

conf = Configs()
experiment.create(name="first_steps")
experiment.calculate_configs(conf, {"optimizer": "Adam", "optimizer.lr": 1e-3})
with experiment.start():
    for _ in loop.loop(conf.epochs):
        for images, digits in conf.train_loader:
            conf.optimizer.zero_grad()
            loss = cross_entropy(conf.model(images), digits)
            loss.backward()
            conf.optimizer.step()
            tracker.add("loss", loss)
        tracker.save()
