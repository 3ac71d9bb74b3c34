"""Handwritten digits without a download: those that come with scikit-learn, as images of 28x28 pixels.

There are 1,797 of them, written by 43 people, 8x8 pixels in 17 shades
(https://archive.ics.uci.edu/dataset/80); one in five is held out for validation, always the same
ones.
"""

from __future__ import annotations

import torch
from torch.utils.data import TensorDataset

from lab import optional

__all__ = ["MEAN", "SEED", "SIZE", "STD", "VALID_SHARE", "load"]

SIZE = 28
SEED = 0  # of the choice of what is held out
VALID_SHARE = 0.2
MEAN, STD = 0.3053, 0.3247  # of all pixels, where black is 0 and white is 1


def load(is_train: bool, is_normalized: bool = True) -> TensorDataset:
    """The digits as pairs of an image (1x28x28, float32) and a label (0 to 9).

    Args:
        is_train: whether those to train on are wanted, or those that are held out.
        is_normalized: whether pixels have mean 0 and deviation 1 over all images, or go from 0 to
            1.

    Raises:
        MissingExtra: scikit-learn is not installed.
    """
    datasets = optional.module("sklearn.datasets", "sklearn", "dataset_name='digits'")
    digits = datasets.load_digits()
    small = torch.as_tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
    images = torch.nn.functional.interpolate(
        small, size=(SIZE, SIZE), mode="bilinear", align_corners=False
    )
    if is_normalized:
        images = (images - MEAN) / STD
    labels = torch.as_tensor(digits.target, dtype=torch.int64)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(SEED))
    held_out = int(len(labels) * VALID_SHARE)
    chosen = order[held_out:] if is_train else order[:held_out]
    return TensorDataset(images[chosen], labels[chosen])
