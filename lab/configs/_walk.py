"""The way that a run will take through the graph, as far as signatures and code tell."""

from __future__ import annotations

from collections.abc import Iterator

from lab.configs._choice import MISSING
from lab.configs._choose import choose
from lab.configs._describe import missing
from lab.configs._state import Node
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
        self._missing: dict[Node, list[str]] = {}
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
        for node, readers in self._missing.items():
            error = missing(node, readers or self.readers(node))
            self.errors.setdefault(error.key, error)

    def readers(self, node: Node) -> list[str]:
        """The reached nodes that read a node themselves."""
        return [other.path for other in self.reached if node in self.reading(other).nodes]

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
                    self._missing[node] = [step.path for step, _ in reversed(stack)]
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
