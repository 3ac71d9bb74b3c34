"""The way that a run will take through the graph, as far as signatures and code tell."""

from __future__ import annotations

from collections.abc import Iterator

from lab.configs._choose import MISSING, choose, inner_state
from lab.configs._describe import missing
from lab.configs._locate import parameters
from lab.configs._state import Node, State
from lab.configs._static import Reading, reading_of
from lab.errors import ConfigError, CycleError


class Walk:
    """What is reached from the items that a run starts with.

    Attributes:
        order: the nodes that are surely computed, each behind what it surely reads.
        reached: all nodes that may be computed.
        errors: what will surely go wrong: cycles, required items without a value, wrong settings.
        doubts: required items without a value that may be read.
    """

    def __init__(self) -> None:
        self.order: list[Node] = []
        self.reached: dict[Node, None] = {}
        self.errors: dict[str, ConfigError] = {}
        self.doubts: list[Node] = []
        self._certain: set[Node] = set()
        self._readings: dict[Node, Reading] = {}

    def reading(self, node: Node) -> Reading:
        """What a node reads; nothing where its settings are wrong, which is noted."""
        found = self._readings.get(node)
        if found is None:
            try:
                found = reading_of(node)
            except ConfigError as error:
                self.errors.setdefault(str(error), error)
                found = Reading()
            self._readings[node] = found
        return found

    def go(self, certain: list[Node], possible: list[Node]) -> None:
        """Follows all reads, first the sure ones from the nodes that surely are computed."""
        for node in certain:
            if node not in self._certain:
                self._follow_certain(node)
        todo = [*self.order, *certain, *possible]
        while todo:
            node = todo.pop()
            if node in self.reached:
                continue
            self.reached[node] = None
            if node not in self._certain and self._is_missing(node):
                self.doubts.append(node)
            todo.extend(self.reading(node).nodes)

    def opens(self) -> list[tuple[Node, str]]:
        """Where, among all that is reached, configs are handed on whole."""
        return [(node, what) for node in self.reached for what in self.reading(node).opens]

    def _follow_certain(self, start: Node) -> None:
        """Depth first without recursion, for graphs that are deep."""
        stack: list[tuple[Node, Iterator[Node]]] = [(start, self._certain_reads(start))]
        entered = {start: 0}
        self._certain.add(start)
        while stack:
            node, reads = stack[-1]
            following = next(reads, None)
            if following is None:
                stack.pop()
                del entered[node]
                self.order.append(node)
                if self._is_missing(node):
                    readers = [step.path for step, _ in reversed(stack)]
                    error = missing(node, readers)
                    self.errors.setdefault(error.key, error)
            elif following in entered:
                cycle = [step.path for step, _ in stack[entered[following] :]]
                error_cycle = CycleError([*cycle, following.path])
                self.errors.setdefault(" ".join(sorted(set(error_cycle.cycle))), error_cycle)
            elif following not in self._certain:
                self._certain.add(following)
                entered[following] = len(stack)
                stack.append((following, self._certain_reads(following)))

    def _certain_reads(self, node: Node) -> Iterator[Node]:
        return (read for read, always in self.reading(node).nodes.items() if always)

    def _is_missing(self, node: Node) -> bool:
        try:
            return choose(node).kind == MISSING
        except ConfigError as error:
            self.errors.setdefault(str(error), error)
            return False


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
        elif not _is_endless(inner):
            yield from all_items(inner, with_parameters)


def _parameters_below(node: Node) -> Iterator[Node]:
    try:
        found = parameters(node)
    except ConfigError:
        return
    for parameter in found:
        yield parameter
        yield from _parameters_below(parameter)


def _is_endless(state: State) -> bool:
    above = state.parent
    while above is not None:
        if above.cls is state.cls:
            return not any(path.startswith(state.prefix) for path in state.root.settings)
        above = above.parent
    return False


__all__ = ["Walk", "all_items"]
