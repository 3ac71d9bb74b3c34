"""From a dotted name to the node that it means, at any depth."""

from __future__ import annotations

from lab.configs._calls import Call, calls_of, parameter_spec
from lab.configs._choice import CALC, GRAPH, Choice
from lab.configs._choose import choose, inner_state
from lab.configs._state import PENDING, Node, State
from lab.errors import ConfigError, OptionNotChosen, UnknownConfig

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

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
    known = state.nodes.get(path)
    if known is not None and "." not in path:
        return known
    head, dot, rest = path.partition(".")
    specs = state.schema.specs
    if head not in specs and path in state.schema.aliases:
        return _behind_alias(state, path, source)
    if head not in specs:
        raise UnknownConfig(
            state.prefix + path, known_names(state.root), state.cls.__name__, source
        )
    node = state.node(head)
    return node if not dot else _below(node, rest, source)


def _behind_alias(state: State, alias: str, source: str | None) -> Node:
    path = state.schema.aliases[alias]
    try:
        return locate(state, path, source)
    except UnknownConfig as error:
        at = f"{source}; " if source else ""
        why = f"{at}the alias {alias!r} stands for it"
        raise UnknownConfig(error.key, error.known, error.owner, why) from None


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
        found[option] = _own_names(node, choice)
    return found


def all_items(state: State, with_parameters: bool = False) -> Iterator[Node]:
    """The nodes of all items of a configs object and of those inside it, in order of declaration.

    An object inside one of its own class is left out unless something is set there. What has a wrong setting
    comes without what is inside it.
    """
    for name in state.schema.specs:
        node = state.node(name)
        try:
            inner = inner_state(node)
        except ConfigError:
            yield node
            continue
        if inner is None:
            yield node
            if with_parameters:
                yield from _parameters_below(node)
        elif not is_endless(inner):
            yield from all_items(inner, with_parameters)


def _parameters_below(node: Node) -> Iterator[Node]:
    try:
        found = parameters(node)
    except ConfigError:
        return
    for one in found:
        if one.name.startswith(
            node.name + "."
        ):  # of a calculator of several items, below the first
            yield one
            yield from _parameters_below(one)


def is_endless(state: State) -> bool:
    """Whether a configs object lies inside one of its own class, with nothing set there."""
    above = state.parent
    while above is not None:
        if above.cls is state.cls:
            return not any(path.startswith(state.prefix) for path in state.root.settings)
        above = above.parent
    return False


def known_names(state: State) -> list[str]:
    """All names that may be given: those of items at any depth, of parameters, and aliases."""
    names = state.names()
    names += [state.prefix + alias for alias in state.schema.aliases]
    return list(dict.fromkeys([*names, *(node.path for node in all_items(state, True))]))


def check_overlay(node: Node) -> None:
    """Refuses what classes say of parameters that no option of an item has.

    Raises:
        UnknownConfig: there is no such parameter.
    """
    names = {
        f"{node.name}.{path}": payload[1] if kind == "default" else node.state.cls.__name__
        for kind, path, payload, _ in node.spec.overlay
    }
    if (
        not names
        or choose(node).kind == GRAPH
        or all(name in _own_names(node, choose(node)) for name in names)
    ):
        return
    known = [own for found in option_parameters(node).values() for own in found]
    prefix = node.state.prefix
    for name, owner in names.items():
        if not any(name == own or name.startswith(own + ".") for own in known):
            where = f"declared in {owner}"
            raise UnknownConfig(prefix + name, [prefix + own for own in known], owner, where)


def _own_names(node: Node, choice: Choice) -> list[str]:
    return [own for _, _, call in calls_of(node, choice) for own in call.own]


def _not_found(node: Node, path: str, source: str | None) -> UnknownConfig | OptionNotChosen:
    prefix = node.state.prefix
    choice = choose(node)
    chosen = _own_names(node, choice)
    owners = [
        option
        for option, names in option_parameters(node).items()
        if path in names and option != choice.option
    ]
    if owners:
        return OptionNotChosen(
            prefix + path,
            prefix + node.name,
            choice.option,
            owners,
            [prefix + own for own in chosen],
            source,
        )
    known = [prefix + own for own in chosen]
    known += [prefix + own for names in option_parameters(node).values() for own in names]
    names = list(dict.fromkeys(known)) or known_names(node.state.root)
    return UnknownConfig(prefix + path, names, node.state.cls.__name__, source)
