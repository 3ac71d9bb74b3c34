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

Once = Callable[[Any], int]  # counts a tensor; gives back how many numbers it counted
clock = time.perf_counter


def block(begin: Callable[[Path], Once]) -> Callable[[], Callable[..., Answer]]:
    """A contender's work: one histogram a request, after one that is not measured."""

    def start() -> Callable[..., Answer]:
        import torch

        numbers = torch.randn(SIZE, generator=torch.Generator().manual_seed(5))
        once: list[Once] = []

        def count(folder: str) -> Answer:
            if not once:
                _trackers.keep_apart(Path(folder))
                once.append(begin(Path(tempfile.mkdtemp(dir=folder))))
                once[0](numbers)
            started = clock()
            counted = once[0](numbers)
            taken = getattr(once[0], "taken", clock() - started)
            return {"ms": taken * 1e3, "counted": counted}

        return count

    return start


def lab(folder: Path) -> Once:
    """On the thread that writes."""
    from lab.tracker.indicators import Histogram

    indicator = Histogram(NAME, False)

    def once(numbers: Any) -> int:
        indicator.add(numbers)
        indicator.take()
        saved = indicator.take_value()
        started = clock()
        found = saved.read()
        once.taken = clock() - started  # type: ignore[attr-defined]
        return sum(found.counts) + found.not_finite

    return once


def lab_in_loop(folder: Path) -> Once:
    from lab import tracker

    _trackers.begin_lab(folder, {"sqlite"})
    tracker.set_histogram(NAME)

    def once(numbers: Any) -> int:
        tracker.flush()  # the thread counts what came before
        started = clock()
        tracker.add(NAME, numbers)
        tracker.save()
        once.taken = clock() - started  # type: ignore[attr-defined]
        return int(numbers.numel())

    return once


def histc(folder: Path) -> Once:
    import torch

    return lambda numbers: int(torch.histc(numbers, bins=64).sum())


def tensorboard(folder: Path) -> Once:
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(str(folder))

    def once(numbers: Any) -> int:
        writer.add_histogram(NAME, numbers)
        return int(numbers.numel())

    return once


def wandb(folder: Path) -> Once:
    from wandb import Histogram

    return lambda numbers: int(sum(Histogram(numbers.numpy()).histogram))


def aim(folder: Path) -> Once:
    from aim import Distribution

    return lambda numbers: int(Distribution(numbers.numpy()).weights.sum())


def trackio(folder: Path) -> Once:
    from trackio import Histogram

    return lambda numbers: int(sum(Histogram(numbers.numpy()).histogram))


def labml(folder: Path) -> Once:
    from labml import tracker

    _trackers.labml(folder)
    tracker.set_histogram(NAME)

    def once(numbers: Any) -> int:
        tracker.add(NAME, numbers)
        tracker.save()
        return int(numbers.numel())

    return once


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
