"""Reading runs back: one of ten indicators, the last value of each, and a million points thinned.

Every run has ten indicators of 10,000 points. Each look opens the files anew, as it does where a run
in progress is watched; modules and clients are there before.
"""

from __future__ import annotations

import json
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

import _measure
import _trackers
from _measure import Contest, Row, Table
from _trackers import NAMES, Recorder
from _worker import Answer, Contender, Failed, scratch, serve

POINTS = 10_000
MANY = 1_000_000
FEWER = 2_000
SERIES_BAR = (6.0, 2.0)  # milliseconds
LAST_BAR = (0.3, 0.1)
THINNING_BAR = (3.0, 3.0)

clock = time.perf_counter


class Reading(NamedTuple):
    """Two ways to look at a run."""

    series: Callable[[], list[float]]  # all values of the fourth indicator
    last: Callable[[], dict[str, float]]


Writing = Callable[[Path, int], Reading]
CHOSEN = NAMES[3]


def steps(points: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each step and its row."""
    rows = _trackers.rows()
    return ((step, rows[step % _trackers.ROWS]) for step in range(points))


def record(recorder: Recorder, folder: Path, points: int) -> None:
    log, close = recorder(folder)
    for step, row in steps(points):
        log(step, row)
    close()


def lab(folder: Path, points: int) -> Reading:
    from lab import runs

    record(_trackers.lab, folder, points)
    run = runs.Run(next(folder.glob("logs/*/*")))
    return Reading(lambda: run.series(CHOSEN).values, lambda: run.last)


def clustered(folder: Path, points: int) -> Reading:
    """A table whose rows lie in the order of its key."""
    file = folder / "clustered.db"
    newest = "SELECT value FROM points WHERE indicator = ? ORDER BY step DESC LIMIT 1"
    of_one = "SELECT step, value FROM points WHERE indicator = ? ORDER BY step"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(
            "CREATE TABLE points (indicator TEXT, step INTEGER, value REAL,"
            " PRIMARY KEY (indicator, step)) WITHOUT ROWID"
        )
        flat = ((name, step, value) for step, row in steps(points) for name, value in row.items())
        connection.executemany("INSERT INTO points VALUES (?, ?, ?)", flat)
        connection.commit()

    def series() -> list[float]:
        with closing(sqlite3.connect(file)) as connection:
            return [value for _, value in connection.execute(of_one, (CHOSEN,)).fetchall()]

    def last() -> dict[str, float]:
        with closing(sqlite3.connect(file)) as connection:
            return {name: connection.execute(newest, (name,)).fetchone()[0] for name in NAMES}

    return Reading(series, last)


def tsv(folder: Path, points: int) -> Reading:
    """The files of dvclive, which itself takes milliseconds a step for them, taken apart by hand."""
    for name in NAMES:
        lines = [f"{step}\t{row[name]}" for step, row in steps(points)]
        (folder / f"{name}.tsv").write_text("\n".join([f"step\t{name}", *lines]) + "\n", "utf-8")
    *_, (step, row) = steps(points)
    (folder / "metrics.json").write_text(json.dumps({**row, "step": step}), "utf-8")

    def series() -> list[float]:
        with open(folder / f"{CHOSEN}.tsv", encoding="utf-8") as file:
            next(file)
            return [float(line.split("\t")[1]) for line in file]

    def last() -> dict[str, float]:
        found = json.loads((folder / "metrics.json").read_text("utf-8"))
        return {name: found[name] for name in NAMES}

    return Reading(series, last)


def trackio(folder: Path, points: int) -> Reading:
    record(_trackers.trackio, folder, points)
    from trackio.sqlite_storage import SQLiteStorage

    project, run = folder.name, "run"

    def series() -> list[float]:
        return [p["value"] for p in SQLiteStorage.get_metric_values(project, run, CHOSEN)]

    def last() -> dict[str, float]:
        step = SQLiteStorage.get_last_step(project, run)
        found = SQLiteStorage.get_snapshot(project, run, step=step)
        return {name: found[name][-1]["value"] for name in NAMES}

    return Reading(series, last)


def mlflow(folder: Path, points: int) -> Reading:
    from mlflow import MlflowClient
    from mlflow.entities import Metric

    client = MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
    experiment = client.create_experiment("benchmark", artifact_location=str(folder))
    run = client.create_run(experiment).info.run_id
    flat = [Metric(n, v, step, step) for step, row in steps(points) for n, v in row.items()]
    for i in range(0, len(flat), 1000):  # the most that it takes at once
        client.log_batch(run, flat[i : i + 1000])
    return Reading(
        lambda: [metric.value for metric in client.get_metric_history(run, CHOSEN)],
        lambda: client.get_run(run).data.metrics,
    )


def event_accumulator(folder: Path, points: int) -> Reading:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    record(_trackers.summary_writer, folder, points)

    def loaded() -> Any:
        return EventAccumulator(str(folder), size_guidance={"scalars": 0}).Reload()

    def last() -> dict[str, float]:
        events = loaded()
        return {name: events.Scalars(name)[-1].value for name in NAMES}

    return Reading(lambda: [event.value for event in loaded().Scalars(CHOSEN)], last)


def block(write: Writing) -> Callable[[], Callable[..., Answer]]:
    """A contender's work: write a run once, then look at it with each request."""

    def start() -> Callable[..., Answer]:
        kept: list[Reading] = []

        def look(folder: str, points: int) -> Answer:
            if not kept:
                _trackers.keep_apart(Path(folder))
                kept.append(write(Path(tempfile.mkdtemp(dir=folder)), points))
                _ = kept[0].series(), kept[0].last()
            return {
                "series": _measure.per_call(kept[0].series) * 1e3,
                "last": _measure.per_call(kept[0].last) * 1e3,
                "values": kept[0].series(),
                "newest": kept[0].last(),
            }

        return look

    return start


def lab_thinned() -> Callable[..., Answer]:
    """A million points, read whole and thinned, in turn."""
    kept: list[Any] = []

    def look(folder: str, points: int) -> Answer:
        from lab import runs

        if not kept:
            place = Path(tempfile.mkdtemp(dir=folder))
            log, close = _trackers.lab(place)
            for step, value in enumerate(walk(points)):
                log(step, {CHOSEN: value})
            close()
            kept.append(runs.Run(next(place.glob("logs/*/*"))))
        start = clock()
        whole = kept[0].series(CHOSEN)
        read = clock()
        del whole  # a million objects that end are no part of what comes next
        again = clock()
        found = kept[0].series(CHOSEN, points=FEWER)
        thinned = clock()
        return {
            "whole": (read - start) * 1e3,
            "thinned": (thinned - again) * 1e3,
            "values": list(found.values),
        }

    return look


def tsdownsample() -> Callable[..., Answer]:
    import numpy as np
    from tsdownsample import M4Downsampler

    def look(folder: str, points: int) -> Answer:
        y = np.array(list(walk(points)))
        x = np.arange(points)
        thin = M4Downsampler().downsample  # it keeps the ends and the extremes of each part
        seconds = _measure.per_call(lambda: thin(x, y, n_out=FEWER))
        return {"thinned": seconds * 1e3, "values": y[thin(x, y, n_out=FEWER)].tolist()}

    return look


def walk(points: int) -> Iterator[float]:
    """A curve: the sum of random steps."""
    chance = random.Random(5)
    return accumulate(chance.gauss(0.0, 1.0) for _ in range(points))


CONTENDERS = (
    Contender("lab", block(lab)),
    Contender("clustered sqlite table", block(clustered)),
    Contender("dvclive's tsv, by hand", block(tsv)),
    Contender("trackio", block(trackio), "trackio"),
    Contender("mlflow, from sqlite", block(mlflow), "mlflow"),
    Contender("EventAccumulator", block(event_accumulator), "tensorboard"),
)
THINNING = (
    Contender("lab, a million thinned", lambda: lab_thinned()),
    Contender("tsdownsample's M4, of arrays", lambda: tsdownsample(), "tsdownsample"),
)


def _agree(points: int, answer: Answer) -> None:
    newest = {name: last for name, (_, _, last) in _trackers.expected(points).items()}
    if answer["values"] != [row[CHOSEN] for _, row in steps(points)]:
        raise Failed("it read other values than were written")
    if answer["newest"] != newest:
        raise Failed("it read other last values than were written")


def _agree_thinned(curve: list[float], answer: Answer) -> None:
    found = answer["values"]
    wanted = [curve[0], min(curve), max(curve), curve[-1]]
    if len(found) > FEWER or [found[0], min(found), max(found), found[-1]] != wanted:
        raise Failed("the ends and the extremes are not among what is left")


def _thinning(many: int, count: int) -> Table:
    agree = partial(_agree_thinned, list(walk(many)))
    with scratch() as folder, Contest(__file__, THINNING) as contest:
        answers = contest.rounds(count, agree, folder=folder, points=many)
        thinned, alone = contest.rows(answers, "thinned", None)
        found = answers.get(thinned.name, [])
        read = [answer["whole"] for answer in found]
        beyond = [answer["thinned"] - answer["whole"] for answer in found]
    rows = [
        Row("lab, beyond reading all", beyond, bar=THINNING_BAR, note=thinned.note),
        thinned,
        Row("lab, all of them read", read, note=thinned.note),
        alone,
    ]
    for row in rows:
        row.ratio = None
    return Table(f"{many:,} points down to {FEWER:,}", "ms", rows)


def measure(quick: bool = False) -> list[Table]:
    """The tables of this benchmark."""
    points, count = (1000, 2) if quick else (POINTS, 9)
    with scratch() as folder, Contest(__file__, CONTENDERS) as contest:
        answers = contest.rounds(count, partial(_agree, points), folder=folder, points=points)
        series = contest.rows(answers, "series", SERIES_BAR)
        last = contest.rows(answers, "last", LAST_BAR)
    return [
        Table(f"One of ten indicators of {points:,} points, read", "ms", series),
        Table(f"The last values of ten indicators of {points:,} points, read", "ms", last),
        _thinning(MANY // 10 if quick else MANY, count),
    ]


if __name__ == "__main__":
    serve({contender.name: contender for contender in (*CONTENDERS, *THINNING)})
    _measure.main("runs_reading", measure)
