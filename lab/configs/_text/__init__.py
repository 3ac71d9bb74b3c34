"""Values against annotations, and the text of overrides."""

from __future__ import annotations
