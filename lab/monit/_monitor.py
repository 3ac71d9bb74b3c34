"""The sections in progress, and how they look: lines of their own, or a part of the loop's line."""

from __future__ import annotations

from time import perf_counter

from lab import logger
from lab.logger import Text
from lab.monit._section import Section
from lab.steps import Part, Steps

__all__ = ["Monitor"]


class Monitor:
    """The sections in progress, the outermost first, of one run.

    Args:
        steps: holds the line on screen.
    """

    def __init__(self, steps: Steps) -> None:
        self._line = steps.line
        self._stack: list[Section] = []
        self._turn = -1
        self._seen: list[Section] = []  # of the loop's iteration in progress, also those that ended

    @property
    def innermost(self) -> Section | None:
        """The section that is in progress, not counting those around it."""
        last = self._stack[-1:]  # in one step: it is also read by the thread that draws
        return last[0] if last else None

    def open(self, section: Section) -> None:
        """Begin a section within those in progress."""
        if self._line.is_loop:
            self._begin_turn()
            section.is_in_loop = True
            if not section.is_silent:
                self._seen.append(section)
        elif self._stack:
            self._write_header(self._stack[-1])
        section.depth = len(self._stack)
        self._stack.append(section)
        if not section.is_silent:
            self._line.put("sections", self._parts)
            if not section.is_in_loop:
                section.is_shown = True
                logger.show_line()

    def close(self, section: Section) -> None:
        """End a section, and with it all that were left open within it."""
        if section not in self._stack:
            return
        while self._stack[-1] is not section:
            inner = self._stack[-1]
            inner.end(is_whole=False)
            self._leave(inner)
        self._leave(section)

    def _leave(self, section: Section) -> None:
        self._stack.pop()
        if section.is_shown:
            section.is_shown = False
            logger.clear_line()
            end = "\n" if section.is_new_line else "  "
            logger.log([*_name(section), *section.outcome()], is_new_line=end == "\n")
            logger.hide_line()

    def _write_header(self, section: Section) -> None:
        if section.is_shown and not section.has_header:
            section.has_header = True
            logger.clear_line()
            logger.log(_name(section))

    def _begin_turn(self) -> None:
        """Forget what belongs to the loop's last iteration."""
        if self._turn != self._line.turn:
            self._turn = self._line.turn
            self._stack = [section for section in self._stack if not section.is_in_loop]
            self._seen.clear()

    def _parts(self) -> list[Part]:
        if self._line.is_loop:
            return self._parts_in_loop()
        section = self.innermost
        if section is None or section.is_silent:
            return []
        return [*_name(section), *section.progress_parts(perf_counter())]

    def _parts_in_loop(self) -> list[Part]:
        if self._turn != self._line.turn:
            return []
        parts: list[Part] = []
        for section in list(self._seen):
            parts += ["  ", f"{section.name}: ", *section.brief()]
        return parts[1:]


def _name(section: Section) -> list[Part]:
    return ["  " * section.depth, (f"{section.name}...", Text.none)]
