"""A graph of configs that type checkers follow: options by name, a graph inside, constraints.

Shows `option()`, which stands for an option of any type, and the report before a run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from lab import configs, logger
from lab.configs import BaseConfigs, option

Schedule = Callable[[int], float]


class WarmUp(BaseConfigs):
    """How the learning rate rises at the beginning."""

    steps: int = 10
    start: float = 0.0


class Configs(BaseConfigs):
    """A learning rate that rises, and then falls in one of two ways."""

    total: int = 100
    peak: float = 0.1
    precision: Literal["short", "long"] = "short"
    warm_up: WarmUp
    schedule: Schedule = option("linear")
    rates: list[float]


@Configs.calc(Configs.schedule)
def linear(c: Configs) -> Schedule:
    return lambda step: c.peak * max(0.0, 1 - step / c.total)


@Configs.calc(Configs.schedule)
def exponential(c: Configs, gamma: float = 0.95) -> Schedule:
    return lambda step: c.peak * gamma**step


@Configs.calc(Configs.rates)
def rates(c: Configs) -> list[float]:
    ramp = c.warm_up.steps
    start = c.warm_up.start
    rise = [start + (c.peak - start) * step / ramp for step in range(ramp)]
    digits = 3 if c.precision == "short" else 6
    return [round(rate, digits) for rate in [*rise, *map(c.schedule, range(c.total - ramp))]]


def main() -> list[float]:
    """Compute the rates of one schedule, and say where they come from."""
    conf = Configs(peak=0.2)
    overrides = {"schedule": "exponential", "schedule.gamma": 0.9, "warm_up.steps": 5}
    configs.calculate(conf, overrides, ["rates"])
    logger.log(str(configs.explain(conf, "rates")))
    return conf.rates


if __name__ == "__main__":
    main()
