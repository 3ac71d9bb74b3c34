"""A graph as a tree for terminals."""

from __future__ import annotations

from typing import NamedTuple

from lab.configs._graph_data import GraphData, GraphNode
from lab.configs._pictures._drawing import MISSING, Drawing, by, shorten, state, visible

# What lies deeper than this in the tree is drawn below it, from the left margin again.
_DEPTH = 12


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


def to_text(graph: GraphData, *, is_ascii: bool = False, width: int = 100) -> str:
    """A tree from what nobody reads down to the values it is computed from.

    Args:
        graph: what is drawn.
        is_ascii: draw with plain characters, for terminals that have no others.
        width: the columns that values and sources are shortened to.
    """
    return _Tree(graph, _ASCII if is_ascii else _UNICODE, width).draw()


class _Step(NamedTuple):
    """A line to draw: who reads the node, what stands before it, and what before the lines below."""

    name: str
    reader: str = ""
    lead: str = ""
    indent: str = ""
    depth: int = 0


class _Tree:
    def __init__(self, graph: GraphData, signs: _Signs, width: int) -> None:
        self.drawing = Drawing(graph)
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
        legend = [f"{sign} {meaning}" for sign, meaning in self.used.items()]
        text = "\n".join(
            [visible(self.drawing.graph.owner), *self.lines, *([""] if legend else []), *legend]
        )
        return text if self.signs is _UNICODE else text.encode("ascii", "backslashreplace").decode()

    def _from(self, root: str) -> None:
        self.below.append(root)
        while self.below:
            name = self.below.pop(0)
            if name not in self.shown:
                self._branch(name)

    def _branch(self, root: str) -> None:
        """One tree from the left margin; a stack stands for recursion, for graphs are deep."""
        stack = [_Step(root)]
        while stack:
            step = stack.pop()
            name = step.name
            again = name in self.shown and not self.drawing.is_leaf(name)
            later = not again and step.depth >= _DEPTH and not self.drawing.is_leaf(name)
            self._line(step, again=again, later=later)
            if later:
                self.below.append(name)
            elif not again:
                self.shown.add(name)
                stack += reversed(self._reads(step))

    def _reads(self, reader: _Step) -> list[_Step]:
        signs, steps = self.signs, []
        reads = self.drawing.reads.get(reader.name, {})
        for index, (name, is_maybe) in enumerate(reads.items(), 1):
            if index < len(reads):
                lead, bar = (signs.maybe if is_maybe else signs.branch), signs.bar
            else:
                lead, bar = (signs.maybe_last if is_maybe else signs.last), "   "
            if is_maybe:
                self._sign(signs.maybe.strip(), "may be read, or not")
            indent = reader.indent
            steps.append(_Step(name, reader.name, indent + lead, indent + bar, reader.depth + 1))
        return steps

    def _line(self, step: _Step, *, again: bool, later: bool) -> None:
        name, signs = step.name, self.signs
        node = self.drawing.nodes[name]
        own = name.startswith(f"{step.reader}.") and step.reader != ""
        text = step.lead + visible(name[len(step.reader) :] if own else name)
        if name in self.drawing.opens:
            text += f" {self._sign(signs.opened, 'hands the configs on, and may read more than is drawn')}"
        if state(node) == MISSING:
            text += f": {visible(node.type)}" if node.type else ""
            text += f"  ({visible(node.source)})"
        elif node.computed:
            text += f" {signs.by} {visible(by(node))}".rstrip()
        if again or later:
            sign, where = (signs.above, "above") if again else (signs.below, "below")
            self.lines.append(f"{text} {self._sign(sign, f'drawn {where}')}")
            return
        source = f"  ({visible(node.source)})" if self._tells_source(node, own) else ""
        if node.value:
            room = self.width - len(text) - len(" = ") - len(source)
            text += f" = {shorten(visible(node.value), max(room, 16), signs.cut)}"
        self.lines.append(text + shorten(source, max(self.width - len(text), 24), signs.cut))

    def _tells_source(self, node: GraphNode, own: bool) -> bool:
        """Each value tells once where it comes from, unless that is plain: its own option, or the declaration."""
        if state(node) == MISSING or node.name in self.shown:
            return False
        return node.source not in ("", "declared") and not (
            own and node.source.startswith("default in ")
        )

    def _sign(self, sign: str, meaning: str) -> str:
        self.used[sign] = meaning
        return sign


__all__ = ["to_text"]
