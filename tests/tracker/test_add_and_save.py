from __future__ import annotations

import math
import threading
from typing import Any

import pytest

from lab import steps, tracker
from lab.errors import TrackerError
from lab.testing import recorded_log
from lab.tracker._registry import Registry
from lab.tracker.indicators import Scalar
from lab.tracker.writers.memory import Memory


def _saved(memory: Memory) -> dict[str, list[tuple[int, float]]]:
    assert tracker.flush(10)
    return {n: memory.series(n) for n in sorted({n for _, _, row in memory.rows for n in row})}


@pytest.mark.parametrize("arguments", [("a", 1.5), ({"a": 1.5},), {"a": 1.5}])
def test_every_form_of_add(memory: Memory, arguments: Any) -> None:
    if isinstance(arguments, dict):
        tracker.add(**arguments)
    else:
        tracker.add(*arguments)
    tracker.save()
    assert _saved(memory) == {"a": [(0, 1.5)]}


def test_every_form_of_save(memory: Memory) -> None:
    tracker.save("a", 1.0)
    tracker.save({"a": 2.0, "b": 3.0})
    tracker.save(a=4.0)
    tracker.save(7, "a", 5.0)
    tracker.save(8, {"a": 6.0})
    tracker.save(9, a=7.0)
    tracker.add("a", 8.0)
    tracker.save(10)
    assert _saved(memory) == {
        "a": [(0, 1.0), (0, 2.0), (0, 4.0), (7, 5.0), (8, 6.0), (9, 7.0), (10, 8.0)],
        "b": [(0, 3.0)],
    }
    assert steps.current().step == 10


def test_nothing_added_saves_nothing(memory: Memory) -> None:
    tracker.save()
    tracker.save(3)
    assert _saved(memory) == {}


def test_a_scalar_is_the_mean_of_everything_since_the_last_save(memory: Memory) -> None:
    for value in (1.0, 2.0, 6.0):
        tracker.add("a", value)
    tracker.add({"a": 3, "b": 1})
    tracker.save(1)
    tracker.add("a", 10)
    tracker.save(2)
    assert _saved(memory) == {"a": [(1, 3.0), (2, 10)], "b": [(1, 1)]}


def test_the_quick_way_and_the_long_way_save_the_same(memory: Memory) -> None:
    for step in range(4):
        tracker.add({"a": step, "b": 0.5})
        if step % 2:
            tracker.add({"a": step, "b": 0.5})
        tracker.save(step)
    expected = [(0, 0), (1, 1.0), (2, 2), (3, 3.0)]
    assert _saved(memory) == {"a": expected, "b": [(s, 0.5) for s in range(4)]}


def test_integers_stay_integers_and_booleans_count(memory: Memory) -> None:
    tracker.save(1, n=2**53 + 1, yes=True)
    saved = _saved(memory)
    assert saved == {"n": [(1, 2**53 + 1)], "yes": [(1, 1)]}
    assert type(saved["n"][0][1]) is int


def test_lists_arrays_and_tensors_are_read(memory: Memory) -> None:
    numpy, torch = pytest.importorskip("numpy"), pytest.importorskip("torch")
    tracker.save(1, a=[1, 2.0, [3]], b=numpy.float32(0.5), c=numpy.arange(4), d=numpy.int64(7))
    tracker.save(
        1, e=torch.tensor(2.5, requires_grad=True), f=torch.ones(2, 3) * 2, g=torch.tensor(3)
    )
    tracker.save(1, h=numpy.array([True, False]), i=numpy.array(5.0))
    values = {name: series[0][1] for name, series in _saved(memory).items()}
    assert values == {
        "a": 2.0, "b": 0.5, "c": 1.5, "d": 7, "e": 2.5, "f": 2.0, "g": 3, "h": 0.5, "i": 5.0,
    }  # fmt: skip
    assert {type(value) for value in values.values()} <= {int, float}


def test_an_empty_list_adds_nothing(memory: Memory) -> None:
    tracker.save(1, a=[])
    assert _saved(memory) == {}


def test_nan_and_infinity_are_saved(memory: Memory) -> None:
    tracker.save(1, a=math.nan, b=math.inf)
    saved = _saved(memory)
    assert math.isnan(saved["a"][0][1])
    assert saved["b"] == [(1, math.inf)]


def test_names_with_a_dot_belong_to_the_open_namespaces(memory: Memory) -> None:
    for step in range(2):
        with tracker.namespace("train"):
            tracker.add(".loss", 1.0)
            tracker.add("plain", 2.0)
            with tracker.namespace("head"):
                tracker.add(".loss", 3.0)
        tracker.add(".loss", 4.0)
        tracker.save(step)
    assert {name: [v for _, v in series] for name, series in _saved(memory).items()} == {
        "loss": [4.0, 4.0],
        "plain": [2.0, 2.0],
        "train.head.loss": [3.0, 3.0],
        "train.loss": [1.0, 1.0],
    }


