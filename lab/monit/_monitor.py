"""The sections in progress, and how they look: lines of their own, or a part of the loop's line."""

from __future__ import annotations

from lab import logger
from lab.logger import Text
from lab.monit._section import Section
from lab.steps import Field, Part, Steps

__all__ = ["Monitor"]

_MOST_SEEN = 100  # names on the line of a loop


class Monitor:
    """The sections in progress, the outermost first, of one run.

    Args:
        steps: holds the line on screen, and is told the times.
    """

    def __init__(self, steps: Steps) -> None:
        self.steps, self._line = steps, steps.line
        self._stack: list[Section] = []
        self._turn = -1
        # of the loop's iteration in progress, by name, also those that ended: the newest one, and
        # the seconds of those before
        self._seen: dict[str, tuple[Section, float]] = {}

    @property
    def innermost(self) -> Section | None:
        """The section that is in progress, not counting those around it."""
        last = self._stack[-1:]  # in one step: it is also read by the thread that draws
        return last[0] if last else None

    def open(self, section: Section, is_seen: bool = True) -> None:
        """Begin a section within those in progress; `is_seen`: it has a place on the loop's line."""
        if self._line.is_loop:
            self._begin_turn()
            section.is_in_loop = True
            self.steps.depth += section.is_iteration
            if is_seen:
                self.see(section)
        elif self._stack:
            self._write_header(self._stack[-1])
        section.depth = sum(not outer.is_silent for outer in self._stack)
        self._stack.append(section)
        if not section.is_silent:
            self._line.put("sections", self._fields)
            if not section.is_in_loop:
                section.is_shown = True
                logger.show_line()

    def see(self, section: Section) -> None:
        """Have a section on the loop's line, where there is a loop."""
        if self._line.is_loop and not section.is_silent:
            self._begin_turn()
            known = self._seen.get(section.name)
            if known is not None and known[0] is section:
                return
            if known is not None:
                self._seen[section.name] = section, known[0].seconds + known[1]
            elif len(self._seen) < _MOST_SEEN:
                self._seen[section.name] = section, 0.0

    def close(self, section: Section) -> None:
        """End a section, and with it all that were left open within it."""
        if section not in self._stack:
            return
        while self._stack[-1] is not section:
            inner = self._stack[-1]
            inner.end(is_whole=False)
            self._leave(inner)
        self._leave(section)

    def measure(self, section: Section) -> None:
        """Have the time of a section recorded."""
        if section.is_timed and not section.is_measured:
            section.is_measured = True
            self.steps.add_time(section.name, section.seconds)
            if not self._line.is_loop:
                self.steps.write_times(is_due=True)

    def _leave(self, section: Section) -> None:
        self._stack.pop()
        if section.is_in_loop and section.is_iteration:
            self.steps.depth = max(0, self.steps.depth - 1)
        self.measure(section)
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
            self._seen = {}

    def _fields(self) -> list[Field]:
        if self._line.is_loop:
            seen = self._seen if self._turn == self._line.turn else {}
            return [section.brief(before) for section, before in list(seen.values())]
        section = self.innermost
        return [] if section is None or section.is_silent else section.fields()


def _name(section: Section) -> list[Part]:
    return ["  " * section.depth, (f"{section.name}...", Text.none)]
