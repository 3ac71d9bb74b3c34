"""Programs whose screens are looked at, on a clock that goes only when it is told to."""

from __future__ import annotations

import io
import sys
import time

import pytest

from lab import logger, loop, monit, steps
from lab.logger import Text
from lab.steps import Field


class Clock:
    """Stands still, and takes a picture when that is asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, stream: io.StringIO) -> None:
        self.is_live = stream.isatty()
        self.now, self.seen = 1000.0, ""
        self._stream = stream
        monkeypatch.setattr(time, "perf_counter", lambda: self.now)

    def look(self) -> None:
        """What is on the screen now is what is looked at."""
        self.seen = self._stream.getvalue()

    def go(self, seconds: float) -> None:
        self.now += seconds


def _show_indicators(values: dict[str, float]) -> None:
    def fields() -> list[Field]:
        return [
            Field(
                [f"{name}: ", (logger.compact(value), Text.value)],
                3,
                [f"{name} ", (logger.compact(value), Text.value)],
            )
            for name, value in values.items()
        ]

    steps.current().line.put("indicators", fields)


def training(clock: Clock) -> None:
    """A training loop in the middle of its fourth epoch; something was printed in it."""
    logger.log([("mnist_loop", Text.title), "  ", ("ae5e96d5", Text.meta)])
    for name, value in (("optimizer", "adam_optimizer"), ("learning_rate", "0.002")):
        logger.log([f"  {name}: ", (value, Text.value)])
    values: dict[str, float] = {}
    for epoch in loop.loop(6):
        for batch in monit.iterate("Train", 23):
            clock.go(0.31)
            loop.add_global_step()
            values["train.loss"] = 1.2891 / (1 + batch / 23 + epoch) ** 2
            _show_indicators(values)
            if batch == 8 and epoch == 2:
                sys.stdout.write("the learning rate falls\n")
            if batch == 8 and clock.is_live:
                logger.draw_line()
            if batch == 8 and epoch == 3:
                clock.look()
                return
        for _ in monit.iterate("Valid", 6):
            clock.go(0.05)
        values["valid.loss"] = 0.9 / (1 + epoch) ** 2
        values["valid.accuracy"] = 1 - 0.1309 / (1 + epoch)


def sections(clock: Clock) -> None:
    """Sections in and after each other, of every end."""
    with monit.section("Prepare"):
        with monit.section("Download"):
            clock.go(0.0123)
        with monit.section("Unpack", total_steps=4, is_partial=True):
            monit.progress(3)
            clock.go(1.5)
        try:
            with monit.section("Convert"):
                clock.go(0.2)
                raise OSError
        except OSError:
            logger.warn("no images of the year 2019")
    for _ in monit.mix(4, ("train", 40), ("valid", 8)):
        clock.go(0.02)
    for image in monit.iterate("Index images", 60_000):
        clock.go(0.001)
        if image == 24_999:
            logger.draw_line()
            clock.look()
            return


def inspecting(clock: Clock) -> None:
    """Arrays, and things within things."""
    numpy = pytest.importorskip("numpy")
    images = numpy.linspace(-1, 1, 784, dtype="float32").reshape(1, 28, 28)
    logger.inspect(
        images=images,
        labels=numpy.array([5, 0, 4, 1]),
        settings={"optimizer": {"lr": 0.001, "betas": (0.9, 0.999)}, "device": "cpu"},
        files=[f"image_{number:05}.png" for number in range(60_000)],
    )
    clock.look()


SCENES = {"inspecting": inspecting, "sections": sections, "training": training}
