"""What a class declares: its own items and the calculators that are registered on it."""

from __future__ import annotations

from lab.configs._markers import UNSET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

ONE, TUPLE, LIST, BUILD = "one", "tuple", "list", "build"


class Argument:
    """One parameter of a calculator.

    Attributes:
        name: its name.
        annotation: as written; `UNSET` where there is none.
        default: `UNSET` where there is none.
        is_positional: whether it can only be given by position.
        is_configs: whether it is the configs object.
    """

    __slots__ = ("annotation", "default", "is_configs", "is_positional", "name")

    def __init__(
        self, name: str, annotation: Any, default: Any, is_positional: bool, is_configs: bool
    ) -> None:
        self.name = name
        self.annotation = annotation
        self.default = default
        self.is_positional = is_positional
        self.is_configs = is_configs


class Calculator:
    """A function or class that computes an item.

    Attributes:
        function: what is called.
        option: the name by which it is chosen.
        items: the dotted items that it computes; several for a tuple.
        kind: `ONE`, `TUPLE`, `LIST` (one entry of a list item) or `BUILD` (an annotated class).
        bound: the parameters that are tied explicitly.
        cache: whether, and how, the result is kept on disk.
        owner: the class that it is registered on.
    """

    __slots__ = (
        "bound",
        "cache",
        "function",
        "items",
        "kind",
        "option",
        "owner",
        "signature",
    )

    def __init__(
        self,
        function: Callable[..., Any],
        option: str,
        items: tuple[str, ...],
        kind: str,
        bound: dict[str, Any],
        owner: type,
        cache: bool | str = False,
    ) -> None:
        self.function = function
        self.option = option
        self.items = items
        self.kind = kind
        self.bound = bound
        self.cache = cache
        self.owner = owner
        self.signature: tuple[Argument, ...] | None = None

    def describe(self) -> str:
        """The calculator with its file and line, as errors name it."""
        function = self.function
        name = getattr(function, "__qualname__", None)
        code = getattr(function, "__code__", None)
        if name is None:
            return repr(function)
        if code is None:
            return f"{getattr(function, '__module__', '?')}.{name}"
        return f"{name} ({code.co_filename}:{code.co_firstlineno})"


class Declarations:
    """What one class declares itself, apart from its bases.

    Attributes:
        annotations: the annotation of each annotated item, as written (it may be text).
        defaults: the values given in the class body or later, by dotted item.
        calculators: in order of registration.
        aggregates: (item, option, ((member, member's option), ...)).
        marks: whether an item is a hyperparameter, where that was said.
        space: the global names where the class was defined.
        order: the items in the order of the class body.
        aliases: other names for the command line and files.
        names: the annotated names that annotations written as text may refer to, of enclosing functions.
    """

    __slots__ = (
        "aggregates",
        "aliases",
        "annotations",
        "calculators",
        "defaults",
        "marks",
        "names",
        "order",
        "space",
    )

    def __init__(self) -> None:
        self.annotations: dict[str, Any] = {}
        self.defaults: dict[str, Any] = {}
        self.calculators: list[Calculator] = []
        self.aggregates: list[tuple[str, str, tuple[tuple[str, str], ...]]] = []
        self.marks: dict[str, bool] = {}
        self.aliases: dict[str, str] = {}
        self.names: dict[str, Any] = {}
        self.order: list[str] = []
        self.space: dict[str, Any] | None = None


def declarations(cls: type) -> Declarations | None:
    """What a configs class declares itself, or None for any other class."""
    found = cls.__dict__.get("_lab_declared")
    return found if isinstance(found, Declarations) else None


def is_configs_class(value: object) -> bool:
    """Whether a value is a subclass of `BaseConfigs`."""
    return isinstance(value, type) and "_lab_declared" in value.__dict__


def has_item(cls: type, name: str) -> bool:
    """Whether a configs class has an item of that (undotted) name, its own or inherited."""
    for base in cls.__mro__:
        declared = base.__dict__.get("_lab_declared")
        if declared is not None and (name in declared.annotations or name in declared.defaults):
            return True
    return False


__all__ = ["BUILD", "LIST", "ONE", "TUPLE", "UNSET", "Calculator", "Declarations"]
