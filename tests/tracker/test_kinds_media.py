from __future__ import annotations

import io
import json
import threading
import wave
from typing import Any

import pytest

from lab import runs, tracker
from lab.errors import TrackerError
from lab.tracker.writers.memory import Memory


def _values(memory: Memory) -> list[Any]:
    tracker.save()
    assert tracker.flush(30)
    return [entry.value for entry in memory.entries]


def _pixels(image: runs.Image) -> Any:
    """Read by another implementation of the format."""
    pillow, numpy = pytest.importorskip("PIL.Image"), pytest.importorskip("numpy")
    with pillow.open(io.BytesIO(image.png)) as opened:
        opened.load()
        assert (opened.format, opened.size) == ("PNG", (image.width, image.height))
        return numpy.array(opened)


def _recorded(memory: Memory, value: Any) -> Any:
    tracker.set_image("i")
    tracker.add("i", value)
    (image,) = _values(memory)
    assert isinstance(image, runs.Image)
    return _pixels(image)


@pytest.mark.parametrize("shape", [(6, 5), (6, 5, 1), (6, 5, 3), (6, 5, 4), (1, 6, 5), (3, 6, 5)])
@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32", "float16", "float64", "bool"])
@pytest.mark.parametrize("is_tensor", [False, True])
def test_the_forms_of_pictures(
    memory: Memory, shape: tuple[int, ...], dtype: str, is_tensor: bool
) -> None:
    numpy = pytest.importorskip("numpy")
    whole = numpy.random.default_rng(0).integers(0, 256, shape)
    given = {"bool": whole > 99}.get(dtype, whole / 255 if "float" in dtype else whole)
    given = given.astype(dtype)
    expected = (whole > 99) * 255 if dtype == "bool" else whole
    if shape[0] in (1, 3):
        expected = numpy.moveaxis(expected, 0, -1)
    if is_tensor:
        given = pytest.importorskip("torch").tensor(given)
    assert (_recorded(memory, given) == expected.squeeze()).all()


def test_an_array_has_its_channels_last_and_a_tensor_first_where_both_fit(memory: Memory) -> None:
    numpy, torch = pytest.importorskip("numpy"), pytest.importorskip("torch")
    given = numpy.arange(3 * 5 * 3, dtype="uint8").reshape(3, 5, 3)
    tracker.set_image("*")
    tracker.save(1, array=given, tensor=torch.tensor(given))
    array, tensor = _values(memory)
    assert (_pixels(array) == given).all()
    assert (_pixels(tensor) == numpy.moveaxis(given, 0, -1)).all()


def test_values_outside_are_cut_off(memory: Memory) -> None:
    numpy = pytest.importorskip("numpy")
    given = numpy.array([[-1.0, 0.0, 0.5, 1.0, 7.0, numpy.nan, numpy.inf, -numpy.inf]])
    assert _recorded(memory, given).tolist() == [[0, 0, 128, 255, 255, 0, 255, 0]]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7])
