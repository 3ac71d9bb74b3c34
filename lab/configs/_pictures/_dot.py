"""A graph in the DOT language of Graphviz."""

from __future__ import annotations

from html import escape

from lab.configs._graph_data import GraphData
from lab.configs._pictures._drawing import COMPUTED, MISSING, PLAIN, Drawing, nested, state, visible

_DOT_STYLES = {
    PLAIN: 'style="filled" fillcolor="#f4f4f4" color="#9a9a9a"',
    COMPUTED: 'style="filled,rounded" fillcolor="#e6effc" color="#4a78b8"',
    MISSING: 'style="filled,dashed" fillcolor="#fdeceb" color="#b83a32"',
}


def to_dot(graph: GraphData) -> str:
    """The graph in the DOT language; arrows go from what reads to what is read, dashed where it only may be."""
    drawing = Drawing(graph)
    numbers = {item: number for number, item in enumerate(drawing.parts)}
    ports = {
        part.name: f"n{numbers[item]}:p{index}"
        for item, parts in drawing.parts.items()
        for index, part in enumerate(parts)
    }
    lines = [
        f"digraph {_dot_quoted(graph.owner)} {{",
        '  charset="UTF-8" rankdir=TB newrank=true fontname="Helvetica" fontsize=11',
        '  node [shape=box fontname="Helvetica" fontsize=11 margin="0.08,0.04"]',
        '  edge [color="#777777" arrowsize=0.7]',
    ]
    for indent, opening, items in nested(drawing):
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


def _dot_node(drawing: Drawing, name: str, number: int) -> str:
    rows = [f"<tr><td>{_html(drawing.heading(name))}</td></tr>"]
    for index, part in enumerate(drawing.parts[name]):
        color = ' bgcolor="#f9c9c5"' if state(part) == MISSING else ""
        text = _html(drawing.parameter(part.name))
        rows.append(f'<tr><td port="p{index}" align="left"{color}>{text}</td></tr>')
    table = (
        f'<table border="0" cellborder="0" cellspacing="0" cellpadding="2">{"".join(rows)}</table>'
    )
    return f"n{number} [label=<{table}> {_DOT_STYLES[state(drawing.nodes[name])]}]"


def _dot_quoted(text: str) -> str:
    return '"' + visible(text).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;") + '"'


def _html(text: str) -> str:
    return escape(visible(text)) or " "


__all__ = ["to_dot"]
