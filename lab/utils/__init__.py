"""Small functions for the frameworks that they name."""

from __future__ import annotations

__all__: list[str] = []
