"""The small objects that stand in a configs class for something else than a value."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class _Unset:
    """The one object that means: no value."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNSET"

    def __reduce__(self) -> str:
        return "UNSET"

    def __bool__(self) -> bool:
        return False


UNSET = _Unset()


class Option:
    """The choice of an option by its name, as `option()` gives it."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"option({self.name!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Option) and other.name == self.name

    def __hash__(self) -> int:
        return hash((Option, self.name))


class Build:
    """The wish to have an item built from its annotated class, as `build()` gives it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "build()"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Build)

    def __hash__(self) -> int:
        return hash(Build)


class Computed:
    """An expression over the configs that is bound to a parameter, as `computed()` gives it."""

    __slots__ = ("function",)

    def __init__(self, function: Callable[..., object]) -> None:
        self.function = function

    def __repr__(self) -> str:
        return f"computed({self.function!r})"


class Pending:
    """Stands for the value of an item that is not computed yet (in `asdict` and `graph`).

    Attributes:
        option: the option that will compute it, or "" where there is no choice.
    """

    __slots__ = ("option",)

    def __init__(self, option: str = "") -> None:
        self.option = option

    def __repr__(self) -> str:
        return f"<pending: {self.option}>" if self.option else "<pending>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pending) and other.option == self.option

    def __hash__(self) -> int:
        return hash((Pending, self.option))


def option(name: str) -> Any:
    """Chooses an option of an item by its name, in a form that type checkers accept.

    `optimizer: Optimizer = option('adam')` says the same as `optimizer: Optimizer = 'adam'`; in the same way
    `conf.optimizer = option('adam')`.
    """
    return Option(name)


def build() -> Any:
    """Has an item built from its annotated class: `net: ResNet = build()`.

    The arguments of the class are configs of the item (`net.depth`).
    """
    return Build()


def computed(function: Callable[..., object]) -> Any:
    """Binds a parameter of an option to an expression over the configs.

    `Configs.calc(Configs.optimizer, params=computed(lambda c: c.model.parameters()))(optim.Adam)`
    """
    return Computed(function)
