"""The graph as plain data: what is known of every item, and who reads whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.configs import _pictures
from lab.configs._choice import CALC, DEFAULT, ENTRIES, GROUP, VALUE
from lab.configs._choose import choose
from lab.configs._describe import lost_texts, source_text, type_name, value_text
from lab.configs._fingerprint import code_hash
from lab.configs._graph_data import Edge, GraphData, GraphNode
from lab.configs._locate import all_items
from lab.configs._markers import Pending
from lab.configs._state import DONE, Node, State
from lab.configs._walk import Walk
from lab.errors import ConfigError


class Graph(GraphData):
    """All items of a configs object and who reads whom, as data and as pictures."""

    def to_text(self, *, is_ascii: bool = False, width: int = 100) -> str:
        """A tree from what nobody reads down to the values it is computed from.

        Args:
            is_ascii: whether to draw with ASCII characters alone.
            width: the columns there are.
        """
        return _pictures.to_text(self, is_ascii=is_ascii, width=width)

    def to_dot(self) -> str:
        """The graph in the DOT language of Graphviz."""
        return _pictures.to_dot(self)

    def to_mermaid(self) -> str:
        """The graph as a Mermaid flowchart."""
        return _pictures.to_mermaid(self)

    def __str__(self) -> str:
        return self.to_text()


def graph_of(state: State) -> Graph:
    """The graph of a configs object; computes nothing."""
    walk = Walk()
    nodes = list(all_items(state, with_parameters=True))
    edges: list[Edge] = []
    opens: list[str] = []
    records: list[GraphNode] = []
    for node in nodes:
        found = _edges(node, walk)
        edges += found
        opens += [f"{node.path}: {what}" for what in walk.reading(node).opens]
        records.append(_record(node, tuple(edge.read for edge in found)))
    done = sorted((node for node in nodes if node.order >= 0), key=lambda node: node.order)
    return Graph(
        state.cls.__name__, tuple(records), tuple(edges), tuple(n.path for n in done), tuple(opens)
    )


def _edges(node: Node, walk: Walk) -> list[Edge]:
    if node.status == DONE:
        return [Edge(node.path, read.path, "read") for read in node.reads]
    return [
        Edge(node.path, read.path, "always" if always else "maybe")
        for read, always in walk.reading(node).nodes.items()
    ]


def _record(node: Node, reads: tuple[str, ...]) -> GraphNode:
    try:
        choice = choose(node)
    except ConfigError as error:
        return GraphNode(
            node.path, type_name(node.spec), "", False, "", tuple(node.spec.option_names()), -1,
            f"wrong: {error}", (), reads, 0.0, "", "", False, True,
        )  # fmt: skip
    computed = choice.kind in (CALC, GROUP, ENTRIES)
    calculator = choice.calculator
    explicit = is_explicit(node)
    return GraphNode(
        name=node.path,
        type=type_name(node.spec),
        value="" if isinstance(value_of(node), Pending) else value_text(value_of(node)),
        computed=computed,
        option=choice.option,
        options=tuple(node.spec.option_names()),
        order=node.order,
        source=source_text(node),
        lost=lost_texts(node),
        reads=reads,
        seconds=node.seconds if computed else 0.0,
        code_hash="" if calculator is None else code_hash(calculator.function),
        doc=doc_of(node),
        is_hyperparam=is_hyperparam(node),
        is_explicitly_specified=explicit,
    )


def doc_of(node: Node) -> str:
    """What the declaration of an item or parameter says about it."""
    from lab.configs import _docs

    return _docs.doc_of(node)


def is_explicit(node: Node) -> bool:
    """Whether anything but the class gives a node's value or chooses its option."""
    setting = choose(node).setting
    return setting is not None and setting.level > DEFAULT


def is_hyperparam(node: Node) -> bool:
    """Whether a node is recorded as a hyperparameter: if it is marked so, else if anything overrides it."""
    return is_explicit(node) if node.spec.mark is None else node.spec.mark


def value_of(node: Node) -> Any:
    """The value of a node as far as it is known without computing, else `Pending`."""
    if node.status == DONE:
        return node.value
    choice = choose(node)
    if choice.kind == VALUE:
        return choice.value
    return Pending(choice.option)


def values_of(state: State) -> Mapping[str, Any]:
    """The values of all nodes by name."""
    return {node.path: value_of(node) for node in all_items(state, with_parameters=True)}


def hyperparams_of(state: State) -> dict[str, Any]:
    """The values of all hyperparameters by name; of an item with options the chosen one's name."""
    found: dict[str, Any] = {}
    for node in all_items(state, with_parameters=True):
        if is_hyperparam(node):
            option = choose(node).option
            found[node.path] = option or value_of(node)
    return found


__all__ = ["Edge", "Graph", "GraphNode", "graph_of", "hyperparams_of", "values_of"]