def test_a_namespace_is_left_when_its_block_raises(memory: Memory) -> None:
    def fail() -> None:
        with tracker.namespace("train"):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    tracker.save(1, {".loss": 1.0})
    assert _saved(memory) == {"loss": [(1, 1.0)]}


def test_a_queue_is_the_mean_of_its_last_values(memory: Memory) -> None:
    tracker.set_queue("q", 3)
    for step, value in enumerate([1.0, 2.0, 3.0, 7.0]):
        tracker.save(step, q=value)
    tracker.save(9)
    assert _saved(memory) == {"q": [(0, 1.0), (1, 1.5), (2, 2.0), (3, 4.0)]}


def test_declaring_alike_is_nothing_and_differently_an_error(memory: Memory) -> None:
    tracker.set_histogram("h", 20, True)
    tracker.set_histogram("h", 20, is_print=True)
    with pytest.raises(
        TrackerError, match=r"'h' is a histogram .* already, since .*test_add_and_save\.py:"
    ):
        tracker.set_queue("h")
    with tracker.namespace("n"):
        tracker.set_scalar(".s")
    with pytest.raises(TrackerError, match=r"'n\.s' is a scalar \(is_print=False\) already"):
        tracker.set_scalar("n.s", True)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tracker.add("a"), "tracker.add takes name and value"),
        (lambda: tracker.add("a", 1, 2), r"got 'a' \(str\), 1 \(int\), 2 \(int\)"),
        (lambda: tracker.add({"a": 1}, 2), r"got \{'a': 1\} \(dict\), 2 \(int\)"),
        (lambda: tracker.add({"a": 1}, b=2), r"got \{'a': 1\} \(dict\), b=\.\.\."),
        (lambda: tracker.add("a", "high"), "'a' takes numbers.*got 'high' [(]str[)]"),
        (lambda: tracker.add("a", None), "'a' takes numbers.*got None"),
        (lambda: tracker.add({3: 1}), "the name of an indicator is text, not 3"),
        (lambda: tracker.save(1.5, "a", 1), "a step is a whole number, got 1.5"),
        (lambda: tracker.save(2**63, a=1), "a whole number of at most 64 bits, got 9223"),
        (lambda: tracker.add("", 1), "the name of an indicator is text, not ''"),
        (lambda: tracker.set_scalar("."), "the name of an indicator is text, not '.'"),
        (lambda: tracker.namespace("").__enter__(), "the name of a namespace is text, not ''"),
        (
            lambda: tracker.set_histogram("a", "20"),
            "takes a number of bins from 1 to 10000, got '20'",
        ),
        (lambda: tracker.save(1, 2), "tracker.save takes step, name and value"),
        (lambda: tracker.add(3, 4), r"takes name and value, .*; got 3 \(int\), 4 \(int\)"),
        (lambda: tracker.set_scalar("a", 5), "is_print of 'a' is true or false, not 5"),
        (lambda: tracker.set_queue("a", 5, "yes"), "is_print of 'a' is true or false, not 'yes'"),
        (lambda: tracker.set_scalar("a", axis=5), "axis of 'a' is the name of an indicator, not 5"),
        (lambda: tracker.set_scalar("a", axis=""), "axis of 'a' is the name of an indicator, not"),
        (lambda: tracker.writers.create("CSW"), "unknown writer 'CSW'; did you mean 'csv'"),
        (lambda: tracker.writers.create(Memory), r"got <class .*>; write Memory\(\) for an object"),
        (lambda: tracker.writers.create(["csv"]), "a writer is a name or an object of tracker.Wri"),
        (lambda: tracker.writers.create(None), "a writer is a name or an object .* got None"),
        (lambda: tracker.set_queue("a", 0), "takes a size of at least 1, got 0"),
        (lambda: tracker.writers.create("sqlit"), "unknown writer 'sqlit'; did you mean 'sqlite'"),
    ],
)
def test_a_wrong_call_is_one_clear_error(memory: Memory, call: Any, message: str) -> None:
    with pytest.raises(TrackerError, match=message):
        call()


def test_an_axis_belongs_to_the_open_namespaces_too(memory: Memory) -> None:
    registry = Registry()
    registry.namespace = "valid"
    registry.declare(Scalar(".loss", axis=".images"))
    registry.declare(Scalar("accuracy", axis="images"))
    axes = {name: record["axis"] for name, record in registry.records.items()}
    assert axes == {"valid.loss": "valid.images", "accuracy": "images"}


def test_arrays_of_text_are_refused_and_those_of_objects_read(memory: Memory) -> None:
    numpy = pytest.importorskip("numpy")
    for array in (["a", "b"], [b"a", b"b"], numpy.array(["a", "b"], object)):
        with pytest.raises(TrackerError, match="'a' takes numbers"):
            tracker.add("a", numpy.array(array))
    tracker.save(a=numpy.array([[1, 2.5], [3, 4]], object))
    assert _saved(memory) == {"a": [(0, 2.625)]}


