"""Configs objects inside items: made when first looked at, or taken over from code."""

from __future__ import annotations

from lab.configs._choice import DEFAULT, Setting
from lab.configs._schema import inner_schema
from lab.configs._state import PENDING, Node, State

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def inner_of(node: Node, value: Any, is_default: bool) -> State:
    """The configs object inside an item.

    Args:
        node: the item.
        value: a configs class, or an object of one.
        is_default: whether the value is the class's default, which each object gets a copy of.
    """
    if node.inner is not None and node.inner_key is value:
        return node.inner
    if isinstance(value, type):
        conf = value()
    elif is_default:
        import copy

        conf = copy.copy(value)
    else:
        conf = value
    inner: State = conf._lab_state
    if inner.parent is None and all(other.status == PENDING for other in inner.nodes.values()):
        _take_over(node, inner, DEFAULT if is_default else None)
    node.inner, node.inner_key = inner, value
    return inner


def _take_over(node: Node, inner: State, level: int | None) -> None:
    """Makes a configs object that stood alone the one inside an item, with its settings."""
    own = inner.settings
    inner.settings = {}
    inner.attach(node.state, node.name)
    inner.schema = inner_schema(node.spec, inner.cls)
    inner.nodes.clear()
    root = inner.root
    for path, settings in own.items():
        merged = root.settings.setdefault(inner.prefix + path, [])
        for setting in settings:
            rank = setting.level if level is None else level
            merged.append(Setting(setting.value, rank, setting.where, setting.is_parsed))
        merged.sort(key=_level)
    root.version += 1
    root.is_set_inside = True


def _level(setting: Setting) -> int:
    return setting.level
