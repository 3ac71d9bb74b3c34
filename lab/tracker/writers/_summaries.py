"""Values that are no plain numbers, as messages that TensorBoard's own pages show."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, types_pb2
from tensorboard.plugins.audio import metadata as audio_metadata
from tensorboard.plugins.histogram import metadata as histogram_metadata
from tensorboard.plugins.hparams import plugin_data_pb2
from tensorboard.plugins.image import metadata as image_metadata
from tensorboard.plugins.text import metadata as text_metadata

from lab import files
from lab.runs import Audio, Entry, Histogram, Image, IndexedTexts, Table, Text, Value

__all__ = ["encode", "encode_session"]

_Parts = tuple[Any, Any]  # the metadata, and the tensor


def encode(entry: Entry, tag: str) -> bytes | None:
    """The event of a value, None where TensorBoard has nothing for its kind."""
    parts = _KINDS.get(type(entry.value))
    return None if parts is None else _event(entry.time, entry.step, tag, *parts(entry.value))


def encode_session(run: str, hyperparams: Mapping[str, Any]) -> bytes:
    """The event from which the HParams page knows a run and what it was started with."""
    now = time.time()
    start = plugin_data_pb2.SessionStartInfo(group_name=run, start_time_secs=now)
    for name, value in hyperparams.items():
        held = start.hparams[_text(name).decode()]
        if isinstance(value, bool):
            held.bool_value = value
        elif isinstance(value, float) or (isinstance(value, int) and abs(value) < 2**1023):
            held.number_value = value
        else:
            held.string_value = _text(value).decode()
    data = plugin_data_pb2.HParamsPluginData(session_start_info=start)
    # as in tensorboard.plugins.hparams.metadata, which takes longer to load than all else here
    metadata = summary_pb2.SummaryMetadata(
        plugin_data=summary_pb2.SummaryMetadata.PluginData(
            plugin_name="hparams", content=data.SerializeToString()
        )
    )
    nothing = _shaped(tensor_pb2.TensorProto(dtype=types_pb2.DT_FLOAT), 0)
    return _event(now, 0, "_hparams_/session_start_info", metadata, nothing)


def _event(time: float, step: int, tag: str, metadata: Any, tensor: Any) -> bytes:
    value = summary_pb2.Summary.Value(tag=_text(tag).decode(), metadata=metadata, tensor=tensor)
    event = event_pb2.Event(wall_time=time, step=step, summary=summary_pb2.Summary(value=[value]))
    data: bytes = event.SerializeToString()
    return data


def _histogram(value: Histogram) -> _Parts:
    rows = zip(value.edges[:-1], value.edges[1:], value.counts, strict=True)
    numbers = array("d", [float(number) for row in rows for number in row])
    tensor = tensor_pb2.TensorProto(dtype=types_pb2.DT_DOUBLE, double_val=numbers)
    return histogram_metadata.create_summary_metadata(None, None), _shaped(
        tensor, len(value.counts), 3
    )


def _image(value: Image) -> _Parts:
    parts = [str(value.width).encode(), str(value.height).encode(), value.png]
    return image_metadata.create_summary_metadata(None, None), _strings(parts, 3)


def _audio(value: Audio) -> _Parts:
    encoding = audio_metadata.Encoding.Value("WAV")
    metadata = audio_metadata.create_summary_metadata(None, None, encoding)
    return metadata, _strings([value.wav, b""], 1, 2)


def _plain_text(value: Text) -> _Parts:
    return text_metadata.create_summary_metadata(None, None), _strings([_text(value.text)])


def _indexed_texts(value: IndexedTexts) -> _Parts:
    rows = zip(value.indices, value.texts, strict=True)
    return _table(Table(("index", "text"), tuple(rows)))


def _table(value: Table) -> _Parts:
    """Rows of Markdown; the first one holds the names of the columns."""
    cells = [_text(f"**{column}**") for column in value.columns]
    cells += [_text(cell) for row in value.rows for cell in row]
    shape = len(value.rows) + 1, len(value.columns)
    return text_metadata.create_summary_metadata(None, None), _strings(cells, *shape)


def _text(value: Any) -> bytes:
    return files.encoded(str(value))


def _strings(values: Sequence[bytes], *shape: int) -> Any:
    tensor = tensor_pb2.TensorProto(dtype=types_pb2.DT_STRING, string_val=values)
    return _shaped(tensor, *shape)


def _shaped(tensor: Any, *shape: int) -> Any:
    for size in shape:
        tensor.tensor_shape.dim.add(size=size)
    return tensor


_KINDS: Mapping[type[Value], Callable[[Any], _Parts]] = {
    Histogram: _histogram,
    Image: _image,
    Audio: _audio,
    Text: _plain_text,
    IndexedTexts: _indexed_texts,
    Table: _table,
}
