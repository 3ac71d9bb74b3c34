from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import pytest

from lab.steps import Field, Line, LoopPosition, Steps


@pytest.fixture
def _threads_that_turn_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_parts_stand_in_their_order_two_spaces_apart() -> None:
    line = Line()
    assert line.parts() == []
    line.put("time", lambda: [Field(["0:01"])])
    line.put("indicators", list)
    line.put("step", lambda: [Field([("7:", "style")])])
    assert line.parts() == [("7:", "style"), "  ", "0:01"]
    line.remove("step")
    assert line.parts() == ["0:01"]


@pytest.mark.usefixtures("_threads_that_turn_often")
def test_no_thread_loses_the_part_of_another() -> None:
    line, lost, together = Line(), [], threading.Barrier(2)

    def show(name: str) -> None:
        together.wait()
        for _ in range(20_000):
            line.put(name, lambda: [Field([name])])
            if name not in line.parts():
                lost.append(name)
            line.remove(name)

    threads = [threading.Thread(target=show, args=(name,)) for name in ("step", "time")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lost == []


def _crowded() -> Line:
    line = Line()
    line.put("step", lambda: [Field(["  9:"])])
    line.put("sections", lambda: [Field(["Train: 1.20s"], 4, ["Train 1.20s"])])
    line.put(
        "indicators",
        lambda: [Field([f"{name}: 0.5"], 3, [f"{name} 0.5"]) for name in ("loss", "accuracy")],
    )
    line.put("time", lambda: [Field(["9ms"], 5), Field(["0:05 / 0:07 left"], 1, ["0:05 -0:07"])])
    return line


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (None, "  9:  Train: 1.20s  loss: 0.5  accuracy: 0.5  9ms  0:05 / 0:07 left"),
        (67, "  9:  Train: 1.20s  loss: 0.5  accuracy: 0.5  9ms  0:05 / 0:07 left"),
        (66, "  9:  Train 1.20s  loss 0.5  accuracy 0.5  9ms  0:05 -0:07"),
        (57, "  9:  Train 1.20s  loss 0.5  accuracy 0.5  0:05 -0:07"),
        (50, "  9:  loss 0.5  accuracy 0.5  0:05 -0:07"),
        (30, "  9:  loss 0.5  …  0:05 -0:07"),
        (20, "  9:  …  0:05 -0:07"),
        (5, "  9:  …"),
    ],
)
def test_where_there_is_little_room_the_least_important_goes_first(
    width: int | None, expected: str
) -> None:
    assert "".join(map(str, _crowded().parts(width))) == expected


def test_times_are_handed_on_as_means_and_not_more_often_than_is_good() -> None:
    steps, rows = Steps(), []
    steps.add_time("loop", 5.0)  # nobody wants it
    steps.measured = lambda names, values: rows.append((names, values))
    steps.write_times(is_due=True)
    assert rows == []
    steps.add_time("loop", 1.0)
    steps.write_times()
    for seconds in (2.0, 3.0):
        steps.add_time("loop", seconds)
        steps.add_time("Train", seconds / 2)
        steps.write_times()
    steps.write_times(is_due=True)
    assert rows == [(("time.loop",), (1.0,)), (("time.loop", "time.Train"), (2.5, 1.25))]


def test_the_first_reason_to_stop_stays() -> None:
    steps = Steps()
    steps.request_stop("SIGTERM")
    steps.request_stop("Ctrl-C")
    assert steps.stop_reason == "SIGTERM"


def test_a_position_is_plain_data() -> None:
    position = LoopPosition(0, 10, 1, 3, True, 4)
    assert LoopPosition(*list(position)) == LoopPosition(**position._asdict()) == position
