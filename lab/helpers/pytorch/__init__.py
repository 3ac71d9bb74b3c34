"""Ready configs for PyTorch: device, seed, data."""

from __future__ import annotations

from lab import optional

__all__: list[str] = []

# asked for here, before any module of this package imports it: where it is missing, the extra is named
optional.module("torch", "pytorch", "lab.helpers.pytorch")
