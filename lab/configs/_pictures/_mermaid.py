"""A graph as a Mermaid flowchart."""

from __future__ import annotations

import re

from lab.configs._graph_data import GraphData
from lab.configs._pictures._drawing import COMPUTED, MISSING, PLAIN, Drawing, nested, state, visible

_MERMAID_STYLES = (
    f"classDef {PLAIN} fill:#f4f4f4,stroke:#9a9a9a,color:#222",
    f"classDef {COMPUTED} fill:#e6effc,stroke:#4a78b8,color:#222",
    f"classDef {MISSING} fill:#fdeceb,stroke:#b83a32,color:#222,stroke-dasharray:4 3",
)
# What is written as a code: an underscore is Markdown unless it stands inside a word, and a number or a dash
# would begin a list.
_MEANING = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|^[^A-Za-z.]|[^\w .,=()+'|-]")


def to_mermaid(graph: GraphData) -> str:
    """The graph as a Mermaid flowchart; arrows go from what reads to what is read, dotted where it only may be."""
    drawing = Drawing(graph)
    numbers = {item: number for number, item in enumerate(drawing.parts)}
    lines = ["flowchart TD"]
    for indent, opening, items in nested(drawing):
        if opening is None:
            lines.append(f"{indent}end")
            continue
        number, name = opening
        if name:
            lines.append(f'{indent[2:]}subgraph g{number}["{_mermaid(name)}"]')
        for item in items:
            rows = [drawing.heading(item)]
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


def _worst(drawing: Drawing, item: str) -> str:
    """How an item is styled where its parameters have no style of their own."""
    states = [state(node) for node in (drawing.nodes[item], *drawing.parts[item])]
    return MISSING if MISSING in states else states[0]


def _mermaid(text: str) -> str:
    """Text for inside of quotes; all that may mean something to Mermaid or in Markdown as a character code."""
    return _MEANING.sub(lambda found: f"#{ord(found[0])};", visible(text)) or " "


__all__ = ["to_mermaid"]
