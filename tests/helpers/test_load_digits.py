from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab import configs
from lab.errors import DataError, PlanError

torch = pytest.importorskip("torch")
pytest.importorskip("sklearn")

from lab.helpers.pytorch.datasets import digits  # noqa: E402
from lab.helpers.pytorch.datasets.mnist import MNISTConfigs  # noqa: E402


def test_the_digits_are_images_like_mnists() -> None:
    train, valid = digits.load(is_train=True), digits.load(is_train=False)
    assert (len(train), len(valid)) == (1438, 359)
    image, label = train[0]
    assert image.shape == (1, 28, 28)
    assert image.dtype is torch.float32
    assert 0 <= label <= 9
    images = torch.cat([train.tensors[0], valid.tensors[0]])
    assert images.mean().item() == pytest.approx(0.0, abs=1e-3)
    assert images.std().item() == pytest.approx(1.0, abs=1e-3)
    raw = digits.load(is_train=True, is_normalized=False).tensors[0]
    assert raw.min() == 0
    assert raw.max() <= 1


def test_the_held_out_digits_are_always_the_same_and_never_trained_on() -> None:
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    first = digits.load(is_train=False).tensors[0]
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.manual_seed(2)
    assert torch.equal(first, digits.load(is_train=False).tensors[0])
    held_out = {image.numpy().tobytes() for image in first}
    trained_on = {image.numpy().tobytes() for image in digits.load(is_train=True).tensors[0]}
    assert not held_out & trained_on


def test_the_dataset_is_chosen_by_its_name() -> None:
    conf = MNISTConfigs()
    configs.calculate(conf, {"dataset_name": "digits", "train_batch_size": 100}, ["train_loader"])
    images, labels = next(iter(conf.train_loader))
    assert images.shape == (100, 1, 28, 28)
    assert labels.shape == (100,)
    assert conf.test_loader is conf.valid_loader
    assert sum(len(labels) for _, labels in conf.valid_loader) == 359


def test_a_dataset_that_is_not_there_is_an_error_before_anything_runs() -> None:
    with pytest.raises(
        PlanError, match=r"option .digit. for 'dataset_name' .*did you mean 'digits'"
    ):
        configs.calculate(MNISTConfigs(), {"dataset_name": "digit"}, ["train_loader"])


def test_a_download_that_fails_says_so_in_a_line_and_names_a_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    datasets = pytest.importorskip("torchvision.datasets")

    def no_network(*args: Any, **settings: Any) -> None:
        raise RuntimeError("Error downloading\n  train-images")

    monkeypatch.setattr(datasets, "MNIST", no_network)
    with pytest.raises(Exception, match="MNIST") as caught:
        MNISTConfigs().train_loader  # noqa: B018
    error: BaseException | None = caught.value
    while error is not None and not isinstance(error, DataError):
        error = error.__cause__
    assert str(error) == (
        f"MNIST is not in {Path.cwd() / 'data'} and cannot be downloaded (Error downloading "
        "train-images); dataset_name='digits' needs no download"
    )
