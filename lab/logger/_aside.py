"""Keeps what other code prints and the line on a terminal apart."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, TextIO

__all__ = ["Aside"]


class Aside:
    """Has something called before each text that anybody writes to some streams.

    It puts a function in the place of a stream's `write`, and leaves the stream itself where it is:
    who holds it already, as handlers of `logging` do, writes through it as well, and blocks that
    replace `sys.stdout` for a time can begin and end in any order.

    Args:
        before: called with the text before it is written.
    """

    def __init__(self, before: Callable[[str], object]) -> None:
        self._before = before
        self._hooked: dict[int, tuple[TextIO, Any, Callable[[str], int], Callable[[str], int]]] = {}
        self._is_on = False

    def begin(self, *streams: TextIO | None) -> None:
        """Watch the streams."""
        self._is_on = True
        for stream in streams:
            if stream is not None and id(stream) not in self._hooked:
                with contextlib.suppress(AttributeError, TypeError):  # it takes no attributes
                    self._hook(stream)

    def end(self) -> None:
        """Watch nothing more, and leave the streams as they were."""
        self._is_on = False
        while self._hooked:
            _, (stream, own, _, write) = self._hooked.popitem()
            if vars(stream).get("write") is not write:
                continue  # somebody has put a function of theirs over ours, which now does nothing
            if own is None:
                del stream.write  # what is found is the class's again
            else:
                stream.write = own  # type: ignore[method-assign]  # as it was

    def original(self, stream: TextIO) -> Callable[[str], int]:
        """The `write` of a stream that calls nothing before."""
        hooked = self._hooked.get(id(stream))
        return stream.write if hooked is None else hooked[2]

    def _hook(self, stream: TextIO) -> None:
        own, original = vars(stream).get("write"), stream.write

        def write(text: str) -> int:
            if self._is_on:
                self._before(text)
            return original(text)

        stream.write = write  # type: ignore[method-assign]  # that is the point
        self._hooked[id(stream)] = stream, own, original, write
