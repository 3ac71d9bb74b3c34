"""The config graph: declare values and the functions that compute the rest of them; reading computes.

Subclass `BaseConfigs`, annotate its items, and register calculators with `@Configs.calc(Configs.item)`. The functions
here look at an object of such a class, in the style of `dataclasses`; none of them but `calculate` computes anything.
"""

from __future__ import annotations

from lab.configs._base import BaseConfigs
from lab.configs._markers import UNSET, Pending, build, computed, option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from lab.configs._explain import Difference, Explanation
    from lab.configs._graph import Graph, GraphNode
    from lab.configs._plan import Plan
    from lab.configs._state import State

__all__ = [
    "UNSET",
    "BaseConfigs",
    "Pending",
    "asdict",
    "build",
    "calculate",
    "computed",
    "diff",
    "explain",
    "fingerprint",
    "graph",
    "hyperparams",
    "items",
    "option",
    "plan",
]


def calculate(
    conf: BaseConfigs,
    overrides: Mapping[str, Any] | None = None,
    run_order: Sequence[str] | None = None,
    *,
    source: str = "override",
) -> Plan:
    """Sets overrides, checks the whole run in one report, and computes what it names.

    Args:
        conf: the configs.
        overrides: values by dotted name; they outrank all other sources. A mapping sets what is inside an item.
        run_order: items and methods; of a method, what it surely reads is computed. None computes everything.
        source: what the values' source is called.

    Returns:
        The plan, whose warnings name what is probably not meant.

    Raises:
        PlanError: all that is wrong, found before anything is computed; the overrides are then taken back.
        CalculationFailed: a calculator raised.
    """
    from lab.configs import _calculate

    return _calculate.calculate(_state(conf), overrides, run_order, source)


def plan(
    conf: BaseConfigs,
    overrides: Mapping[str, Any] | None = None,
    run_order: Sequence[str] | None = None,
) -> Plan:
    """Tells what `calculate` would find and do with these overrides and this order, without doing it."""
    from lab.configs import _plan

    return _plan.plan_with(_state(conf), overrides, run_order)


def items(conf: BaseConfigs) -> tuple[GraphNode, ...]:
    """The items, with the parameters of the chosen options, in order of declaration."""
    return graph(conf).nodes


def asdict(conf: BaseConfigs) -> dict[str, Any]:
    """The values by dotted name; `Pending` for what is not computed yet."""
    from lab.configs import _graph

    return dict(_graph.values_of(_state(conf)))


def hyperparams(conf: BaseConfigs) -> dict[str, Any]:
    """The values of what is recorded as a hyperparameter: what is overridden, and what is marked so.

    Of an item with options it is the name of the chosen one.
    """
    from lab.configs import _graph

    return _graph.hyperparams_of(_state(conf))


def graph(conf: BaseConfigs) -> Graph:
    """All items, who reads whom, and in which order they were computed."""
    from lab.configs import _graph

    return _graph.graph_of(_state(conf))


def explain(conf: BaseConfigs, key: str) -> Explanation:
    """Where a value comes from, what lost against it, what it is computed from, and who reads it.

    Raises:
        UnknownConfig: nothing is called so.
    """
    from lab.configs import _explain
    from lab.configs._locate import locate

    state = _state(conf)
    return _explain.explain_node(state, locate(state, key))


def diff(left: BaseConfigs, right: BaseConfigs) -> tuple[Difference, ...]:
    """The configs in which two graphs differ: given values and chosen options, with their sources."""
    from lab.configs import _explain

    return _explain.differences(_state(left), _state(right))


def fingerprint(conf: BaseConfigs, key: str | None = None) -> str:
    """A name for the settings: 64 hexadecimal digits that agree across processes and machines.

    A computed item counts by its option and by what it reads, never by its content; paths below the project's
    folder count as relative to it.

    Args:
        conf: the configs.
        key: an item, for the fingerprint of it alone.
    """
    from lab import project
    from lab.configs import _fingerprint
    from lab.configs._locate import locate

    state = _state(conf)
    node = None if key is None else locate(state, key)
    return _fingerprint.fingerprint_of(state, node, project.current().path)


def _state(conf: BaseConfigs) -> State:
    if not isinstance(conf, BaseConfigs):
        from lab.errors import ConfigError

        name = getattr(conf, "__name__", type(conf).__name__)
        hint = f"; make one: {name}()" if isinstance(conf, type) else ""
        raise ConfigError(f"expected an object of a configs class, got {conf!r}{hint}")
    return conf._lab_state
