from __future__ import annotations

import datetime as dt
import enum
import math
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.configs._text._convert import Mismatch, convert_leaves, from_text
from lab.configs._text._grammar import (
    Override,
    Text,
    overrides_to_text,
    parse_override,
    parse_value,
    to_text,
)
from lab.errors import OverrideSyntaxError

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.text("'\\\" ,[]{}:=a1n"),
)
PLAIN = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=12,
)
KEYS = st.lists(
    st.from_regex(r"[a-zé_]\w{0,5}", fullmatch=True).filter(str.isidentifier),
    min_size=1,
    max_size=4,
).map(".".join)


class Colour(enum.Enum):
    RED = 1
    true = "t"
    BLUE = "b"


def same(a: Any, b: Any) -> bool:
    """Equality that tells -0.0 from 0.0, True from 1, and finds nan equal to nan."""
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, float) and isinstance(b, float):
        return (math.isnan(a) and math.isnan(b)) or (
            a == b and math.copysign(1, a) == math.copysign(1, b)
        )
    return type(a) is type(b) and bool(a == b)


@pytest.mark.parametrize(
    ("text", "key", "op", "value"),
    [
        ("optimizer.lr=1e-3", "optimizer.lr", "=", Text("1e-3")),
        ("tags+=[a, b]", "tags", "+=", [Text("a"), Text("b")]),
        ("x=", "x", "=", Text("")),
        ("x=''", "x", "=", ""),
        (" x = 1 ", "x", "=", Text("1")),
        ("x=a=b", "x", "=", Text("a=b")),
        ("x=http://a.b/c?d#e", "x", "=", Text("http://a.b/c?d#e")),
        ("größe=1", "größe", "=", Text("1")),
    ],
)
def test_an_override_is_a_key_and_a_value(text: str, key: str, op: str, value: object) -> None:
    found = parse_override(text)
    assert found == Override(key, op, value)  # type: ignore[arg-type]  # op is a parameter
    assert type(found.value) is type(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"'a\'b'", "a'b"),
        (r"'a\\b'", r"a\\b"),
        (r"'a\tb'", r"a\tb"),
        (r"'a\\'", "a\\"),
        (r"'a\\\'b'", r"a\'b"),
        (r'"a\'b"', r"a\'b"),
        ("'a\nb'", "a\nb"),
        ("' '", " "),
        ('"it\'s"', "it's"),
    ],
)
def test_a_backslash_counts_in_quotes_only_before_the_closing_kind(text: str, value: str) -> None:
    found = parse_value(text)
    assert found == value
    assert type(found) is str


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"a\,b", "a,b"),
        (r"a\bc", r"a\bc"),
        (r"a\\b", r"a\b"),
        (r"\ a", " a"),
        (r"a\ ", "a "),
        (r"a\:b\=c", "a:b=c"),
        (r"\(a\)", "(a)"),
        (r"it\'s", "it's"),
        ("a\\", "a\\"),
        ("  a  b ", "a  b"),
        ("a:b", "a:b"),
    ],
)
def test_bare_text_keeps_inner_blanks_and_drops_a_backslash_before_a_mark(
    text: str, value: str
) -> None:
    found = parse_value(text)
    assert found == value
    assert type(found) is Text
    assert convert_leaves(found, Any) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[]", []),
        ("{}", {}),
        ("[ a b , 'c, d' ]", ["a b", "c, d"]),
        ("[[1],[2, [3]]]", [["1"], ["2", ["3"]]]),
        ("{a:b:c}", {"a": "b:c"}),
        ("{'a b': [1], \"c:d\": {e: f}}", {"a b": ["1"], "c:d": {"e": "f"}}),
        (r"{a\:b: c}", {"a:b": "c"}),
        ("[''] ", [""]),
    ],
)
def test_lists_and_dicts_nest(text: str, value: object) -> None:
    assert parse_value(text) == value


@pytest.mark.parametrize(
    ("text", "problem", "position"),
    [
        ("lr", "there is no '='", None),
        ("=1", "no key", 0),
        ("", "there is no '='", None),
        ("a b=1", "has no ' '", 1),
        ("a/b=1", "has no '/'", 1),
        ("a[0]=1", "has no '['", 1),
        ("a-b=1", "has no '-'", 1),
        ("a.0=1", "cannot begin with '0'", 2),
        ("1a=1", "cannot begin with '1'", 0),
        (".a=1", "missing before the '.'", 0),
        ("a..b=1", "missing before the '.'", 2),
        ("a.=1", "missing after the last '.'", 2),
        ("++a=1", "cannot begin with '+'", 0),
        ("x='a", "quote ' is not closed", 2),
        ("x=[1, 2", "bracket [ is not closed", 2),
        ("x=[[1], ", "bracket [ is not closed", 2),
        ("x={a: 1", "bracket { is not closed", 2),
        ("x={a", "bracket { is not closed", 2),
        ("x='a'b", "after the closing quote", 5),
        ("x=[a]b", "after the closing bracket", 5),
        ("x=[a]]", "after the closing bracket", 5),
        ("x=a,b", "a comma outside brackets", 3),
        ("x=a'b", "the quote ' inside bare text", 3),
        ("x=f(a)", "'(' inside bare text", 3),
        ("x=${y}", "'{' inside bare text", 3),
        ("x=]", "']' inside bare text", 2),
        ("x==1", "cannot begin with '='", 2),
        ("x=[a,]", "there is no value here", 5),
        ("x=[,a]", "there is no value here", 3),
        ("x={a}", "a key without a value", 4),
        ("x={a:}", "there is no value here", 5),
        ("x={: a}", "no key before the ':'", 3),
        ("x={a: 1, a: 2}", "the key 'a' is there twice", 9),
        ("x=" + "[" * 10_000, "nested more than", 52),
        ("x=" + "{a:" * 10_000, "nested more than", 152),
    ],
)
def test_what_is_no_override_says_where_and_why(
    text: str, problem: str, position: int | None
) -> None:
    with pytest.raises(OverrideSyntaxError) as caught:
        parse_override(text)
    assert problem in caught.value.problem
    assert caught.value.position == position
    assert caught.value.text == text


