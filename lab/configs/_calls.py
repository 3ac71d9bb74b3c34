"""How a calculator is called: where each of its arguments comes from."""

from __future__ import annotations

from lab.configs import _annotations
from lab.configs._calculator import LIST, Argument, Calculator
from lab.configs._choice import CALC, ENTRIES, GROUP, Choice
from lab.configs._markers import UNSET, Computed
from lab.configs._schema import Spec, apply
from lab.configs._signature import CONFIGS_NAMES, SIMPLE, arguments
from lab.configs._state import Node, State
from lab.errors import DeclarationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CONFIGS, ITEM, OWN, EXPRESSION, CONSTANT = "configs", "item", "own", "expression", "constant"


class Part:
    """One argument of a call.

    Attributes:
        argument: the parameter.
        kind: `CONFIGS`, `ITEM` (of the configs object that the calculator gets), `OWN` (a config of the item),
            `EXPRESSION` (over the configs) or `CONSTANT`.
        target: the item's dotted name, the own config's name, the expression or the value.
    """

    __slots__ = ("argument", "kind", "target")

    def __init__(self, argument: Argument, kind: str, target: Any = None) -> None:
        self.argument = argument
        self.kind = kind
        self.target = target


class Call:
    """All arguments of a call.

    Attributes:
        parts: in the order of the parameters.
        is_simple: whether the configs object is the only argument.
        own: the configs that the calculator has of its own, by their name in the item's configs object.
    """

    __slots__ = ("is_simple", "own", "parts")

    def __init__(self, parts: tuple[Part, ...]) -> None:
        self.parts = parts
        self.is_simple = len(parts) == 1 and parts[0].kind == CONFIGS
        self.own = {part.target: part.argument for part in parts if part.kind == OWN}


# How calculators are called that take the configs object alone, by their parameters.
_SIMPLE: dict[tuple[Argument, ...], Call] = {
    found: Call((Part(found[0], CONFIGS),)) for found in SIMPLE.values()
}


def call_of(calculator: Calculator, owner: State, item: str) -> Call:
    """How a calculator is called for an item.

    Args:
        calculator: what computes the item.
        owner: the configs object that the calculator gets.
        item: the item's name in its own configs object.

    Raises:
        DeclarationError: a parameter is bound that the calculator does not have.
    """
    key = (calculator, item)
    call = owner.schema.calls.get(key)
    if call is None:
        call = owner.schema.calls[key] = _compile(calculator, owner, item)
    return call


def _compile(calculator: Calculator, owner: State, item: str) -> Call:
    found = arguments(calculator)
    if found in _SIMPLE:
        return _SIMPLE[found]
    known = {argument.name for argument in found}
    for name in calculator.bound:
        if name not in known:
            raise DeclarationError(
                f"calc({item!r}): {calculator.describe()} has no parameter {name!r} to bind"
                + (f"; it has {', '.join(sorted(known))}" if known else "")
            )
    prefix = f"{item}.{calculator.option}" if calculator.kind == LIST else item
    return Call(tuple(_part(argument, calculator, owner, prefix) for argument in found))


def _part(argument: Argument, calculator: Calculator, owner: State, prefix: str) -> Part:
    name = argument.name
    if name in calculator.bound:
        bound = calculator.bound[name]
        path = getattr(type(bound), "_lab_path", None)
        if path is not None:
            return Part(argument, ITEM, path(bound))
        if isinstance(bound, Computed):
            return Part(argument, EXPRESSION, bound.function)
        return Part(argument, CONSTANT, bound)
    specs = owner.schema.specs
    if argument.is_configs:
        if (
            name in CONFIGS_NAMES
            or name not in specs
            or not _is_inner(argument, specs[name], owner)
        ):
            return Part(argument, CONFIGS)
        return Part(argument, ITEM, name)
    if argument.default is UNSET and name in specs:
        return Part(argument, ITEM, name)
    return Part(argument, OWN, f"{prefix}.{name}")


def _is_inner(argument: Argument, spec: Spec, owner: State) -> bool:
    """Whether a parameter annotated with a configs class means the item of its name, a graph of another class."""
    inner = _annotations.configs_class_of(spec.type)
    if inner is None or issubclass(owner.cls, inner):
        return False
    annotation = argument.annotation
    name = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    return all(name.strip("'\"") != base.__name__ for base in owner.cls.__mro__)


def expression_takes(function: Any) -> str | None:
    """The name of the parameter by which an expression takes the configs; "" where that is not known.

    None where it takes nothing. What a bound method is bound to is given already.
    """
    code = getattr(function, "__code__", None)
    if code is None:
        return ""
    given = 0 if getattr(function, "__self__", None) is None else 1
    return code.co_varnames[given] if code.co_argcount > given else None


def calls_of(node: Node, choice: Choice) -> list[tuple[Calculator, State, Call]]:
    """The calculators that a choice runs, each with the configs object it gets and how it is called."""
    found: list[tuple[Calculator, State, Call]] = []
    if choice.kind in (CALC, GROUP) and choice.calculator is not None:
        owner = node.state.ancestor(choice.up)
        item = node.name
        if choice.kind == GROUP:
            item = choice.calculator.items[0].rpartition(".")[2]
        found.append((choice.calculator, owner, call_of(choice.calculator, owner, item)))
    elif choice.kind == ENTRIES:
        for calculator, up in node.spec.entries.values():
            owner = node.state.ancestor(up)
            found.append((calculator, owner, call_of(calculator, owner, node.name)))
    return found


def parameter_spec(item: Spec, name: str, calculator: Calculator, argument: Argument) -> Spec:
    """What is declared of a parameter: its signature, and what classes say of it (`Configs.item.parameter = 1`)."""
    spec = Spec(name)
    spec.annotation = argument.annotation
    spec.holder = calculator.function
    spec.argument = (calculator, argument)
    if argument.default is not UNSET:
        spec.default = argument.default
        spec.defaults = ((argument.default, getattr(calculator.function, "__qualname__", "")),)
    rest = name[len(item.name) + 1 :]
    for kind, path, payload, up in item.overlay:
        if path == rest:
            apply(spec, kind, payload, up)
    if spec.options and len(spec.defaults) == (argument.default is not UNSET):
        spec.default = (
            UNSET  # a calculator that a class gives for it outranks the signature's default
        )
    return spec
