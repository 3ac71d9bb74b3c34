"""What all pictures of a graph share: who belongs where, and what stands in a line or box."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from lab.configs._graph_data import GraphData, GraphNode

PLAIN, COMPUTED, MISSING = "plain", "computed", "missing"

# The characters of a value in a box.
_VALUE = 40
# Signs: for what computes an item, and for what hands the configs on.
BY, OPENED = "←", "◌"


class Drawing:
    """A graph, indexed for drawing."""

    def __init__(self, graph: GraphData) -> None:
        self.graph = graph
        self.nodes = {node.name: node for node in graph.nodes}
        self.reads: dict[str, dict[str, bool]] = {}
        self.read: set[str] = set()
        for edge in graph.edges:
            seen = self.reads.setdefault(edge.reader, {})
            seen[edge.read] = seen.get(edge.read, True) and edge.kind == "maybe"
            if edge.read != edge.reader:
                self.read.add(edge.read)
            for name in (edge.reader, edge.read):
                self.nodes.setdefault(name, _unknown(name))
        self.opens = {text.partition(": ")[0] for text in graph.opens}

    def item(self, name: str) -> str:
        """The item that a parameter belongs to; an item's own name is its own."""
        end = name.find(".")
        while end >= 0:
            if name[:end] in self.nodes:
                return name[:end]
            end = name.find(".", end + 1)
        return name

    def is_leaf(self, name: str) -> bool:
        """Whether there is nothing to draw below a node."""
        return not self.reads.get(name)

    @cached_property
    def parts(self) -> dict[str, list[GraphNode]]:
        """The items with the parameters of each."""
        found: dict[str, list[GraphNode]] = {}
        for name, node in self.nodes.items():
            item = self.item(name)
            found.setdefault(item, [])
            if item != name:
                found[item].append(node)
        return found

    def links(self) -> Iterator[tuple[str, str, bool]]:
        """Who reads whom, and whether only maybe; without what an item reads of its own parameters."""
        for reader, reads in self.reads.items():
            for read, is_maybe in reads.items():
                if reader == read or self.item(reader) != self.item(read):
                    yield reader, read, is_maybe

    def groups(self) -> dict[str, list[str]]:
        """The items of each nested configs object by its name, "" for the outermost."""
        found: dict[str, list[str]] = {"": []}
        for item in self.parts:
            above = item.rpartition(".")[0]
            found.setdefault(above, []).append(item)
            while above:
                above = above.rpartition(".")[0]
                found.setdefault(above, [])
        return found

    def heading(self, name: str) -> str:
        """An item in one line: its own name, option and value."""
        node = self.nodes[name]
        text = name.rpartition(".")[2]
        if node.computed:
            text += f" {BY} {by(node)}".rstrip()
        if state(node) == MISSING:
            text += f": {node.source}"
        elif node.value:
            text += f" = {shorten(node.value, _VALUE)}"
        return visible(f"{text} {OPENED}" if name in self.opens else text)

    def parameter(self, name: str) -> str:
        """A parameter in one line, named as within its item."""
        node = self.nodes[name]
        text = name[len(self.item(name)) :]
        if state(node) == MISSING:
            return visible(f"{text}: {node.source}")
        text += f" {BY} {by(node)}".rstrip() if node.computed else ""
        return visible(f"{text} = {shorten(node.value, _VALUE)}" if node.value else text)


def _unknown(name: str) -> GraphNode:
    """Stands for what edges name and the graph does not hold."""
    return GraphNode(name, "", "", False, "", (), -1, "", (), (), 0.0, "", "", False, False)


def state(node: GraphNode) -> str:
    """How a node is styled: `PLAIN`, `COMPUTED`, or `MISSING` also where its setting is wrong."""
    if node.source == "missing" or node.source.startswith("wrong: "):
        return MISSING
    return COMPUTED if node.computed else PLAIN


def by(node: GraphNode) -> str:
    """What computes a node, in a word: the chosen option, or the class that it is built from."""
    return node.option or node.type


def shorten(text: str, limit: int, cut: str = "…") -> str:
    """Text of at most so many characters, with `cut` for what is left out."""
    return text if len(text) <= limit else text[: max(limit - len(cut), 0)] + cut


def visible(text: str) -> str:
    """Text on one line: what cannot be printed is spelt out, so that every viewer takes it."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def nested(drawing: Drawing) -> Iterator[tuple[str, tuple[int, str] | None, Iterable[str]]]:
    """The nested configs in the order in which they open and close.

    Yields:
        The indentation, then the number, the name and the items of what opens, or None for what closes.
    """
    groups = drawing.groups()
    inside: dict[str, list[str]] = {}
    for name in groups:
        if name:
            inside.setdefault(name.rpartition(".")[0], []).append(name)
    numbers = {name: number for number, name in enumerate(groups)}
    todo: list[tuple[str, int, bool]] = [("", 1, True)]
    while todo:
        name, depth, opens = todo.pop()
        if not opens:
            yield "  " * depth, None, ()
            continue
        yield "  " * depth, (numbers[name], name), groups[name]
        if name:
            todo.append((name, depth - 1, False))
        todo.extend((inner, depth + 1, True) for inner in reversed(inside.get(name, [])))


__all__ = [
    "BY",
    "COMPUTED",
    "MISSING",
    "OPENED",
    "PLAIN",
    "Drawing",
    "by",
    "nested",
    "shorten",
    "state",
    "visible",
]
