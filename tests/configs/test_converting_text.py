from __future__ import annotations

import collections
import collections.abc as abc
import datetime as dt
import enum
import math
import sys
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PurePosixPath
from typing import (
    Annotated,
    Any,
    ClassVar,
    Final,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    Optional,
    Protocol,
    TypedDict,
    TypeVar,
    Union,
    runtime_checkable,
)
from unittest import mock
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.configs._text._convert import (
    Mismatch,
    accepts_text,
    check,
    convert_leaves,
    describe,
    from_text,
    is_type,
)
from lab.configs._text._grammar import Text, parse_value
from lab.errors import OverrideSyntaxError

T = TypeVar("T")
B = TypeVar("B", bound=int)
UserId = NewType("UserId", int)


class Colour(enum.Enum):
    RED = 1
    BLUE = "b"


class Net:
    pass


class Box(Generic[T]):
    pass


@dataclass
class Point:
    x: int
    y: float = 1.0
    name: str = None  # type: ignore[assignment]  # a default of None lets None fit
    tags: list[str] = field(default_factory=list)
    kind: ClassVar[str] = "point"

    def __post_init__(self) -> None:
        if self.x < 0:
            raise ValueError("x is below 0")


class Pair(NamedTuple):
    a: int
    b: str = "q"


class Entry(TypedDict):
    a: int
    b: list[int]


class Loose(TypedDict, total=False):
    a: int


@runtime_checkable
class Closes(Protocol):
    def close(self) -> None: ...


class Unchecked(Protocol):
    def close(self) -> None: ...


class Name(str):
    __slots__ = ()


def same(a: object, b: object) -> bool:
    if isinstance(a, float) and math.isnan(a):
        return isinstance(b, float) and math.isnan(b)
    return type(a) is type(b) and a == b


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1), ("-0", 0), ("+7", 7), ("1_000", 1000), ("0x1f", 31), ("-0x1F", -31), ("0o17", 15),
        ("1e-3", 0.001), ("1E+3", 1000.0), ("1.", 1.0), (".5", 0.5), ("1.e5", 1e5), ("1_0.5_0", 10.5),
        (".inf", math.inf), ("inf", math.inf), ("-inf", -math.inf), ("-.INF", -math.inf),
        ("nan", math.nan), (".NaN", math.nan), ("1e400", math.inf),
        ("true", True), ("True", True), ("TRUE", True), ("false", False), ("False", False),
        ("null", None), ("Null", None), ("~", None), ("None", None),
        ("no", "no"), ("yes", "yes"), ("on", "on"), ("off", "off"), ("tRUE", "tRUE"),
        ("007", "007"), ("00", "00"), ("1__0", "1__0"), ("1_", "1_"), ("_1", "_1"), ("1e", "1e"),
        ("0b1", "0b1"), ("1.5.2", "1.5.2"), ("1-2", "1-2"), ("2024-01-01", "2024-01-01"),
        ("", ""), ("-", "-"), (".", "."), ("\u0661", "\u0661"),
        ("[1, a, 'b']", [1, "a", "b"]), ("{a: 1, 2: {b: null}}", {"a": 1, 2: {"b": None}}),
        ("'1'", "1"), (r"' a '", " a "),
    ],
)  # fmt: skip
def test_where_no_type_is_asked_for_text_is_a_yaml_1_2_scalar(text: str, value: object) -> None:
    for annotation in (Any, any, object, "unknown", math):
        assert same(convert_leaves(parse_value(text), annotation), value)
        assert same(from_text(text, annotation), value)


