"""The graph drawn: as a tree for terminals, for Graphviz and for Mermaid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from html import escape
from typing import NamedTuple

from lab.configs._graph import Graph, GraphNode

PLAIN, COMPUTED, MISSING = "plain", "computed", "missing"

# What lies deeper than this in the tree is drawn below it, from the left margin again.
_DEPTH = 12
# The characters of a value in a box.
_VALUE = 40


class _Signs(NamedTuple):
    """The characters that a tree is drawn with."""

    branch: str
    last: str
    maybe: str
    maybe_last: str
    bar: str
    by: str
    above: str
    below: str
    opened: str
    cut: str


_UNICODE = _Signs("├─ ", "└─ ", "├┄ ", "└┄ ", "│  ", "←", "↑", "↓", "◌", "…")
_ASCII = _Signs("|- ", "`- ", "|~ ", "`~ ", "|  ", "<-", "^", "v", "*", "...")


class _Drawing:
    """A graph, indexed for drawing."""

    def __init__(self, graph: Graph) -> None:
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

    def groups(self) -> dict[str, dict[str, int]]:
        """The nested configs by name, "" for the outermost; for each, its items with a number for each."""
        found: dict[str, dict[str, int]] = {"": {}}
        for number, item in enumerate(self.parts):
            above = item.rpartition(".")[0]
            found.setdefault(above, {})[item] = number
            while above:
                above = above.rpartition(".")[0]
                found.setdefault(above, {})
        return found

    def heading(self, name: str, sign: str) -> str:
        """An item in one line: its own name, option and value."""
        node = self.nodes[name]
        text = name.rpartition(".")[2]
        if node.computed:
            text += f" {_UNICODE.by} {node.option}".rstrip()
        if _state(node) == MISSING:
            text += f": {node.source}"
        elif node.value:
            text += f" = {_shorten(node.value, _VALUE)}"
        return _visible(f"{text} {sign}" if name in self.opens else text)

    def parameter(self, name: str) -> str:
        """A parameter in one line, named as within its item."""
        node = self.nodes[name]
        text = name[len(self.item(name)) :]
        if _state(node) == MISSING:
            return _visible(f"{text}: {node.source}")
        text += f" {_UNICODE.by} {node.option}".rstrip() if node.computed else ""
        return _visible(f"{text} = {_shorten(node.value, _VALUE)}" if node.value else text)


def _unknown(name: str) -> GraphNode:
    """Stands for what edges name and the graph does not hold."""
    return GraphNode(name, "", "", False, "", (), -1, "", (), (), 0.0, "", "", False, False)


def _state(node: GraphNode) -> str:
    if node.source == "missing" or node.source.startswith("wrong: "):
        return MISSING
    return COMPUTED if node.computed else PLAIN


def _shorten(text: str, limit: int, cut: str = "…") -> str:
    return text if len(text) <= limit else text[: max(limit - len(cut), 0)] + cut


def _visible(text: str) -> str:
    """Text on one line: what cannot be printed is spelt out, so that every viewer takes it."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


# A tree for terminals


def to_text(graph: Graph, *, is_ascii: bool = False, width: int = 100) -> str:
    """A tree from what nobody reads down to the values it is computed from.

    Args:
        graph: what is drawn.
        is_ascii: draw with plain characters, for terminals that have no others.
        width: the columns that values and sources are shortened to.
    """
    return _Tree(graph, _ASCII if is_ascii else _UNICODE, width).draw()