def test_a_step_may_be_given_by_its_name(memory: Memory) -> None:
    tracker.save(step=3, loss=0.5)
    tracker.save({"loss": 0.25}, step=4)
    tracker.add("loss", 0.125)
    tracker.save(step=5)
    with pytest.raises(TrackerError, match="takes one step, got 3 and step=4"):
        tracker.save(3, step=4)
    assert _saved(memory) == {"loss": [(3, 0.5), (4, 0.25), (5, 0.125)]}


def test_ten_thousand_values_leave_one_row(memory: Memory) -> None:
    for _ in range(10_000):
        tracker.add("a", 1.0)
    tracker.save()
    assert _saved(memory) == {"a": [(0, 1.0)]}


@pytest.fixture
def on_device(monkeypatch: pytest.MonkeyPatch) -> tuple[Any, list[str]]:
    """Makes tensors that say that they are on a device, and the threads that waited for one."""
    torch = pytest.importorskip("torch")
    read_by: list[str] = []
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)

    class OnDevice(torch.Tensor):  # type: ignore[misc]  # torch is only known at run time here
        is_cpu = property(lambda self: False)

        def _waited(self) -> Any:
            read_by.append(threading.current_thread().name)
            return super().tolist()

        item = tolist = cpu = numpy = _waited

    def value(*numbers: float, dtype: Any = None) -> Any:
        plain = torch.tensor(numbers, dtype=dtype).squeeze()
        return torch.Tensor._make_subclass(OnDevice, plain)

    return value, read_by


def test_values_on_a_device_are_waited_for_by_the_writer_alone(
    memory: Memory, on_device: tuple[Any, list[str]]
) -> None:
    value, read_by = on_device
    tracker.set_queue("queue", 2)
    changed = value(1.0)
    tracker.add("loss", changed)
    tracker.add("loss", value(2.0, 6.0))
    tracker.add("loss", 7.0)
    tracker.add({"queue": value(4.0), "plain": 1.0})
    tracker.save(1)
    changed.add_(100.0)  # after saving: what is recorded is the value as it was
    tracker.save(2, queue=value(6.0))
    assert _saved(memory) == {
        "loss": [(1, 4.0)],
        "plain": [(1, 1.0)],
        "queue": [(1, 4.0), (2, 5.0)],
    }
    assert set(read_by) == {"lab-tracker"}


def test_a_list_of_values_on_a_device_is_their_mean(
    memory: Memory, on_device: tuple[Any, list[str]]
) -> None:
    value, read_by = on_device
    tracker.add("loss", [value(1.0), 2.0, value(6.0)])
    tracker.save(1)
    assert _saved(memory) == {"loss": [(1, 3.0)]}
    assert set(read_by) == {"lab-tracker"}


def test_what_is_saved_together_is_fetched_once_for_each_dtype(
    memory: Memory, on_device: tuple[Any, list[str]]
) -> None:
    value, read_by = on_device
    torch = pytest.importorskip("torch")
    exact = 2**53 + 2
    for step in range(3):
        tracker.add({f"x{i}": value(float(i + step)) for i in range(10)})
        tracker.add("exact", value(exact, dtype=torch.int64))
        tracker.save(step)
        tracker.flush()
    assert read_by == ["lab-tracker"] * 6
    assert _saved(memory)["x9"] == [(0, 9.0), (1, 10.0), (2, 11.0)]
    assert _saved(memory)["exact"] == [(step, exact) for step in range(3)]


def test_a_tensor_changed_between_adding_and_saving_is_said_once(
    memory: Memory, on_device: tuple[Any, list[str]]
) -> None:
    value, _ = on_device
    with recorded_log() as log:
        for step in range(3):
            loss = value(1.0)
            tracker.add("loss", loss)
            loss.add_(1.0)
            tracker.save(step)
        tracker.flush()
    assert len(log.lines) == 1
    assert "'loss' was changed in place before it was saved" in log.lines[0]
    assert _saved(memory) == {"loss": [(0, 2.0), (1, 2.0), (2, 2.0)]}


def test_any_thread_may_add_and_nothing_is_lost(memory: Memory) -> None:
    def work(number: int) -> None:
        for _ in range(500):
            tracker.add("single", 1.0)
            tracker.add({f"own{number}": 1.0, "count": 1})

    for _ in range(3):  # the first time is the long way
        tracker.add({"single": 1.0, "count": 1})
        tracker.save()
    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tracker.save(7)
    assert _saved(memory)["count"][-1] == (7, 1)
    assert {f"own{number}" for number in range(4)} < set(_saved(memory))


def test_sums_over_threads_are_exact(memory: Memory) -> None:
    tracker.add("sum", 0)
    tracker.save()

    def work() -> None:
        for value in range(2000):
            tracker.add("sum", value)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tracker.save(1)
    assert _saved(memory) == {"sum": [(0, 0), (1, 1999 / 2)]}


def test_names_that_are_new_at_every_step_are_all_kept(memory: Memory) -> None:
    for step in range(2500):
        tracker.save(step, {f"a{step}": 1.0, "b": step})
    saved = _saved(memory)
    assert len(saved) == 2501
    assert saved["b"] == [(step, step) for step in range(2500)]
