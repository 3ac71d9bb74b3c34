from __future__ import annotations

import math
from typing import Annotated, Any, Optional

import pytest

from lab.configs._text._convert import Mismatch, check, convert_leaves, describe, from_text
from lab.configs._text._grammar import parse_value

at = pytest.importorskip("annotated_types")


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (Annotated[int, at.Ge(1)], "int >= 1"),
        (Annotated[float, at.Gt(0)], "float > 0"),
        (Annotated[int, at.Interval(ge=1, le=10)], "int, 1 <= value <= 10"),
        (Annotated[float, at.Gt(0), at.Lt(1)], "float, 0 < value < 1"),
        (Annotated[int, at.Ge(1), at.MultipleOf(2)], "int, value >= 1, multiple of 2"),
        (Annotated[str, at.MinLen(1)], "str, length >= 1"),
        (Annotated[list[int], at.Len(1, 3)], "list of int, 1 <= length <= 3"),
        (Annotated[list[int], at.Len(2, 2)], "list of int, length 2"),
        (list[Annotated[int, at.Ge(0)]], "list of (int >= 0)"),
        (Annotated[str, at.Predicate(str.islower)], "str, str.islower(value)"),
        (Annotated[float, at.Predicate(at.Not(math.isnan))], "float, not isnan(value)"),
        (Annotated[int, at.Predicate(lambda x: x % 2)], "int, passing a predicate"),
        (Optional[Annotated[int, at.Ge(1)]], "int >= 1 or None"),
        (Annotated[float, at.Unit("m"), "how far", int], "float"),
        (Annotated[Annotated[int, at.Ge(1)], at.Le(3)], "int, 1 <= value <= 3"),
    ],
)
def test_a_constraint_is_shown_with_its_type(annotation: Any, words: str) -> None:
    assert describe(annotation) == words


@pytest.mark.parametrize(
    ("annotation", "good", "bad"),
    [
        (Annotated[int, at.Ge(1)], 1, 0),
        (Annotated[float, at.Gt(0)], 1, 0.0),
        (Annotated[float, at.Lt(1)], 0.5, float("nan")),
        (Annotated[int, at.Interval(gt=0, lt=3)], 2, 3),
        (Annotated[float, at.MultipleOf(0.1)], 0.3, 0.35),
        (Annotated[int, at.MultipleOf(8)], 16, 12),
        (Annotated[str, at.MinLen(2)], "ab", "a"),
        (Annotated[list[int], at.MaxLen(2)], [1, 2], [1, 2, 3]),
        (Annotated[str, at.Predicate(str.islower)], "ab", "aB"),
        (Optional[Annotated[int, at.Ge(1)]], None, 0),
        (Annotated[Optional[int], at.Ge(1)], None, 0),
        (list[Annotated[int, at.Ge(0)]], [0, 1], [0, -1]),
    ],
)
def test_a_value_that_breaks_a_constraint_is_refused(annotation: Any, good: Any, bad: Any) -> None:
    check(good, annotation)
    with pytest.raises(Mismatch) as caught:
        check(bad, annotation)
    assert caught.value.kind == "value"
    assert caught.value.expected == describe(annotation)


@pytest.mark.parametrize(
    ("text", "annotation", "value"),
    [
        ("3", Annotated[int, at.Ge(1)], 3),
        ("3", Annotated[float, at.Interval(ge=1, le=3)], 3.0),
        ("[1, 2]", Annotated[list[int], at.MinLen(2)], [1, 2]),
        ("ab", Annotated[str, at.MinLen(2)], "ab"),
    ],
)
def test_constraints_look_at_the_converted_value(text: str, annotation: Any, value: object) -> None:
    assert from_text(text, annotation) == value
    assert convert_leaves(parse_value(text), annotation) == value


@pytest.mark.parametrize(
    ("text", "annotation", "detail"),
    [
        ("0", Annotated[int, at.Ge(1)], ""),
        ("a", Annotated[str, at.MinLen(2)], ""),
        ("[1, -2]", list[Annotated[int, at.Ge(0)]], "item [1]: expected int >= 0, got -2"),
        ("[1]", Annotated[list[int], at.MinLen(2)], ""),
    ],
)
def test_text_that_breaks_a_constraint_is_refused(text: str, annotation: Any, detail: str) -> None:
    with pytest.raises(Mismatch) as caught:
        from_text(text, annotation)
    assert caught.value.kind == "value"
    assert caught.value.detail == detail


def test_a_constraint_that_cannot_be_judged_says_why() -> None:
    with pytest.raises(Mismatch) as caught:
        check("a", Annotated[str, at.Ge(1)])
    assert "value >= 1 cannot be checked: TypeError" in caught.value.detail
    with pytest.raises(Mismatch) as caught:
        check(1, Annotated[int, at.Predicate(lambda value: value / 0)])
    assert "ZeroDivisionError" in caught.value.detail


def test_constraints_are_known_by_their_form() -> None:
    class AtLeast:
        ge = 2

    assert describe(Annotated[int, AtLeast()]) == "int >= 2"
    with pytest.raises(Mismatch):
        check(1, Annotated[int, AtLeast()])
