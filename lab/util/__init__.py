"""Another name of `lab.utils`."""

from __future__ import annotations

__all__: list[str] = []
