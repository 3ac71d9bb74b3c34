"""Settings that nothing in a run is seen to read, and why."""

from __future__ import annotations

from dataclasses import dataclass

from lab.configs._choice import DEFAULT, GRAPH
from lab.configs._choose import choose
from lab.configs._locate import all_items, locate
from lab.configs._shorten import shorten
from lab.configs._state import Node, State
from lab.configs._static import reading_of_option
from lab.configs._walk import Walk
from lab.errors import ConfigError


@dataclass(frozen=True)
class Unread:
    """A setting that nothing in the run is seen to read.

    Attributes:
        key: the config.
        value: what it was set to, as text.
        source: where.
        reason: why nobody reads it.
        is_certain: False where configs are handed on whole, so that it may be read after all.
    """

    key: str
    value: str
    source: str
    reason: str
    is_certain: bool

    def __str__(self) -> str:
        seen = "reads it" if self.is_certain else "is seen to read it"
        return f"{self.key}={self.value} ({self.source}): nothing in this run {seen}; {self.reason}"


def unread_settings(state: State, walk: Walk, opens: list[str]) -> tuple[Unread, ...]:
    """The settings of a configs object that a walk through its graph does not reach."""
    found: list[Unread] = []
    reached = {node.path for node in walk.reached}
    for path, settings in state.root.settings.items():
        setting = settings[-1]
        if setting.level == DEFAULT or path in reached or not path.startswith(state.prefix):
            continue
        try:
            node = locate(state, path[len(state.prefix) :])
            if choose(node).kind == GRAPH and any(name.startswith(path + ".") for name in reached):
                continue
        except ConfigError:  # reported where settings are checked
            continue
        reason = _reason(state, node, walk, opens)
        found.append(Unread(path, shorten(setting.value), setting.where, reason, not opens))
    return tuple(found)


def _reason(state: State, node: Node, walk: Walk, opens: list[str]) -> str:
    reasons = [_by_readers(state, node, walk)]
    if node.spec.argument is None:
        reasons += _shadowing(node, walk)
    if opens:
        reasons.append(f"the configs are handed on whole in {opens[0]}, where it may be read")
    return "; ".join(reason for reason in reasons if reason)


def _by_readers(state: State, node: Node, walk: Walk) -> str:
    if node.spec.argument is not None:
        item = node.name.partition(".")[0]
        return f"it belongs to {node.state.prefix + item!r}, which the run does not reach"
    elsewhere: list[str] = []
    not_chosen: list[str] = []
    for other in all_items(state, with_parameters=True):
        try:
            if other not in walk.reached and node in walk.reading(other).nodes:
                elsewhere.append(other.path)
            chosen = choose(other).option
        except ConfigError:
            continue
        for option in other.spec.options:
            if option != chosen and node in reading_of_option(other, option).nodes:
                current = f", which is {chosen!r}" if chosen else ""
                not_chosen.append(f"option {option!r} of {other.path!r}{current}")
    if not_chosen:
        return f"it is read only by {' and by '.join(not_chosen)}"
    if elsewhere:
        return (
            f"it is read only by {' and '.join(map(repr, elsewhere))}, which the run does not reach"
        )
    seen = "reads" if not walk.opens() else "is seen to read"
    return f"no calculator {seen} it, and the run order does not name it"


def _shadowing(node: Node, walk: Walk) -> list[str]:
    """Parameters of the same name that are configs of their own because they have a default."""
    binding = f"{node.name}={node.state.cls.__name__}.{node.name}"
    return [
        f"{other.path!r} is a config of its own; to tie it, bind it in calc: {binding}"
        for other in walk.reached
        if other.spec.argument is not None and other.spec.argument[1].name == node.name
    ][:1]


__all__ = ["Unread", "unread_settings"]
