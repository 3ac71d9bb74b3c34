from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import pytest

from lab.steps import Line


@pytest.fixture
def _threads_that_turn_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_parts_stand_in_their_order_two_spaces_apart() -> None:
    line = Line()
    assert line.parts() == []
    line.put("time", lambda: ["0:01"])
    line.put("indicators", list)
    line.put("step", lambda: [("7:", "style")])
    assert line.parts() == [("7:", "style"), "  ", "0:01"]
    line.remove("step")
    assert line.parts() == ["0:01"]


@pytest.mark.usefixtures("_threads_that_turn_often")
def test_no_thread_loses_the_part_of_another() -> None:
    line, lost, together = Line(), [], threading.Barrier(2)

    def show(name: str) -> None:
        together.wait()
        for _ in range(20_000):
            line.put(name, lambda: [name])
            if name not in line.parts():
                lost.append(name)
            line.remove(name)

    threads = [threading.Thread(target=show, args=(name,)) for name in ("step", "time")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lost == []
