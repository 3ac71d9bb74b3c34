"""Ten scalars a step: what a step costs the training loop, and until another process can read it.

A contender's run is begun before the clock starts. The loop does nothing but log. Then the run ends,
and another process reads all of it: a contender that lost a value is not measured. Those that take
milliseconds a step take fewer steps; the tables say how many.
"""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import _kept
import _measure
import _trackers
from _measure import Bar, Contest, Table
from _trackers import Recorder, Row
from _worker import Answer, Contender, Failed, scratch, serve

STEPS = 100_000
READY_BAR = (8.0, 5.0)  # microseconds
LOOP_BAR = (4.0, 3.0)
BOTH_BAR = (60.0, 60.0)


def logging_block(
    recorder: Recorder,
    kinds: Sequence[str],
    fewer: int = 1,
    rows: Callable[[], list[Row]] | None = None,
) -> Callable[[], Callable[..., Answer]]:
    """A contender's work: a run of so many steps, and all of it read back.

    Args:
        recorder: begins a run.
        kinds: the files to be read back.
        fewer: it takes so many times fewer steps than the others.
        rows: what is logged, if not plain numbers.
    """

    def block(folder: str, steps: int) -> Answer:
        _trackers.keep_apart(Path(folder))
        place = Path(tempfile.mkdtemp(dir=folder))
        logged = (rows or _trackers.rows)()
        log, close = recorder(place)
        count = max(10, steps // fewer)
        gc.collect()
        start = time.perf_counter()
        for step in range(count):
            log(step, logged[step % _trackers.ROWS])
        looped = time.perf_counter()
        close()
        closed = time.perf_counter()
        return {
            "steps": count,
            "loop": (looped - start) / count * 1e6,
            "ready": (closed - start) / count * 1e6,
            "found": {kind: _kept.read(kind, place) for kind in kinds},
        }

    return lambda: block


def agree(answer: Answer) -> None:
    """Every value is there."""
    wanted = _trackers.expected(answer["steps"])
    for kind, kept in answer["found"].items():
        found = {name: kept.get(name, [0, 0.0, 0.0]) for name in wanted}
        lost = sum(int(wanted[name][0] - found[name][0]) for name in wanted)
        if found != wanted:
            what = f"{lost:,} values are missing" if lost else "other values than were given"
            raise Failed(f"read back from {kind}: {what}")


CONTENDERS = (
    Contender("lab", logging_block(_trackers.lab, ["lab"])),
    Contender("lab, one value an add", logging_block(_trackers.lab_one_by_one, ["lab"])),
    Contender("a thread, a wide row a step", logging_block(_trackers.wide_rows, ["wide"])),
    Contender("executemany of narrow rows", logging_block(_trackers.executemany, ["narrow"])),
    Contender("labml, to its file", logging_block(_trackers.labml, ["labml"], 2), "labml"),
    Contender("trackio", logging_block(_trackers.trackio, ["trackio"], 2), "trackio"),
    Contender("wandb, offline", logging_block(_trackers.wandb, ["wandb"], 5), "wandb"),
    Contender(
        "torch SummaryWriter",
        logging_block(_trackers.summary_writer, ["tensorboard"], 20),
        "tensorboard",
    ),
    Contender("aim", logging_block(_trackers.aim, ["aim"], 50), "aim"),
    Contender("mlflow, to sqlite", logging_block(_trackers.mlflow, ["mlflow"], 500), "mlflow"),
)
BOTH = (
    Contender(
        "lab, sqlite and tensorboard",
        logging_block(_trackers.lab_and_tensorboard, ["lab", "tensorboard"]),
        "tensorboard",
    ),
    CONTENDERS[7],
)


def tables(
    script: str,
    contenders: Sequence[Contender],
    columns: Sequence[tuple[str, str, Bar | None]],
    steps: int,
    count: int,
) -> list[Table]:
    """A table for each column: what is measured, its title, and its bar."""
    with scratch() as folder, Contest(script, contenders) as contest:
        answers = contest.rounds(count, agree, folder=folder, steps=steps)
        found = []
        for key, title, bar in columns:
            rows = contest.rows(answers, key, bar)
            for row in rows:
                if row.samples:
                    note = f"{answers[row.name][0]['steps']:,} steps"
                    row.note = f"{note}; {row.note}" if row.note else note
            found.append(Table(title, "us", rows))
        return found


def measure(quick: bool = False) -> list[Table]:
    """The tables of this benchmark."""
    steps, count = (2000, 1) if quick else (STEPS, 5)
    what = "Ten scalars a step, a step"
    columns: list[Any] = [
        ("ready", f"{what}, until another process can read it", READY_BAR),
        ("loop", f"{what}, in the training loop", LOOP_BAR),
    ]
    both: list[Any] = [("ready", f"{what}, with event files too, until it can be read", BOTH_BAR)]
    both += [("loop", f"{what}, with event files too, in the training loop", None)]
    return [
        *tables(__file__, CONTENDERS, columns, steps, count),
        *tables(__file__, BOTH, both, steps, count),
    ]


if __name__ == "__main__":
    serve({contender.name: contender for contender in (*CONTENDERS, *BOTH)})
    _measure.main("tracker_scalars", measure)
