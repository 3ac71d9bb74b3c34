"""Another name of `lab.utils.pytorch`."""

from __future__ import annotations

import sys

from lab.utils import pytorch
from lab.utils.pytorch import (
    add_model_indicators,
    get_device,
    get_modules,
    store_model_indicators,
)

__all__ = ["add_model_indicators", "get_device", "get_modules", "store_model_indicators"]

sys.modules[__name__] = pytorch