@pytest.mark.parametrize(
    ("text", "annotation", "value"),
    [
        ("1e-3", float, 0.001),
        ("1", float, 1.0),
        ("0x10", float, 16.0),
        ("007", int, 7),
        (" 5 ", int, 5),
        ("true", bool, True),
        ("null", None, None),
        ("1+2j", complex, 1 + 2j),
        ("1", complex, 1 + 0j),
        ("1/3", Fraction, Fraction(1, 3)),
        ("/a b,c", Path, Path("/a b,c")),
        ("it's", Path, Path("it's")),
        ("[x", PurePosixPath, PurePosixPath("[x")),
        ("RED", Colour, Colour.RED),
        ("1", Colour, Colour.RED),
        ("b", Colour, Colour.BLUE),
        ("a", Literal["a", 1], "a"),
        ("1", Literal["a", 1], 1),
        ("true", Literal[1, True], True),
        ("null", Literal["a", None], None),
        ("RED", Literal[Colour.RED], Colour.RED),
        ("1", Optional[int], 1),
        ("null", Optional[int], None),
        ("~", Union[Path, None], None),
        ("1", Union[int, float], 1),
        ("1.0", Union[int, float], 1.0),
        ("1", Union[bool, float], 1.0),
        ("auto", Union[int, Literal["auto"]], "auto"),
        ("3", int | list[int], 3),
        ("[3]", int | list[int], [3]),
        ("[1, a]", Union[list[int], list[str]], ["1", "a"]),
        ("[1, 2]", list[int], [1, 2]),
        ("[1, 2]", list, [1, 2]),
        ("[]", list[int], []),
        ("[1, 2]", abc.Sequence[float], [1.0, 2.0]),
        ("[1, 2]", abc.Iterable[str], ["1", "2"]),
        ("[1, 2]", collections.deque[int], collections.deque([1, 2])),
        ("[1, 2]", tuple[float, ...], (1.0, 2.0)),
        ("[1, a]", tuple[int, str], (1, "a")),
        ("[1, a]", tuple, (1, "a")),
        ("[1, 1]", set[int], {1}),
        ("[1]", frozenset[str], frozenset({"1"})),
        ("{a: 1, 2: 3}", dict[str, float], {"a": 1.0, "2": 3.0}),
        ("{a: {b: 1}}", abc.Mapping[str, dict[str, int]], {"a": {"b": 1}}),
        ("{RED: /x}", dict[Colour, Path], {Colour.RED: Path("/x")}),
        ("{x: 1, y: 2}", Point, Point(1, 2.0)),
        ("{x: 1, name: null, tags: [1]}", Point, Point(1, tags=["1"])),
        ("[{x: 1}]", list[Point], [Point(1)]),
        ("{a: 1}", Pair, Pair(1)),
        ("[1, 2]", Pair, Pair(1, "2")),
        ("{a: 1, b: [2]}", Entry, {"a": 1, "b": [2]}),
        ("{}", Loose, {}),
        ("2024-01-02", dt.date, dt.date(2024, 1, 2)),
        ("12:30", dt.time, dt.time(12, 30)),
        ("2024-01-02 03:04:05", dt.datetime, dt.datetime(2024, 1, 2, 3, 4, 5)),
        (
            "2024-01-02T03:04:05Z",
            dt.datetime,
            dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=dt.timezone.utc),
        ),
        ("PT1H30M", dt.timedelta, dt.timedelta(hours=1, minutes=30)),
        ("1.50", Decimal, Decimal("1.50")),
        ("00000000-0000-0000-0000-000000000001", UUID, UUID(int=1)),
        ("ab", Name, Name("ab")),
        ("3", UserId, 3),
        ("3", B, 3),
        ("3", Final[int], 3),
        ("3", Annotated[float, "metres"], 3.0),
    ],
)
def test_text_becomes_the_annotated_type(text: str, annotation: Any, value: object) -> None:
    assert same(from_text(text, annotation), value)


@pytest.mark.parametrize(
    ("text", "annotation"),
    [
        ("1", str),
        ("null", Optional[str]),
        ("'quoted'", str),
        ("3", Union[int, str]),
        ("a", Literal["a"]),
        ("[1", Optional[str]),
        (" x ", str),
    ],
)
def test_text_from_code_that_fits_stays_exactly_as_it_is(text: str, annotation: Any) -> None:
    assert from_text(text, annotation) is text


@pytest.mark.parametrize(
    ("value", "annotation", "default", "expected"),
    [
        (Text("null"), Optional[str], "a", None),
        (Text("null"), str, None, None),
        (Text("null"), str, "a", "null"),
        (Text("null"), int, None, None),
        (Text("1"), str, "a", "1"),
        (Text("1"), Any, 0, 1),
        ("1", Any, 0, "1"),
        ("null", Optional[str], None, "null"),
        (Text("3"), Union[int, str], 0, 3),
        ("3", Union[int, str], 0, "3"),
        (Text("1"), Union[str, float], 0, 1.0),
        (Text("a"), Union[Path, str], "", "a"),
        ([Text("1")], list[str], [], ["1"]),
        ([Text("1"), Text("2")], tuple[float, ...], (), (1.0, 2.0)),
        ([1, 2.5], list[float], [], [1.0, 2.5]),
        ({"a": 1}, dict[str, int], {}, {"a": 1}),
        (3, float, 0.0, 3.0),
        (None, int, None, None),
        ("/tmp", Path, None, Path("/tmp")),
    ],
)
def test_bare_text_may_be_anything_and_quoted_text_is_text(
    value: object, annotation: Any, default: object, expected: object
) -> None:
    found = convert_leaves(value, annotation, default)
    assert same(found, expected)
    assert not isinstance(found, Text)


