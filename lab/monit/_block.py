"""A section round a block of code, or round each call of a function."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import wraps
from types import TracebackType
from typing import Any, ParamSpec, TypeVar, cast

from lab.errors import MonitError
from lab.monit._monitor import Monitor
from lab.monit._section import Section

__all__ = ["Block"]

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_GENERATOR, _COROUTINE, _ASYNC_GENERATOR = 0x20, 0x80, 0x200  # flags of a function's code


class Block:
    """What `monit.section` gives: a context manager, and a decorator.

    Args:
        monitor: gives the sections in progress, when the block begins.
        make: makes the section.
    """

    def __init__(self, monitor: Callable[[], Monitor], make: Callable[[], Section]) -> None:
        self._monitor, self._make = monitor, make
        self._open: list[tuple[Monitor, Section]] = []

    def __enter__(self) -> Section:
        section, monitor = self._make(), self._monitor()
        monitor.open(section)
        self._open.append((monitor, section))
        return section

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        monitor, section = self._open.pop()
        if kind is not None and kind is not GeneratorExit:
            section.fail()
        section.end(is_whole=kind is None)
        monitor.close(section)

    def __call__(self, function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        """The function, each call of which is a section; also one that is awaited or generates."""
        if not callable(function):
            raise MonitError(f"a section is put round a function, not round {function!r}")
        flags = getattr(getattr(function, "__code__", None), "co_flags", 0)
        if flags & _ASYNC_GENERATOR:
            raise MonitError(
                f"a section cannot be put round {function.__qualname__}, which generates "
                "asynchronously: open one within it"
            )
        again = Block(self._monitor, self._make)  # a function may call itself: they are stacked
        if flags & _COROUTINE:

            @wraps(function)
            async def wait(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Any:
                with again:
                    return await cast("Awaitable[Any]", function(*args, **kwargs))

            return cast("Callable[Arguments, Result]", wait)
        if flags & _GENERATOR:

            @wraps(function)
            def generate(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Any:
                with again:
                    return (yield from cast("Iterator[Any]", function(*args, **kwargs)))

            return cast("Callable[Arguments, Result]", generate)

        @wraps(function)
        def call(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
            with again:
                return function(*args, **kwargs)

        return call
