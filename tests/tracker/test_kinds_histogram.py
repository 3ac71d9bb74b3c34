from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab import runs, tracker
from lab.errors import TrackerError
from lab.tracker import indicators
from lab.tracker.writers.memory import Memory

_MOST = sys.float_info.max
_numbers = st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=40)


def _read(histogram: indicators.Histogram) -> tuple[runs.Histogram, float]:
    mean, value = histogram.take(), histogram.take_value()
    assert value is not None
    assert mean is not None
    read = value if isinstance(value, runs.Histogram) else value.read()
    assert isinstance(read, runs.Histogram)
    return read, mean if isinstance(mean, (int, float)) else mean.read()


def _of(*values: Any, bins: int = 64) -> runs.Histogram:
    histogram = indicators.Histogram("h", bins=bins)
    for value in values:
        histogram.add(value)
    return _read(histogram)[0]


def _check_counts(found: runs.Histogram, numbers: Any) -> None:
    """Every number is in the bin whose edges hold it."""
    *inner, last = zip(found.edges, found.edges[1:], strict=False)
    expected = [sum(low <= one < high for one in numbers) for low, high in inner]
    expected.append(sum(last[0] <= one <= last[1] for one in numbers))
    assert list(found.counts) == expected
    assert all(low < high for low, high in zip(found.edges, found.edges[1:], strict=False))
    assert sum(found.counts) == len(numbers)


def test_everything_since_the_last_save_is_counted(memory: Memory) -> None:
    tracker.set_histogram("h", 4)
    tracker.add("h", 0.0)
    tracker.add("h", [1, (2.0,), [3, True]])
    tracker.add("h", 4)
    tracker.save(1)
    tracker.save(2)
    tracker.save(3, h=[10.0, 20.0])
    assert tracker.flush(10)
    first, second = memory.entries
    assert first == (
        "h",
        1,
        first.time,
        runs.Histogram((0.0, 1.0, 2.0, 3.0, 4.0), (1, 2, 1, 2), 11),
    )
    assert (second.step, second.value.edges[0], second.value.edges[-1]) == (3, 10.0, 20.0)
    assert memory.series("h") == [(1, pytest.approx(11 / 6)), (3, 15.0)]


def test_the_forms_of_declaring_a_histogram(memory: Memory) -> None:
    tracker.set_histogram("tutorial", 20, True)
    tracker.set_histogram("tutorial", 20, is_print=True)
    tracker.set_histogram("shown", True)
    tracker.set_histogram("shown", is_print=True)
    tracker.set_histogram("plain")
    tracker.set_histogram("plain", False)
    tracker.set_histogram("over", axis="tokens")
    tracker.save(1, tutorial=[1.0, 2.0], shown=[1.0, 2.0])
    assert tracker.flush(10)
    assert {entry.indicator: len(entry.value.counts) for entry in memory.entries} == {
        "tutorial": 20, "shown": 64,
    }  # fmt: skip
    assert "axis" not in indicators.Histogram("h").settings()
    assert indicators.Histogram("h", axis="tokens").settings()["axis"] == "tokens"


def test_nothing_that_was_added_is_nothing_that_is_saved(memory: Memory) -> None:
    tracker.set_histogram("h")
    tracker.save(1, h=[])
    assert tracker.flush(10)
    assert not memory.entries
    assert not memory.series("h")


@settings(deadline=None)
@given(_numbers, st.integers(1, 70))
def test_counts_are_those_of_the_edges(numbers: list[float], bins: int) -> None:
    found = _of(numbers, bins=bins)
    assert len(found.counts) <= bins
    _check_counts(found, numbers)


@settings(deadline=None)
@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=2), st.data())
def test_counts_of_arrays_are_those_of_the_edges(numbers: list[float], data: Any) -> None:
    numpy = pytest.importorskip("numpy")
    dtype = data.draw(st.sampled_from(["float32", "float64"]))
    found = _of(numpy.array(numbers, dtype))
    _check_counts(found, numbers)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(["float32", "float64"]), st.integers(1, 200))
def test_counts_of_many_are_those_that_numpy_finds(seed: int, dtype: str, bins: int) -> None:
    numpy = pytest.importorskip("numpy")
    generator = numpy.random.default_rng(seed)
    scale, offset = 10.0 ** generator.integers(-30, 30, 2)
    array = (generator.standard_normal(1000) * scale + offset).astype(dtype)
    if seed % 2:  # many numbers that lie on an edge
        places = max(0, 2 - math.floor(math.log10(scale)))
        array = array.astype("float64").round(places).astype(dtype)
    found = _of(array, bins=bins)
    if array.min() < array.max():
        expected, _ = numpy.histogram(array.astype("float64"), numpy.array(found.edges))
        assert found.counts == tuple(expected)
    assert sum(found.counts) == 1000


