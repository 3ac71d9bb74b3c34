"""Values as text that fits into a message."""

from __future__ import annotations


def shorten(value: object, limit: int = 60) -> str:
    """A value as text for a message."""
    try:
        if isinstance(value, str):
            text = repr(str(value[: limit + 1]))
        elif isinstance(value, (list, tuple, set, frozenset, dict)) and len(value) > limit:
            text = f"a {type(value).__name__} of {len(value)} items"
        else:
            text = repr(value)
    except Exception:
        text = f"<{type(value).__name__}>"
    return text if len(text) <= limit else f"{text[: limit - 3]}..."
