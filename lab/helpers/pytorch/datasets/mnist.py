"""Handwritten digits as configs: MNIST, or those that come with scikit-learn and need no download.

::

    class Configs(MNISTConfigs):
        dataset_name = "digits"

    for images, labels in conf.train_loader: ...
"""

from __future__ import annotations

from typing import Any, Literal

from torch.utils.data import DataLoader, Dataset

import lab
from lab import optional
from lab.configs import BaseConfigs
from lab.errors import DataError
from lab.helpers.pytorch.datasets import digits

__all__ = ["MNISTConfigs"]

_MEAN, _STD = 0.1307, 0.3081  # of the pixels of MNIST's training images


class MNISTConfigs(BaseConfigs):
    """Images of digits (1x28x28, normalised) with their labels, to train on and to validate with.

    Attributes:
        dataset_name: `MNIST`, which is downloaded, or `digits`, which comes with scikit-learn.
        train_dataset: what to train on.
        valid_dataset: what to validate with.
        train_batch_size: how many images a step trains on.
        valid_batch_size: how many images are validated at once.
        train_loader: batches of the training set.
        valid_loader: batches of the validation set, in order.
        test_loader: another name of `valid_loader`.
    """

    dataset_name: Literal["MNIST", "digits"] = "MNIST"
    train_dataset: Dataset[Any]
    valid_dataset: Dataset[Any]
    train_batch_size: int = 64
    valid_batch_size: int = 1024
    train_loader: DataLoader[Any]
    valid_loader: DataLoader[Any]
    test_loader: DataLoader[Any]


@MNISTConfigs.calc(MNISTConfigs.train_dataset, "mnist_train")
def _mnist_train() -> Dataset[Any]:
    """The 60,000 training images of MNIST."""
    return _mnist(is_train=True)


@MNISTConfigs.calc(MNISTConfigs.valid_dataset, "mnist_valid")
def _mnist_valid() -> Dataset[Any]:
    """The 10,000 test images of MNIST."""
    return _mnist(is_train=False)


@MNISTConfigs.calc(MNISTConfigs.train_dataset, "digits_train")
def _digits_train() -> Dataset[Any]:
    """Four in five of scikit-learn's digits."""
    return digits.load(is_train=True)


@MNISTConfigs.calc(MNISTConfigs.valid_dataset, "digits_valid")
def _digits_valid() -> Dataset[Any]:
    """One in five of scikit-learn's digits."""
    return digits.load(is_train=False)


MNISTConfigs.aggregate(
    MNISTConfigs.dataset_name,
    "MNIST",
    (MNISTConfigs.train_dataset, "mnist_train"),
    (MNISTConfigs.valid_dataset, "mnist_valid"),
)
MNISTConfigs.aggregate(
    MNISTConfigs.dataset_name,
    "digits",
    (MNISTConfigs.train_dataset, "digits_train"),
    (MNISTConfigs.valid_dataset, "digits_valid"),
)


@MNISTConfigs.calc(MNISTConfigs.train_loader, "train_loader")
def _train_loader(c: MNISTConfigs) -> DataLoader[Any]:
    """Batches of the training set, in a new order each time."""
    return DataLoader(c.train_dataset, batch_size=c.train_batch_size, shuffle=True)


@MNISTConfigs.calc(MNISTConfigs.valid_loader, "valid_loader")
def _valid_loader(c: MNISTConfigs) -> DataLoader[Any]:
    """Batches of the validation set."""
    return DataLoader(c.valid_dataset, batch_size=c.valid_batch_size)


@MNISTConfigs.calc(MNISTConfigs.test_loader, "test_loader")
def _test_loader(c: MNISTConfigs) -> DataLoader[Any]:
    """Batches of the validation set."""
    return c.valid_loader


def _mnist(is_train: bool) -> Dataset[Any]:
    datasets = optional.module("torchvision.datasets", "pytorch", "dataset_name='MNIST'")
    transforms = optional.module("torchvision.transforms", "pytorch", "dataset_name='MNIST'")
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((_MEAN,), (_STD,))])
    folder = lab.get_data_path()
    try:
        dataset: Dataset[Any] = datasets.MNIST(
            str(folder), train=is_train, download=True, transform=transform
        )
    except (OSError, RuntimeError) as error:  # RuntimeError is what torchvision makes of all others
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(
            f"MNIST is not in {folder} and cannot be downloaded ({reason}); "
            "dataset_name='digits' needs no download"
        ) from error
    return dataset