class _Tree:
    def __init__(self, graph: Graph, signs: _Signs, width: int) -> None:
        self.drawing = _Drawing(graph)
        self.signs = signs
        self.width = width
        self.lines: list[str] = []
        self.shown: set[str] = set()
        self.used: dict[str, str] = {}
        self.below: list[str] = []

    def draw(self) -> str:
        names = list(self.drawing.nodes)
        roots = [name for name in names if name not in self.drawing.read]
        branches = [name for name in roots if not self.drawing.is_leaf(name)]
        # What only rings reach comes behind the roots, single values last.
        for name in [*branches, *(n for n in names if not self.drawing.is_leaf(n)), *roots]:
            if name not in self.shown:
                self._from(name)
        head = [_visible(self.drawing.graph.owner)] if self.lines else []
        legend = [f"{sign} {meaning}" for sign, meaning in self.used.items()]
        text = "\n".join([*head, *self.lines, *([""] if legend else []), *legend])
        return text if self.signs is _UNICODE else text.encode("ascii", "backslashreplace").decode()

    def _from(self, root: str) -> None:
        self.below.append(root)
        while self.below:
            name = self.below.pop(0)
            if name not in self.shown:
                self._branch(name)

    def _branch(self, root: str) -> None:
        """One tree from the left margin; a stack stands for recursion, for graphs are deep."""
        stack: list[tuple[str, str, str, str, bool, int]] = [(root, "", "", "", False, 0)]
        while stack:
            name, parent, lead, indent, is_maybe, depth = stack.pop()
            leaf = self.drawing.is_leaf(name)
            again = not leaf and name in self.shown
            later = not leaf and not again and depth >= _DEPTH
            self._line(name, parent, lead, again=again, later=later)
            if is_maybe:
                self.used[self.signs.maybe.strip()] = "may be read, or not"
            if again:
                continue
            if later:
                self.below.append(name)
                continue
            self.shown.add(name)
            reads = list(self.drawing.reads.get(name, {}).items())
            for index in range(len(reads) - 1, -1, -1):
                read, maybe = reads[index]
                stack.append(
                    (
                        read,
                        name,
                        *self._lead(indent, index == len(reads) - 1, maybe),
                        maybe,
                        depth + 1,
                    )
                )

    def _lead(self, indent: str, is_last: bool, is_maybe: bool) -> tuple[str, str]:
        signs = self.signs
        if is_last:
            return indent + (signs.maybe_last if is_maybe else signs.last), indent + "   "
        return indent + (signs.maybe if is_maybe else signs.branch), indent + signs.bar

    def _line(self, name: str, parent: str, lead: str, *, again: bool, later: bool) -> None:
        node, signs = self.drawing.nodes[name], self.signs
        own = name[len(parent) :] if parent and name.startswith(parent + ".") else name
        text = lead + _visible(own)
        if name in self.drawing.opens:
            text += f" {self._sign(signs.opened, 'hands the configs on, and may read more than is drawn')}"
        if _state(node) == MISSING:
            text += f": {_visible(node.type)}" if node.type else ""
            text += f"  ({_visible(node.source)})"
        elif node.computed:
            text += f" {signs.by} {_visible(node.option)}" if node.option else f" {signs.by}"
        if again or later:
            sign, where = (signs.above, "above") if again else (signs.below, "below")
            self.lines.append(f"{text} {self._sign(sign, f'drawn {where}')}")
            return
        source = f"  ({_visible(node.source)})" if self._tells_source(node) else ""
        if node.value or _state(node) == PLAIN and node.source:
            room = self.width - len(text) - len(" = ") - len(source)
            text += f" = {_shorten(_visible(node.value), max(room, 16), signs.cut)}"
        self.lines.append(text + _shorten(source, max(self.width - len(text), 24), signs.cut))

    def _tells_source(self, node: GraphNode) -> bool:
        """Each value tells once where it comes from; what is only declared has nothing to tell."""
        if _state(node) == MISSING or node.name in self.shown:
            return False
        return node.source not in ("", "declared")

    def _sign(self, sign: str, meaning: str) -> str:
        self.used[sign] = meaning
        return sign


# Graphviz

_DOT_STYLES = {
    PLAIN: 'style="filled" fillcolor="#f4f4f4" color="#9a9a9a"',
    COMPUTED: 'style="filled,rounded" fillcolor="#e6effc" color="#4a78b8"',
    MISSING: 'style="filled,dashed" fillcolor="#fdeceb" color="#b83a32"',
}


def to_dot(graph: Graph) -> str:
    """The graph in the DOT language; arrows go from what reads to what is read, dashed where it only may be."""
    drawing = _Drawing(graph)
    numbers = {item: number for number, item in enumerate(drawing.parts)}
    ports = {
        part.name: f"n{numbers[item]}:p{index}"
        for item, parts in drawing.parts.items()
        for index, part in enumerate(parts)
    }
    lines = [
        f"digraph {_dot_quoted(graph.owner)} {{",
        '  charset="UTF-8" rankdir=TB newrank=true',
        '  node [shape=box fontname="Helvetica" fontsize=11 margin="0.08,0.04"]',
        '  edge [color="#777777" arrowsize=0.7]',
    ]
    for indent, opening, items in _nested(drawing):
        if opening is None:
            lines.append(f"{indent}}}")
            continue
        number, name = opening
        if name:
            lines.append(f"{indent[2:]}subgraph cluster_{number} {{")
            lines.append(f'{indent}label=<{_html(name)}> style=rounded color="#bbbbbb"')
        lines += [indent + _dot_node(drawing, item, numbers[item]) for item in items]
    for reader, read, is_maybe in drawing.links():
        ends = [ports.get(name) or f"n{numbers[name]}" for name in (reader, read)]
        lines.append(f"  {ends[0]} -> {ends[1]}{' [style=dashed]' if is_maybe else ''}")
    return "\n".join([*lines, "}", ""])


