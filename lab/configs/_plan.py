"""All that can be said of a run before it starts: what is wrong, in which order it computes, what nobody reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab.configs._choice import DEFAULT, GRAPH, OVERRIDE, Setting
from lab.configs._choose import choose, inner_state, level_of, settings_of
from lab.configs._describe import type_name
from lab.configs._locate import all_items, check_overlay, locate
from lab.configs._meta import METHODS
from lab.configs._settings import put, take_back
from lab.configs._state import Node, State
from lab.configs._static import Reading, find_member, reading_of_method
from lab.configs._unread import Unread, unread_settings
from lab.configs._walk import Walk
from lab.errors import ConfigError, OptionNotChosen, PlanError, UnknownConfig, nearest


@dataclass(frozen=True)
class Plan:
    """What is known of a run before it starts.

    Attributes:
        owner: the name of the configs class.
        errors: what is wrong; nothing can be run.
        warnings: what is probably not meant, in words.
        order: the items that are surely computed, in order.
        unread: the settings that nothing in the run is seen to read.
        opens: where configs are handed on whole, so that what is read there is known only after the run.
    """

    owner: str
    errors: tuple[ConfigError, ...]
    warnings: tuple[str, ...]
    order: tuple[str, ...]
    unread: tuple[Unread, ...]
    opens: tuple[str, ...]

    def check(self) -> None:
        """Raises what is wrong with the run, all of it at once.

        Raises:
            PlanError: there is something wrong.
        """
        if self.errors:
            raise PlanError(self.errors, self.owner)

    def __str__(self) -> str:
        count = len(self.order)
        lines = [f"{self.owner}: {count} item{'' if count == 1 else 's'} to compute"]
        for title, found in (
            ("wrong", self.errors),
            ("warnings", self.warnings),
            ("order", self.order),
            ("open", self.opens),
        ):
            if found:
                lines.append(f"{title}:")
                lines.extend(f"  {item}" for item in found)
        return "\n".join(lines)


def plan_of(state: State, run_order: Sequence[str] | None) -> Plan:
    """The plan for a configs object with the settings that it has.

    Args:
        state: the configs object.
        run_order: the items and methods that the run names; None for all items.
    """
    walk = Walk()
    doubtful: list[str] = []
    _check_settings(state, walk, doubtful)
    certain, possible, reading = _targets(state, run_order, walk)
    walk.go(certain, possible)
    opens = [f"{node.path}: {what}" for node, what in walk.opens()]
    opens += reading.opens
    unread = unread_settings(state, walk, opens) if run_order is not None else ()
    warnings = [
        *doubtful,
        *(str(one) for one in unread),
        *(_doubt(node, walk) for node in walk.doubts),
        *_unknown_names(walk, state),
        *_almost_options(state),
    ]
    return Plan(
        state.cls.__name__,
        tuple(walk.errors.values()),
        tuple(warnings),
        tuple(node.path for node in walk.order),
        tuple(unread),
        tuple(opens),
    )


def apply_overrides(
    state: State, overrides: Mapping[str, Any], source: str = "override", level: int = OVERRIDE
) -> tuple[list[tuple[str, Setting]], list[ConfigError]]:
    """Sets overrides, those of outer items first.

    Returns:
        The settings that were added, and what was wrong with the others.
    """
    added: list[tuple[str, Setting]] = []
    errors: list[ConfigError] = []
    if not isinstance(overrides, Mapping):
        raise ConfigError(f"overrides are values by name, {{'lr': 0.1}}, got {overrides!r}")
    keys = list(overrides)
    if any("." in str(key) for key in keys):
        keys.sort(key=lambda key: str(key).count("."))
    for key in keys:
        value = overrides[key]
        try:
            if not isinstance(key, str):
                raise UnknownConfig(repr(key), (), "", "a config is named by text")
            added += put(state, key, value, Setting(value, level, source))
        except ConfigError as error:
            errors.append(error)
    return added, errors


def plan_with(
    state: State, overrides: Mapping[str, Any] | None, run_order: Sequence[str] | None
) -> Plan:
    """The plan for a configs object with overrides that it is given for this once."""
    run_order = checked_order(run_order)
    added, errors = apply_overrides(state, overrides or {})
    try:
        found = plan_of(state, run_order)
    finally:
        take_back(state.root, added)
    return with_errors(found, errors)


def with_errors(plan: Plan, errors: Sequence[ConfigError]) -> Plan:
    """The plan with more that is wrong, put first."""
    if not errors:
        return plan
    texts = {str(error) for error in errors}
    others = tuple(error for error in plan.errors if str(error) not in texts)
    return Plan(plan.owner, (*errors, *others), plan.warnings, plan.order, plan.unread, plan.opens)


def checked_order(run_order: Sequence[str] | None) -> tuple[str, ...] | None:
    """A run order as a tuple.

    Raises:
        ConfigError: it is text, which is a sequence of names to Python alone.
    """
    if isinstance(run_order, str):
        raise ConfigError(f"a run order is a list of names, got the text {run_order!r}")
    return None if run_order is None else tuple(run_order)


def _check_settings(state: State, walk: Walk, doubtful: list[str]) -> None:
    for node in list(all_items(state)):
        try:
            check_overlay(node)
        except ConfigError as error:
            walk.errors.setdefault(str(error), error)
    for path, settings in list(state.root.settings.items()):
        if not path.startswith(state.prefix) or settings[-1].level == DEFAULT:
            continue
        setting = settings[-1]
        try:
            choose(locate(state, path[len(state.prefix) :], setting.where))
        except OptionNotChosen as error:
            chosen = choose(locate(state, error.item[len(state.prefix) :]))
            if setting.level >= level_of(chosen):
                walk.errors.setdefault(str(error), error)
            else:
                doubtful.append(f"{error}; it is not applied")
        except ConfigError as error:
            walk.errors.setdefault(str(error), error)


def _targets(
    state: State, run_order: Sequence[str] | None, walk: Walk
) -> tuple[list[Node], list[Node], Reading]:
    """The nodes that a run order names or that its methods read: the sure ones, the possible ones."""
    certain: list[Node] = []
    possible: list[Node] = []
    opened = Reading()
    if run_order is None:
        return list(all_items(state)), [], opened
    for name in run_order:
        try:
            found, methods = target(state, name)
        except ConfigError as error:
            walk.errors.setdefault(str(error), error)
            continue
        certain += found
        for reading in methods:
            certain += [node for node, always in reading.nodes.items() if always]
            possible += reading.nodes
            opened.opens += reading.opens
    return certain, possible, opened


def target(state: State, name: str) -> tuple[list[Node], list[Reading]]:
    """What a name in a run order stands for: items, or a method and what it reads.

    Raises:
        UnknownConfig: it is neither.
    """
    is_member = isinstance(name, str) and "." not in name and name not in METHODS
    if is_member and name not in state.schema.specs:
        found, _ = find_member(state.cls, name, None)
        if callable(found) or isinstance(found, (staticmethod, classmethod, property)):
            return [], [reading_of_method(state, name)]
    try:
        node = locate(state, str(name), "run order")
    except UnknownConfig as error:
        methods = [
            member
            for member in dir(state.cls)
            if member[0] != "_" and callable(find_member(state.cls, member, None)[0])
        ]
        raise UnknownConfig(error.key, [*error.known, *methods], error.owner, "run order") from None
    if choose(node).kind == GRAPH:
        inner = inner_state(node)
        return ([] if inner is None else list(all_items(inner))), []
    return [node], []


def _almost_options(state: State) -> list[str]:
    """Text that was set for an item with options, that names none of them but nearly does."""
    found = []
    for node in all_items(state):
        names = node.spec.option_names()
        settings = settings_of(node) if names else []
        value = settings[-1].value if settings else None
        if isinstance(value, str) and value not in names and nearest(value, names):
            close = " or ".join(map(repr, nearest(value, names)))
            found.append(
                f"{node.path}={value!r} ({settings[-1].where}) names no option and is taken as text; "
                f"did you mean {close}?"
            )
    return found


def _doubt(node: Node, walk: Walk) -> str:
    kind = type_name(node.spec)
    readers = ", ".join(map(repr, walk.readers(node)))
    by = f" by {readers}" if readers else ""
    return f"{node.path!r}{f' ({kind})' if kind else ''} has no value and may be needed{by}"


def _unknown_names(walk: Walk, state: State) -> list[str]:
    names = state.names()
    found = []
    for node in walk.reached:
        for unknown in walk.reading(node).unknown:
            error = UnknownConfig(unknown.name, names, state.cls.__name__)
            found.append(f"{node.path!r} reads it in line {unknown.line}: {error}")
    return found
