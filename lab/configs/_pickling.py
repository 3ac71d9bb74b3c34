"""Pickling and copying: an object is its class by name and its settings, never what it computed."""

from __future__ import annotations

import sys

from lab.configs._choice import Setting
from lab.configs._shorten import shorten
from lab.configs._state import State
from lab.errors import NotPicklable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    # (dotted name, ((value, level, where, whether parsed), ...)), ...
    Settings = tuple[tuple[str, tuple[tuple[Any, int, str, bool], ...]], ...]

_PLAIN = frozenset({int, float, str, bool, type(None), complex, bytes})


def reduce(state: State) -> tuple[Any, ...]:
    """What pickle keeps of a configs object.

    Raises:
        NotPicklable: the class cannot be found by its name, or a setting cannot be pickled.
    """
    cls = state.cls
    found: Any = sys.modules.get(cls.__module__)
    for name in cls.__qualname__.split("."):
        found = getattr(found, name, None)
    if found is not cls:
        raise NotPicklable("", cls.__qualname__, "the class is not found by its name")
    settings = settings_inside(state)
    for path, given in settings:
        for value, *_ in given:
            if type(value) not in _PLAIN:
                _check(path, value)
    return (restore, (cls, settings))


def settings_inside(state: State) -> Settings:
    """The settings of a configs object and of all inside it."""
    prefix = state.prefix
    return tuple(
        (path[len(prefix) :], tuple((s.value, s.level, s.where, s.is_parsed) for s in given))
        for path, given in state.root.settings.items()
        if path.startswith(prefix)
    )


def restore(cls: Any, settings: Settings) -> Any:
    """A configs object with these settings."""
    conf = cls.__new__(cls)
    state: State = conf._lab_state
    state.settings = {
        path: [Setting(value, level, where, parsed) for value, level, where, parsed in given]
        for path, given in settings
    }
    state.version += 1
    state.is_set_inside = True
    return conf


def copied(state: State, memo: dict[int, Any] | None) -> Any:
    """A configs object with the same settings, their values shared or (with a memo) copied too."""
    settings = settings_inside(state)
    if memo is not None:
        import copy

        settings = copy.deepcopy(settings, memo)
    return restore(state.cls, settings)


def _check(path: str, value: object) -> None:
    import pickle

    try:
        pickle.dumps(value)
    except Exception as error:
        raise NotPicklable(path, shorten(value), str(error)) from error
