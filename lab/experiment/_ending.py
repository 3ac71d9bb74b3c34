"""How a run ends: the exception, or its absence, as a status."""

from __future__ import annotations

import sys

__all__ = ["of_exception", "uncaught"]


def of_exception(error: BaseException | None) -> tuple[str, str | None]:
    """The status of a run that ended so, and its exception in one line."""
    if error is None:
        return "completed", None
    text = " ".join(str(error).split())
    words = f"{type(error).__name__}: {text}" if text else type(error).__name__
    if isinstance(error, KeyboardInterrupt):
        return "interrupted", words
    if isinstance(error, SystemExit) and error.code in (None, 0):
        return "completed", None
    return "failed", words


def uncaught() -> BaseException | None:
    """The last exception that nobody caught, in this interpreter or notebook."""
    return getattr(sys, "last_value", None)
