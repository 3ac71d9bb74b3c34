"""The filter of `runs.find`: `valid.accuracy > 0.9 and optimizer == "Adam"`.

Nothing of it is ever executed. A name that a run lacks makes a comparison neither true nor false, so
that neither the comparison nor its opposite matches.
"""

from __future__ import annotations

import ast
import contextlib
import math
import operator
from collections.abc import Callable
from typing import Any

from lab.errors import FilterError
from lab.runs._where_text import Name, WhereText

__all__ = ["LACKING", "Filter", "Name"]


class _Lacking:
    """What a name means in a run that lacks it."""


LACKING = _Lacking()

_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda value, group: value in group,
    ast.NotIn: lambda value, group: value not in group,
    ast.Is: operator.eq,  # x is None
    ast.IsNot: operator.ne,
}
_EQUALS = (ast.Eq, ast.NotEq)


class Filter:
    """A filter that has been read.

    Args:
        text: the filter.

    Raises:
        FilterError: it cannot be read; the error says where, and what would be right.
    """

    def __init__(self, text: str) -> None:
        self._text = WhereText(text)
        self.names = self._text.names
        self.unlike: dict[Name, str] = {}  # names that could not be compared, and why
        self.compared: set[Name] = set()  # those that could, in some run

    def error(self, problem: str, position: int | None = None) -> FilterError:
        """An error about the filter."""
        return self._text.error(problem, position)

    def matches(self, lookup: Callable[[Name], Any]) -> bool:
        """Whether a run matches.

        Args:
            lookup: gives the value of a name in the run, or `LACKING`; it is asked only for the
                names that it takes to tell.
        """
        return self._truth(self._text.tree, lookup) is True

    def _truth(self, node: ast.expr, lookup: Callable[[Name], Any]) -> bool | None:
        """True, False, or None where the run does not say."""
        if isinstance(node, ast.BoolOp):
            return self._joined(node, lookup)
        if isinstance(node, ast.UnaryOp):
            inner = self._truth(node.operand, lookup)
            return None if inner is None else not inner
        if isinstance(node, ast.Compare):
            return self._compared(node, lookup)
        value = self._value(node, lookup)
        return None if value is LACKING else bool(value)

    def _joined(self, node: ast.BoolOp, lookup: Callable[[Name], Any]) -> bool | None:
        decisive = isinstance(node.op, ast.Or)
        result: bool | None = not decisive
        for part in node.values:
            truth = self._truth(part, lookup)
            if truth is decisive:
                return decisive
            if truth is None:
                result = None
        return result

    def _compared(self, node: ast.Compare, lookup: Callable[[Name], Any]) -> bool | None:
        left_node = node.left
        left = self._value(left_node, lookup)
        result: bool | None = True
        for operation, right_node in zip(node.ops, node.comparators, strict=True):
            right = self._value(right_node, lookup)
            truth: bool | None = None
            if left is not LACKING and right is not LACKING:
                truth = self._pair(operation, (left_node, left), (right_node, right))
            if truth is False:
                return False
            result = result if truth else None
            left_node, left = right_node, right
        return result

    def _pair(
        self, operation: ast.cmpop, left: tuple[ast.expr, Any], right: tuple[ast.expr, Any]
    ) -> bool | None:
        names = [name for node, _ in (left, right) if (name := self._text.name(node)) is not None]
        problem = f"{_words(left[1])} and {_words(right[1])}"
        truth: bool | None = None
        if isinstance(operation, _EQUALS) and {type(left[1]), type(right[1])} == {list, str}:
            problem += "; a list is asked by 'in', as in \"paper\" in tags"
        else:
            with contextlib.suppress(TypeError, ValueError):  # told where no run has it otherwise
                truth = bool(_COMPARISONS[type(operation)](left[1], right[1]))
        if truth is None:
            self.unlike.update(dict.fromkeys(names, problem))
        else:
            self.compared.update(names)
        return truth

    def _value(self, node: ast.expr, lookup: Callable[[Name], Any]) -> Any:
        name = self._text.name(node)
        if name is not None:
            return lookup(name)
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            values = [self._value(element, lookup) for element in node.elts]
            return LACKING if any(value is LACKING for value in values) else values
        if isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant):
            number: Any = node.operand.value
            return -number if isinstance(node.op, ast.USub) else number
        return node.value if isinstance(node, ast.Constant) else math.nan


def _words(value: Any) -> str:
    return f"{type(value).__name__} {value!r:.60}"
