"""Warnings that never raise: the console may be closed, and training goes on all the same."""

from __future__ import annotations

import contextlib

from lab import logger

__all__ = ["described", "warn"]


def warn(message: str) -> None:
    """Show a warning, where anything can be shown."""
    with contextlib.suppress(Exception):  # there is nowhere left to say so
        logger.warn(message)


def described(error: BaseException) -> str:
    """The error in words, also where it cannot put itself into any."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:
        return type(error).__name__
