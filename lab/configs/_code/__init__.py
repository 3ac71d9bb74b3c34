"""Which configs a function reads, told from its bytecode, before it is run."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from operator import itemgetter
from types import CodeType, FunctionType, MethodType
from typing import NamedTuple

from lab.configs._code._bytecode import READABLE
from lab.configs._code._straight import straight_reads
from lab.configs._code._uses import WATCHED, Uses

__all__ = ["CodeReads", "Handed", "Read", "read_code"]

_LAZY = 0x20 | 0x80 | 0x100 | 0x200  # generators and coroutines: calling one runs none of its code
_BY_INDEX = itemgetter(0)
_VAR_POSITIONAL, _VAR_KEYWORD = 4, 8


class Read(NamedTuple):
    """One path that is read.

    Attributes:
        path: the chain of attributes as it is written, such as `model.parameters`; the dots of a key are
            colons in it, `optimizer:lr` for `c['optimizer.lr']`.
        line: where in the source it is read first.
        always: whether it is read on every path through the function.
    """

    path: str
    line: int
    always: bool


class Handed(NamedTuple):
    """A place where the configs object leaves sight, so that what is read of it is not known.

    Attributes:
        line: where in the source.
        what: in words, such as `passed to MNIST`.
    """

    line: int
    what: str


class CodeReads(NamedTuple):
    """What the code of a function does with the configs object.

    Attributes:
        reads: the paths that are read, each once, in the order in which the code reads them.
        handed_on: where the object leaves sight.
        sets: lines and paths that are set or deleted.
        certain: every path, and every beginning of one, that is read on every path through the
            function: of `c.model.train()` in one branch and `c.model.eval()` in the other, `model`.
    """

    reads: tuple[Read, ...] = ()
    handed_on: tuple[Handed, ...] = ()
    sets: tuple[tuple[int, str], ...] = ()
    certain: frozenset[str] = frozenset()


def read_code(function: object, parameter: str) -> CodeReads:
    """Tell which configs `function` reads of its parameter, without running it.

    A read in a nested function or comprehension counts, but not as certain. Nothing is certain
    of a generator or coroutine either, nor of a function behind a decorator that takes anything:
    calling it may not run the code. Certain are the reads of every run that ends by a return or by
    a `raise`, with no other exception before that than those which a `try` catches.

    Args:
        function: a function, method, class or another callable; its decorators are looked through.
        parameter: the name of the parameter that is the configs object.
    """
    if not READABLE:
        return _unreadable(function, "this version of Python is not known")
    if type(function) is not FunctionType:
        return _read_other(function, parameter)
    code = function.__code__
    if parameter in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]:
        return _straight(code, parameter) or _result(
            Uses(code, (), function.__globals__, parameter)
        )
    wrapped = getattr(function, "__wrapped__", None)
    if wrapped is None or not code.co_flags & (_VAR_POSITIONAL | _VAR_KEYWORD):
        return _unreadable(function, f"it has no parameter {parameter!r}")
    return _read_wrapped(function, wrapped, parameter)


def _straight(code: CodeType, parameter: str) -> CodeReads | None:
    """What simple code reads; None where the code is not simple."""
    if code.co_flags & _LAZY or not WATCHED.isdisjoint(code.co_names):
        return None
    found = straight_reads(code, code.co_varnames.index(parameter))
    if found is None:
        return None
    lines = code.co_lines()
    end, line = 0, None
    reads: dict[str, Read] = {}
    certain: list[str] = []
    for unit, path in found:
        while end <= 2 * unit:
            _, end, line = next(lines)
        if path not in reads:
            reads[path] = Read(path, line or code.co_firstlineno, True)
            if "." in path:
                certain += _beginnings(path)
    return CodeReads(tuple(reads.values()), certain=frozenset([*reads, *certain]))


def _read_other(function: object, parameter: str) -> CodeReads:
    """Find the function behind another kind of callable."""
    if isinstance(function, FunctionType | MethodType | staticmethod | classmethod):
        return read_code(getattr(function, "__func__", None), parameter)
    if isinstance(function, functools.partial):
        return _read_partial(function, parameter)
    if isinstance(function, property):
        return read_code(function.fget, parameter)
    if isinstance(function, functools.cached_property):
        return read_code(function.func, parameter)
    if isinstance(function, type):
        return _read_class(function, parameter)
    wrapped = getattr(function, "__wrapped__", None)
    if wrapped is not None:
        return _uncertain(read_code(wrapped, parameter))
    call = getattr(type(function), "__call__", None)  # noqa: B004 - the function is wanted
    if isinstance(call, FunctionType):
        return read_code(call, parameter)
    return _unreadable(function, "it is not written in Python")


def _read_class(made: type, parameter: str) -> CodeReads:
    start = _attribute(made, "__init__")
    if not isinstance(start, FunctionType):
        return _unreadable(made, "it is not written in Python")
    found = read_code(start, parameter)
    called = getattr(type(made), "__call__", None)  # noqa: B004 - that of a metaclass
    if _attribute(made, "__new__") is object.__new__ and called is type.__call__:
        return found
    handed = Handed(0, f"passed to {made.__qualname__}.__new__")
    return found._replace(handed_on=(*found.handed_on, handed))


def _attribute(owner: type, name: str) -> object:
    return next(vars(base)[name] for base in owner.__mro__ if name in vars(base))


def _read_partial(function: functools.partial[object], parameter: str) -> CodeReads:
    inner = function.func
    if parameter in function.keywords:
        return CodeReads()
    code = getattr(inner, "__code__", None)  # of a method, that of its function
    if isinstance(code, CodeType):
        first = 1 if isinstance(inner, MethodType) else 0
        if parameter in code.co_varnames[first : first + len(function.args)]:
            return CodeReads()
    return read_code(inner, parameter)


def _read_wrapped(function: FunctionType, wrapped: object, parameter: str) -> CodeReads:
    """Read the function behind a wrapper that takes `*args` or `**kwargs`."""
    found = _uncertain(read_code(wrapped, parameter))
    for name in _carriers(function.__code__, wrapped, parameter):
        uses = Uses(function.__code__, (), function.__globals__, name)
        passed_on = len(uses.handed) + sum(len(inner.handed) for _, inner in uses.inner)
        if uses.reads or uses.rebound or passed_on > 1:
            line = function.__code__.co_firstlineno
            handed = Handed(line, f"passed to the wrapper {function.__qualname__}")
            return found._replace(handed_on=(*found.handed_on, handed))
    return found


def _carriers(wrapper: CodeType, wrapped: object, parameter: str) -> tuple[str, ...]:
    """The parameters of a wrapper in which it may get a parameter of the wrapped function."""
    inner = getattr(wrapped, "__code__", None)
    if isinstance(inner, CodeType) and parameter in inner.co_varnames[: wrapper.co_argcount]:
        return (wrapper.co_varnames[inner.co_varnames.index(parameter)],)
    first = wrapper.co_argcount + wrapper.co_kwonlyargcount
    flags = wrapper.co_flags
    count = bool(flags & _VAR_POSITIONAL) + bool(flags & _VAR_KEYWORD)
    return wrapper.co_varnames[first : first + count]


def _uncertain(found: CodeReads) -> CodeReads:
    reads = tuple(read._replace(always=False) for read in found.reads)
    return found._replace(reads=reads, certain=frozenset())


def _unreadable(function: object, why: str) -> CodeReads:
    name = getattr(function, "__qualname__", None) or type(function).__qualname__
    code = getattr(function, "__code__", None)
    line = code.co_firstlineno if isinstance(code, CodeType) else 0
    return CodeReads(handed_on=(Handed(line, f"the code of {name} cannot be read: {why}"),))


def _result(uses: Uses) -> CodeReads:
    certain = _certain(uses)
    reads: dict[str, Read] = {}
    handed: list[Handed] = []
    sets: list[tuple[int, str]] = []
    for kind, line, text in _events(uses):
        if kind == "read":
            if text not in reads:
                reads[text] = Read(text, line, text in certain)
        elif kind == "set":
            sets.append((line, text))
        else:
            handed.append(Handed(line, text))
    return CodeReads(tuple(reads.values()), tuple(dict.fromkeys(handed)), tuple(sets), certain)


def _certain(uses: Uses) -> frozenset[str]:
    """What is read on every path, and the beginnings of that."""
    if uses.rebound or uses.code.co_flags & _LAZY:
        return frozenset()
    if uses.flow is None:
        return frozenset(begin for _, path in uses.reads for begin in _beginnings(path))
    bits: dict[str, int] = {}
    events = []
    for index, path in uses.reads:
        mask = 0
        for begin in _beginnings(path):
            mask |= bits.setdefault(begin, 1 << len(bits))
        events.append((index, mask))
    common = uses.flow.always(events)
    return frozenset(begin for begin, bit in bits.items() if common & bit)


def _beginnings(path: str) -> Iterator[str]:
    end = path.find(".")
    while end > 0:
        if path[:end] != "super()":
            yield path[:end]
        end = path.find(".", end + 1)
    yield path


def _events(uses: Uses) -> list[tuple[str, int, str]]:
    """What happens to the object as (kind, line, text), in the order of the code."""
    found: list[tuple[int, str, int, str]] = []
    for kind, places in (("read", uses.reads), ("handed", uses.handed), ("set", uses.sets)):
        if places:
            found += [(index, kind, line, text) for index, line, text in _with_lines(uses, places)]
    for index, inner in uses.inner:
        found += [(index, *event) for event in _events(inner)]
    if len(found) > len(uses.reads):
        found.sort(key=_BY_INDEX)
    return [(kind, line, text) for _, kind, line, text in found]


def _with_lines(uses: Uses, places: list[tuple[int, str]]) -> Iterator[tuple[int, int, str]]:
    places.sort(key=_BY_INDEX)
    spans = uses.code.co_lines()
    end, line = 0, None
    for index, text in places:
        offset = 2 * uses.instructions[index][2]
        while end <= offset:
            _, end, line = next(spans)
        yield index, line or uses.code.co_firstlineno, text