@pytest.mark.parametrize(
    ("text", "annotation", "detail", "kind"),
    [
        ("x", int, "", "value"),
        ("1e6", int, "write 1000000", "value"),
        ("1.5", int, "", "value"),
        ("yes", bool, "", "value"),
        ("1", bool, "", "value"),
        ("GREEN", Colour, "", "value"),
        ("c", Literal["a", "b"], "", "value"),
        ("1, 2", list[int], "a list is written [a, b]", "value"),
        ("[1, 2", list[int], "the bracket [ is not closed", "value"),
        ("[1, x]", list[int], "item [1]: expected int, got 'x'", "value"),
        ("{a: [1, b]}", dict[str, list[int]], "item ['a'][1]: expected int, got 'b'", "value"),
        ("{a: 1}", dict[int, int], "key 'a': expected int, got 'a'", "value"),
        ("[1, 2, 3]", tuple[int, int], "3 items instead of 2", "type"),
        ("[[1]]", set[Any], "unhashable type: 'list'", "value"),
        ("{1: a, 0x1: b}", dict[int, str], "two of its keys are the same value", "value"),
        ("{x: z}", Point, "item .x: expected int, got 'z'", "value"),
        ("{x: 1, nam: z}", Point, "unknown key 'nam'; did you mean 'name'?", "type"),
        ("{y: 1}", Point, "'x' is missing", "type"),
        ("{x: -1}", Point, "ValueError: x is below 0", "value"),
        ("x", Point, "its parts are written {name: value}", "value"),
        ("{a: 1}", Entry, "'b' is missing", "type"),
        ("x", Net, "it cannot be given as text; choose an option, or set it in code", "type"),
        ("x", Optional[Net], "it cannot be given as text; choose an option, or set it in code", "type"),
        ("int", type[int], "it cannot be given as text; choose an option, or set it in code", "type"),
        ("len", abc.Callable[..., int], "it cannot be given as text; choose an option, or set it in code", "type"),
        ("x", bytes, "it cannot be given as text; choose an option, or set it in code", "type"),
        ("nope", dt.date, "Invalid RFC3339 encoded date", "value"),
        ("x", Decimal, "", "value"),
    ],
)  # fmt: skip
def test_text_that_is_no_value_of_the_type_is_refused_with_what_is_right(
    text: str, annotation: Any, detail: str, kind: str
) -> None:
    with pytest.raises(Mismatch) as caught:
        from_text(text, annotation)
    assert caught.value.expected == describe(annotation)
    assert caught.value.detail == detail
    assert caught.value.kind == kind


def test_a_quoted_number_is_no_number() -> None:
    with pytest.raises(Mismatch, match="it is quoted"):
        convert_leaves("1", int)


@pytest.mark.parametrize(
    ("value", "annotation"),
    [
        (1, float),
        (1, complex),
        (True, bool),
        (None, None),
        (None, Optional[int]),
        (1, Union[int, str]),
        ([1, 2], list[int]),
        ([1, "a"], list),
        ((1, 2), tuple[int, ...]),
        ((1, "a"), tuple[int, str]),
        ({"a": 1}, dict[str, float]),
        (range(3), abc.Sequence[int]),
        (iter([1]), abc.Iterator[str]),
        (len, abc.Callable[..., int]),
        (int, type[int]),
        (bool, type[int]),
        (Net, type),
        (Net(), Net),
        (Box(), Box[int]),
        ("a", Literal["a"]),
        (Colour.RED, Colour),
        (Point(1), Point),
        ({"a": 1, "b": []}, Entry),
        (open, Any),
        (object(), any),
        (object(), "Unknown"),
        (object(), math),
        (object(), Unchecked),
        (object(), T),
        (3, UserId),
        (mock.Mock(), Net),
        (mock.Mock(spec=Net), Net),
        (mock.MagicMock(), abc.Callable[..., int]),
        (mock.Mock(), Closes),
        (3, ClassVar[int]),
    ],
)
def test_a_value_of_the_type_fits(value: object, annotation: Any) -> None:
    check(value, annotation)


