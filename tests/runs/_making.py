from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lab import runs
from lab.runs import Batch, Database, Entry, Layout, Run, RunInfo, Saved

Row = tuple[tuple[str, ...], int, float, tuple[float, ...]]  # names, step, time, values


def make(experiment: str = "e", started: str = "2020", **settings: Any) -> Run:
    """A run among those of the project in the working folder."""
    layout = runs.new_layout(Path("logs").absolute(), experiment)
    layout.create()
    info = RunInfo(uuid=layout.path.name, experiment=experiment, started=started)
    for key, value in settings.items():
        setattr(info, key, value)
    runs.write_info(layout, info)
    return Run(layout.path)


def made_in(path: Path) -> Run:
    path.mkdir(exist_ok=True)
    runs.write_info(Layout(path), RunInfo(uuid=path.name, experiment="e"))
    return Run(path)


def batches(*rows: Row) -> list[Batch]:
    return [Batch(names, [step, time, *values]) for names, step, time, values in rows]


def save(run: Run, *rows: Row, entries: Sequence[Entry] = ()) -> None:
    """Write rows and entries, and close the file."""
    database = Database(run.layout.database)
    database.write(Saved(batches(*rows), entries))
    database.close()


def save_values(run: Run, step: int, values: Mapping[str, float], time: float = 0.0) -> None:
    save(run, (tuple(values), step, time or float(step), tuple(values.values())))


def save_series(run: Run, name: str, values: Sequence[float]) -> None:
    flat = [x for i, value in enumerate(values) for x in (i, float(i), value)]
    database = Database(run.layout.database)
    database.write(Saved([Batch((name,), flat)]))
    database.close()


def query(run: Run, text: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(run.layout.database)) as connection:
        return connection.execute(text).fetchall()


@contextlib.contextmanager
def writing(run: Run) -> Iterator[Database]:
    database = Database(run.layout.database)
    try:
        yield database
    finally:
        database.close()
