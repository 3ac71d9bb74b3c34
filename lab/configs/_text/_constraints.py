"""Constraints in `Annotated`, known by their form: `annotated_types` need not be installed.

Each is a *clause*: what of the value it is about, how it is compared, and with what.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from lab.configs._text._mismatch import Mismatch

_BOUNDS = (
    ("gt", "value", ">"),
    ("ge", "value", ">="),
    ("lt", "value", "<"),
    ("le", "value", "<="),
    ("multiple_of", "value", "multiple of"),
    ("min_length", "length", ">="),
    ("max_length", "length", "<="),
)


class Clause(NamedTuple):
    """One condition on a value.

    Attributes:
        subject: 'value', 'length', or 'function' for a predicate.
        relation: a comparison, 'multiple of', or the name of the predicate.
        bound: what is compared with, or the predicate.
    """

    subject: str
    relation: str
    bound: Any


def clauses(metadata: Iterable[Any]) -> Iterator[Clause]:
    """The conditions in the metadata of an `Annotated`; what is no condition is passed over."""
    for mark in metadata:
        if isinstance(mark, type):
            continue
        if getattr(mark, "__is_annotated_types_grouped_metadata__", False) is True:
            yield from clauses(mark)
            continue
        for attribute, subject, relation in _BOUNDS:
            bound = getattr(mark, attribute, None)
            if bound is not None and not callable(bound):
                yield Clause(subject, relation, bound)
        if type(mark).__name__ == "Predicate" and callable(getattr(mark, "func", None)):
            yield Clause("function", _name(mark.func), mark.func)


def check_constraints(value: Any, metadata: Iterable[Any]) -> None:
    """Refuses a value that breaks a condition; None, where it is of the type, has none to keep.

    Raises:
        Mismatch: a condition is broken, or cannot be judged for this value.
    """
    if value is None:
        return
    for clause in clauses(metadata):
        try:
            holds = _holds(value, clause)
        except Exception as error:
            detail = f"{_phrase(clause)} cannot be checked: {type(error).__name__}: {error}"
            raise Mismatch("", detail, "value", value) from error
        if not holds:
            raise Mismatch("", "", "value", value)


def _holds(value: Any, clause: Clause) -> bool:
    subject, relation, bound = clause
    if subject == "function":
        return bool(bound(value))
    measured = len(value) if subject == "length" else value
    if relation == ">":
        return bool(measured > bound)
    if relation == ">=":
        return bool(measured >= bound)
    if relation == "<":
        return bool(measured < bound)
    if relation == "<=":
        return bool(measured <= bound)
    rest = measured % bound
    if isinstance(rest, float):  # 0.3 is a multiple of 0.1, though not to the last bit
        return bool(min(abs(rest), abs(bound - rest)) <= 1e-9 * abs(bound))
    return bool(rest == 0)


def words(base: str, metadata: Iterable[Any]) -> str:
    """A type in words with its conditions: `int >= 1`, `int, 1 <= value <= 10`, `str, length >= 1`."""
    found = list(clauses(metadata))
    parts = []
    for subject in ("value", "length"):
        lower = [c for c in found if c.subject == subject and c.relation in (">", ">=")]
        upper = [c for c in found if c.subject == subject and c.relation in ("<", "<=")]
        if len(lower) == len(upper) == 1:
            found = [c for c in found if c not in (lower[0], upper[0])]
            parts.append(_between(subject, lower[0], upper[0]))
    parts += [_phrase(clause) for clause in found]
    if not parts:
        return base
    if len(parts) == 1 and parts[0].startswith("value ") and " " not in base:
        return f"{base} {parts[0].removeprefix('value ')}"
    return f"{base}, {', '.join(parts)}"


def _between(subject: str, lower: Clause, upper: Clause) -> str:
    if lower.relation == ">=" and upper.relation == "<=" and lower.bound == upper.bound:
        return f"{subject} {lower.bound!r}"
    low = lower.relation.replace(">", "<")
    return f"{lower.bound!r} {low} {subject} {upper.relation} {upper.bound!r}"


def _phrase(clause: Clause) -> str:
    if clause.subject == "function":
        return clause.relation
    if clause.relation == "multiple of":
        return f"multiple of {clause.bound!r}"
    return f"{clause.subject} {clause.relation} {clause.bound!r}"


def _name(function: Any) -> str:
    if type(function).__name__ == "Not":
        return f"not {_name(function.func)}"
    name = getattr(function, "__qualname__", "")
    if not name or "<" in name:
        return (
            "passing a predicate"
            if not name or name.endswith("<lambda>")
            else f"{function.__name__}(value)"
        )
    return f"{name}(value)"
