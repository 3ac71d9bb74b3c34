"""From a dotted name to the node that it means, at any depth."""

from __future__ import annotations

from lab.configs._calls import Call, calls_of, parameter_spec
from lab.configs._choose import CALC, Choice, choose, inner_state
from lab.configs._state import PENDING, Node, State
from lab.errors import OptionNotChosen, UnknownConfig

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lab.configs._calculator import Calculator


def locate(state: State, path: str, source: str | None = None) -> Node:
    """The node of an item, an item inside an item, or a parameter of an item's chosen option.

    Args:
        state: the configs object that the name starts in.
        path: the dotted name, or an alias.
        source: where the name was given, for errors.

    Raises:
        UnknownConfig: nothing is called so.
        OptionNotChosen: it is a parameter of an option that is not the chosen one.
    """
    head, dot, rest = path.partition(".")
    specs = state.schema.specs
    if head not in specs and path in state.schema.aliases:
        return locate(state, state.schema.aliases[path], source)
    if head not in specs:
        known = [*state.names(), *(state.prefix + alias for alias in state.schema.aliases)]
        raise UnknownConfig(state.prefix + path, known, state.cls.__name__, source)
    node = state.node(head)
    return node if not dot else _below(node, rest, source)


def _below(node: Node, rest: str, source: str | None) -> Node:
    inner = inner_state(node)
    if inner is not None:
        return locate(inner, rest, source)
    path = f"{node.name}.{rest}"
    for calculator, _, call in calls_of(node, choose(node)):
        for own in call.own:
            if path == own:
                return parameter(node, own, calculator, call)
            if path.startswith(own + "."):
                return _below(parameter(node, own, calculator, call), path[len(own) + 1 :], source)
    raise _not_found(node, path, source)


def parameter(item: Node, name: str, calculator: Calculator, call: Call) -> Node:
    """The node of a parameter of an item's calculator."""
    nodes = item.state.nodes
    node = nodes.get(name)
    if node is not None and (node.status != PENDING or node.spec.argument[0] is calculator):  # type: ignore[index]  # every node with a dotted name is a parameter's
        return node
    key = (item.spec, name, calculator)
    specs = item.state.schema.parameters
    spec = specs.get(key)
    if spec is None:
        spec = specs[key] = parameter_spec(item.spec, name, calculator, call.own[name])
    if node is not None:
        nodes.pop(name)
    return nodes.setdefault(name, Node(item.state, spec))


def parameters(node: Node) -> list[Node]:
    """The nodes of the parameters that the chosen option of an item has of its own."""
    return [
        parameter(node, own, calculator, call)
        for calculator, _, call in calls_of(node, choose(node))
        for own in call.own
    ]


def option_parameters(node: Node) -> dict[str, list[str]]:
    """For every option of an item, the names of the parameters that it has of its own."""
    found: dict[str, list[str]] = {}
    for option, (calculator, up) in node.spec.options.items():
        choice = Choice(CALC, None, calculator, up, option)
        found[option] = [own for _, _, call in calls_of(node, choice) for own in call.own]
    return found


def _not_found(node: Node, path: str, source: str | None) -> UnknownConfig | OptionNotChosen:
    prefix = node.state.prefix
    choice = choose(node)
    chosen = [own for _, _, call in calls_of(node, choice) for own in call.own]
    owners = [
        option
        for option, names in option_parameters(node).items()
        if path in names and option != choice.option
    ]
    if owners:
        name = choice.option or "a value that was set"
        return OptionNotChosen(
            prefix + path,
            prefix + node.name,
            name,
            owners,
            [prefix + own for own in chosen],
            source,
        )
    known = [prefix + own for names in option_parameters(node).values() for own in names]
    known = list(dict.fromkeys([*(prefix + own for own in chosen), *known]))
    return UnknownConfig(
        prefix + path, known or node.state.names(), node.state.cls.__name__, source
    )


__all__ = ["locate", "option_parameters", "parameter", "parameters"]