def test_an_array_may_span_more_than_its_type() -> None:
    numpy = pytest.importorskip("numpy")
    most = numpy.finfo("float32").max
    found = _of(numpy.array([-most, 0, 1e30, most], "float32"), bins=4)
    assert found.counts == (1, 0, 2, 1)
    assert found.edges == (-most, -most / 2, 0.0, most / 2, most)


def test_bins_are_of_one_width_from_the_lowest_to_the_highest() -> None:
    numpy = pytest.importorskip("numpy")
    array = numpy.random.default_rng(1).standard_normal(100_000)
    found = _of(array, bins=50)
    expected, edges = numpy.histogram(array, 50)
    assert numpy.allclose(found.edges, edges, rtol=1e-12)
    assert (found.edges[0], found.edges[-1]) == (array.min(), array.max())
    assert abs(numpy.array(found.counts) - expected).max() <= 1
    assert found.total == pytest.approx(array.sum())


@pytest.mark.parametrize(
    "numbers",
    [
        [0.0], [1.0] * 5, [-3.5], [1e300], [_MOST], [-_MOST], [5e-324], [-0.0, 0.0], [2**70],
        [-_MOST, _MOST], [-_MOST, 0, _MOST], [0.0, 5e-324], [5e-324, 1e-323, 1.5e-323],
        [1.0, math.nextafter(1.0, 2)], [1e16, 1e16 + 2], [2**53, 2**53 + 2, 2**70], [-1e-300, 1e300],
    ],
)  # fmt: skip
@pytest.mark.parametrize("is_folded", [False, True])
@pytest.mark.parametrize("is_array", [False, True])
def test_numbers_of_every_size_are_counted(
    numbers: list[float], is_folded: bool, is_array: bool
) -> None:
    histogram = indicators.Histogram("h")
    if is_array:
        histogram.add(pytest.importorskip("numpy").array(numbers, float))
    else:
        histogram.add(numbers)
    if is_folded:
        histogram._pile.fold()
    _check_counts(_read(histogram)[0], [float(one) for one in numbers])


@pytest.mark.parametrize("is_array", [False, True])
def test_what_is_not_finite_is_counted_apart(is_array: bool) -> None:
    def of(*numbers: float) -> tuple[runs.Histogram, float]:
        histogram = indicators.Histogram("h", bins=2)
        histogram.add(pytest.importorskip("numpy").array(numbers) if is_array else list(numbers))
        return _read(histogram)

    found, mean = of(1.0, math.nan, 3.0, math.inf, -math.inf, 2.0)
    assert found == runs.Histogram((1.0, 2.0, 3.0), (1, 2), 6.0, 3)
    assert math.isnan(mean)
    found, mean = of(math.inf, 1.0)
    assert (found.not_finite, mean) == (1, math.inf)
    found, mean = of(math.nan, math.inf)
    assert found == runs.Histogram((), (), 0.0, 2)
    assert math.isnan(mean)


def test_integers_beyond_all_floats_are_infinite() -> None:
    found = _of(10**400, [-(10**400), 1])
    assert (found.not_finite, sum(found.counts)) == (2, 1)


@pytest.mark.parametrize(
    "dtype",
    ["float16", "float32", "float64", "longdouble", "int8", "int64", "uint8", "uint64", "bool"],
)
def test_arrays_of_every_type_are_counted(dtype: str) -> None:
    numpy = pytest.importorskip("numpy")
    array = numpy.array([[0, 1, 1], [0, 0, 1]], dtype)
    found = _of(array, array[0, 0], array[:, ::2])
    assert (sum(found.counts), found.total) == (11, 5.0)
    assert (found.counts[0], found.counts[-1]) == (6, 5)


@pytest.mark.parametrize(
    "dtype", ["float16", "bfloat16", "float32", "float64", "int8", "int64", "uint8", "bool"]
)
def test_tensors_of_every_type_are_counted(dtype: str) -> None:
    torch = pytest.importorskip("torch")
    tensor = torch.tensor([[0, 1, 1], [0, 0, 1]], dtype=getattr(torch, dtype))
    found = _of(tensor, tensor[0, 0], tensor[:, ::2], torch.nn.Parameter(torch.ones(2)))
    assert (sum(found.counts), found.total) == (13, 7.0)


def test_sparse_tensors_are_counted_with_their_zeros() -> None:
    torch = pytest.importorskip("torch")
    assert sum(_of(torch.eye(3).to_sparse(), torch.eye(2)).counts) == 13


