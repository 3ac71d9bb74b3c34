"""The graph drawn: as a tree for terminals, for Graphviz and for Mermaid."""

from __future__ import annotations

from lab.configs._pictures._dot import to_dot
from lab.configs._pictures._mermaid import to_mermaid
from lab.configs._pictures._tree import to_text

__all__ = ["to_dot", "to_mermaid", "to_text"]
