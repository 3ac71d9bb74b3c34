"""Copies of mutable class defaults, so that no object changes what the next one starts from."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PLAIN = frozenset({int, float, str, bool, type(None), complex, bytes, type})
NUMBERS = frozenset({int, float, bool})
_CONTAINERS = (list, dict, set, bytearray)


def is_container(value: Any) -> bool:
    """Whether a value is a list, dictionary, set or the like."""
    return isinstance(value, _CONTAINERS)


def outer_copy(value: Any) -> Any:
    """A copy of a container that holds the same objects."""
    import copy

    return copy.copy(value)


def own_copy(value: Any) -> Any:
    """A copy of a list, dictionary, set or dataclass object with all inside it; anything else as it is.

    What cannot be copied, such as a lock inside a list, is shared.
    """
    if type(value) in PLAIN:
        return value
    if isinstance(value, tuple):
        return value if all(own_copy(item) is item for item in value) else _deep(value)
    if isinstance(value, _CONTAINERS) or _is_mutable_dataclass(value):
        return _deep(value)
    return value


def _is_mutable_dataclass(value: Any) -> bool:
    parameters = getattr(type(value), "__dataclass_params__", None)
    return parameters is not None and not parameters.frozen and not isinstance(value, type)


def _deep(value: Any) -> Any:
    import copy

    try:
        return copy.deepcopy(value)
    except Exception:
        return copy.copy(value)
