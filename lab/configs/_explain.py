"""Where a value comes from, and what differs between two graphs, in words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.configs._choose import choose
from lab.configs._graph import Graph, GraphNode, graph_of, value_of
from lab.configs._locate import all_items
from lab.configs._markers import UNSET, Pending
from lab.configs._state import Node, State


@dataclass(frozen=True)
class Explanation:
    """Where the value of one config comes from and who uses it.

    Attributes:
        node: what is known of it.
        computed_from: all that it is computed from, as (depth, node), nearest first; each once.
        readers: who reads it.
    """

    node: GraphNode
    computed_from: tuple[tuple[int, GraphNode], ...]
    readers: tuple[str, ...]

    def __str__(self) -> str:
        node = self.node
        kind = f": {node.type}" if node.type else ""
        lines = [f"{node.name}{kind} = {node.value or '(not computed yet)'}"]
        if node.doc:
            lines.append(f"  {node.doc}")
        if node.option:
            others = ", ".join(name for name in node.options if name != node.option)
            lines.append(f"  option: {node.option}" + (f" (others: {others})" if others else ""))
        lines.append(f"  from: {node.source}")
        lines += [f"  lost: {value}" for value in node.lost]
        if self.computed_from:
            lines.append("  computed from:")
            lines += [
                f"    {'  ' * depth}{found.name} = {found.value or found.option or '...'}  [{found.source}]"
                for depth, found in self.computed_from
            ]
        lines.append(f"  read by: {', '.join(self.readers) if self.readers else 'nobody'}")
        return "\n".join(lines)


def explain_node(state: State, node: Node) -> Explanation:
    """Where the value of a node comes from, down to what is set, and who reads it."""
    graph = graph_of(state.root)
    return Explanation(
        graph[node.path], tuple(_sources(graph, node.path)), _readers(graph, node.path)
    )


def _readers(graph: Graph, name: str) -> tuple[str, ...]:
    return tuple(edge.reader for edge in graph.edges if edge.read == name)


def _sources(graph: Graph, name: str) -> list[tuple[int, GraphNode]]:
    nodes = {node.name: node for node in graph.nodes}
    found: list[tuple[int, GraphNode]] = []
    seen = {name}
    todo = [(0, read) for read in reversed(nodes[name].reads)]
    while todo:
        depth, read = todo.pop()
        if read in seen or read not in nodes:
            continue
        seen.add(read)
        found.append((depth, nodes[read]))
        todo += [(depth + 1, below) for below in reversed(nodes[read].reads)]
    return found


@dataclass(frozen=True)
class Difference:
    """One config in which two graphs differ.

    Attributes:
        key: the config.
        left: the value or the chosen option on that side; `UNSET` where it is missing there.
        right: the same on the other side.
        left_source: where the left one comes from.
        right_source: where the right one comes from.
    """

    key: str
    left: Any
    right: Any
    left_source: str
    right_source: str

    def __str__(self) -> str:
        return f"{self.key}: {self.left!r} [{self.left_source}] -> {self.right!r} [{self.right_source}]"


def differences(left: State, right: State) -> tuple[Difference, ...]:
    """The configs in which two graphs differ: values that were given and options that were chosen.

    What is computed is not compared by its content: it differs through what it is computed from.
    """
    from lab.configs._describe import source_text

    sides = [
        {node.path: node for node in all_items(s, with_parameters=True)} for s in (left, right)
    ]
    found: list[Difference] = []
    for key in dict.fromkeys([*sides[0], *sides[1]]):
        one, other = sides[0].get(key), sides[1].get(key)
        values = [UNSET if node is None else _given(node) for node in (one, other)]
        if not _same(*values):
            sources = ["" if node is None else source_text(node) for node in (one, other)]
            found.append(Difference(key, values[0], values[1], sources[0], sources[1]))
    return tuple(found)


def _given(node: Node) -> Any:
    option = choose(node).option
    if option:
        return option
    return value_of(node) if choose(node).calculator is None else Pending()


def _same(left: Any, right: Any) -> bool:
    if left is right:
        return True
    if type(left) is not type(right):
        return False
    try:
        return bool(left == right)
    except Exception:  # arrays compare elementwise, and some objects refuse to be compared
        from lab.configs._fingerprint import encode

        root = Path()
        return list(encode(left, root)) == list(encode(right, root))
