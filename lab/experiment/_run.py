"""A whole run in one call: configs set, checked, computed and called, within a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import FunctionType
from typing import Any

from lab import configs, logger, runs
from lab.configs import BaseConfigs
from lab.errors import ExperimentError
from lab.experiment import _slot
from lab.experiment._experiment import Experiment

__all__ = ["run"]

_FIRST = "set_seed"
_CALLED = ("run", "main")  # the first of them that there is


def run(
    conf: BaseConfigs | type[BaseConfigs],
    overrides: Mapping[str, Any] | None,
    run_order: Sequence[str] | None,
    create: Callable[[], Experiment],
) -> runs.Run:
    """Run configs in an experiment of their own; the face says the rest.

    Args:
        conf: the configs.
        overrides: values by dotted name.
        run_order: items and methods.
        create: makes the experiment, once it is known that the run can work.
    """
    conf = _made(conf)
    order = _order(conf) if run_order is None else run_order
    plan = configs.plan(conf, overrides, order)
    plan.check()
    _slot.empty()
    experiment = create()
    _slot.fill(experiment)
    try:
        configs.calculate(conf, overrides, ())  # which sets the overrides, and computes nothing
        for warning in plan.warnings:
            logger.warn(warning)
        experiment.take_configs(conf)
        experiment.start()
    except BaseException as error:
        experiment.close(error)
        raise
    with experiment:
        for name in order:
            configs.calculate(conf, {}, (name,))
            call = _callable(conf, name)
            if call is not None:
                call()
    return experiment.run


def _made(conf: Any) -> BaseConfigs:
    """The configs as an object."""
    if isinstance(conf, type) and issubclass(conf, BaseConfigs):
        return conf()
    if isinstance(conf, BaseConfigs):
        return conf
    name = conf.__name__ if isinstance(conf, type) else type(conf).__name__
    raise ExperimentError(
        f"what runs is a class of configs (one derived from BaseConfigs) or an object of one, not "
        f"{name}; for any other program write `with experiment.start():`"
    )


def _order(conf: BaseConfigs) -> list[str]:
    """What a run is where nobody says so: the seed is set, then `run` or `main` computed and called."""
    found = [name for name in _CALLED if _has(conf, name)][:1]
    if not found:
        raise ExperimentError(
            f"{type(conf).__name__} has neither 'run' nor 'main', so that there is nothing to "
            "call: give it a method of that name, or say in run_order what to compute and to call"
        )
    return [_FIRST, *found] if _has(conf, _FIRST) else found


def _has(conf: BaseConfigs, name: str) -> bool:
    return hasattr(type(conf), name)


def _callable(conf: BaseConfigs, name: str) -> Callable[[], object] | None:
    """What is to be called: a method, or what the item `run` or `main` is; None of other items."""
    *outer, last = name.split(".")
    owner: Any = conf
    for part in outer:
        owner = getattr(owner, part)
    kind = next((vars(c)[last] for c in type(owner).__mro__ if last in vars(c)), None)
    is_method = isinstance(kind, (FunctionType, classmethod, staticmethod))
    if not is_method and name not in _CALLED:
        return None
    value: Any = getattr(owner, last)
    return value if callable(value) else None
