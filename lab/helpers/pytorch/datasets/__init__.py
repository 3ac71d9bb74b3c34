"""Datasets as configs to inherit from."""

from __future__ import annotations

__all__: list[str] = []
