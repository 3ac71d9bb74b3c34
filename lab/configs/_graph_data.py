"""What a graph is made of when it is looked at: plain data, for records and pictures."""

from __future__ import annotations

import json
from dataclasses import asdict as _fields
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class GraphNode:
    """One item, or one parameter of an item's option.

    Attributes:
        name: dotted.
        type: the annotation in words.
        value: in one short line; "" where there is none yet.
        computed: whether a calculator gives the value (and not a setting or a default).
        option: the chosen option.
        options: the options there are.
        order: the place in the order of computing, -1 where it was not computed.
        source: where the value or the choice comes from.
        lost: values that were given and do not count, with their sources.
        reads: what computing it read, in order; before it is computed, what it is seen to read.
        seconds: how long computing took, with what it read; 0.0 where it was not computed.
        code_hash: changes when the code of the calculator does; "" where there is none.
        doc: what the declaration says about it.
        is_hyperparam: whether it is recorded as a hyperparameter.
        is_explicitly_specified: whether anything but the class gives the value or chooses the option.
    """

    name: str
    type: str
    value: str
    computed: bool
    option: str
    options: tuple[str, ...]
    order: int
    source: str
    lost: tuple[str, ...]
    reads: tuple[str, ...]
    seconds: float
    code_hash: str
    doc: str
    is_hyperparam: bool
    is_explicitly_specified: bool

    def as_record(self) -> dict[str, Any]:
        """Plain data, with lists for tuples, as `configs.yaml` has it."""
        return {key: list(v) if isinstance(v, tuple) else v for key, v in _fields(self).items()}


@dataclass(frozen=True)
class Edge:
    """One item reads another.

    Attributes:
        reader: the one that reads.
        read: what it reads.
        kind: "read" (it happened), or before the reader is computed "always" or "maybe".
    """

    reader: str
    read: str
    kind: str


@dataclass(frozen=True)
class GraphData:
    """All items of a configs object and who reads whom, as plain data.

    Attributes:
        owner: the name of the configs class.
        nodes: in order of declaration, the parameters of chosen options behind their item.
        edges: those that happened where the reader is computed, otherwise those that code and signatures show.
        order: the names of the items that were computed, in order.
        opens: where configs are handed on whole, so that more may be read.
    """

    owner: str
    nodes: tuple[GraphNode, ...]
    edges: tuple[Edge, ...]
    order: tuple[str, ...]
    opens: tuple[str, ...]

    def __getitem__(self, name: str) -> GraphNode:
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(name)

    def to_json(self, indent: int | None = None) -> str:
        """The graph as a JSON object with `owner`, `nodes`, `edges`, `order` and `opens`."""
        data = {
            "owner": self.owner,
            "nodes": [node.as_record() for node in self.nodes],
            "edges": [_fields(edge) for edge in self.edges],
            "order": list(self.order),
            "opens": list(self.opens),
        }
        return json.dumps(data, indent=indent)
