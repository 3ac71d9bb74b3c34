"""What one configs object holds: its settings, and a node for every item that was looked at."""

from __future__ import annotations

from _thread import _local, allocate_lock
from itertools import count

from lab.configs._calculator import Calculator
from lab.configs._choice import Choice, Setting
from lab.configs._schema import Schema, Spec, Version, inner_schema, schema_of
from lab.errors import UnknownConfig

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PENDING, COMPUTING, DONE = 0, 1, 2

_NOTHING: dict[Any, None] = {}  # what values read


class Node:
    """One item, or one parameter of an option, of one configs object.

    Attributes:
        state: the configs object that it belongs to.
        name: within that object.
        spec: what is declared of it.
        status: `PENDING`, `COMPUTING` or `DONE`.
        value: once it is `DONE`.
        choice: how the value is had, as of `version` of the settings.
        parent: who made it be computed.
        reads: what its calculator read, in order.
        reader: who read it first.
        inner, inner_key: the configs object inside, where the item is one, and what it was made from.
        order: its place in the order of computing, -1 before.
        seconds: how long computing took, with what it read.
    """

    __slots__ = (
        "choice",
        "inner",
        "inner_key",
        "name",
        "order",
        "parent",
        "reader",
        "reads",
        "seconds",
        "spec",
        "state",
        "status",
        "value",
        "version",
        "waiters",
    )

    def __init__(self, state: State, spec: Spec) -> None:
        self.state = state
        self.spec = spec
        self.name = spec.name
        self.status = PENDING
        self.value: Any = None
        self.choice: Choice | None = None
        self.version = -1
        self.parent: Node | None = None
        self.reads: dict[Node, None] = _NOTHING
        self.reader: Node | None = None
        self.inner: State | None = None
        self.inner_key: Any = None
        self.order = -1
        self.seconds = 0.0
        self.waiters: list[tuple[Node | None, Any]] | None = None

    @property
    def path(self) -> str:
        """The dotted name from the outermost configs object."""
        return self.state.prefix + self.name

    def __repr__(self) -> str:
        return f"<node {self.path}>"


class Held:
    """A configs object, as far as this module knows it: what it holds, and who reads through it."""

    __slots__ = ("_lab_reader", "_lab_state")

    _lab_state: State
    _lab_reader: Node | None


_new: Any = object.__new__
set_state: Any = Held.__dict__["_lab_state"].__set__
set_reader: Any = Held.__dict__["_lab_reader"].__set__


class State:
    """The nodes of one configs object; the outermost one also holds the settings of all inside it.

    Attributes:
        cls, schema: its class and what is declared there.
        parent, name, prefix: the object around it, its item there, and the dotted way to it.
        root: the outermost one.
        nodes: those that were looked at, by name.
        groups: a hidden node for each calculator of several items.
        conf: the object itself.
        settings: by dotted name, each sorted by rising precedence (of the root only).
        is_set_inside: whether any dotted name may have been set (of the root only).
        version: counts the changes of settings (of the root only).
        mutex: guards every change of a node's status (of the root only).
        count: gives the places in the order of computing (of the root only).
        declared: the number of declarations in the process that the schemas know of (of the root only).
    """

    __slots__ = (
        "cls",
        "conf",
        "count",
        "declared",
        "groups",
        "is_set_inside",
        "mutex",
        "name",
        "nodes",
        "parent",
        "prefix",
        "root",
        "schema",
        "settings",
        "version",
    )

    def __init__(self, cls: type, conf: Any, parent: State | None = None, name: str = "") -> None:
        self.cls = cls
        self.schema: Schema = schema_of(cls)
        self.nodes: dict[str, Node] = {}
        self.groups: dict[Calculator, Node] = {}
        self.conf = conf
        self.settings: dict[str, list[Setting]] = {}
        self.is_set_inside = False
        self.version = 0
        self.count = count()
        self.declared = Version.now
        self.attach(parent, name)

    def attach(self, parent: State | None, name: str) -> None:
        """Makes this the configs object inside an item of another one, or an outermost one."""
        self.parent = parent
        self.name = name
        self.prefix: str = "" if parent is None else f"{parent.prefix}{name}."
        self.root: State = self if parent is None else parent.root
        self.mutex = allocate_lock()

    def node(self, name: str) -> Node:
        """The node of an (undotted) item.

        Raises:
            UnknownConfig: there is no such item.
        """
        node = self.nodes.get(name)
        if node is None:
            spec = self.schema.specs.get(name)
            if spec is None and self.root.declared != Version.now:
                self.root.refresh(schema_of(self.root.cls))
                spec = self.schema.specs.get(name)
            if spec is None:
                raise UnknownConfig(self.prefix + name, self.names(), self.cls.__name__)
            node = self.nodes.setdefault(name, Node(self, spec))
        return node

    def refresh(self, schema: Schema) -> None:
        """Takes up what was declared since (in a notebook, say) for all that is not computed yet."""
        if schema is not self.schema:
            self.schema = schema
            for name, node in list(self.nodes.items()):
                if node.status == PENDING:
                    if name in schema.specs:
                        node.spec, node.choice = schema.specs[name], None
                    else:
                        del self.nodes[name]  # a parameter, which is looked up anew
            self.groups = {k: group for k, group in self.groups.items() if group.status != PENDING}
        for node in self.nodes.values():
            inner = node.inner
            if inner is not None and inner.root is self.root:
                inner.refresh(inner_schema(node.spec, inner.cls))

    def names(self) -> list[str]:
        """The names of the items, dotted from the outermost object."""
        return [self.prefix + name for name in self.schema.specs]

    def ancestor(self, levels: int) -> State:
        """The object around this one, so many levels up."""
        state = self
        for _ in range(levels):
            if state.parent is not None:
                state = state.parent
        return state

    def view(self, reader: Node | None) -> Any:
        """The configs object as a calculator gets it: what is read through it is noted for `reader`."""
        if reader is None:
            return self.conf
        conf = _new(self.cls)
        set_state(conf, self)
        set_reader(conf, reader)
        return conf


class _Current(_local):
    """The nodes that this thread is computing, the innermost one last."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []


current = _Current()