@pytest.mark.parametrize(
    ("value", "annotation", "detail"),
    [
        (True, int, ""),
        (True, float, ""),
        (1, bool, ""),
        (1.0, int, ""),
        (None, int, ""),
        (1.5, Union[int, str], ""),
        ([1, "a"], list[int], "item [1]: expected int, got 'a'"),
        ((1, 2), list[int], ""),
        ((1,), tuple[int, str], "1 items instead of 2"),
        ({"a": "b"}, dict[str, int], "item ['a']: expected int, got 'b'"),
        ({1, "a"}, set[int], "one item: expected int, got 'a'"),
        ([[1], [2, None]], list[list[int]], "item [1][1]: expected int, got None"),
        (str, type[int], ""),
        (3, abc.Callable[..., int], ""),
        (3, Net, ""),
        (Net, Net, ""),
        (mock.Mock(), int, ""),
        ("b", Literal["a"], ""),
        (True, Literal[1], ""),
        ({"a": 1}, Entry, "'b' is missing"),
        ({"a": 1, "b": [], "c": 1}, Entry, "unknown key 'c'; there are a, b"),
        (3, Closes, ""),
        ({"x": 1}, Point, ""),
    ],
)
def test_a_value_of_another_type_is_refused(value: object, annotation: Any, detail: str) -> None:
    with pytest.raises(Mismatch) as caught:
        check(value, annotation)
    assert caught.value.expected == describe(annotation)
    assert caught.value.detail == detail


def test_none_fits_where_the_default_is_none() -> None:
    check(None, int, None)
    assert from_text("null", int, None) is None
    with pytest.raises(Mismatch):
        check(None, int, 3)


def test_the_items_of_what_may_be_costly_to_read_are_left_alone() -> None:
    class Loader:
        def __iter__(self) -> Any:
            raise AssertionError("read")

    check(Loader(), abc.Iterable[int])


def test_scalars_of_numpy_are_numbers_and_arrays_are_none() -> None:
    np = pytest.importorskip("numpy")
    for value, annotation in [
        (np.float32(1), float), (np.int64(1), float), (np.int8(1), int), (np.bool_(True), bool),
        (np.complex64(1), complex), (np.float64(1), Optional[float]),
    ]:  # fmt: skip
        check(value, annotation)
    for value, annotation in [
        (np.float32(1), int), (np.bool_(True), int), (np.array(1.0), float), (np.int64(1), bool),
    ]:  # fmt: skip
        with pytest.raises(Mismatch):
            check(value, annotation)


def test_devices_and_dtypes_of_torch_are_given_by_name() -> None:
    torch = pytest.importorskip("torch")
    assert from_text("cuda:1", torch.device) == torch.device("cuda:1")
    assert from_text("torch.float16", torch.dtype) is torch.float16
    assert from_text("int8", Optional[torch.dtype]) is torch.int8
    for text, annotation in [("tpux", torch.device), ("float17", torch.dtype), ("nn", torch.dtype)]:
        with pytest.raises(Mismatch):
            from_text(text, annotation)
    assert describe(torch.nn.Module) == "torch.nn.Module"
    check(torch.nn.Linear(1, 1), torch.nn.Module)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the syntax is new in Python 3.12")
def test_aliases_of_types_mean_what_they_stand_for() -> None:
    space: dict[str, Any] = {}
    exec("type Vector = list[float]\ntype Json = dict[str, Json] | list[Json] | int\ntype Of[T] = list[T]\n"
         "type Loop = Loop\ntype Lost = NotThere", space)  # fmt: skip
    assert from_text("[1, 2]", space["Vector"]) == [1.0, 2.0]
    assert from_text("{a: [1, {b: 2}]}", space["Json"]) == {"a": [1, {"b": 2}]}
    assert from_text("[1]", space["Of"][str]) == ["1"]
    assert describe(space["Vector"]) == "list of float"
    assert describe(space["Json"])
    cycle: list[Any] = []
    cycle.append(cycle)
    check(cycle, space["Json"])
    check(object(), space["Loop"])
    check(object(), space["Lost"])


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (float, "float"),
        (None, "None"),
        (Any, "anything"),
        (any, "anything"),
        (Optional[float], "float or None"),
        (Union[None, int, str], "int, str or None"),
        (list[int], "list of int"),
        (abc.Sequence[Optional[int]], "sequence of (int or None)"),
        (tuple[int, ...], "tuple of int"),
        (tuple[int, str], "tuple (int, str)"),
        (dict[str, list[int]], "dict of str to list of int"),
        (Literal["a", "b"], "one of 'a', 'b'"),
        (Optional[Literal["a", "b"]], "(one of 'a', 'b') or None"),
        (Colour, "one of 'RED', 'BLUE'"),
        (Path, "path"),
        (abc.Callable[[int], int], "callable"),
        (type[int], "subclass of int"),
        (dt.date, "datetime.date"),
        (Final[int], "int"),
    ],
)
def test_an_annotation_is_put_in_words(annotation: Any, words: str) -> None:
    assert describe(annotation) == words


