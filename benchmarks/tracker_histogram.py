"""A histogram of a million numbers: what counting them costs, and what it costs the training loop.

`lab` copies the numbers in the training loop and counts on the thread that writes; the others count
where they are called. Every one says how many numbers it counted.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import _measure
import _trackers
from _measure import Contest, Table
from _worker import Answer, Contender, Failed, scratch, serve

SIZE = 1_000_000
NAME = "train.weights"
BAR = (8.0, 4.0)  # milliseconds

Once = Callable[[], int]  # counts the numbers; gives back how many it counted
clock = time.perf_counter


def block(begin: Callable[[Any, Path], Once]) -> Callable[[], Callable[..., Answer]]:
    """A contender's work: one histogram a request, after one that is not measured."""

    def start() -> Callable[..., Answer]:
        import numpy as np

        numbers = np.random.default_rng(5).standard_normal(SIZE, dtype=np.float32)
        once: list[Once] = []

        def count(folder: str) -> Answer:
            if not once:
                _trackers.keep_apart(Path(folder))
                once.append(begin(numbers, Path(tempfile.mkdtemp(dir=folder))))
                once[0]()
            started = clock()
            counted = once[0]()
            taken = getattr(once[0], "taken", clock() - started)
            return {"ms": taken * 1e3, "counted": counted}

        return count

    return start


def lab(numbers: Any, _: Path) -> Once:
    """The counts and the mean, as the thread that writes has them made."""
    from lab.tracker.indicators import Histogram

    indicator = Histogram(NAME, False)
    tensor = _tensor(numbers)

    def once() -> int:
        indicator.add(tensor)
        mean: Any = indicator.take()
        counts: Any = indicator.take_value()
        started = clock()
        mean.read()
        found = counts.read()
        once.taken = clock() - started  # type: ignore[attr-defined]
        return int(sum(found.counts) + found.not_finite)

    return once


def lab_in_loop(numbers: Any, folder: Path) -> Once:
    from lab import tracker

    _trackers.begin_lab(folder, {"sqlite"})
    tracker.set_histogram(NAME)
    tensor = _tensor(numbers)

    def once() -> int:
        tracker.flush()  # the thread counts what came before
        started = clock()
        tracker.add(NAME, tensor)
        tracker.save()
        once.taken = clock() - started  # type: ignore[attr-defined]
        return SIZE

    return once


def histc(numbers: Any, _: Path) -> Once:
    import torch

    tensor = _tensor(numbers)
    return lambda: int(torch.histc(tensor, bins=64).sum())


def tensorboard(numbers: Any, folder: Path) -> Once:
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(str(folder))

    def once() -> int:
        writer.add_histogram(NAME, numbers)
        return SIZE

    return once


def wandb(numbers: Any, _: Path) -> Once:
    from wandb import Histogram

    return lambda: int(sum(Histogram(numbers).histogram))


def aim(numbers: Any, _: Path) -> Once:
    from aim import Distribution

    return lambda: int(Distribution(numbers).weights.sum())


def trackio(numbers: Any, _: Path) -> Once:
    from trackio import Histogram

    return lambda: int(sum(Histogram(numbers).histogram))


def labml(numbers: Any, folder: Path) -> Once:
    from labml import tracker

    _trackers.labml(folder)
    tracker.set_histogram(NAME)

    def once() -> int:
        tracker.add(NAME, numbers)
        tracker.save()
        return SIZE

    return once


def _tensor(numbers: Any) -> Any:
    import torch

    return torch.from_numpy(numbers)


CONTENDERS = (
    Contender("lab, on the writer's thread", block(lab), "torch"),
    Contender("lab, in the training loop", block(lab_in_loop), "torch"),
    Contender("torch.histc", block(histc), "torch"),
    Contender("aim.Distribution", block(aim), "aim"),
    Contender("wandb.Histogram", block(wandb), "wandb"),
    Contender("trackio.Histogram", block(trackio), "trackio"),
    Contender("torch SummaryWriter", block(tensorboard), "tensorboard"),
    Contender("labml", block(labml), "labml"),
)


def _agree(answer: Answer) -> None:
    if answer["counted"] != SIZE:
        raise Failed(f"it counted {answer['counted']:,} numbers")


def measure(quick: bool = False) -> list[Table]:
    """The table of this benchmark."""
    with scratch() as folder, Contest(__file__, CONTENDERS) as contest:
        answers = contest.rounds(2 if quick else 15, _agree, folder=folder)
        rows = contest.rows(answers, "ms", BAR)
    return [Table("A histogram of a million float32", "ms", rows)]


if __name__ == "__main__":
    serve({contender.name: contender for contender in CONTENDERS})
    _measure.main("tracker_histogram", measure)
