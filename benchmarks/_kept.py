"""Reads all that a tracker kept, in a process of its own: `python _kept.py KIND FOLDER`.

It prints, as JSON, how many values there are of each name, their sum, and the last one.
"""

from __future__ import annotations

import json
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

Points = Iterator[tuple[str, int, float]]  # name, step, value


def lab(folder: Path) -> Points:
    query = "SELECT indicator, step, value FROM scalars"
    return _queried(next(folder.glob("logs/*/*/sqlite.db")), query)


def narrow(folder: Path) -> Points:
    return _queried(folder / "narrow.db", "SELECT indicator, step, value FROM points")


def wide(folder: Path) -> Points:
    with closing(sqlite3.connect(folder / "wide.db")) as connection:
        cursor = connection.execute("SELECT * FROM points")
        names = [column[0] for column in cursor.description[2:]]
        for step, _, *values in cursor:
            for name, value in zip(names, values, strict=True):
                yield name, step, value


def labml(folder: Path) -> Points:
    for file in folder.glob("logs/*/*/log.jsonl"):
        for line in file.read_text("utf-8").splitlines():
            for name, points in json.loads(line)["track"].items():
                for step, (value,) in points:
                    yield name, step, value


def trackio(folder: Path) -> Points:
    query = "SELECT step, metrics FROM metrics"
    with closing(sqlite3.connect(folder.parent / f"{folder.name}.db")) as connection:
        for step, metrics in connection.execute(query):
            for name, value in json.loads(metrics).items():
                yield name, step, value


def wandb(folder: Path) -> Points:
    from wandb.proto.wandb_internal_pb2 import Record

    for file in folder.glob("wandb/offline-run-*/*.wandb"):
        for data in _of_leveldb(file.read_bytes()):
            record = Record.FromString(data)
            for item in record.history.item:
                name = item.key or ".".join(item.nested_key)
                if not name.startswith("_"):
                    yield name, record.history.step.num, json.loads(item.value_json)


def tensorboard(folder: Path) -> Points:
    from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
    from tensorboard.compat.proto.event_pb2 import Event

    for file in folder.rglob("events.out.tfevents.*"):
        for data in RawEventFileLoader(str(file)).Load():
            event = Event.FromString(data)
            for value in event.summary.value:
                # a scalar is a number, or a tensor of one number
                kept = value.tensor.float_val[0] if value.tensor.float_val else value.simple_value
                yield value.tag.replace("/", "."), event.step, kept


def aim(folder: Path) -> Points:
    from aim import Repo
    from aim.sdk.index_manager import RepoIndexManager
    from aim.storage.context import Context

    for name in Repo(str(folder)).list_all_runs():  # what its server does before it shows a run
        RepoIndexManager(Repo(str(folder))).index(name)
    for run in Repo(str(folder)).iter_runs():
        for metric in run.metrics():
            steps, (values, *_) = run.get_metric(metric.name, Context({})).data.numpy()
            for step, value in zip(steps.tolist(), values.tolist(), strict=True):
                yield metric.name, step, value


def mlflow(folder: Path) -> Points:
    return _queried(folder / "mlflow.db", "SELECT key, step, value FROM metrics")


KINDS: dict[str, Callable[[Path], Points]] = {
    function.__name__: function
    for function in (lab, narrow, wide, labml, trackio, wandb, tensorboard, aim, mlflow)
}


def read(kind: str, folder: Path) -> dict[str, list[float]]:
    """What is there, read by another process."""
    command = [sys.executable, str(Path(__file__).resolve()), kind, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    if done.returncode:
        words = done.stderr.strip().splitlines()
        raise RuntimeError(f"cannot be read back: {words[-1] if words else done.returncode}")
    found: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
    return found


def _summed(points: Points) -> dict[str, list[float]]:
    counts: dict[str, int] = {}
    sums: dict[str, float] = {}
    last: dict[str, tuple[int, float]] = {}
    for name, step, value in points:
        counts[name] = counts.get(name, 0) + 1
        sums[name] = sums.get(name, 0.0) + value
        if name not in last or last[name][0] <= step:
            last[name] = step, value
    return {name: [counts[name], sums[name], last[name][1]] for name in counts}


def _queried(file: Path, query: str) -> Points:
    with closing(sqlite3.connect(file)) as connection:
        yield from connection.execute(query)


def _of_leveldb(data: bytes) -> Iterator[bytes]:
    """The records of a log of LevelDB (https://github.com/google/leveldb/blob/main/doc/log_format.md).

    It starts with seven bytes of its own.
    """
    block, header = 32768, struct.Struct("<IHB")
    at, record = 7, b""
    while at + header.size <= len(data):
        left = block - at % block
        if left < header.size:
            at += left
            continue
        _, length, kind = header.unpack_from(data, at)
        at += header.size
        record += data[at : at + length]
        at += length
        if kind in (1, 4):  # whole, or the last part
            yield record
            record = b""


if __name__ == "__main__":
    _found: Any = _summed(KINDS[sys.argv[1]](Path(sys.argv[2])))
    print(json.dumps(_found), flush=True)