@pytest.mark.parametrize(
    "text", ["\0", "\ud800", "a" * 1_000_000, "\\," * 500_000, "é日本", "[" * 49 + "]" * 49]
)
def test_odd_and_long_text_is_read(text: str) -> None:
    parse_override(f"x={text}")


@given(st.text() | st.text("=+.a1[]{}()'\"\\,: "))
def test_nothing_but_a_syntax_error_is_raised(text: str) -> None:
    for candidate in (text, f"x={text}"):
        try:
            override = parse_override(candidate)
        except OverrideSyntaxError as error:
            assert error.text == candidate  # noqa: PT017  # one of two outcomes
        else:
            with suppress(Mismatch):  # two keys may be the same value
                convert_leaves(override.value, Any)


@given(PLAIN)
def test_plain_data_comes_back_from_its_text(value: Any) -> None:
    assert same(convert_leaves(parse_value(to_text(value)), Any), value)


@given(st.text() | st.text("=+.a1[]{}()'\"\\,: "), KEYS)
def test_what_was_parsed_is_written_as_text_that_parses_alike(text: str, key: str) -> None:
    try:
        override = parse_override(f"{key}={text}")
    except OverrideSyntaxError:
        return
    again = parse_override(f"{key}={to_text(override.value)}")
    assert again == override
    assert leaves(again.value) == leaves(override.value)


def leaves(value: object) -> object:
    """The shape of a parsed value with the kinds of its leaves."""
    if isinstance(value, list):
        return [leaves(item) for item in value]
    if isinstance(value, dict):
        return [(leaves(key), leaves(item)) for key, item in value.items()]
    return type(value), value


@given(st.dictionaries(KEYS, PLAIN, max_size=4))
def test_overrides_come_back_from_their_texts(overrides: dict[str, Any]) -> None:
    parsed = [parse_override(text) for text in overrides_to_text(overrides)]
    assert same({p.key: convert_leaves(p.value, Any) for p in parsed}, overrides)


@given(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.complex_numbers(allow_nan=False),
        st.text(),
        st.text().map(lambda text: Path(text.replace("\0", ""))),
        st.sampled_from(Colour),
        st.dates(),
        st.times(timezones=st.none() | st.just(dt.timezone.utc)),
        st.datetimes(
            timezones=st.none() | st.just(dt.timezone(dt.timedelta(hours=-3, minutes=-30)))
        ),
        st.timedeltas(),
        st.decimals(allow_nan=False),
        st.uuids(),
    )
)
def test_a_value_comes_back_from_its_text_in_its_type(value: Any) -> None:
    kind = type(value) if not isinstance(value, Path) else Path
    text = to_text(value)
    assert same(convert_leaves(parse_value(text), kind), value)
    if not isinstance(value, str):  # text is a str as it stands
        assert same(from_text(text, kind), value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (1e-05, "1e-05"),
        (float("-inf"), "-inf"),
        (-0.0, "-0.0"),
        ("plain text", "plain text"),
        ("", "''"),
        ("1", "'1'"),
        ("null", "'null'"),
        ("it's", '"it\'s"'),
        ("a,b", "'a,b'"),
        ("C:\\", r"'C:\\'"),
        ((1, [2.0, "x"]), "[1, [2.0, x]]"),
        ({"a": {1: None}, "b c": ":"}, "{a: {1: null}, b c: ':'}"),
        ({"b", "a"}, "[a, b]"),
        (Colour.RED, "RED"),
        (Colour.true, "'true'"),
        (Path("/a/b"), "/a/b"),
        (Path("7"), "'7'"),
        (dt.timedelta(days=-1, microseconds=1), "-P0DT86399.999999S"),
        (Decimal("1.50"), "1.50"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    ],
)
def test_text_is_quoted_only_where_it_must_be(value: object, text: str) -> None:
    assert to_text(value) == text


def test_the_longest_ints_are_written_too() -> None:
    number = -(10**5000)
    assert from_text(to_text(number), int) == number


@pytest.mark.parametrize("value", [object(), len, b"x", {(1, 2): 3}, {1: 2, "1": 3}, range(3)])
def test_what_has_no_text_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="cannot be written"):
        to_text(value)


def test_a_list_that_holds_itself_is_refused() -> None:
    value: list[object] = []
    value.append(value)
    with pytest.raises(TypeError, match="nested more than"):
        to_text(value)


def test_a_key_that_is_no_key_is_refused_when_overrides_are_written() -> None:
    with pytest.raises(OverrideSyntaxError):
        overrides_to_text({"a b": 1})
