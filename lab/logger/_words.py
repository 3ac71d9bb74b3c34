"""Numbers and times in few letters."""

from __future__ import annotations

import math

__all__ = ["clock", "compact", "duration", "rate"]


def compact(value: float) -> str:
    """A number with about four digits: 0.0312, 12.34, 5,120, 1.200e-05.

    Whole numbers are shown in full, up to 15 digits.
    """
    if isinstance(value, int):
        if abs(value) < 10**15:
            return f"{value:,}"
        try:
            value = float(value)
        except OverflowError:
            return "inf" if value > 0 else "-inf"
    size = abs(value)
    if not math.isfinite(size):
        return f"{value}"
    if size == 0 or 1e-3 <= size < 9.99995:
        return f"{value:.4f}"
    if size < 1e-3 or size >= 1e6:
        return f"{value:.3e}"
    return f"{value:,.{max(0, 4 - len(str(round(size))))}f}"


def duration(seconds: float) -> str:
    """How long something took: 0.03ms, 12ms, 1.23s, 2:03, 1:02:03."""
    if seconds < 0.00995:
        return f"{seconds * 1000:.2f}ms"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f}ms"
    if seconds < 99.95:
        return f"{seconds:.2f}s" if seconds < 9.995 else f"{seconds:.1f}s"
    return clock(seconds)


def clock(seconds: float) -> str:
    """A time as minutes and seconds, or hours, minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def rate(often: float, seconds: float) -> str:
    """How often something happens: 1,234/s, 3.5/s, or what one takes where that is more than 1 s."""
    if often <= 0 or seconds <= 0:
        return ""
    each = seconds / often
    if each > 1:
        return f"{duration(each)} each"
    return f"{1 / each:,.0f}/s" if each < 0.1 else f"{1 / each:.1f}/s"
