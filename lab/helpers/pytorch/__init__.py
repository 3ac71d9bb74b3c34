"""Ready configs for PyTorch: device, seed, data."""

from __future__ import annotations

__all__: list[str] = []