def test_what_is_changed_after_it_was_added_is_counted_as_it_was() -> None:
    numpy, torch = pytest.importorskip("numpy"), pytest.importorskip("torch")
    array, tensor, numbers = numpy.ones(3), torch.ones(3), [1.0, 1.0]
    histogram = indicators.Histogram("h")
    for value in (array, tensor, numbers):
        histogram.add(value)
    array[:], tensor[:], numbers[:] = 7, 7, [7]
    found, mean = _read(histogram)
    assert (found.total, mean) == (8.0, 1.0)


def test_numbers_of_several_types_are_counted_together() -> None:
    numpy, torch = pytest.importorskip("numpy"), pytest.importorskip("torch")
    numbers = [0.1, *numpy.float32([0.2, 0.3]), 2**40 + 1, *torch.tensor([0.4, 0.7]).tolist(), 0.5]
    found = _of(
        0.1, numpy.float32([0.2, 0.3]), torch.tensor([2**40 + 1, 2**40 + 1]),
        torch.tensor([0.4, 0.7]), torch.tensor(0.5),
    )  # fmt: skip
    _check_counts(found, [*numbers, 2**40 + 1])


def test_the_tracker_lets_go_of_what_was_never_saved() -> None:
    histogram = indicators.Histogram("h", bins=10)
    for number in range(200_000):
        histogram.add(number * 0.5)
    assert len(histogram._pile.numbers) < 70_000
    found, mean = _read(histogram)
    assert mean == pytest.approx(199_999 / 4)
    assert (sum(found.counts), found.edges[0], found.edges[-1]) == (200_000, 0.0, 99_999.5)
    assert len(found.counts) <= 10
    for low, high, count in zip(found.edges, found.edges[1:], found.counts, strict=False):
        is_last = high == found.edges[-1]
        assert count == math.ceil(high * 2) - math.ceil(low * 2) + is_last


@settings(deadline=None)
@given(st.lists(_numbers, min_size=1, max_size=5))
def test_counts_stay_exact_where_room_is_made(several: list[list[float]]) -> None:
    histogram = indicators.Histogram("h", bins=7)
    for numbers in several:
        histogram.add(numbers)
        histogram._pile.fold()
    found, _ = _read(histogram)
    assert len(found.counts) <= 7
    _check_counts(found, [one for numbers in several for one in numbers])


def test_many_small_tensors_are_put_together() -> None:
    torch = pytest.importorskip("torch")
    histogram = indicators.Histogram("h")
    for number in range(3000):
        histogram.add(torch.tensor([number, number]))
    assert len(histogram._pile._parts) < 2000
    found, mean = _read(histogram)
    assert (sum(found.counts), mean) == (6000, 1499.5)


def test_tensors_of_several_streams_of_a_device_are_counted() -> None:
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    histogram = indicators.Histogram("h", bins=2)
    streams = [torch.cuda.Stream(), torch.cuda.Stream()]
    for number in range(3000):
        with torch.cuda.stream(streams[number % 2]):
            tensor = torch.full((1000,), number, device="cuda")
            histogram.add(tensor)
            tensor.fill_(-1)
    found, mean = _read(histogram)
    assert (found.edges, found.counts) == ((0.0, 1500.0, 2999.0), (1_500_000, 1_500_000))
    assert mean == 1499.5


@pytest.mark.parametrize(
    "value",
    [
        "high", None, b"x", {"a": 1}, object(), 1j, [1.0, "a"], [None], {1.0}, [[1.0], [1j]],
        lambda: pytest.importorskip("numpy").array(["a"]),
        lambda: pytest.importorskip("numpy").array([None]),
        lambda: pytest.importorskip("numpy").array([1j]),
        lambda: pytest.importorskip("torch").tensor([1j, 2]),
    ],
)  # fmt: skip
def test_what_is_no_number_is_one_clear_error_and_adds_nothing(memory: Memory, value: Any) -> None:
    given = value() if isinstance(value, Callable) else value  # type: ignore[arg-type]
    tracker.set_histogram("h")
    with pytest.raises(TrackerError, match=r"'h' is a histogram and takes real numbers.*got "):
        tracker.add("h", [2.0, given])
    tracker.save(1)
    assert tracker.flush(10)
    assert not memory.entries


@pytest.mark.parametrize("bins", [0, -1, "20", 2.5, None, 10_001])
def test_a_wrong_number_of_bins_is_an_error(memory: Memory, bins: Any) -> None:
    with pytest.raises(TrackerError, match=r"'h' takes a number of bins from 1 to 10000, got "):
        tracker.set_histogram("h", bins)
