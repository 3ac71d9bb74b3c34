"""The training loop as configs: how far, in which steps, and when models are saved.

::

    class Configs(TrainingLoopConfigs):
        loop_count = "loop_count"
        loop_step = "loop_step"

    for _ in conf.training_loop: ...
"""

from __future__ import annotations

from collections.abc import Iterator

from lab import experiment, loop, tracker
from lab.configs import BaseConfigs

__all__ = ["TrainingLoop", "TrainingLoopConfigs"]


class TrainingLoop:
    """Iterates, saves what was tracked after each iteration, and models when they are due.

    Args:
        loop_count: the global step at which it ends.
        loop_step: how many global steps an iteration is.
        is_save_models: whether models are saved: the last time at the end.
        save_models_interval: after how many iterations models are saved.
        log_new_line_interval: after how many iterations the line on screen stays.
        log_write_interval: after how many iterations what was tracked is saved.
        is_loop_on_interrupt: whether Ctrl-C and SIGTERM let the iteration in progress come to its end.
    """

    def __init__(
        self,
        loop_count: int,
        loop_step: int = 1,
        is_save_models: bool = False,
        save_models_interval: int = 1,
        log_new_line_interval: int = 1,
        log_write_interval: int = 1,
        is_loop_on_interrupt: bool = True,
    ) -> None:
        self._count, self._step = loop_count, loop_step
        self._is_save_models, self._save_interval = is_save_models, save_models_interval
        self._new_line_interval, self._write_interval = log_new_line_interval, log_write_interval
        self._is_loop_on_interrupt = is_loop_on_interrupt

    def __iter__(self) -> Iterator[int]:
        steps = range(loop.get_global_step(), self._count, self._step)
        is_saved = True
        for step in loop.loop(
            steps,
            new_line_interval=self._new_line_interval,
            is_interruptible=self._is_loop_on_interrupt,
        ):
            yield step
            done = step // self._step + 1  # from the beginning of the run, also after a resume
            if done % self._write_interval == 0 or step == steps[-1]:
                tracker.save()
            is_saved = self._is_save_models and done % self._save_interval == 0
            if is_saved:
                experiment.save_checkpoint()
        if self._is_save_models and not is_saved:
            experiment.save_checkpoint()


class TrainingLoopConfigs(BaseConfigs):
    """A training loop.

    Attributes:
        loop_count: the global step at which it ends.
        loop_step: how many global steps an iteration is.
        is_save_models: whether models are saved; name them in `experiment.add_pytorch_models`.
        save_models_interval: after how many iterations.
        log_new_line_interval: after how many iterations the line on screen stays.
        log_write_interval: after how many iterations what was tracked is saved.
        is_loop_on_interrupt: whether Ctrl-C and SIGTERM let the iteration in progress come to its end.
        training_loop: the loop.
    """

    loop_count: int = 10
    loop_step: int = 1
    is_save_models: bool = False
    save_models_interval: int = 1
    log_new_line_interval: int = 1
    log_write_interval: int = 1
    is_loop_on_interrupt: bool = True
    training_loop: TrainingLoop


@TrainingLoopConfigs.calc(TrainingLoopConfigs.training_loop, "training_loop")
def _training_loop(c: TrainingLoopConfigs) -> TrainingLoop:
    """The loop over the configured steps."""
    return TrainingLoop(
        loop_count=c.loop_count,
        loop_step=c.loop_step,
        is_save_models=c.is_save_models,
        save_models_interval=c.save_models_interval,
        log_new_line_interval=c.log_new_line_interval,
        log_write_interval=c.log_write_interval,
        is_loop_on_interrupt=c.is_loop_on_interrupt,
    )
