"""What a function reads of its configs is told from its code, without running it."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from random import Random
from types import FunctionType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, reject, settings
from hypothesis import strategies as st

from lab.configs._code import CodeReads, read_code

NAMES = "abcdefgh"


def found(body: str, first: str = "def f(c, t=None, other=None):") -> CodeReads:
    """What is read by a function with that body."""
    scope: dict[str, Any] = {}
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    exec(f"{first}\n{lines}", scope)
    return read_code(scope["f"], "c")


def told(reads: CodeReads) -> str:
    """The paths in order, those in brackets that are not certain."""
    return " ".join(read.path if read.always else f"({read.path})" for read in reads.reads)


PROGRAMS = {
    "return c.a": "a",
    "return Net(c.conv1_kernel, 3).to(c.device)": "conv1_kernel device",
    "return c.model.parameters()": "model.parameters",
    "return c.inner.name + c['optimizer.lr'] + c['inner'].x + c.inner['x']": (
        "inner.name optimizer:lr inner.x"
    ),
    "return c.items[0].x, c.table[c.key]": "items table key",
    "if c.a: return c.b\nreturn c.d": "a (b) (d)",
    "if t: x = c.a\nelse: x = c.a\nreturn x": "a",
    "return c.a if t else c.b": "(a) (b)",
    "return t and c.a": "(a)",
    "return c.a or c.b": "a (b)",
    "return c.a < c.b < c.d": "a b (d)",
    "assert c.a, c.b\nc.d": "a (b) (d)",
    "if t: raise ValueError(c.a)\nreturn c.b": "(a) (b)",
    "for x in c.loader: c.a\nelse: c.b": "loader (a) b",
    "for x in c.loader:\n    if t: return\n    c.a\nc.b": "loader (a) (b)",
    "while c.a: c.b": "a (b)",
    "while True:\n    c.a\n    if c.b: break\n    c.d\nc.e": "a b (d) e",
    "while True:\n    c.a\n    if c.b: c.d": "a b (d)",
    "with c.a as x: c.b\nc.d": "a b d",
    "with suppress(E):\n    c.a\n    c.b\nc.d": "(a) (b) d",
    "with other():\n    if t: raise E\n    c.a\nc.d": "(a) (d)",
    "try:\n    c.a\nexcept E:\n    return c.b\nreturn c.d": "(a) (b) (d)",
    "try:\n    c.a\nexcept E:\n    c.a\n    raise\nc.b": "a b",
    "try:\n    c.a\nexcept E as e:\n    raise X from e\nc.b": "a b",
    "try:\n    c.a\nfinally:\n    c.b\nc.d": "a b d",
    "try:\n    if t: raise E\n    c.a\nfinally:\n    c.b": "(a) b",
    "match t:\n    case 1: return c.a\n    case [x, y]: return c.b\nreturn c.d": "(a) (b) (d)",
    "x = [c.a for _ in c.b if c.d]": "b (d) (a)",
    "x = lambda: c.a\nreturn c.b": "(a) b",
    "def g(z):\n    return [c.a for _ in z]\nc.b": "(a) b",
    "class K:\n    x = c.a\n    def g(self): return c.b": "(a) (b)",
    "x = lambda c: c.a\nreturn c.b": "b",
    "def g():\n    c = 1\n    return c.x\nreturn c.b": "b",
    "x = [c for c in c.a]\nreturn c.b": "a b",
    "x = [c.z for c in [1] for d in [c.y for c in t]]\nreturn c.b": "b",
    "x = c\ny = x\nreturn y.a, x.b": "a b",
    "x = c\nreturn lambda: x.a": "(a)",
    "return getattr(c, 'a'), getattr(c, 'b', c.d).e, hasattr(c, 'f')": "a d b.e f",
    "return isinstance(c, int), type(c), id(c), repr(c), c is None, c is not t, f'{c}'": "",
    "if c is None: return\nreturn c.a": "(a)",
    "return isinstance(c.a, int), str(c.b), print(c, c.d), id(c.f())": "a b d f",
    "c.a = c.b": "b",
    "c.a += 1\nc['b'] += 1\nc.inner.x = 1": "a b inner",
    "yield c.a": "(a)",
    "c": "",
}


@pytest.mark.parametrize("body", PROGRAMS)
def test_reads_are_found_with_whether_they_are_certain(body: str) -> None:
    reads = found(body)
    paths = {read.path: read.always for read in reads.reads}
    expected = PROGRAMS[body].split()
    assert paths == {path.strip("()"): "(" not in path for path in expected}
    assert not reads.handed_on


def test_reads_come_in_the_order_of_the_code() -> None:
    body = "x = c.b\ny = [c.f for _ in x]\nif c.a: c.d\nreturn c.b"
    assert told(found(body)) == "b (f) a (d)"
    assert [read.line for read in found(body).reads] == [2, 3, 4, 4]


def test_the_beginning_of_a_path_may_be_certain_where_its_end_is_not() -> None:
    reads = found("if t: c.model.train()\nelse: c.model.eval()")
    assert told(reads) == "(model.train) (model.eval)"
    assert reads.certain == {"model"}


@pytest.mark.parametrize(
    ("body", "what"),
    {
        "return MNIST(c)": "passed to MNIST",
        "return nn.Linear(3, c)": "passed to nn.Linear",
        "return MNIST(3, c=c)": "passed to MNIST",
        "return other.to(1, c)": "passed to other.to",
        "return c": "returned",
        "return [1, c]": "put in a list",
        "return {'c': c}": "put in a map",
        "other.c = c": "stored in other.c",
        "return c[t]": "indexed by a name known only at run time",
        "return getattr(c, t)": "passed to getattr",
        "return getattr(c, 'x' + t)": "passed to getattr",
        "return getattr(c, 'x'.lower(), t)": "passed to getattr",
        "c = other\nreturn c.a": "bound again",
        "x = c\nx = other\nreturn x": "kept as x",
        "def g():\n    nonlocal c\n    c = t\nreturn c.a": "bound again",
        "for x in t:\n    (c if x else other).a": "used whole",
        "return c + 1": "returned",
        "return locals()": "seen by locals()",
        "for x in c: pass": "iterated over",
        "return lambda x=c: x": "put in a tuple",
    }.items(),
)
def test_it_is_said_where_the_configs_leave_sight(body: str, what: str) -> None:
    (handed,) = found(body).handed_on
    assert handed.what == what
    assert handed.line >= 2


def test_nothing_is_certain_of_a_parameter_that_is_bound_again() -> None:
    assert told(found("c.a\nif t: c = other\nc.b")) == "(a) (b)"


def test_a_function_that_ends_in_naming_super_is_read() -> None:
    assert not found("other = super").reads


def test_what_is_set_is_told_apart_from_what_is_read() -> None:
    reads = found("c.a = 1\nc['b.x'] = 2\nc.d += 3\ndel c.e\nsetattr(c, 'f', t)\nc.g.h = 4")
    assert [path for _, path in reads.sets] == ["a", "b:x", "d", "e", "f", "g.h"]
    assert [line for line, _ in reads.sets] == [2, 3, 4, 5, 6, 7]
    assert told(reads) == "d g"
    assert not reads.handed_on


def test_a_call_of_a_method_of_the_base_class_is_told_apart() -> None:
    class Base:
        def size(self) -> int:
            return 1

        rate = 2

    class Derived(Base):
        def size(self) -> int:
            return super().size() + super().rate.real + self.own  # type: ignore[attr-defined,no-any-return]

        def old(self) -> int:
            return super(Derived, self).size()  # noqa: UP008

    assert told(read_code(Derived.size, "self")) == "super().size super().rate.real own"
    assert read_code(Derived.old, "self").handed_on


def test_a_name_that_hides_a_builtin_function_is_no_builtin_function() -> None:
    scope: dict[str, Any] = {"getattr": print}
    exec("def f(c): return getattr(c, 'a')", scope)
    assert [handed.what for handed in read_code(scope["f"], "c").handed_on] == ["passed to getattr"]


def plain(c: Any) -> Any:
    return c.a


def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


def nosy(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs), args[0].b

    return wrapper


def bound_first(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        self.log()
        return function(self, *args, **kwargs)

    return wrapper


class Callables:
    def __init__(self, c: Any) -> None:
        self.size = c.a

    def __call__(self, c: Any) -> Any:
        return c.a

    def method(self, c: Any) -> Any:
        return c.a

    @staticmethod
    def static(c: Any) -> Any:
        return c.a

    @classmethod
    def of_class(cls, c: Any) -> Any:
        return c.a

    @functools.cached_property
    def kept(self) -> Any:
        return self.a  # type: ignore[attr-defined]

    @property
    def computed(self) -> Any:
        return self.a  # type: ignore[attr-defined]


class Made:
    a = 0


@pytest.mark.parametrize(
    "function",
    [
        plain,
        lambda c: c.a,
        lambda *args, c, **kwargs: c.a,
        Callables,
        Callables(Made()),
        Callables(Made()).method,
        Callables.static,
        Callables.__dict__["static"],
        Callables.__dict__["of_class"],
        Callables.of_class,
        functools.partial(plain),
        functools.partial(Callables.method, None),
        functools.partial(Callables(Made()).method),
    ],
)
def test_all_kinds_of_callables_are_read(function: object) -> None:
    assert told(read_code(function, "c")) == "a"
    assert not read_code(function, "c").handed_on


@pytest.mark.parametrize("name", ["kept", "computed"])
def test_properties_are_read(name: str) -> None:
    assert told(read_code(Callables.__dict__[name], "self")) == "a"


@pytest.mark.parametrize("function", [decorated(plain), functools.lru_cache(plain)])
def test_a_decorator_is_looked_through_but_may_not_call_the_function(function: object) -> None:
    assert told(read_code(function, "c")) == "(a)"
    assert not read_code(function, "c").handed_on


@pytest.mark.parametrize("decorator", [nosy, bound_first])
def test_a_decorator_that_looks_at_the_arguments_is_given_the_configs(
    decorator: Callable[..., Any],
) -> None:
    reads = read_code(decorator(plain), "c")
    assert told(reads) == "(a)"
    assert reads.handed_on


@pytest.mark.parametrize(
    "function",
    [
        functools.partial(plain, 1),
        functools.partial(plain, c=1),
        functools.partial(Callables(Made()).method, 1),
    ],
)
def test_nothing_is_read_of_a_parameter_that_is_given_already(function: object) -> None:
    assert read_code(function, "c") == CodeReads()


@pytest.mark.parametrize("function", [len, dict, int.__add__, 3, lambda x: x])
def test_code_that_cannot_be_read_is_named(function: object) -> None:
    reads = read_code(function, "c")
    assert not reads.reads
    (handed,) = reads.handed_on
    assert "cannot be read" in handed.what


@pytest.mark.parametrize(
    "first", ["async def f(c):", "def f(c):\n    yield"], ids=["coroutine", "generator"]
)
def test_nothing_is_certain_of_code_that_a_call_does_not_run(first: str) -> None:
    assert told(found("c.a", first)) == "(a)"


def test_wide_arguments_are_read() -> None:
    many = "\n".join(f"x{i} = other.n{i}" for i in range(300))
    reads = found(f"{many}\nif t:\n    c.a\n    {many.replace(chr(10), ';')}\nreturn c.b")
    assert told(reads) == "(a) b"


class Stopped(BaseException):
    """Ends a run that would take too long."""


class Surprise(ValueError):
    """An exception that the function does not raise itself."""


class Run:
    """One run of a function, steered by coin tosses that are settled beforehand."""

    def __init__(self, tosses: list[bool]) -> None:
        self.read: set[str] = set()
        self.elsewhere: set[str] = set()
        self.surprised = self.stopped = self.raised = False
        self._tosses = iter(tosses)

    def toss(self) -> bool:
        try:
            return next(self._tosses)
        except StopIteration:
            self.stopped = True
            raise Stopped from None

    def boom(self) -> int:
        if self.toss():
            self.surprised = True
            raise Surprise
        return 0

    def error(self, *_: object) -> ValueError:
        # What an inner function raises is a surprise to the function around it.
        self.surprised |= sys._getframe(1).f_code.co_name != "f"
        return ValueError()

    def use(self, *_: object, **__: object) -> Recorder:
        return Recorder(self, self.elsewhere)

    def of(self, function: Callable[..., Any]) -> None:
        """Run the function to its end, whatever that is."""
        try:
            function(Recorder(self, self.read))
        except (ValueError, AssertionError):
            self.raised = True
        except (Stopped, Exception):
            self.stopped = True

    @property
    def counts(self) -> bool:
        """Whether it ended by a return, or by a `raise` with nothing unforeseen before."""
        return not self.stopped and not (self.raised and self.surprised)


class Recorder:
    """Stands for a configs object and for its values, and remembers what was read."""

    def __init__(self, run: Run, read: set[str], path: str = "") -> None:
        self.__dict__.update(_run=run, _read=read, _path=path)

    def __getattr__(self, name: str) -> Any:
        path = f"{self._path}.{name}" if self._path else name
        self._read.add(path)
        return Recorder(self._run, self._read, path)

    def __getitem__(self, key: str) -> Any:
        return getattr(self, str(key).replace(".", ":"))

    def __setattr__(self, name: str, value: object) -> None:
        pass

    __setitem__ = __setattr__

    def __bool__(self) -> bool:
        return bool(self._run.toss())

    def __iter__(self) -> Iterator[int]:
        while self._run.toss():
            yield 1

    def __add__(self, *_: object) -> Recorder:
        return self

    __call__ = __iadd__ = __radd__ = __add__


def compiled(source: str, run: Run) -> FunctionType:
    scope: dict[str, Any] = {
        "t": run.toss,
        "boom": run.boom,
        "use": run.use,
        "error": run.error,
        "suppress": suppress,
        "nothing": nullcontext,
    }
    exec(compile(source, "<program>", "exec"), scope)
    made = scope["f"]
    assert isinstance(made, FunctionType)
    return made


READS = [
    *("c.{a}", "c.{a}", "c.{a}.{b}", "c['{a}']", "c['{a}.{b}'].x", "y.{a}", "c.{a}()"),
    *("getattr(c, '{a}')", "getattr(c, '{a}', c.{b}).x", "hasattr(c, '{a}')"),
]
ATOMS = [*READS, *READS, "1", "t()", "t()", "boom()", "c is None", "isinstance(c, int)"]
ATOMS += ["str(c.{a})", "isinstance(c.{a}, int)", "type(c)"]
EXPRESSIONS = [
    *("({0} and {1})", "({0} or {1})", "(not {0})", "({0} if {1} else {2})", "[{0}, {1}]"),
    *("[{0} for _ in (1, 2) if {1}]", "[{0} for _ in [{1}]]", "[c for c in [{0}, {1}]]"),
    *("([c.q for c in [y, y] if t()], {0})", "[(lambda: c)() for c in [{0}]]"),
    *("any({0} for _ in (1, 2))", "(lambda: {0})()", "(lambda: {0})", "(w := {0})"),
    *("(lambda c: {0})(y if t() else {1})", "(len([{0}]) < len([{1}]) < len([{2}]))"),
    *("use({0}, k={1})", "{{1: {0}}}", "(c if {0} else y).h", "({0} if t() else c)"),
    *("(use() if {0} else c).g", "[[{0} for c in [y]] for c in [{1}] if c.q]"),
    *("getattr(c, 'a', {0})", "f'{{c}}{{{0}!r}}'", "((w := c) and w.{a})"),
]
STATEMENTS = [
    *(
        "x = {0}",
        "{0}",
        "use({0}, {1})",
        "assert {0}, error()",
        "assert {0}, error({1})",
        "return {0}",
    ),
    *("if t(): return {0}", "if t(): raise error({0})", "if {0}: raise error()"),
    *("c.{a} = 1", "c.{a} += 1", "c['{a}'] += 1", "c.a.{b} += 1", "c['{a}'] = 1"),
    *("use(c)", "boom()", "z = c", "z = y", "z = y\nx = z.h", "c = use()", "x, z = c.a, y.b"),
    *("v = c", "v = c\nuse(v.d)", "x = y[t()]", "boom()", "pass"),
    "def n():\n    nonlocal c\n    c = use()\nif t(): n()",
]
BLOCKS = [
    *("if {0}:\n    #", "if {0}:\n    #\nelse:\n    #", "while t() and {0}:\n    #\n    #"),
    "while t():\n    #\n    if {0}: break\n    #\nelse:\n    #",
    "while True:\n    if t(): break\n    #\n    if {0}: continue\n    #",
    "while True:\n    t()\n    #\n    if {0}: return {1}",
    "while True:\n    t()\n    #\n    if {0}: break\n    #\nc.g",
    "for _ in {0} and (1, 2):\n    #\n    if {1}: break\nelse:\n    #",
    "for _ in c.{a}:\n    #\n    if t(): continue\n    #",
    "try:\n    #\nexcept ValueError:\n    #",
    "try:\n    #\nexcept ValueError:\n    #\n    raise",
    "try:\n    #\nexcept ValueError as e:\n    #\n    raise error({0}) from e",
    "try:\n    #\nexcept KeyError as e:\n    #\nexcept ValueError as e:\n    #\nelse:\n    #",
    "try:\n    #\nfinally:\n    #",
    "try:\n    #\nexcept ValueError:\n    #\nfinally:\n    #",
    "for _ in (1, 2):\n    t()\n    try:\n        #\n        if {0}: continue\n    finally:\n        #",
    "with nothing({0}) as z:\n    #",
    "with suppress(ValueError):\n    #\n#",
    "with nothing(), suppress(ValueError):\n    #",
    "match bool({0}):\n    case True:\n        #\n    case _ if {1}:\n        #",
    "match {0}:\n    case [1, c.a]:\n        #\n    case _:\n        #",
    "def inner():\n    #\nif t(): inner()",
    "def inner(c):\n    #\nif t(): inner(y)",
    "class Inner:\n    x = c.{a}\n    z = lambda: y.{b}\nif t(): Inner.z()",
]


class Author:
    """Writes a random function `f(c)`."""

    def __init__(self, seed: int, size: int) -> None:
        self._random = Random(seed)
        self._left = size
        self._statements = STATEMENTS

    def program(self) -> str:
        return "\n".join(["def f(c):", "    y = c", *self._body("    "), ""])

    def _expression(self, depth: int = 0) -> str:
        pick = self._random.choice
        form = pick(EXPRESSIONS if self._random.random() < 0.5 - depth / 8 else ATOMS)
        inner = [self._expression(depth + 1) if f"{{{i}}}" in form else "" for i in range(3)]
        return form.format(*inner, a=pick(NAMES), b=pick(NAMES))

    def _body(self, indent: str) -> list[str]:
        lines = []
        for _ in range(self._random.randint(1, 3)):
            self._left -= 1
            form = self._random.choice(
                BLOCKS if self._left > 0 and self._random.random() < 0.6 else self._statements
            )
            outside = self._statements
            if form.startswith("def inner()"):  # there it would make `c` a local, unbound at first
                self._statements = [other for other in STATEMENTS if other != "c = use()"]
            for line in form.splitlines():
                text = line.lstrip()
                inner = indent + line[: len(line) - len(text)]
                if text == "#":
                    lines += self._body(inner)
                else:
                    names = {"a": self._random.choice(NAMES), "b": self._random.choice(NAMES)}
                    lines.append(inner + text.format(*(self._expression() for _ in "012"), **names))
            self._statements = outside
        return lines


@settings(max_examples=300, deadline=None)
@given(
    seed=st.integers(0, 2**64),
    size=st.integers(0, 10),
    runs=st.lists(st.integers(0, 2**64), min_size=6, max_size=6),
)
def test_what_a_random_function_reads_is_what_its_code_says(
    seed: int, size: int, runs: list[int]
) -> None:
    source = Author(seed, size).program()
    note(source)
    for coins in runs:
        random = Random(coins)
        run = Run([random.random() < 0.5 for _ in range(40)])
        try:
            function = compiled(source, run)
        except SyntaxError:
            reject()
        told = read_code(function, "c")
        run.of(function)
        if not told.handed_on:  # what is read of a value that was kept is the value's affair
            heads = {read.path.partition(".")[0] for read in told.reads}
            assert {path.partition(".")[0] for path in run.read} <= heads
        if run.counts:
            assert told.certain <= run.read
        assert {read.path for read in told.reads if read.always} <= told.certain


def without_the_quick_way(
    function: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> CodeReads:
    with monkeypatch.context() as patch:
        patch.setattr("lab.configs._code._straight", lambda code, parameter: None)
        return read_code(function, "c")


_PIECES = st.sampled_from(
    [
        "c.a",
        "c.b.d",
        "c.e()",
        "f(c.g, 1)",
        "[c.a, c.h.i.j]",
        "(c.k, c.a)",
        "c",
        "c['l.m']",
        "f(c)",
        "x",
        "1",
    ]
)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(pieces=st.lists(_PIECES, min_size=1, max_size=6), kept=st.booleans())
def test_the_quick_way_finds_what_the_long_way_finds(
    pieces: list[str], kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"    x = {piece}" if kept else f"    {piece}" for piece in pieces]
    source = "\n".join(["def f(c):", "    x = 0", *lines, f"    return {pieces[0]} + x"])
    scope: dict[str, Any] = {}
    exec(source, scope)
    assert read_code(scope["f"], "c") == without_the_quick_way(scope["f"], monkeypatch)
