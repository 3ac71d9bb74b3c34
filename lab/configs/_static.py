"""What a node will read, seen from signatures and code before anything runs.

Used to check early and to order work, never to decide a value.
"""

from __future__ import annotations

from functools import cached_property
from types import FunctionType
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from lab.configs._calculator import TUPLE, Calculator
from lab.configs._calls import CONFIGS, EXPRESSION, ITEM, OWN, calls_of, expression_takes
from lab.configs._choice import CALC, GRAPH, GROUP, VALUE, Choice
from lab.configs._choose import choose, inner_state
from lab.configs._code import CodeReads, Read, read_code
from lab.configs._locate import locate, parameter
from lab.configs._state import Node, State
from lab.errors import OptionNotChosen, UnknownConfig


class Unknown(NamedTuple):
    """A name that code reads from the configs, and that they do not have."""

    name: str
    line: int
    always: bool


class Reading:
    """What is read, in source order.

    Attributes:
        nodes: what may be read, and whether it always is.
        opens: where the configs object leaves our sight, as `passed to MNIST (train.py:12)`.
        unknown: names that the configs do not have.
    """

    __slots__ = ("nodes", "opens", "unknown")

    def __init__(self) -> None:
        self.nodes: dict[Node, bool] = {}
        self.opens: tuple[str, ...] = ()
        self.unknown: tuple[Unknown, ...] = ()

    def add(self, node: Node, always: bool) -> None:
        """Notes a read."""
        self.nodes[node] = self.nodes.get(node, False) or always


class _At(NamedTuple):
    """Where code is read: for which configs object, whether it always runs, inside of which methods."""

    state: State
    always: bool
    seen: frozenset[Any]
    holder: type | None = None


_code_reads: WeakKeyDictionary[Any, dict[str, CodeReads]] = WeakKeyDictionary()


def reading_of(node: Node) -> Reading:
    """What computing a node reads, by the settings there are now.

    Raises:
        ConfigError: how the node is computed cannot be said, because a setting or a declaration is wrong.
    """
    return _reading_of_choice(node, choose(node))


def reading_of_option(node: Node, option: str) -> Reading:
    """What computing a node would read if that option of it were chosen."""
    calculator, up = node.spec.options[option]
    kind = GROUP if calculator.kind == TUPLE else CALC
    return _reading_of_choice(node, Choice(kind, None, calculator, up, option))


def _reading_of_choice(node: Node, choice: Choice) -> Reading:
    reading = Reading()
    if choice.via is not None:
        reading.add(choice.via, choose(choice.via).kind == VALUE)
    if choice.kind == GRAPH:
        return reading
    for calculator, owner, call in calls_of(node, choice):
        for part in call.parts:
            if part.kind == ITEM:
                source = f"bound to {part.argument.name} of {calculator.describe()}"
                _add_item(reading, owner, part.target, source)
            elif part.kind == OWN:
                reading.add(parameter(node, part.target, calculator, call), True)
            elif part.kind == CONFIGS:
                name = part.argument.name
                _add_code(reading, _At(owner, True, frozenset()), _code_of(calculator), name)
            elif part.kind == EXPRESSION:
                _add_expression(reading, owner, part.target)
    return reading


def reading_of_method(state: State, name: str) -> Reading:
    """What a method of the configs object reads when it is called."""
    reading = Reading()
    _add_member(reading, _At(state, True, frozenset()), name, None, True)
    return reading


def _code_of(calculator: Calculator) -> Any:
    function = calculator.function
    return function.__init__ if isinstance(function, type) else function  # type: ignore[misc]  # read, not called


def _add_item(reading: Reading, owner: State, path: str, source: str) -> None:
    node = locate(owner, path, source)
    if choose(node).kind == GRAPH:
        reading.opens += (f"{node.path} is handed on whole",)
    else:
        reading.add(node, True)


def _add_expression(reading: Reading, owner: State, function: Any) -> None:
    name = expression_takes(function)
    if name == "":
        reading.opens += (f"{function!r} takes the configs whole",)
    elif name is not None:
        _add_code(reading, _At(owner, True, frozenset()), function, name)


def _add_code(reading: Reading, at: _At, function: Any, parameter_name: str) -> None:
    """Adds what a function reads through one of its parameters, which is the configs object."""
    try:
        known = _code_reads.setdefault(function, {})
    except TypeError:  # what cannot be a weak key is read each time
        known = {}
    found = known.get(parameter_name)
    if found is None:
        found = known[parameter_name] = read_code(function, parameter_name)
    for read in found.reads:
        _add_chain(reading, at, read, found.certain)
    for line, what in found.handed_on:
        reading.opens += (f"{what} ({_place(function)}:{line})",)


def _add_chain(reading: Reading, at: _At, read: Read, certain: frozenset[str]) -> None:
    """Adds a read of `c.a.b.c`: of the item it starts with, or of all that a method reads."""
    state = at.state
    parts = read.path.split(".")
    always = at.always and read.always
    if parts[0] == "super()":
        _add_member(reading, at, parts[1], at.holder, always)
        return
    for index, name in enumerate(parts):
        here = ".".join(parts[: index + 1])
        always = at.always and here in certain
        if ":" in name or (name not in state.schema.specs and name in state.schema.aliases):
            state, name = _by_key(reading, state, name, read, always)
            if not name:
                return
        if name not in state.schema.specs:
            if not _add_member(reading, at._replace(state=state), name, None, always):
                reading.unknown += (Unknown(here.replace(":", "."), read.line, always),)
            return
        node = state.node(name)
        inner = inner_state(node)
        if inner is None:
            reading.add(node, always)
            return
        state = inner
    reading.opens += (f"{read.path} handed on whole (line {read.line})",)


def _by_key(
    reading: Reading, state: State, key: str, read: Read, always: bool
) -> tuple[State, str]:
    """Follows a dotted key; gives what is left of it, which is "" where it named a node that is no graph."""
    path = key.replace(":", ".")
    try:
        node = locate(state, path)
    except OptionNotChosen:  # it may be chosen where the code is run
        return state, ""
    except UnknownConfig:
        reading.unknown += (Unknown(path, read.line, always),)
        return state, ""
    if choose(node).kind == GRAPH:
        return node.state, node.name
    reading.add(node, always)
    return state, ""


def _add_member(reading: Reading, at: _At, name: str, after: type | None, always: bool) -> bool:
    """Adds what a method or property of the configs class reads; says whether there is such a member."""
    found, holder = find_member(at.state.cls, name, after)
    if holder is None:
        return False
    if isinstance(found, property):
        found = found.fget
    elif isinstance(found, cached_property):
        found = found.func
    elif not isinstance(found, (FunctionType, staticmethod, classmethod)):
        found = getattr(found, "__wrapped__", found)  # what `functools.cache` makes of a method
    if isinstance(found, FunctionType) and found not in at.seen and found.__code__.co_argcount:
        below = _At(at.state, always, at.seen | {found}, holder)
        _add_code(reading, below, found, found.__code__.co_varnames[0])
    return True


def find_member(cls: type, name: str, after: type | None) -> tuple[Any, type | None]:
    """What stands under a name in a class or its bases, and where; behind `after` in their order if given."""
    order = cls.__mro__ if after is None else cls.__mro__[cls.__mro__.index(after) + 1 :]
    for base in order:
        if name in base.__dict__:
            return base.__dict__[name], base
    return None, None


def _place(function: Any) -> str:
    code = getattr(function, "__code__", None)
    return "?" if code is None else str(code.co_filename).replace("\\", "/").rpartition("/")[2]
