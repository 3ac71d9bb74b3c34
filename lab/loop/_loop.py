"""The training loop: counts the step, and keeps a line about the iterations on screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from time import perf_counter

from lab import logger
from lab.logger import Text
from lab.steps import Part, Steps

__all__ = ["Loop", "duration"]

_FEW = 50  # a loop of no more iterations leaves a line for each
_PERIOD = 5.0  # seconds between two lines that stay, in a longer one


class Loop:
    """Iterations with a line on screen: step, sections, indicators, time gone and left.

    With a range, each of its values is the global step of an iteration. With a number, the global
    step goes up by one with each iteration, unless the iteration counts steps itself.

    Args:
        iterations: how many, or their steps.
        steps: the global step and the line.
        is_print_iteration_time: whether the line says how long an iteration takes.
        new_line_interval: after how many iterations the line stays; None: of a few each, of many
            one every few seconds.
        outer: the loop that this one is within.
    """

    def __init__(
        self,
        iterations: int | range,
        steps: Steps,
        is_print_iteration_time: bool = True,
        new_line_interval: int | None = None,
        outer: Loop | None = None,
    ) -> None:
        self._range = iterations if isinstance(iterations, range) else None
        self._values = range(iterations) if isinstance(iterations, int) else iterations
        self._steps = steps
        self._is_timed = is_print_iteration_time
        self._interval = new_line_interval
        self._done = 0
        self._began = self._turned = self._settled = 0.0
        self._is_shown = False
        self._before: dict[str, Callable[[], Sequence[Part]] | None] = {}
        self.outer = outer
        self.is_finished = False

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[int]:
        steps = self._steps
        self._begin()
        try:
            for value in self._values:
                if self._range is not None:
                    steps.step = value
                before = steps.step
                yield value
                self._turn()
                if self.is_finished:
                    return
                if self._range is None and steps.step == before:
                    steps.step += 1
        finally:
            self.finish()

    def finish(self) -> None:
        """End the loop after the iteration in progress, and take its line off the screen."""
        self.is_finished = True
        if self._is_shown:
            self._is_shown = False
            for name, before in self._before.items():
                if before is None:
                    self._steps.line.remove(name)
                else:
                    self._steps.line.put(name, before)
            self._steps.line.turn += 1
            logger.hide_line()

    def _begin(self) -> None:
        self._began = self._turned = self._settled = perf_counter()
        self._done, self._is_shown, self.is_finished = 0, True, False
        self._steps.line.turn += 1
        line = self._steps.line
        self._before = {
            "step": line.put("step", self._step_part),
            "time": line.put("time", self._time_part),
        }
        logger.show_line()

    def _turn(self) -> None:
        now = perf_counter()
        self._done += 1
        self._turned = now
        if self._is_shown:
            if self._is_to_stay(now):
                self._settled = now
                logger.settle_line()
            self._steps.line.turn += 1

    def _is_to_stay(self, now: float) -> bool:
        if self._done == len(self._values):
            return True
        if self._interval is not None:
            return self._done % max(1, self._interval) == 0
        return len(self._values) <= _FEW or now - self._settled >= _PERIOD

    def _step_part(self) -> list[Part]:
        last = self._range[-1] if self._range else len(self._values)
        width = len(f"{max(last, self._steps.step):,}")
        return [(f"{self._steps.step:>{width},}:", Text.highlight)]

    def _time_part(self) -> list[Part]:
        now = perf_counter()
        parts: list[Part] = []
        if self._is_timed and self._done:
            each = (self._turned - self._began) / self._done
            parts += [(f"{each * 1000:,.0f}ms", Text.meta), "  "]
        parts.append((duration(now - self._began), Text.meta2))
        if self._done and self._done < len(self._values):
            left = (self._turned - self._began) / self._done * (len(self._values) - self._done)
            left -= now - self._turned
            parts.append((f" / {duration(max(0.0, left))} left", Text.meta2))
        return parts


def duration(seconds: float) -> str:
    """A time as minutes and seconds, or hours, minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
