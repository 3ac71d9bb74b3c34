"""What a run costs before its first step: the first run of a process, and a second one.

It is begun in a git repository of 1,000 files, from the call that creates the run to the return of the
one that saves its first values; what was imported before is not counted. lab reads the repository while
training begins, labml before; the others are told to leave it alone.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import _measure
import _trackers
from _measure import Contest, Table
from _trackers import Recorder, Recording, Row
from _worker import Answer, Contender, Failed, scratch, serve

FILES = 1000
BARS = ((60.0, 30.0), (3.0, 1.5))  # milliseconds, of the first run and of the second

clock = time.perf_counter


def block(begin: Recorder, *modules: str) -> Callable[[], Callable[..., Answer]]:
    """A contender's work: two runs, one after the other."""

    def start() -> Callable[..., Answer]:
        for module in modules:
            importlib.import_module(module)

        def runs(repository: str, folder: str) -> Answer:
            _trackers.keep_apart(Path(folder))
            os.chdir(repository)
            taken = []
            for _ in range(2):
                place = Path(tempfile.mkdtemp(dir=folder))
                started = clock()
                recording = begin(place)
                recording.log(1, {"train.loss": 0.5})
                taken.append((clock() - started) * 1e3)
                recording.close()
            return {"first": taken[0], "second": taken[1], "commit": _commit()}

        return runs

    return start


def lab(_: Path, output_log: bool = True) -> Recording:
    """As it is used: in a project, with the writers that it has by default."""
    from lab import experiment, tracker

    experiment.create("benchmark", Path.cwd() / "train.py", output_log=output_log)
    run = experiment.start()

    def log(step: int, row: Row) -> None:
        tracker.save(step, row)

    return Recording(log, run.close)


LAB = ("lab.experiment", "lab.tracker")
CONTENDERS = (
    Contender("lab", block(lab, *LAB)),
    Contender("lab, without output.log", block(partial(lab, output_log=False), *LAB)),
    Contender("labml", block(_trackers.labml, "labml.experiment", "labml.tracker"), "labml"),
    Contender("mlflow", block(_trackers.mlflow, "mlflow"), "mlflow"),
    Contender("wandb", block(_trackers.wandb, "wandb"), "wandb"),
    Contender("aim", block(_trackers.aim, "aim"), "aim"),
    Contender("trackio", block(_trackers.trackio, "trackio"), "trackio"),
)


def make_repository(folder: str) -> str:
    """A repository of that many files, all of them committed."""
    path = Path(folder) / "repository"
    for i in range(FILES):
        file = path / f"package_{i % 40}" / f"module_{i}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"value = {i}\n" * 50, "utf-8")
    (path / "train.py").write_text("", "utf-8")
    identity = ("-c", "user.name=b", "-c", "user.email=b@example.org", "-c", "commit.gpgsign=false")
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "first")):
        subprocess.run(["git", *identity, *arguments], cwd=path, check=True)
    return str(path)


def _commit() -> bool:
    """Whether the runs of lab, where there are any, know their commit."""
    infos = list(Path.cwd().glob("logs/benchmark/*/run.yaml"))
    return all("git_dirty: false" in info.read_text("utf-8") for info in infos)


def _agree(answer: Answer) -> None:
    if not answer["commit"]:
        raise Failed("it did not record the commit")


def measure(quick: bool = False) -> list[Table]:
    """The tables of this benchmark."""
    with scratch() as folder, Contest(__file__, CONTENDERS) as contest:
        repository = make_repository(folder)
        answers = contest.rounds(
            3 if quick else 20, _agree, fresh=True, repository=repository, folder=folder
        )
        first = contest.rows(answers, "first", BARS[0])
        second = contest.rows(answers, "second", BARS[1])
    where = f"in a repository of {FILES:,} files, until the first values are saved"
    return [
        Table(f"The first run of a process, {where}", "ms", first),
        Table(f"The second run of a process, {where}", "ms", second),
    ]


if __name__ == "__main__":
    serve({contender.name: contender for contender in CONTENDERS})
    _measure.main("experiment_start", measure)
