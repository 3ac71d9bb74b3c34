"""Random numbers that are the same in every run, as configs.

::

    class Configs(SeedConfigs):
        seed = 42

    experiment.calculate_configs(conf, {}, ["set_seed", "main"])
"""

from __future__ import annotations

import random
import sys
from typing import Any

import torch

from lab.configs import BaseConfigs

__all__ = ["SeedConfigs"]


class SeedConfigs(BaseConfigs):
    """Seeds the random numbers of Python, numpy and PyTorch.

    Attributes:
        seed: the seed of all of them.
        set_seed: computing it sets the seeds; name it first in the order of the run.
    """

    seed: int = 5
    set_seed: Any


@SeedConfigs.calc(SeedConfigs.set_seed, "set_seed")
def _set_seed(c: SeedConfigs) -> int:
    """Seed Python, numpy (where it is in use) and PyTorch on all devices."""
    random.seed(c.seed)
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(c.seed % 2**32)
    torch.manual_seed(c.seed)
    return c.seed
