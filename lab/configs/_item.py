"""What `Configs.model` is on the class: the name of an item, and on an object the way to its value."""

from __future__ import annotations

from lab.configs._resolve import get
from lab.configs._state import DONE, State
from lab.errors import DeclarationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Item:
    """The item of a configs class, as `calc` and others take it.

    It has no public attributes of its own, so that `Configs.inner.name` can be the item `name` inside `inner`,
    and `Configs.optimizer.lr` the parameter `lr` of the item `optimizer`.
    """

    __slots__ = ("_lab_name", "_lab_owner")

    _lab_name: str
    _lab_owner: Any

    def __init__(self, owner: Any, name: str) -> None:
        object.__setattr__(self, "_lab_owner", owner)
        object.__setattr__(self, "_lab_name", name)

    def _lab_path(self) -> str:
        """The dotted name."""
        return self._lab_name

    def __get__(self, conf: Any, owner: Any) -> Any:
        if conf is None:
            return self if owner is self._lab_owner else Item(owner, self._lab_name)
        state: State = conf._lab_state
        name = self._lab_name
        try:
            node = state.nodes[name]
        except KeyError:
            node = state.node(name)
        reader = conf._lab_reader
        if node.status == DONE:
            if reader is not None:
                reader.reads[node] = None
                if node.reader is None:
                    node.reader = reader
            value = node.value
        else:
            value = get(node, reader)
            if node.status != DONE and reader is None:
                return value  # a configs object inside, which another setting may still replace
        conf.__dict__[name] = value
        return value

    def __getattr__(self, name: str) -> Item:
        if name.startswith("_"):
            raise AttributeError(name)
        return Item(self._lab_owner, f"{self._lab_name}.{name}")

    def __setattr__(self, name: str, value: object) -> None:
        if name.startswith("_"):
            raise AttributeError(name)
        self._lab_owner._lab_set_default(f"{self._lab_name}.{name}", value)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        raise DeclarationError(
            f"{self!r} is the item itself, not its value; read it on an object: {self._lab_owner.__name__}()"
            f".{self._lab_name}"
        )

    def __repr__(self) -> str:
        return f"<item {self._lab_owner.__name__}.{self._lab_name}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Item):
            return NotImplemented
        return (self._lab_owner, self._lab_name) == (other._lab_owner, other._lab_name)

    def __hash__(self) -> int:
        return hash((self._lab_owner, self._lab_name))


def path_of(item: object) -> str:
    """The dotted name that an item, or text, stands for.

    Raises:
        DeclarationError: it is neither.
    """
    if isinstance(item, Item):
        return item._lab_path()
    if isinstance(item, str) and item and all(part.isidentifier() for part in item.split(".")):
        return item
    hint = ""
    if callable(item):
        hint = "; write @Configs.calc(Configs.<item>) above a function"
    raise DeclarationError(
        f"an item is given as Configs.name or as its (dotted) name, got {item!r}{hint}"
    )
