"""Waiting for a node that another thread computes, and finding waits that would never end."""

from __future__ import annotations

from _thread import allocate_lock

from lab.configs._state import COMPUTING, Node
from lab.errors import CycleError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def wait_gate(node: Node, reader: Node | None) -> Any:
    """A lock that is released when the node is done; the root's mutex is held.

    Raises:
        CycleError: the reader is needed for the node, so that the wait would never end.
    """
    if reader is not None:
        _refuse_ring(node, reader)
    gate = allocate_lock()
    gate.acquire()
    if node.waiters is None:
        node.waiters = []
    node.waiters.append((reader, gate))
    return gate


def _refuse_ring(node: Node, reader: Node) -> None:
    """Raises if `node`, being computed, waits for `reader`: goes from the reader to all who wait for it."""
    came_from: dict[Node, Node | None] = {reader: None}
    todo = [reader]
    while todo:
        step = todo.pop()
        if step is node:
            raise _ring(step, came_from)
        above = [step.parent] if step.parent is not None else []
        above += [waiting for waiting, _ in step.waiters or () if waiting is not None]
        for other in above:
            if other not in came_from and other.status == COMPUTING:
                came_from[other] = step
                todo.append(other)


def _ring(last: Node, came_from: dict[Node, Node | None]) -> CycleError:
    cycle = [last.path]
    back = came_from[last]
    while back is not None:
        if cycle[-1] != back.path:  # a calculator of several items goes by the name of the first
            cycle.append(back.path)
        back = came_from[back]
    if cycle[-1] != cycle[0] or len(cycle) == 1:
        cycle.append(cycle[0])
    return CycleError(cycle)


def open_gates(node: Node) -> None:
    """Lets go on who waits for a node."""
    with node.state.root.mutex:
        waiters, node.waiters = node.waiters, None
    for _, gate in waiters or ():
        gate.release()
