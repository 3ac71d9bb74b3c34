"""How the value of an item is had: which of its settings counts, and which of its options."""

from __future__ import annotations

from _thread import _local

from lab.configs import _annotations, _fit, _inner
from lab.configs._calculator import BUILD, TUPLE, Calculator, is_configs_class
from lab.configs._choice import (
    CALC,
    DEFAULT,
    ENTRIES,
    GRAPH,
    GROUP,
    MISSING,
    VALUE,
    Choice,
    Setting,
)
from lab.configs._copies import NUMBERS
from lab.configs._markers import UNSET, Build, Option
from lab.configs._schema import Version, schema_of
from lab.configs._state import PENDING, Held, Node, State
from lab.errors import CycleError, UnknownOption

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Says of a member of an aggregate that it has no value of its own.
NONE = "__none__"


class _Asking(_local):
    """The members that this thread asks the aggregates' items for, the innermost one last."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []


_asking = _Asking()


def level_of(choice: Choice) -> int:
    """The rank of the source that chose."""
    if choice.setting is not None:
        return choice.setting.level
    return DEFAULT if choice.via is None else level_of(choose(choice.via))


def choose(node: Node) -> Choice:
    """How the value of a node is had, by the settings there are now.

    Raises:
        UnknownOption, WrongType, WrongValue: the setting that counts cannot be used.
    """
    root = node.state.root
    if root.declared != Version.now:
        root.declared = Version.now
        root.refresh(schema_of(root.cls))
    choice = node.choice
    if choice is None or (node.version != root.version and node.status == PENDING):
        choice = node.choice = _choose(node, root)
        node.version = root.version
    return choice


def settings_of(node: Node) -> list[Setting]:
    """What was set for a node, in rising precedence."""
    return node.state.root.settings.get(node.path, [])


def _choose(node: Node, root: State) -> Choice:
    spec = node.spec
    if root.settings:
        settings = root.settings.get(node.state.prefix + node.name)
        if settings:
            setting = settings[-1]
            value = setting.value
            if type(value) is str and value == NONE:
                return _by_declaration(node)
            return _by_value(node, value, setting)
    fixed = spec.fixed
    if fixed is not None and (node.state.parent is None or not fixed.option):
        # further in, an aggregate of a class around this one may choose where the schema's first option was taken
        return fixed  # type: ignore[no-any-return]  # the schema does not know of choices
    choice = _by_default(node)
    if choice is None:
        return _by_declaration(node)
    spec.fixed = choice
    return choice


def _by_default(node: Node) -> Choice | None:
    """The choice that the class makes for all its objects, None where it leaves it to others."""
    spec = node.spec
    if spec.tied:
        return _option(node, spec.tied, None)
    default = spec.default
    if default is not UNSET:
        is_unset = (default is None and (spec.options or spec.entries)) or (
            type(default) is str and default == NONE
        )
        if not is_unset:
            return _by_value(node, default, None)
    if spec.options and node.state.parent is None and not node.state.schema.chosen_by:
        return _option(node, next(iter(spec.options)), None)
    return None


def _by_value(node: Node, value: Any, setting: Setting | None) -> Choice:
    spec = node.spec
    if type(value) in NUMBERS:
        pass
    elif isinstance(value, str):
        if value in spec.options:
            return _option(node, value, setting)
        if value in spec.aggregates:
            return Choice(VALUE, value, option=value, setting=setting)
    elif isinstance(value, Option):
        if value.name in spec.options:
            return _option(node, value.name, setting)
        if value.name in spec.aggregates:
            return Choice(VALUE, value.name, option=value.name, setting=setting)
        where = None if setting is None else setting.where
        raise UnknownOption(node.path, value.name, spec.option_names(), None, where)
    elif isinstance(value, Build):
        return _built(node, setting)
    elif is_configs_class(value):
        if spec.annotation is UNSET or _annotations.configs_classes_in(spec.type):
            return Choice(GRAPH, value, setting=setting)
    elif isinstance(value, Held):
        return Choice(GRAPH, value, setting=setting)
    if setting is not None:
        value = _fit.fit(node.path, spec, setting)
    elif isinstance(value, str):
        _fit.check_default_option(node.path, spec, value)
    return Choice(VALUE, value, setting=setting)


def _option(node: Node, name: str, setting: Setting | None) -> Choice:
    calculator, up = node.spec.options[name]
    if is_configs_class(calculator.function):
        return Choice(GRAPH, calculator.function, option=name, setting=setting)
    kind = GROUP if calculator.kind == TUPLE else CALC
    return Choice(kind, None, calculator, up, name, setting)


def _by_declaration(node: Node) -> Choice:
    spec = node.spec
    chosen = _by_aggregate(node)
    if chosen is not None:
        return chosen
    if spec.options:
        return _option(node, next(iter(spec.options)), None)
    if spec.entries:
        return Choice(ENTRIES)
    if spec.aggregates:
        name = next(iter(spec.aggregates))
        return Choice(VALUE, name, option=name)
    if spec.annotation is not UNSET:
        annotation = spec.type
        cls = _annotations.configs_class_of(annotation)
        if cls is not None:
            return Choice(GRAPH, cls)
        if spec.argument is None and _annotations.is_buildable(annotation, node.state.cls):
            return _built(node, None)
    return Choice(MISSING)


def _built(node: Node, setting: Setting | None) -> Choice:
    annotation = node.spec.type
    if is_configs_class(annotation):
        return Choice(GRAPH, annotation, setting=setting)
    if not isinstance(annotation, type) or annotation.__module__ == "typing":
        return Choice(MISSING, Build(), setting=setting)
    schema = node.state.schema
    calculator = schema.builders.get(node.name)
    if calculator is None or calculator.function is not annotation:
        owner = node.state.cls
        calculator = Calculator(annotation, annotation.__name__, (node.name,), BUILD, {}, owner)
        schema.builders[node.name] = calculator
    return Choice(CALC, None, calculator, 0, "", setting)


def _by_aggregate(node: Node) -> Choice | None:
    """The choice that an aggregate makes for a member without a value of its own; the outermost one's counts."""
    levels: list[tuple[State, str]] = []
    state: State | None = node.state
    name = node.name
    while state is not None:
        if name in state.schema.chosen_by:
            levels.append((state, name))
        name = f"{state.name}.{name}"
        state = state.parent
    for state, name in reversed(levels):
        for item, option, member_option in reversed(state.schema.chosen_by[name]):
            via = locate_item(state, item)
            if _option_of(via, node) != option:
                continue
            if member_option in node.spec.options:
                choice = _option(node, member_option, None)
            elif member_option in node.spec.aggregates:
                choice = Choice(VALUE, member_option, option=member_option)
                choice.is_ready = False  # who chose it is to be noted
            else:
                raise UnknownOption(
                    node.path,
                    member_option,
                    node.spec.option_names(),
                    None,
                    f"chosen by {via.path}={option!r}",
                )
            choice.via = via
            return choice
    return None


def _option_of(via: Node, member: Node) -> str:
    """The option of an item that chooses for a member.

    Raises:
        CycleError: the member chooses for the item too, and neither has a value of its own.
    """
    asking = _asking.nodes
    if member in asking:
        way = [node.path for node in asking[asking.index(member) :]]
        raise CycleError([*way, way[0]])
    asking.append(member)
    try:
        return choose(via).option
    finally:
        asking.pop()


def inner_state(node: Node) -> State | None:
    """The configs object inside an item, None where the item is none."""
    choice = choose(node)
    if choice.kind != GRAPH:
        return None
    return _inner.inner_of(node, choice.value, is_default=choice.setting is None)


def locate_item(state: State, path: str) -> Node:
    """The node of an item by its dotted name, for names that declarations use (no parameters)."""
    head, dot, rest = path.partition(".")
    node = state.node(head)
    if not dot:
        return node
    inner = inner_state(node)
    return node if inner is None else locate_item(inner, rest)
