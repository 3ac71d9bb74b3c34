from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator

import pytest

from lab.errors import TrackerError
from lab.steps import Steps
from lab.testing import Memory, RecordedLog, recorded_log
from lab.tracker import Tracker, indicators

Box = dict[int, deque[bytes]]


class Post:
    """The way of one process to the first, through a box that all of them share."""

    def __init__(self, rank: int, size: int, box: Box, is_open: bool = True) -> None:
        self.rank, self.size, self._box, self._is_open = rank, size, box, is_open

    def is_there(self) -> bool:
        return self._is_open

    def send(self, message: bytes) -> None:
        self._box[self.rank].append(message)

    def receive(self, rank: int) -> bytes | None:
        return self._box[rank].popleft() if self._box[rank] else None


class Processes:
    """Trackers of several processes, in this one."""

    def __init__(self, size: int, is_open: bool = True) -> None:
        box: Box = defaultdict(deque)
        self.memory = Memory()
        self.trackers = [
            Tracker(
                Steps(),
                [self.memory] if rank == 0 else [],
                mail=Post(rank, size, box, is_open),
            )
            for rank in range(size)
        ]

    def declare(self, name: str, queue_size: int | None = None) -> None:
        for one in self.trackers:
            if queue_size is None:
                one.declare(indicators.Scalar(name, False, is_over_ranks=True))
            else:
                one.declare(indicators.Queue(name, queue_size, is_over_ranks=True))

    def close(self) -> None:
        for one in reversed(self.trackers):
            one.close()


@pytest.fixture(autouse=True)
def log() -> Iterator[RecordedLog]:
    with recorded_log() as log:
        yield log


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.tracker._ranks._PATIENCE", 0.0)
    monkeypatch.setattr("lab.tracker._ranks._UNSENT", 0.0)


def test_a_process_with_more_values_counts_for_more(log: RecordedLog) -> None:
    processes = Processes(3)
    processes.declare("loss")
    first, second, third = processes.trackers
    first.save(1, loss=[1.0, 1.0, 1.0])
    second.save(1, loss=5.0)
    third.save(1, {"loss": 2, "mine": 7})
    processes.close()
    assert processes.memory.series("loss") == [(1, 2.0)]
    assert processes.memory.indicators == ["loss"]
    assert log.lines == []


def test_a_queue_covers_the_last_values_of_all() -> None:
    processes = Processes(2)
    processes.declare("loss", 2)
    for step, (mine, other) in enumerate([(1.0, 5.0), (2.0, 6.0), (3.0, 7.0)]):
        processes.trackers[0].save(step, loss=mine)
        processes.trackers[1].save(step, loss=other)
    processes.close()
    assert processes.memory.series("loss") == [(0, 3.0), (1, 3.5), (2, 4.5)]


def test_tensors_are_reduced_as_at_saving() -> None:
    torch = pytest.importorskip("torch")
    processes = Processes(2)
    processes.declare("loss")
    for rank, one in enumerate(processes.trackers):
        one.add("loss", torch.full((3,), float(rank)))
        one.save(2, loss=torch.tensor(rank))
    processes.close()
    assert processes.memory.series("loss") == [(2, 0.5)]


def test_other_indicators_stay_those_of_the_first_process() -> None:
    processes = Processes(2)
    processes.declare("loss")
    for rank, one in enumerate(processes.trackers):
        for step in range(3):
            one.save(step, {"loss": rank, "accuracy": 10 * rank})
    processes.close()
    assert processes.memory.series("loss") == [(0, 0.5), (1, 0.5), (2, 0.5)]
    assert processes.memory.series("accuracy") == [(0, 0), (1, 0), (2, 0)]


def test_a_step_that_one_process_leaves_out_is_named_and_not_recorded(log: RecordedLog) -> None:
    processes = Processes(2)
    processes.declare("loss")
    for step in range(4):
        processes.trackers[0].save(step, loss=1.0)
        if step != 1:
            processes.trackers[1].save(step, loss=3.0)
    processes.close()
    assert processes.memory.series("loss") == [(0, 2.0), (2, 2.0), (3, 2.0)]
    [line] = log.lines
    assert line == (
        "warning: the mean of 'loss' over all processes is not recorded at step 1: rank 1 did not "
        "save it there; let all of them save it at the same steps"
    )


def test_a_name_that_one_process_never_saves_holds_up_no_other(log: RecordedLog) -> None:
    processes = Processes(2)
    processes.declare("loss")
    processes.declare("extra")
    processes.trackers[0].save(5, loss=1.0, extra=1.0)
    processes.trackers[1].save(5, loss=3.0)
    processes.close()
    assert processes.memory.series("loss") == [(5, 2.0)]
    assert processes.memory.series("extra") == []
    [line] = log.lines
    assert line.endswith("for some did not save them: 'extra' (rank 1, at step 5)")


def test_without_a_way_to_the_others_values_are_those_of_the_first(log: RecordedLog) -> None:
    processes = Processes(2, is_open=False)
    processes.declare("loss")
    for step in range(2):
        processes.trackers[0].save(step, loss=1.0)
    processes.close()
    assert processes.memory.series("loss") == [(0, 1.0), (1, 1.0)]
    [line] = log.lines
    assert "call torch.distributed.init_process_group() first" in line


def test_a_flush_waits_for_the_means() -> None:
    processes = Processes(2)
    processes.declare("loss")
    first, second = processes.trackers
    first.save(1, loss=1.0)
    assert not first.flush(0.01)
    second.save(1, loss=3.0)
    assert second.flush()
    assert first.flush()
    assert processes.memory.series("loss") == [(1, 2.0)]
    processes.close()


def test_in_one_process_it_is_an_ordinary_scalar() -> None:
    memory = Memory()
    alone = Tracker(Steps(), [memory])
    alone.declare(indicators.Scalar("loss", is_over_ranks=True))
    alone.save(1, loss=[1.0, 2.0])
    alone.close()
    assert memory.series("loss") == [(1, 1.5)]


def test_one_that_is_over_ranks_is_not_the_same_as_one_that_is_not() -> None:
    alone = Tracker(Steps())
    alone.declare(indicators.Scalar("loss", False))
    with pytest.raises(TrackerError, match="is_over_ranks=True"):
        alone.declare(indicators.Scalar("loss", False, is_over_ranks=True))
    with pytest.raises(TrackerError, match="is true or false, not 'mean'"):
        indicators.Scalar("loss", is_over_ranks="mean")  # type: ignore[arg-type]
