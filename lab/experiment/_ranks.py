"""Which process of a distributed run this is.

`torchrun` and `srun` start one process a rank and say in the environment which is which, as PyTorch's
`env://` reads it (https://docs.pytorch.org/docs/stable/elastic/run.html#environment-variables). What
`torch.distributed` knows, where it is initialised, comes before that. Nothing is imported for it.
"""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

from lab import runs
from lab.experiment._ending import Ending
from lab.runs import Layout

__all__ = ["Ranks", "here", "next_number", "of_all"]

_numbers = itertools.count()


class Ranks(NamedTuple):
    """One process among those of a run.

    Attributes:
        rank: which one it is; 0 writes the run.
        size: how many there are.
    """

    rank: int = 0
    size: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this process writes the run."""
        return self.rank == 0

    @property
    def is_distributed(self) -> bool:
        """Whether there are others."""
        return self.size > 1


def here() -> Ranks:
    """Which process this is; the only one, where nobody says otherwise."""
    distributed: Any = sys.modules.get("torch.distributed")
    # it lacks the function where it was built without, or is just being imported
    is_initialized = getattr(distributed, "is_initialized", None)
    if is_initialized is not None and is_initialized():
        return Ranks(distributed.get_rank(), distributed.get_world_size())
    return of_environment(os.environ)


def of_environment(environment: Mapping[str, str]) -> Ranks:
    """What the environment says.

    The tasks of `srun` are often runs of their own, as in a sweep: they count as one run only where
    it is said how they find each other.
    """
    if not environment.get("MASTER_ADDR"):
        return Ranks()
    for rank, size in (("RANK", "WORLD_SIZE"), ("SLURM_PROCID", "SLURM_NTASKS")):
        if rank in environment and size in environment:
            found = Ranks(_number(environment[rank]), _number(environment[size]))
            return found if 0 <= found.rank < found.size else Ranks()
    return Ranks()


def next_number() -> int:
    """How many experiments of several processes were created in this one before."""
    return next(_numbers)


def of_all(ending: Ending, layout: Layout, stop_reason: str | None) -> Ending:
    """How a run ended, all of its processes considered.

    Where one fails, the others are ended by whoever started them, or fail because it is gone. So the
    one that failed first says how the run ended.

    Args:
        ending: how it ended in this process.
        layout: the files of the run.
        stop_reason: why it was asked to stop before its end, where it was.
    """
    if ending.status == "completed":
        return ending
    failure = runs.first_failure(layout)
    if failure is not None:
        is_alike = failure.exception == ending.exception
        if ending.status == "failed" and (is_alike or runs.is_lost(failure.exception)):
            return ending
        exception = f"rank {failure.rank}: {failure.exception}"
        return Ending("failed", exception, ending.exit_code, ending.traceback)
    return of_one(ending, stop_reason)


def of_one(ending: Ending, stop_reason: str | None) -> Ending:
    """How a run ended in one process: to lose another once all were asked to stop is no failure.

    They do not stop at the same iteration, and one that waits for another that has ended gets an error.
    """
    is_lost = ending.status == "failed" and runs.is_lost(ending.exception)
    if is_lost and stop_reason is not None:
        exception = f"{stop_reason} <- {ending.exception}"
        return Ending("interrupted", exception, ending.exit_code, ending.traceback)
    return ending


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        return -1
