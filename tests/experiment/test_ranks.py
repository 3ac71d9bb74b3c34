"""Several processes of one run: their environment in this process, and real ones under torchrun."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lab import experiment, logger, loop, monit, runs, steps, tracker
from lab.errors import ExperimentError
from lab.logger import Text
from lab.runs import RankInfo, Run
from lab.testing import Memory, RecordedLog, recorded_log

SAMPLE = Path(__file__).parents[2] / "samples" / "distributed.py"
TORCHRUN = {"RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "localhost", "MASTER_PORT": "29500"}
NAMES = (*TORCHRUN, "SLURM_PROCID", "SLURM_NTASKS", "TORCHELASTIC_USE_AGENT_STORE")


@pytest.fixture(autouse=True)
def log() -> Iterator[RecordedLog]:
    with recorded_log() as log:
        yield log
        with contextlib.suppress(ExperimentError):
            experiment.current().close()


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the tests are started by."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def be(monkeypatch: pytest.MonkeyPatch, **environment: str) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


def write() -> list[Path]:
    """What a short run writes."""
    with experiment.create(name="e", system_indicators=False).start():
        tracker.save(1, loss=0.5)
    return sorted(Path().rglob("run.yaml"))


@pytest.mark.parametrize(
    ("environment", "does_write"),
    [
        ({}, True),
        (TORCHRUN, False),
        ({**TORCHRUN, "RANK": "0"}, True),
        ({**TORCHRUN, "WORLD_SIZE": "1"}, True),
        ({**TORCHRUN, "RANK": "first"}, True),
        ({"RANK": "1", "WORLD_SIZE": "2"}, True),
        ({"SLURM_PROCID": "3", "SLURM_NTASKS": "4"}, True),
        ({"SLURM_PROCID": "3", "SLURM_NTASKS": "4", "MASTER_ADDR": "node1"}, False),
        ({"SLURM_PROCID": "0", "SLURM_NTASKS": "4", "MASTER_ADDR": "node1"}, True),
        ({**TORCHRUN, "RANK": "0", "SLURM_PROCID": "3", "SLURM_NTASKS": "4"}, True),
    ],
)
def test_the_environment_says_which_process_writes(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], does_write: bool
) -> None:
    be(monkeypatch, **environment)
    assert bool(write()) == does_write


def test_another_rank_writes_nothing_and_shows_warnings_alone(
    monkeypatch: pytest.MonkeyPatch, log: RecordedLog, tmp_path: Path
) -> None:
    be(monkeypatch, **TORCHRUN)
    memory = Memory()
    run = experiment.create(name="e", writers=["sqlite", memory], tags=["a"])
    with experiment.start():
        logger.log("hello")
        for step in loop.loop(3):
            for _ in monit.iterate("Train", 2):
                tracker.add("loss", step)
            tracker.save()
        logger.warn("careful")
        logger.log("broken", Text.danger)
        experiment.add_tags("b")
        experiment.add_note("good")
        assert experiment.save_checkpoint(3).name == "3"
        assert experiment.save_numpy("a", [1, 2]).name == "a.npy"
    assert log.lines == ["rank 1: warning: careful", "rank 1: broken"]
    assert list(tmp_path.iterdir()) == []
    assert memory.rows == []
    assert run.is_closed
    logger.log("after")
    assert log.lines[-1] == "after"


def test_where_the_run_is_cannot_be_asked_without_a_store(monkeypatch: pytest.MonkeyPatch) -> None:
    be(monkeypatch, **TORCHRUN)
    experiment.create(name="e").start()
    with pytest.raises(ExperimentError, match=r"rank 1 cannot ask rank 0.*init_process_group"):
        _ = experiment.current().uuid


def test_another_rank_loads_what_rank_0_has_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    model = torch.nn.Linear(1, 1)
    experiment.create(name="e", system_indicators=False)
    experiment.add_pytorch_models({"model": model})
    with experiment.start() as first:
        experiment.save_checkpoint(7)
    be(monkeypatch, **TORCHRUN)
    for in_place in (False, True):
        other = torch.nn.Linear(1, 1)
        experiment.create(name="e")
        experiment.add_pytorch_models({"model": other})
        experiment.load(first.uuid, in_place=in_place)
        experiment.start()
        assert torch.equal(other.weight, model.weight)
    assert experiment.current().uuid == first.uuid
    experiment.current().close()
    assert Run(first.path).info.status == "completed"


def ended(error: Exception | None, *others: RankInfo) -> Run:
    """A run of rank 0 beside others that ended before."""
    run = experiment.create(name="e", system_indicators=False)
    with contextlib.suppress(type(error) if error else ()), experiment.start():
        for one in others:
            runs.write_rank(run.layout, one, "where it was")
        if error is not None:
            raise error
    return Run(run.path)


def test_the_process_that_failed_first_says_how_a_run_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    be(monkeypatch, **{**TORCHRUN, "RANK": "0", "WORLD_SIZE": "4"})
    run = ended(
        RuntimeError("connection closed by peer"),
        RankInfo(1, "failed", "RuntimeError: connection closed", time="2026-01-01T00:00:02"),
        RankInfo(2, "failed", "ValueError: boom", time="2026-01-01T00:00:01"),
        RankInfo(3, "interrupted", "SIGTERM", time="2026-01-01T00:00:00"),
    )
    assert (run.info.status, run.info.exception) == ("failed", "rank 2: ValueError: boom")
    assert (run.path / "ranks" / "2.txt").read_text() == "where it was"
    assert "connection closed by peer" in (run.path / "traceback.txt").read_text()


def test_one_that_only_lost_another_is_not_what_began_it(monkeypatch: pytest.MonkeyPatch) -> None:
    be(monkeypatch, **{**TORCHRUN, "RANK": "0", "WORLD_SIZE": "3"})
    lost = RankInfo(1, "failed", "RuntimeError: [pair.cc:534] Connection closed by peer [::1]:1")
    assert ended(ValueError("boom"), lost).info.exception == "ValueError: boom"
    dead = RankInfo(2, "crashed", "died")
    assert ended(RuntimeError("gloo"), lost, dead).info.exception == "rank 2: died"


def test_where_rank_0_was_killed_the_others_say_why_when_the_run_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    be(monkeypatch, **{**TORCHRUN, "RANK": "0"})
    run = ended(None, RankInfo(1, "failed", "ValueError: boom"))
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    info = replace(run.info, status="running", process=gone.pid, process_start=None)
    runs.write_info(run.layout, info)
    assert (run.info.status, run.info.exception) == ("failed", "rank 1: ValueError: boom")
    runs.forget_ranks(run.layout)
    assert run.info.status == "crashed"


@pytest.mark.parametrize(
    ("words", "status"), [("[pair.cc] Connection closed by peer", "interrupted"), ("oh", "failed")]
)
def test_to_lose_another_once_all_were_asked_to_stop_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, words: str, status: str
) -> None:
    be(monkeypatch, **{**TORCHRUN, "RANK": "0"})
    run = experiment.create(name="e", system_indicators=False).start()
    steps.current().request_stop("SIGTERM")
    run.close(RuntimeError(words))
    info = Run(run.path).info
    assert info.status == status
    assert str(info.exception).startswith("SIGTERM <- Runtime" if words != "oh" else "RuntimeError")


def test_what_fails_alike_everywhere_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    be(monkeypatch, **{**TORCHRUN, "RANK": "0"})
    run = ended(ValueError("boom"), RankInfo(1, "failed", "ValueError: boom"))
    assert run.info.exception == "ValueError: boom"


def test_a_process_that_was_killed_is_found_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    be(monkeypatch, **{**TORCHRUN, "RANK": "0"})
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    run = ended(RuntimeError("lost"), RankInfo(1, process=gone.pid, process_start=None))
    assert run.info.status == "failed"
    assert str(run.info.exception).startswith("rank 1: died without a word")


def test_a_run_that_ended_well_here_and_failed_elsewhere_reads_as_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    be(monkeypatch, **{**TORCHRUN, "RANK": "0"})
    run = ended(None)
    assert run.info.status == "completed"
    runs.write_rank(run.layout, RankInfo(1, "completed"))
    assert run.info.status == "completed"
    runs.write_rank(run.layout, RankInfo(1, "failed", "ValueError: late"))
    assert (run.info.status, run.info.exception) == ("failed", "rank 1: ValueError: late")


def test_a_run_that_goes_on_forgets_how_its_processes_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torch = pytest.importorskip("torch")
    be(monkeypatch, **{**TORCHRUN, "RANK": "0"})

    def train(run_uuid: str | None, *ranks: RankInfo) -> Run:
        run = experiment.create(name="e", system_indicators=False)
        experiment.add_pytorch_models({"model": torch.nn.Linear(1, 1)})
        if run_uuid is not None:
            experiment.load(run_uuid, in_place=True)
        with experiment.start():
            experiment.save_checkpoint()
            for one in ranks:
                runs.write_rank(run.layout, one)
        return Run(run.path)

    first = train(None, RankInfo(1, "failed", "ValueError: boom"))
    assert first.info.status == "failed"
    assert train(first.uuid) == first
    assert first.info.status == "completed"


def test_files_of_ranks_that_cannot_be_read_are_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    be(monkeypatch, **{**TORCHRUN, "RANK": "0"})
    run = ended(None, RankInfo(2, "completed"))
    (run.path / "ranks" / "1.yaml").write_text("- nothing")
    (run.path / "ranks" / "3.yaml").write_text("{")
    assert [one.rank for one in runs.read_ranks(run.layout)] == [2]
    assert run.info.status == "completed"


# -- real processes -----------------------------------------------------------------------------

HEAD = """
import os, signal
import torch.distributed as dist
from lab import experiment, logger, loop, tracker
rank = int(os.environ["RANK"])
"""


def torchrun(program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    return subprocess.run(
        [*command, *arguments, str(program)], capture_output=True, text=True, check=False
    )


def program(body: str) -> Path:
    path = Path("program.py")
    path.write_text(HEAD + textwrap.dedent(body))
    return path


def found(experiment: str) -> list[Run]:
    return sorted(
        (Run(p) for p in Path("logs", experiment).iterdir()), key=lambda r: r.info.created
    )


@pytest.mark.slow
def test_the_sample_trains_on_two_processes_as_one_run() -> None:
    pytest.importorskip("torch")
    pytest.importorskip("sklearn")
    copy = Path("distributed.py")
    copy.write_text(SAMPLE.read_text(encoding="utf-8"))
    done = torchrun(copy)
    assert done.returncode == 0, done.stderr
    [run] = found("distributed")
    assert run.info.status == "completed"
    assert run.series("loss").steps == [0, 1, 2]
    assert run.last["accuracy"] > 0.8
    assert [p.name for p in (run.path / "checkpoints").iterdir()] == ["3"]
    assert [(one.rank, one.status) for one in runs.read_ranks(run.layout)] == [(1, "completed")]
    assert done.stdout.count(run.uuid) == 1


@pytest.mark.slow
def test_processes_know_the_run_of_each_experiment_and_of_each_start_by_torchrun() -> None:
    pytest.importorskip("torch")
    done = torchrun(
        program("""
        restart = os.environ["TORCHELASTIC_RESTART_COUNT"]
        for name in ("one", "two"):
            experiment.create(name=name, system_indicators=False)
            tracker.set_scalar("loss", is_over_ranks=True)
            with experiment.start() as run:
                tracker.save(1, loss=[float(rank)] * (1 + 2 * rank))
                print(f"rank {rank} {name} {restart} {run.path}", flush=True)
        if rank == 1 and restart == "0":
            raise ValueError("once more")
        """),
        "--max-restarts=1",
    )
    assert done.returncode == 0, done.stderr
    for name in ("one", "two"):
        all_runs = found(name)
        assert len(all_runs) == 2
        for restart, run in enumerate(all_runs):
            assert run.last == {"loss": 0.75}
            for rank in (0, 1):
                assert f"rank {rank} {name} {restart} {run.path.absolute()}" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("end", "exception"),
    [
        ("raise ValueError('boom')", "rank 1: ValueError: boom"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "rank 1: died without a word"),
    ],
)
def test_a_process_that_fails_is_named_also_where_rank_0_is_ended_for_it(
    end: str, exception: str
) -> None:
    pytest.importorskip("torch")
    done = torchrun(
        program(f"""
        with experiment.create(name="e", system_indicators=False).start() as run:
            tracker.save(1, loss=0.5)
            if rank == 1:
                while not (run.path / "ranks" / "1.yaml").exists():
                    pass
                {end}
            signal.pause()
        """)
    )
    assert done.returncode != 0
    [run] = found("e")
    assert run.info.status == "failed"
    assert str(run.info.exception).startswith(exception)
    assert (run.path / "ranks" / "1.txt").exists() == ("raise" in end)
