"""Values that were given for an item, and how the value that counts is had."""

from __future__ import annotations

from lab.configs._calculator import Calculator
from lab.configs._copies import PLAIN, is_container

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Sources of values in rising precedence.
DEFAULT, CODE, FILE, COMMAND_LINE, OVERRIDE = range(5)
LEVEL_NAMES = ("default", "code", "file", "command line", "override")


class Setting:
    """A value that was given for an item, and where.

    Attributes:
        value: as given.
        level: the rank of the source, `DEFAULT` to `OVERRIDE`.
        is_parsed: whether the value comes from text, as `_grammar.parse_value` gives it.
        where: the place in words, or a code file and line that are put into words when asked for.
    """

    __slots__ = ("_where", "is_parsed", "level", "value")

    def __init__(
        self, value: Any, level: int, where: str | tuple[str, int], is_parsed: bool = False
    ) -> None:
        self.value = value
        self.is_parsed = is_parsed
        self.level = level
        self._where = where

    @property
    def where(self) -> str:
        """The place in words, such as `train.py:12`."""
        if isinstance(self._where, str):
            return self._where
        path, line = self._where
        return f"{path.replace(chr(92), '/').rpartition('/')[2]}:{line}"


VALUE, CALC, GROUP, ENTRIES, GRAPH, MISSING = (
    "value",
    "calc",
    "group",
    "entries",
    "graph",
    "missing",
)


class Choice:
    """How the value of an item is had.

    Attributes:
        kind: `VALUE`, `CALC` (a calculator), `GROUP` (one of several items), `ENTRIES` (a list item),
            `GRAPH` (a configs object inside) or `MISSING`.
        value: the value, or the class or object of a `GRAPH`.
        calculator: what computes it.
        up: how many levels above the item's own configs object the one is that the calculator gets.
        option: the name of the chosen option, "" where there is no choice.
        setting: the setting that decided, None where the class did.
        via: the node of the item whose aggregate chose the option, or None.
        is_ready: whether `value` is the value as it stands, with nothing to call, copy or note.
        call: how the calculator is called, once that was asked (see `_calls`).
    """

    __slots__ = (
        "calculator",
        "call",
        "is_ready",
        "kind",
        "option",
        "setting",
        "up",
        "value",
        "via",
    )

    def __init__(
        self,
        kind: str,
        value: Any = None,
        calculator: Calculator | None = None,
        up: int = 0,
        option: str = "",
        setting: Setting | None = None,
    ) -> None:
        self.kind = kind
        self.value = value
        self.calculator = calculator
        self.up = up
        self.option = option
        self.setting = setting
        self.via: Any = None
        self.is_ready = kind == VALUE and (
            type(value) in PLAIN or (setting is not None and not is_shared(value, setting))
        )
        self.call: Any = None


def is_shared(value: Any, setting: Setting) -> bool:
    """Whether a container must be copied for each object, since whoever gave it may give it to others."""
    return setting.level > CODE and is_container(value)
