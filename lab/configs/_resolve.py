"""Reading a config computes it: the loop that the rest of the library stands on.

A calculator gets a view of its configs object that notes what is read through it, in whichever thread. So an item
that is being computed knows who waits for it, and a wait that would close a ring is found before it begins.
"""

from __future__ import annotations

from time import perf_counter

from lab.configs import _copies, _threads
from lab.configs._calculator import Calculator
from lab.configs._calls import (
    CONFIGS,
    EXPRESSION,
    ITEM,
    OWN,
    Call,
    Part,
    calls_of,
    expression_takes,
)
from lab.configs._choice import CALC, ENTRIES, GRAPH, GROUP, VALUE, Choice
from lab.configs._choose import choose, inner_state, level_of
from lab.configs._locate import locate, parameter
from lab.configs._state import COMPUTING, DONE, PENDING, Node, State, current
from lab.configs._waiting import open_gates, wait_gate
from lab.errors import CalculationFailed, LabError, MissingValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def get(node: Node, reader: Node | None) -> Any:
    """The value of a node, computed on the first read.

    Args:
        node: what is read.
        reader: whose calculator reads it, None outside of calculators.
    """
    if node.status != DONE:
        choice = choose(node)
        if choice.is_ready:
            settle(node, choice)
        elif choice.kind == GRAPH:  # what counts as read is what is read inside it
            inner = inner_state(node)
            return None if inner is None else inner.view(reader)
        else:
            compute(node, choice, reader)
    if reader is not None:
        reader.reads[node] = None
        if node.reader is None:
            node.reader = reader
    return node.value


def settle(node: Node, choice: Choice) -> None:
    """Gives a node the value that its choice has ready; the same for all who come."""
    node.choice = choice
    node.value = choice.value
    node.order = next(node.state.root.count)
    node.status = DONE


def compute(node: Node, choice: Choice, reader: Node | None) -> None:
    """Computes a node unless another thread does; then waits for that.

    Raises:
        CycleError: `reader` is needed for the node itself.
        CalculationFailed: its calculator raised.
    """
    stack = current.nodes
    if reader is None and stack:
        reader = stack[-1]
    mutex = node.state.root.mutex
    while True:
        with mutex:
            if node.status == DONE:
                return
            if node.status == PENDING:
                node.status = COMPUTING
                node.parent = reader
                break
            gate = wait_gate(node, reader)
        # Looked at again with the gate in place: whoever finishes from now on opens it.
        if node.status == COMPUTING:
            gate.acquire()
    node.reads = {}
    started = perf_counter()
    try:
        if len(stack) < _threads.DEPTH:
            stack.append(node)
            try:
                value = _evaluate(node, choice)
            finally:
                stack.pop()
        else:
            value = _threads.in_fresh_thread(_evaluate_at_top, (node, choice))
    except BaseException as error:
        _give_up(node)
        if not isinstance(error, Exception) or _is_clear(error):
            raise
        raise _failed(node, choice.calculator, error) from error
    node.seconds = perf_counter() - started
    node.value = value
    node.order = next(node.state.root.count)
    node.status = DONE
    if node.waiters is not None:
        open_gates(node)


def _evaluate_at_top(job: tuple[Node, Choice]) -> Any:
    current.nodes.append(job[0])
    return _evaluate(*job)


def _evaluate(node: Node, choice: Choice) -> Any:
    if node.state.root.is_set_inside:
        check_parameters(node)
    kind = choice.kind
    if choice.via is not None:
        _note_choice(choice.via, node)
    if kind == CALC:
        call = choice.call
        if call is None:
            call = choice.call = calls_of(node, choice)[0][2]
        calculator: Any = choice.calculator
        state = node.state
        owner = state.ancestor(choice.up) if choice.up else state
        if call.is_simple:
            return calculator.function(owner.view(node))
        return _call(node, calculator, owner, call)
    if kind == GROUP:
        return _evaluate_member(node, choice)
    if kind == ENTRIES:
        return [_call_entry(node, *found) for found in calls_of(node, choice)]
    if kind == VALUE:
        if choice.setting is None:
            return _copies.own_copy(choice.value)
        return _copies.outer_copy(choice.value)  # it is shared, or it would have been ready
    raise missing(node)


