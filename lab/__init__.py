"""Machine-learning experiments as lazily computed graphs of configs."""

from __future__ import annotations

__version__ = "0.1.0"
__all__: list[str] = []
