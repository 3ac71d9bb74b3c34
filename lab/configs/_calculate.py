"""Computing what a run names: overrides first, then the one report, then the items in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lab.configs._choice import GRAPH
from lab.configs._choose import choose, inner_state
from lab.configs._locate import is_endless, locate
from lab.configs._plan import Plan, apply_overrides, checked_order, plan_of, target, with_errors
from lab.configs._resolve import get, settle
from lab.configs._schema import Version
from lab.configs._settings import take_back
from lab.configs._state import DONE, Node, State
from lab.errors import ConfigError

# How many plans of a class are kept: one for each set of overridden items and chosen options.
_PLANS = 64


def calculate(
    state: State, overrides: Mapping[str, Any] | None, run_order: Sequence[str] | None, source: str
) -> Plan:
    """Sets overrides, checks everything, and computes what the run order names.

    Where anything is wrong the overrides are taken back and nothing is computed.

    Raises:
        PlanError: all that is wrong.
        CalculationFailed: a calculator raised.
    """
    order = checked_order(run_order)
    added, errors = apply_overrides(state, overrides, source) if overrides else ([], [])
    try:
        plan, names = _planned(state, order, errors)
        plan.check()
    except BaseException:
        take_back(state.root, added)
        raise
    if names is None:
        _compute_all(state)
    else:
        for name in names:
            get(locate(state, name), None)
    return plan


def _planned(
    state: State, run_order: tuple[str, ...] | None, errors: list[ConfigError]
) -> tuple[Plan, tuple[str, ...] | None]:
    """The plan and the items to compute.

    What a plan says without errors and warnings depends only on which items are set and which options are chosen,
    so that the runs of a sweep share it.
    """
    key = None if errors else _key(state, run_order)
    known = state.schema.plans.get(key) if key is not None else None
    if known is not None:
        return known  # type: ignore[no-any-return]  # the schema does not know of plans
    plan = with_errors(plan_of(state, run_order), errors)
    plan.check()
    names = None if run_order is None else _items_of(state, run_order)
    if key is not None and not plan.warnings:
        plans = state.schema.plans
        if len(plans) >= _PLANS:
            plans.clear()
        plans[key] = (plan, names)
    return plan, names


def _items_of(state: State, run_order: Sequence[str]) -> tuple[str, ...]:
    """The items that a run order computes; of a method those that it surely reads, in source order."""
    skip = len(state.prefix)
    found: list[str] = []
    for name in run_order:
        nodes, methods = target(state, name)
        found += [node.path[skip:] for node in nodes]
        for reading in methods:
            found += [node.path[skip:] for node, always in reading.nodes.items() if always]
    return tuple(found)


def _key(state: State, run_order: tuple[str, ...] | None) -> Any:
    parts: list[Any] = [Version.now, run_order]
    skip = len(state.prefix)
    nodes = state.nodes
    try:
        for path, settings in state.root.settings.items():
            name = path[skip:] if skip else path
            choice = choose(nodes.get(name) or locate(state, name))
            graph = None
            if choice.kind == GRAPH:
                if not isinstance(choice.value, type):
                    return None
                graph = choice.value
            parts.append((path, settings[-1].level, choice.option, choice.kind, graph))
    except ConfigError:
        return None
    return tuple(parts)


def _compute_all(state: State) -> None:
    nodes, settings = state.nodes, state.root.settings
    for name, spec in state.schema.specs.items():
        node = nodes.get(name)
        if node is None:
            node = nodes[name] = Node(state, spec)
            fixed = spec.fixed
            if fixed is not None and fixed.is_ready and state.prefix + name not in settings:
                settle(node, fixed)
                continue
        if node.status != DONE and choose(node).kind == GRAPH:
            inner = inner_state(node)
            if inner is not None and not is_endless(inner):
                _compute_all(inner)
        else:
            get(node, None)