def test_several_pictures_are_a_grid(memory: Memory, count: int) -> None:
    torch = pytest.importorskip("torch")
    batch = torch.stack([torch.full((3, 8, 8), (i + 1) / 255) for i in range(count)])
    pixels = _recorded(memory, batch)
    across = (pixels.shape[1] + 2) // 10
    assert pixels.shape[:2] == (-(-count // across) * 10 - 2, across * 10 - 2)
    for i in range(count):
        cell = pixels[i // across * 10 :, i % across * 10 :][:8, :8]
        assert (cell == i + 1).all()


def test_a_list_of_pictures_of_all_sorts_is_a_grid(memory: Memory) -> None:
    numpy, torch = pytest.importorskip("numpy"), pytest.importorskip("torch")
    pillow = pytest.importorskip("PIL.Image")
    pixels = _recorded(
        memory,
        [
            numpy.full((4, 4), 9, "uint8"),
            torch.ones(3, 2, 2),
            pillow.new("RGBA", (4, 4), (1, 2, 3, 4)),
        ],
    )
    assert pixels.shape == (10, 10, 4)
    assert pixels[0, 0].tolist() == [9, 9, 9, 255]
    assert pixels[0, 6].tolist() == [255] * 4
    assert pixels[2, 8].tolist() == [0] * 4
    assert pixels[6, 0].tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I", "I;16", "F", "HSV", "LAB"]
)
def test_pictures_of_pillow(memory: Memory, mode: str) -> None:
    pillow = pytest.importorskip("PIL.Image")
    picture = pillow.new(mode, (3, 2))
    assert _recorded(memory, picture).shape[:2] == (2, 3)


def test_a_save_holds_the_last_picture_as_it_was_added(memory: Memory) -> None:
    numpy = pytest.importorskip("numpy")
    given = numpy.zeros((2, 2), "uint8")
    tracker.set_image("i")
    tracker.add("i", given + 5)
    tracker.add("i", given)
    given[:] = 7
    (image,) = _values(memory)
    assert _pixels(image).tolist() == [[0, 0], [0, 0]]
    assert len(_values(memory)) == 1


def _wrong_pictures() -> list[Any]:
    numpy = pytest.importorskip("numpy")
    return [
        numpy.zeros(3), numpy.zeros((5, 5, 5)), numpy.zeros((0, 3)), numpy.zeros((2, 3, 0)),
        numpy.zeros((1, 1, 2, 2, 3)), numpy.array([["a"]]), numpy.array([[1j]]), numpy.float64(1.0),
        "picture.png", None, 3, {}, [], [[1, 2], [3, 4]], b"png",
    ]  # fmt: skip


def test_what_is_no_picture_is_one_clear_error(memory: Memory) -> None:
    tracker.set_image("i")
    for value in _wrong_pictures():
        with pytest.raises(TrackerError, match=r"'i' is an image and takes .*got "):
            tracker.add("i", value)
    assert _values(memory) == []


@pytest.mark.parametrize("shape", [(5, 5, 5), (3,)])
def test_the_error_tells_the_shape(memory: Memory, shape: tuple[int, ...]) -> None:
    torch = pytest.importorskip("torch")
    tracker.set_image("i")
    with pytest.raises(TrackerError, match=r"got Tensor of shape \(.*\), torch\.float32"):
        tracker.add("i", torch.zeros(shape))


def test_text_is_kept_line_by_line(memory: Memory) -> None:
    tracker.set_text("t")
    tracker.add("t", "one")
    tracker.add("t", "zwei\n☃")
    tracker.add("t", "")
    assert _values(memory) == [runs.Text("one\nzwei\n☃\n")]
    tracker.add("t", "")
    assert _values(memory)[1:] == [runs.Text("")]


@pytest.mark.parametrize("value", [3, 1.5, None, b"x", ["a"], ("a",), {"a": "b"}, True, object, 1j])
def test_what_is_no_text_is_one_clear_error(memory: Memory, value: Any) -> None:
    tracker.set_text("t")
    with pytest.raises(TrackerError, match=r"'t' takes text, got "):
        tracker.add("t", value)


def test_a_figure_of_matplotlib_is_drawn_when_it_is_added(memory: Memory) -> None:
    figures = pytest.importorskip("matplotlib.figure")
    tracker.set_figure("f")
    figure = figures.Figure(figsize=(2, 1), dpi=100)
    axes = figure.subplots()
    axes.plot([1, 2], [3, 4])
    tracker.add("f", axes)
    axes.clear()
    (image,) = _values(memory)
    assert (image.width, image.height) == (200, 100)
    assert (_pixels(image) != 255).any()
    tracker.add("f", figure)
    assert _values(memory)[1].png != image.png


def test_a_figure_of_plotly_stays_interactive(memory: Memory) -> None:
    go = pytest.importorskip("plotly.graph_objects")
    figure = go.Figure(go.Scatter(x=[1, 2], y=[3.5, 4.5], name="a"))
    tracker.set_figure("f")
    tracker.add("f", figure)
    figure.data[0].name = "b"
    (found,) = _values(memory)
    assert isinstance(found, runs.Figure)
    read = json.loads(found.json)
    assert (read["data"][0]["name"], read["data"][0]["type"]) == ("a", "scatter")


@pytest.mark.parametrize("value", [3, "fig", None, [], {}, b"x", 1j, object(), (1, 2), True])
def test_what_is_no_figure_is_one_clear_error(memory: Memory, value: Any) -> None:
    tracker.set_figure("f")
    with pytest.raises(
        TrackerError, match=r"'f' is a figure and takes one of matplotlib or plotly"
    ):
        tracker.add("f", value)


def _sound(memory: Memory, value: Any, rate: int | None = None) -> tuple[list[int], int, int]:
    tracker.set_audio("a", rate)
    tracker.add("a", value)
    (audio,) = _values(memory)
    with wave.open(io.BytesIO(audio.wav)) as opened:
        assert opened.getsampwidth() == 2
        assert opened.getframerate() == audio.rate
        frames = opened.readframes(opened.getnframes())
        numbers = memoryview(frames).cast("h").tolist()
        return numbers, opened.getnchannels(), audio.rate


def test_the_forms_of_sound(memory: Memory) -> None:
    assert _sound(memory, ([0.0, 0.5, -1.0, 1, 3.0, float("nan")], 8000)) == (
        [0, 16384, -32767, 32767, 32767, 0], 1, 8000,
    )  # fmt: skip


def test_sound_with_a_rate_that_was_declared(memory: Memory) -> None:
    assert _sound(memory, [1.0, -1.0], 16000) == ([32767, -32767], 1, 16000)


@pytest.mark.parametrize("dtype", ["int16", "float32", "float16", "float64"])
@pytest.mark.parametrize("is_tensor", [False, True])
@pytest.mark.parametrize("is_channels_first", [False, True])
def test_sound_in_arrays_and_tensors(
    memory: Memory, dtype: str, is_tensor: bool, is_channels_first: bool
) -> None:
    numpy = pytest.importorskip("numpy")
    given = numpy.array([[-1, 1], [1, 0], [0, 1]], dtype)
    given = given.T if is_channels_first else given
    if is_tensor:
        given = pytest.importorskip("torch").tensor(given)
    numbers, channels, rate = _sound(memory, (given, numpy.int64(44100)))
    top = 1 if dtype == "int16" else 32767
    assert (channels, rate) == (2, 44100)
    assert numbers == [-top, top, top, 0, 0, top]


def _wrong_sounds() -> list[Any]:
    numpy = pytest.importorskip("numpy")
    return [
        numpy.zeros((20, 20)), numpy.zeros(0), numpy.zeros((1, 2, 3)), numpy.zeros(3, "int32"),
        numpy.zeros(3, "uint8"), numpy.zeros(3, complex), numpy.array(["a"]), numpy.float64(1), [],
        ["a"], [None], "sound.wav", None, 3, {},
    ]  # fmt: skip


def test_what_is_no_sound_is_one_clear_error(memory: Memory) -> None:
    tracker.set_audio("a")
    for value in _wrong_sounds():
        with pytest.raises(TrackerError, match=r"'a' is audio and takes .*got "):
            tracker.add("a", (value, 8000))
        with pytest.raises(
            TrackerError, match=r"'a' is audio and takes \(samples, rate\), or .*got "
        ):
            tracker.add("a", value)
    assert _values(memory) == []


@pytest.mark.parametrize("rate", [0, -8000, 1.5, "8000", True, 2**31, [8000]])
def test_a_wrong_rate_is_one_clear_error(memory: Memory, rate: Any) -> None:
    with pytest.raises(
        TrackerError, match=r"'a' is audio and takes a rate in samples a second, got"
    ):
        tracker.set_audio("a", rate)
    tracker.set_audio("a")
    with pytest.raises(
        TrackerError, match=r"'a' is audio and takes a rate in samples a second, got"
    ):
        tracker.add("a", ([0.0], rate))


def test_values_on_a_device_are_waited_for_by_the_writer_alone(memory: Memory) -> None:
    torch = pytest.importorskip("torch")
    read_by: list[str] = []

    def note(name: str) -> Any:
        def read(self: Any, *args: Any, **options: Any) -> Any:
            read_by.append(threading.current_thread().name)
            return getattr(torch.Tensor, name)(self, *args, **options)

        return read

    class OnDevice(torch.Tensor):  # type: ignore[misc]  # torch is only known at run time here
        device = property(lambda self: torch.device("meta"))
        item, tolist, numpy, cpu = map(note, ("item", "tolist", "numpy", "cpu"))

    def value(*numbers: float) -> Any:
        return torch.Tensor._make_subclass(OnDevice, torch.tensor(numbers))

    tracker.set_histogram("histogram", 2)
    tracker.set_indexed_scalar("indexed")
    tracker.set_audio("sound", 8000)
    tracker.set_image("image")
    tracker.set_table("table")
    one, two = value(1.0), value(0.5, 1.0)
    tracker.add({"histogram": [one, two, one[0]], "indexed": (value(3.0, 4.0).long(), two)})
    tracker.add({"sound": two, "image": two[None], "table": {"a": two, "b": [one[0], 2]}})
    two[:] = 7
    histogram, indexed, sound, image, table = _values(memory)
    assert histogram == runs.Histogram((0.5, 0.75, 1.0), (1, 3), 3.5)
    assert indexed == runs.IndexedScalars((3, 4), (0.5, 1.0))
    assert table.rows == ((0.5, 1.0), (1.0, 2))
    assert (image.width, image.height) == (2, 1)
    assert len(sound.wav) == 48
    assert memory.series("indexed") == [(0, 0.75)]
    assert memory.series("histogram") == [(0, 0.875)]
    assert read_by
    assert threading.current_thread().name not in read_by
