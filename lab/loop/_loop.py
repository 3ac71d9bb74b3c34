"""The training loop: counts the step, and keeps a line about the iterations on screen."""

from __future__ import annotations

import time
from collections.abc import Iterator

from lab import logger
from lab.errors import LoopError
from lab.logger import Text, clock, duration
from lab.loop._interrupts import Interrupts
from lab.steps import LAST_STEP, Field, Fields, LoopPosition, Steps

__all__ = ["Loop"]

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
        is_interruptible: whether Ctrl-C and SIGTERM let the iteration in progress come to its end.

    Raises:
        LoopError: there are less than no iterations, or steps of more than 64 bits.
    """

    def __init__(
        self,
        iterations: int | range,
        steps: Steps,
        is_print_iteration_time: bool = True,
        new_line_interval: int | None = None,
        outer: Loop | None = None,
        is_interruptible: bool = True,
    ) -> None:
        self._is_count = not isinstance(iterations, range)
        self._values = range(iterations) if isinstance(iterations, int) else iterations
        if isinstance(iterations, int) and iterations < 0:
            raise LoopError(f"a loop takes a number of iterations or a range, not {iterations}")
        if self._values and max(abs(self._values[0]), abs(self._values[-1])) > LAST_STEP:
            raise LoopError(
                f"a step is a whole number of at most 64 bits, not those of {iterations}"
            )
        self._steps = steps
        self._is_timed = is_print_iteration_time
        self._interval = new_line_interval
        self._interrupts = Interrupts(steps) if is_interruptible and outer is None else None
        self._skipped = self._done = self._step_before = 0
        self._began = self._turned = self._settled = 0.0
        self._is_shown = self._is_within = False
        self._before: dict[str, Fields | None] = {}
        self.outer = outer
        self.is_finished = False

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[int]:
        steps, is_stopped = self._steps, False
        if steps.stop_reason is not None:  # this run is to end
            return
        self._begin()
        try:
            for value in self._left():
                if not self._is_count:
                    steps.step = value
                self._step_before, self._is_within = steps.step, True
                yield value
                self._turn()
                is_stopped = steps.stop_reason is not None
                if is_stopped or self.is_finished:
                    break
            if is_stopped:
                self._stop()
        finally:
            self.finish()

    def finish(self) -> None:
        """End the loop after the iteration in progress, and take its line off the screen."""
        self.is_finished = True
        if not self._is_shown:
            return
        self._is_shown = False
        try:
            for name, before in self._before.items():
                if before is None:
                    self._steps.line.remove(name)
                else:
                    self._steps.line.put(name, before)
            self._steps.line.turn += 1
            if self.outer is None:
                self._steps.write_times(is_due=True)
            else:
                self._steps.depth = max(0, self._steps.depth - 1)
            logger.hide_line()
        finally:
            if self._interrupts is not None:
                self._interrupts.end()

    def _begin(self) -> None:
        steps, line = self._steps, self._steps.line
        if self.outer is None:
            steps.depth, steps.is_cut = 0, False
            steps.find_position = self._position
        else:
            steps.depth += 1
        self._done = self._skipped = 0
        self._is_shown, self._is_within, self.is_finished = True, False, False
        line.turn += 1
        self._before = {
            "step": line.put("step", self._step_field),
            "time": line.put("time", self._time_fields),
        }
        logger.show_line()
        if self._interrupts is not None:
            self._interrupts.begin()

    def _left(self) -> range:
        """The values to go through: after a resume, those after the ones that are done."""
        steps, values = self._steps, self._values
        if self.outer is None:
            saved, steps.resume_position = steps.resume_position, None
            begin = (values.start, values.step, self._is_count)
            if saved is not None and (saved.start, saved.step, saved.is_count) == begin:
                self._done = self._skipped = min(saved.done, len(values))
                steps.step = saved.global_step
            if self._done < len(values):
                hooks, steps.at_loop_begin = steps.at_loop_begin, []
                for hook in hooks:
                    hook()
        self._began = self._turned = self._settled = time.perf_counter()
        return values[self._done :]

    def _turn(self) -> None:
        steps, now = self._steps, time.perf_counter()
        taken, self._turned = now - self._turned, now
        self._is_within = False
        if not steps.is_cut or self.outer is not None:
            self._done += 1
        if self._is_shown:
            if self._is_to_stay(now):
                self._settled = now
                logger.settle_line()
            steps.line.turn += 1
        if self.outer is None:
            steps.add_time("loop", taken)
            steps.write_times()
        if self._is_count and steps.step == self._step_before:
            steps.step += 1

    def _stop(self) -> None:
        """The end of a loop that was asked to end."""
        steps = self._steps
        if self.outer is not None:
            steps.is_cut = steps.is_cut or self._done < len(self._values)
            return
        hooks, steps.at_stop = steps.at_stop, []
        for hook in hooks:
            try:
                hook()
            except Exception as error:
                logger.warn(f"at the end, by {steps.stop_reason}: {type(error).__name__}: {error}")
        logger.log(f"stopped by {steps.stop_reason} at step {steps.step:,}", Text.warning)

    def _position(self) -> LoopPosition:
        steps, values, done, step = self._steps, self._values, self._done, self._steps.step
        if self._is_within and not steps.depth and not steps.is_cut:
            done += 1
            if self._is_count and step == self._step_before:
                step += 1
        if not self._is_count:
            step = values.start + done * values.step
        return LoopPosition(values.start, values.stop, values.step, done, self._is_count, step)

    def _is_to_stay(self, now: float) -> bool:
        if self._done == len(self._values) or self._steps.stop_reason is not None:
            return True
        if self._interval is not None:
            return self._done % max(1, self._interval) == 0
        return len(self._values) <= _FEW or now - self._settled >= _PERIOD

    def _step_field(self) -> list[Field]:
        last = len(self._values) if self._is_count or not self._values else self._values[-1]
        width = len(f"{max(last, self._steps.step):,}")
        return [Field([(f"{self._steps.step:>{width},}:", Text.highlight)])]

    def _time_fields(self) -> list[Field]:
        gone = time.perf_counter() - self._began
        done, left = self._done - self._skipped, len(self._values) - self._done
        fields: list[Field] = []
        each = (self._turned - self._began) / done if done > 0 else 0.0
        if self._is_timed and each:
            fields.append(Field([(duration(each), Text.meta)], rank=5))
        if each and left:
            still = clock(max(0.0, each * left - (time.perf_counter() - self._turned)))
            long = f"{clock(gone)} / {still} left"
            fields.append(Field([(long, Text.meta2)], 1, [(f"{clock(gone)} -{still}", Text.meta2)]))
        else:
            fields.append(Field([(clock(gone), Text.meta2)], rank=1))
        return fields
