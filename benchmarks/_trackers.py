"""Trackers under one face: each takes rows of ten values, step after step, and then ends.

A recorder gets an empty folder, begins a run in it, and gives back how a row is logged and how the
run ends. Values are exact in 32 bits, and so are their sums: what is read back must be the same.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

NAMES = tuple(f"train.value_{i}" for i in range(10))
ROWS = 1000  # different rows; logged again and again

Row = dict[str, Any]


class Recording(NamedTuple):
    """A run that is open: `log(step, row)`, and `close()`."""

    log: Callable[[int, Row], object]
    close: Callable[[], object]


Recorder = Callable[[Path], Recording]


def rows() -> list[Row]:
    """Rows of ten values."""
    return [
        {name: (i * len(NAMES) + k) / 1024 for k, name in enumerate(NAMES)} for i in range(ROWS)
    ]


def expected(steps: int) -> dict[str, list[float]]:
    """Of each name how many values there are, their sum, and the last one, after so many steps."""
    found = {}
    for name in NAMES:
        values = [row[name] for row in rows()]
        full, rest = divmod(steps, ROWS)
        total = full * sum(values) + sum(values[:rest])
        found[name] = [steps, total, values[(steps - 1) % ROWS]]
    return found


def keep_apart(folder: Path) -> None:
    """Have whatever references write beside their runs go to a folder, and nothing to a network."""
    quiet = {
        "HOME": str(folder),
        "USERPROFILE": str(folder),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "DO_NOT_TRACK": "true",
        "TRACKIO_DIR": str(folder),
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "WANDB_MODE": "offline",
        "WANDB_SILENT": "true",
        "WANDB_CONSOLE": "off",
        "WANDB_ERROR_REPORTING": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DVC_NO_ANALYTICS": "true",
        "AIM_UI_TELEMETRY_ENABLED": "0",
        "GIT_PYTHON_REFRESH": "quiet",
    }
    os.environ.update(quiet)


# -- lab


def lab(folder: Path, writers: Iterable[str] = ("sqlite",)) -> Recording:
    from lab import tracker

    close = begin_lab(folder, writers)

    def log(step: int, row: Row) -> None:
        tracker.add(row)
        tracker.save(step)

    return Recording(log, close)


def lab_one_by_one(folder: Path) -> Recording:
    from lab import tracker

    close = begin_lab(folder, ("sqlite",))

    def log(step: int, row: Row) -> None:
        for name, value in row.items():
            tracker.add(name, value)
        tracker.save(step)

    return Recording(log, close)


def begin_lab(folder: Path, writers: Iterable[str]) -> Callable[[], None]:
    """Begin a run in a project of its own; what is given back ends it."""
    from lab import experiment

    # the machine is not measured, as it is not by the others
    (folder / "lab.yaml").write_text("system_indicators: false\n", "utf-8")
    experiment.create("benchmark", folder / "train.py", writers=set(writers))
    block = ExitStack()
    block.enter_context(experiment.start())
    return block.close


lab_and_tensorboard = partial(lab, writers=("sqlite", "tensorboard"))


# -- by hand


def executemany(folder: Path) -> Recording:
    """A value a row, all of them inserted at the end."""
    connection = sqlite3.connect(folder / "narrow.db")
    connection.execute("CREATE TABLE points (indicator TEXT, step INTEGER, time REAL, value REAL)")
    points: list[tuple[str, int, float, float]] = []

    def log(step: int, row: Row) -> None:
        now = time.time()
        points.extend([(name, step, now, value) for name, value in row.items()])

    def close() -> None:
        connection.executemany("INSERT INTO points VALUES (?, ?, ?, ?)", points)
        connection.commit()
        connection.close()

    return Recording(log, close)


def wide_rows(folder: Path) -> Recording:
    """A step a row, inserted by a thread."""
    columns = "".join(f', "{name}" REAL' for name in NAMES)
    insert = "INSERT INTO points VALUES (?, ?" + ", ?" * len(NAMES) + ")"
    waiting: list[tuple[Any, ...]] = []
    is_closing = threading.Event()

    def write() -> None:
        connection = sqlite3.connect(folder / "wide.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"CREATE TABLE points (step INTEGER, time REAL{columns})")
        is_last = False
        while not is_last:
            is_last = is_closing.wait(0.25)
            part = waiting[:]
            del waiting[: len(part)]
            connection.execute("BEGIN")
            connection.executemany(insert, part)
            connection.execute("COMMIT")
        connection.close()

    thread = threading.Thread(target=write)
    thread.start()

    def log(step: int, row: Row) -> None:
        waiting.append((step, time.time(), *row.values()))

    def close() -> None:
        is_closing.set()
        thread.join()

    return Recording(log, close)


# -- references


def labml(folder: Path) -> Recording:
    from labml import experiment, tracker
    from labml import lab as project

    others = set(threading.enumerate())
    place = {"path": str(folder), "experiments_path": str(folder / "logs")}
    project.configure({**place, "check_repo_dirty": False})
    # 'file' is what it has beside the screen and its own server
    experiment.create(name="benchmark", writers={"file"}, disable_screen=True)
    block = ExitStack()
    block.enter_context(experiment.start())

    def log(step: int, row: Row) -> None:
        tracker.add(row)
        tracker.save(step)

    def close() -> None:
        block.close()
        for thread in set(threading.enumerate()) - others:  # it goes on writing after the end
            thread.join()

    return Recording(log, close)


def trackio(folder: Path) -> Recording:
    import trackio as tracker

    # its database is named for the project and lies in TRACKIO_DIR, the folder above
    tracker.init(
        project=folder.name, name="run", embed=False, auto_log_gpu=False, auto_log_cpu=False
    )
    return Recording(lambda step, row: tracker.log(row, step=step), tracker.finish)


def wandb(folder: Path) -> Recording:
    import wandb as tracker

    settings = tracker.Settings(
        mode="offline",
        silent=True,
        console="off",
        disable_git=True,
        x_disable_stats=True,
        x_disable_meta=True,
    )
    run = tracker.init(project="benchmark", dir=str(folder), settings=settings)
    return Recording(lambda step, row: run.log(row, step=step), run.finish)


def summary_writer(folder: Path) -> Recording:
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(str(folder))

    def log(step: int, row: Row) -> None:
        for name, value in row.items():
            writer.add_scalar(name, value, step)

    return Recording(log, writer.close)


def aim(folder: Path) -> Recording:
    from aim import Run

    run = Run(
        repo=str(folder),
        system_tracking_interval=None,
        capture_terminal_logs=False,
        log_system_params=False,
    )
    return Recording(lambda step, row: run.track(row, step=step), run.close)


def mlflow(folder: Path) -> Recording:
    import logging

    import mlflow as tracker

    logging.getLogger("alembic").setLevel(logging.WARNING)
    tracker.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
    experiment = tracker.create_experiment("benchmark", artifact_location=str(folder))
    tracker.start_run(experiment_id=experiment, log_system_metrics=False)
    return Recording(lambda step, row: tracker.log_metrics(row, step=step), tracker.end_run)