@pytest.mark.parametrize(
    "annotation", [int, None, Any, Optional[int], list[int], Net, Literal["a"], T, UserId]
)
def test_types_are_types(annotation: Any) -> None:
    assert is_type(annotation)


@pytest.mark.parametrize(
    "annotation", [any, math, "Unknown", 3, ..., len, [int], {}, mock.sentinel.x]
)
def test_what_is_no_type_is_none(annotation: Any) -> None:
    assert not is_type(annotation)
    check(object(), annotation)
    assert describe(annotation) == "anything"


@pytest.mark.parametrize(
    ("annotation", "does"),
    [
        (str, True),
        (Any, True),
        (object, True),
        (any, True),
        (Optional[str], True),
        (Literal["a", 1], True),
        (Union[int, str], True),
        (abc.Hashable, True),
        (Annotated[str, 1], True),
        (int, False),
        (Optional[Path], False),
        (Literal[1], False),
        (Colour, False),
        (Net, False),
        (abc.Sequence[str], False),
        (list[str], False),
        (Unchecked, False),
    ],
)
def test_some_annotations_take_text_as_it_is(annotation: Any, does: bool) -> None:
    assert accepts_text(annotation) is does


TYPES: list[Any] = [
    int, float, bool, str, complex, bytes, None, Any, object, Path, Colour, Point, Pair, Entry, Net,
    Literal["a", 1], dt.datetime, dt.timedelta, Decimal, UUID, abc.Callable, type, T, UserId, any,
    tuple[()], list, dict, set, Closes, Unchecked, "x", abc.Hashable, abc.Sized,
]  # fmt: skip
ANNOTATIONS = st.recursive(
    st.sampled_from(TYPES),
    lambda inner: st.one_of(
        inner.map(lambda a: list[a]),
        inner.map(lambda a: set[a]),
        inner.map(lambda a: tuple[a, ...]),
        inner.map(lambda a: abc.Sequence[a]),
        inner.map(lambda a: type[a]),
        inner.map(lambda a: Annotated[a, "note"]),
        st.tuples(inner, inner).map(lambda p: tuple[p]),
        st.tuples(inner, inner).map(lambda p: dict[p]),
        st.tuples(inner, inner).map(lambda p: Union[p]),
    ),
    max_leaves=5,
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["1", "null", "a", "true", "nan", "RED", "1e400", "PT1H"]).map(Text),
    st.sampled_from([Net(), Colour.RED, Point(1), len, int, b"x", mock.sentinel.x]),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(
            st.text(max_size=3) | st.sampled_from(["x", "a", Text("1")]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(ANNOTATIONS, VALUES, st.text() | st.text("[]{}',: 1ax"), st.none() | st.just(3))
def test_nothing_but_a_mismatch_is_raised(
    annotation: Any, value: Any, text: str, default: object
) -> None:
    assert describe(annotation)
    for work in (
        lambda: check(value, annotation, default),
        lambda: convert_leaves(value, annotation, default),
        lambda: from_text(text, annotation, default),
    ):
        try:
            work()
        except Mismatch as problem:
            assert problem.expected == describe(annotation)  # noqa: PT017  # one of many outcomes
            assert problem.kind in ("type", "value")  # noqa: PT017


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(ANNOTATIONS, VALUES)
def test_what_is_converted_fits_its_annotation(annotation: Any, value: Any) -> None:
    try:
        found = convert_leaves(value, annotation)
    except Mismatch:
        return
    check(found, annotation)


def test_deep_and_long_values_are_no_trouble() -> None:
    deep: Any = Text("1")
    for _ in range(10_000):
        deep = [deep]
    with pytest.raises(Mismatch):
        convert_leaves(deep, Any)
    check(deep, list[Any])
    assert from_text("a" * 1_000_000, str)
    with pytest.raises(Mismatch) as caught:
        from_text("[" * 1_000_000, list[int])
    assert len(caught.value.detail) < 200
    with pytest.raises(OverrideSyntaxError):
        parse_value("[" * 1_000_000)