def _note_choice(via: Node, node: Node) -> None:
    """Notes that the choice of one item's option decided on another's; what is to be computed is not for that."""
    if choose(via).kind == VALUE:
        get(via, node)
    else:
        node.reads[via] = None
        via.reader = via.reader or node


def _call(node: Node, calculator: Calculator, owner: State, call: Call) -> Any:
    if call.is_simple:
        return calculator.function(owner.view(node))
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for part in call.parts:
        value = _argument(node, calculator, owner, call, part)
        if part.argument.is_positional:
            positional.append(value)
        else:
            named[part.argument.name] = value
    return calculator.function(*positional, **named)


def _call_entry(node: Node, calculator: Calculator, owner: State, call: Call) -> Any:
    try:
        return _call(node, calculator, owner, call)
    except Exception as error:
        if _is_clear(error):
            raise
        raise _failed(node, calculator, error) from error


def _argument(node: Node, calculator: Calculator, owner: State, call: Call, part: Part) -> Any:
    kind = part.kind
    if kind == CONFIGS:
        return owner.view(node)
    if kind == ITEM:
        source = f"bound to {part.argument.name} of {calculator.describe()}"
        return get(locate(owner, part.target, source), node)
    if kind == OWN:
        return get(parameter(node, part.target, calculator, call), node)
    if kind == EXPRESSION:
        is_constant = expression_takes(part.target) is None
        return part.target() if is_constant else part.target(owner.view(node))
    return part.target


def _evaluate_member(node: Node, choice: Choice) -> Any:
    """One value of a calculator of several items, which is called once for all of them."""
    calculator = choice.calculator
    assert calculator is not None  # a GROUP has one
    state = node.state
    group = state.groups.get(calculator)
    if group is None:
        first = state.node(calculator.items[0].rpartition(".")[2])
        group = Node(state, first.spec)
        group.choice = Choice(CALC, None, calculator, choice.up, choice.option)
        group = state.groups.setdefault(calculator, group)
    assert group.choice is not None  # it was made with one
    if group.status != DONE:
        compute(group, group.choice, node)
    values = group.value
    names = calculator.items
    if not isinstance(values, (tuple, list)) or len(values) != len(names):
        given = (
            f"{len(values)} values" if isinstance(values, (tuple, list)) else type(values).__name__
        )
        raise TypeError(f"returned {given} for the {len(names)} items {', '.join(names)}")
    node.reads.update(group.reads)
    return values[[name.rpartition(".")[2] for name in names].index(node.name)]


def check_parameters(node: Node) -> None:
    """Refuses settings for parameters that the chosen option of an item does not take.

    Raises:
        OptionNotChosen, UnknownConfig: such a setting, from a source as high as the one that chose or higher.
    """
    prefix = f"{node.path}."
    for path, settings in node.state.root.settings.items():
        if path.startswith(prefix) and settings and settings[-1].level >= level_of(choose(node)):
            locate(node.state, path[len(node.state.prefix) :], settings[-1].where)


def missing(node: Node) -> MissingValue:
    """The error for a required item that was read without a value."""
    from lab.configs import _describe

    return _describe.missing(node, path_to(node)[-2::-1])


def path_to(node: Node) -> list[str]:
    """The items that led to a node being computed, the first one read first, the node last."""
    found: list[str] = []
    step: Node | None = node
    while step is not None:
        if not found or found[-1] != step.path:
            found.append(step.path)
        step = step.parent
    return found[::-1]


def _give_up(node: Node) -> None:
    """Makes a node that could not be computed as if nobody had read it, so that it can be tried again."""
    with node.state.root.mutex:
        node.status = PENDING
        node.reads = {}  # those whose `reader` this is look for another one when they are set
    open_gates(node)


def _is_clear(error: Exception) -> bool:
    """Whether an error already says all.

    An `AttributeError` must not leave the reading of an attribute as it is: Python would take it for a missing one.
    """
    return isinstance(error, LabError) and not isinstance(error, AttributeError)


def _failed(node: Node, calculator: Calculator | None, error: Exception) -> CalculationFailed:
    text = str(error)
    return CalculationFailed(
        path_to(node),
        node.path if calculator is None else calculator.describe(),
        f"{type(error).__name__}: {text}" if text else type(error).__name__,
    )