def _dot_node(drawing: _Drawing, name: str, number: int) -> str:
    rows = [f"<tr><td>{_html(drawing.heading(name, _UNICODE.opened))}</td></tr>"]
    for index, part in enumerate(drawing.parts[name]):
        color = ' bgcolor="#f9c9c5"' if _state(part) == MISSING else ""
        text = _html(drawing.parameter(part.name))
        rows.append(f'<tr><td port="p{index}" align="left"{color}>{text}</td></tr>')
    table = (
        f'<table border="0" cellborder="0" cellspacing="0" cellpadding="2">{"".join(rows)}</table>'
    )
    return f"n{number} [label=<{table}> {_DOT_STYLES[_state(drawing.nodes[name])]}]"


def _dot_quoted(text: str) -> str:
    return (
        '"' + _visible(text).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;") + '"'
    )


def _html(text: str) -> str:
    return escape(_visible(text)) or " "


# Mermaid

_MERMAID_STYLES = (
    f"classDef {PLAIN} fill:#f4f4f4,stroke:#9a9a9a,color:#222",
    f"classDef {COMPUTED} fill:#e6effc,stroke:#4a78b8,color:#222",
    f"classDef {MISSING} fill:#fdeceb,stroke:#b83a32,color:#222,stroke-dasharray:4 3",
)
_SAFE = frozenset(" _.,=()+-/'|")


def to_mermaid(graph: Graph) -> str:
    """The graph as a Mermaid flowchart; arrows go from what reads to what is read, dotted where it only may be."""
    drawing = _Drawing(graph)
    numbers = {item: number for number, item in enumerate(drawing.parts)}
    lines = ["flowchart TD"]
    for indent, opening, items in _nested(drawing):
        if opening is None:
            lines.append(f"{indent}end")
            continue
        number, name = opening
        if name:
            lines.append(f'{indent[2:]}subgraph g{number}["{_mermaid(name)}"]')
        for item in items:
            rows = [drawing.heading(item, _UNICODE.opened)]
            rows += [drawing.parameter(part.name) for part in drawing.parts[item]]
            shape = '("{}")' if drawing.nodes[item].computed else '["{}"]'
            lines.append(
                f"{indent}n{numbers[item]}{shape.format('<br/>'.join(map(_mermaid, rows)))}"
            )
    links: dict[tuple[int, int], bool] = {}
    for reader, read, is_maybe in drawing.links():
        ends = numbers[drawing.item(reader)], numbers[drawing.item(read)]
        links[ends] = links.get(ends, True) and is_maybe
    lines += [f"  n{a} {'-.->' if is_maybe else '-->'} n{b}" for (a, b), is_maybe in links.items()]
    for style in (PLAIN, COMPUTED, MISSING):
        boxes = [f"n{number}" for item, number in numbers.items() if _worst(drawing, item) == style]
        if boxes:
            lines.append(f"  class {','.join(boxes)} {style}")
    return "\n".join([*lines, *(f"  {style}" for style in _MERMAID_STYLES), ""])


def _worst(drawing: _Drawing, item: str) -> str:
    """How an item is styled where its parameters have no style of their own."""
    states = [_state(node) for node in (drawing.nodes[item], *drawing.parts[item])]
    return MISSING if MISSING in states else states[0]


def _mermaid(text: str) -> str:
    """Text for inside of quotes; all that may mean something to Mermaid as a character code."""
    return (
        "".join(
            char if char.isalnum() or char in _SAFE else f"#{ord(char)};" for char in _visible(text)
        )
        or " "
    )


def _nested(drawing: _Drawing) -> Iterator[tuple[str, tuple[int, str] | None, Iterable[str]]]:
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


__all__ = ["to_dot", "to_mermaid", "to_text"]
