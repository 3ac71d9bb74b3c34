"""What each format gives back, read by the format's own means and never by `lab`."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import math
import sqlite3
import struct
import sys
import wave
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from lab import runs
from lab.runs import (
    Audio,
    Entry,
    Figure,
    Histogram,
    Image,
    IndexedScalars,
    IndexedTexts,
    Layout,
    RunInfo,
    Table,
    Text,
)
from lab.tracker.writers import Writer

Point = tuple[int, float, float]  # step, time, value


@dataclass
class Contents:
    """What was found: the points of each scalar in the order in which they were saved, and the rest."""

    scalars: dict[str, list[Point]] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)

    def add(self, name: str, *point: Any) -> None:
        self.scalars.setdefault(name, []).append(point)  # type: ignore[arg-type]  # three of them


@dataclass(frozen=True)
class Format:
    """A kind of writer, how it is read, and how its format changes what it is given."""

    kind: str
    read: Callable[[Writer, Layout], Contents]
    name: Callable[[str], str] = str
    number: Callable[[float], float] = lambda value: value
    value: Callable[[Any], Any] = lambda value: value  # None where it is passed over

    def __str__(self) -> str:
        return self.kind


def read_memory(writer: Any, layout: Layout) -> Contents:
    contents = Contents(entries=list(writer.entries))
    for step, time, values in sorted(writer.rows, key=lambda row: row[1]):
        for name, value in values.items():
            contents.add(name, step, time, value)
    return contents


def read_sqlite(writer: Writer, layout: Layout) -> Contents:
    contents = Contents()
    if not layout.database.exists():
        return contents
    with contextlib.closing(sqlite3.connect(layout.database)) as database:
        query = database.execute
        for name, *point, value in query("SELECT * FROM scalars ORDER BY time"):
            contents.add(name, *point, math.nan if value is None else value)
        for name, step, time, edges, counts, total, bad in query("SELECT * FROM histograms"):
            bins = tuple(json.loads(edges)), tuple(json.loads(counts))
            contents.entries.append(Entry(name, step, time, Histogram(*bins, total, bad)))
        indexed = query("SELECT indicator, step, time, idx, value FROM indexed_points")
        texts = query("SELECT indicator, step, time, idx, text FROM texts")
        contents.entries += _gathered(indexed, texts)
        for name, step, time, kind, data, extra in query("SELECT * FROM media"):
            contents.entries.append(Entry(name, step, time, _sqlite_media(kind, data, extra)))
    return contents


def _sqlite_media(kind: str, data: Any, extra: str | None) -> Any:
    if kind == "image":
        return Image(data, **json.loads(extra or "{}"))
    if kind == "audio":
        return Audio(data, **json.loads(extra or "{}"))
    if kind == "figure":
        return Figure(data)
    table = json.loads(data)
    return Table(tuple(table["columns"]), tuple(map(tuple, table["rows"])))


def read_csv(writer: Writer, layout: Layout) -> Contents:
    folder, contents = layout.path / "csv", Contents()
    for name, step, time, value in _lines(folder / "scalars.csv"):
        whole = value.lstrip("-").isdecimal()
        contents.add(name, int(step), float(time), int(value) if whole else float(value))
    for name, step, time, edges, counts, total, bad in _lines(folder / "histograms.csv"):
        bins = tuple(json.loads(edges)), tuple(json.loads(counts))
        value = Histogram(*bins, float(total), int(bad))
        contents.entries.append(Entry(name, int(step), float(time), value))
    contents.entries += _gathered(
        ((n, int(s), float(t), int(i), float(v)) for n, s, t, i, v in _lines(folder / "indexed_scalars.csv")),
        ((n, int(s), float(t), int(i) if i else None, v) for n, s, t, i, v in _lines(folder / "texts.csv")),
    )  # fmt: skip
    for name, step, time, kind, path in _lines(folder / "media.csv"):
        entry = Entry(name, int(step), float(time), _csv_media(kind, folder / path))
        contents.entries.append(entry)
    return contents


def _csv_media(kind: str, path: Path) -> Any:
    data = path.read_bytes()
    if kind == "image":
        return Image(data, *struct.unpack(">II", data[16:24]))
    if kind == "audio":
        return Audio(data, wave.open(io.BytesIO(data)).getframerate())
    if kind == "figure":
        return Figure(data.decode())
    columns, *rows = csv.reader(io.StringIO(data.decode(), newline=""))
    return Table(tuple(columns), tuple(map(tuple, rows)))


def _lines(path: Path) -> Iterator[list[str]]:
    if path.exists():
        with path.open(newline="", encoding="utf-8") as file:
            rows = csv.reader(file)
            next(rows)
            yield from rows


def _gathered(scalars: Any, texts: Any) -> Iterator[Entry]:
    """Indexed values, which have a line each."""
    pairs: dict[tuple[Any, ...], list[tuple[Any, Any]]] = {}
    for kind, lines in ((IndexedScalars, scalars), (IndexedTexts, texts)):
        for name, step, time, index, value in lines:
            if index is None:
                yield Entry(name, step, time, Text(value))
            else:
                pairs.setdefault((name, step, time, kind), []).append((index, value))
    for (name, step, time, kind), found in pairs.items():
        yield Entry(name, step, time, kind(*zip(*found, strict=True)))


def read_tensorboard(writer: Writer, layout: Layout) -> Contents:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util import tensor_util

    contents = Contents()
    if not layout.tensorboard.exists():
        return contents
    events = EventAccumulator(str(layout.tensorboard), {"scalars": 0, "tensors": 0}).Reload()
    for tag in events.Tags()["scalars"]:
        for event in events.Scalars(tag):
            contents.add(tag, event.step, event.wall_time, event.value)
    for tag in events.Tags()["tensors"]:
        plugin = events.SummaryMetadata(tag).plugin_data.plugin_name
        for event in events.Tensors(tag) if plugin != "hparams" else ():
            value = _tensorboard_value(plugin, tensor_util.make_ndarray(event.tensor_proto))
            contents.entries.append(Entry(tag, event.step, event.wall_time, value))
    return contents


def _tensorboard_value(plugin: str, tensor: Any) -> Any:
    if plugin == "histograms":
        edges = (*tensor[:, 0], tensor[-1, 1]) if len(tensor) else ()
        return Histogram(tuple(map(float, edges)), tuple(map(int, tensor[:, 2])))
    if plugin == "images":
        return Image(tensor[2], int(tensor[0]), int(tensor[1]))
    if plugin == "audio":
        return Audio(tensor[0, 0], wave.open(io.BytesIO(tensor[0, 0])).getframerate())
    if not tensor.shape:
        return Text(tensor.item().decode())
    columns, *rows = [tuple(cell.decode() for cell in row) for row in tensor]
    return Table(tuple(column.strip("*") for column in columns), tuple(rows))


def _in_tensorboard(value: Any) -> Any:
    if isinstance(value, Histogram):
        return replace(value, total=0.0, not_finite=0)
    if isinstance(value, IndexedTexts):
        rows = zip(map(str, value.indices), value.texts, strict=True)
        return Table(("index", "text"), tuple(rows))
    if isinstance(value, Table):
        return replace(value, rows=tuple(tuple(map(str, row)) for row in value.rows))
    return None if isinstance(value, (IndexedScalars, Figure)) else value


def _in_csv(value: Any) -> Any:
    if not isinstance(value, Table):
        return value
    rows = (tuple("" if cell is None else str(cell) for cell in row) for row in value.rows)
    return replace(value, rows=tuple(rows))


def _float32(value: float) -> float:
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except (OverflowError, struct.error):
        return _infinite(value)


def _infinite(value: float) -> float:
    return math.inf if value > 0 else -math.inf


def _in_sqlite(value: float) -> float:
    if isinstance(value, float) or -(2**63) <= value < 2**63:
        return value
    return float(value) if abs(value) < 2**1023 else _infinite(value)


def _png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress((b"\0" + b"\x7f" * width) * height)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def _wav() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(range(100)))
    return file.getvalue()


VALUES = {
    "histogram": Histogram((-1.5, 0.0, 1 / 3, 2.0), (3, 0, 2**40), 12.25, 2),
    "empty histogram": Histogram((), (), 0.0, 3),
    "indexed scalars": IndexedScalars((0, 7, 2**40), (0.1, math.inf, -0.0)),
    "image": Image(_png(5, 3), 5, 3),
    "text": Text('two\nlines, "quotes" and | größe 🙂\r\n'),
    "empty text": Text(""),
    "indexed texts": IndexedTexts((3, 1), ("a,b", "über\n")),
    "figure": Figure('{"data": [{"y": [1, 2]}], "layout": {}}'),
    "table": Table(("name", "größe"), (("a,b", 1), (None, 2.5), ("", True), ('"', math.inf))),
    "audio": Audio(_wav(), 8000),
}


FORMATS = [
    Format("memory", read_memory),
    Format("sqlite", read_sqlite, number=_in_sqlite),
    Format("csv", read_csv, value=_in_csv),
    Format(
        "tensorboard",
        read_tensorboard,
        lambda name: name.replace(".", "/"),
        _float32,
        _in_tensorboard,
    ),
]


@pytest.fixture(params=FORMATS, ids=str)
def held(request: pytest.FixtureRequest) -> Format:
    """A format with its reader."""
    if request.param.kind == "tensorboard":
        pytest.importorskip("tensorboard")
        pytest.importorskip("google_crc32c")
    found: Format = request.param
    return found


@pytest.fixture
def values() -> dict[str, Any]:
    """A value of every kind."""
    return VALUES


@pytest.fixture
def png() -> Callable[[int, int], bytes]:
    """Makes a picture of a width and height."""
    return _png


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = runs.new_layout(tmp_path, "e")
    layout.create()
    runs.write_info(layout, RunInfo(uuid=layout.path.name, experiment="e"))
    return layout


@contextlib.contextmanager
def _no_room(layout: Layout) -> Iterator[None]:
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    largest = max(f.stat().st_size for f in layout.path.rglob("*") if f.is_file())
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest + 1000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def no_room() -> Callable[[Layout], contextlib.AbstractContextManager[None]]:
    """Within the block, no file of a run grows by more than 1,000 bytes, as on a disk that is full."""
    if sys.platform == "win32":
        pytest.skip("needs limits of the operating system")
    return _no_room
