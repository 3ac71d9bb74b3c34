"""Events of TensorBoard, as bytes: https://www.tensorflow.org/api_docs/python/tf/compat/v1/Event.

A file of events is a row of records: the length of the data and its checksum, the data and its
checksum, all little-endian (https://www.tensorflow.org/tutorials/load_data/tfrecord). The data is a
message of protocol buffers (https://protobuf.dev/programming-guides/encoding/).

Events of scalars are most of all events, and their bytes differ only in the numbers: they are packed
here, many times faster than messages are built.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain

from google_crc32c import value as crc32c

from lab import files
from lab.runs import Batch

__all__ = ["ScalarEvents", "file_head", "record"]

_LARGEST = 3.4028235677973366e38  # halfway past the largest float32: what is smaller rounds to it
_checksum = struct.Struct("<I").pack


def record(data: bytes) -> bytes:
    """One event as a file holds it."""
    return b"".join((_length(len(data)), data, _checksum(_masked(crc32c(data)))))


def file_head(time: float) -> bytes:
    """The event with which a file of version 2 begins."""
    return record(struct.Struct("<cd").pack(b"\x09", time) + _field(3, b"brain.Event:2"))


class ScalarEvents:
    """Events with a number for each of some tags.

    Args:
        tags: the tags, in the order of the numbers of a batch.
    """

    def __init__(self, tags: Sequence[str]) -> None:
        heads = []
        for tag in tags:
            name = _field(1, files.encoded(tag))
            # a value of the summary: the tag and, as field 2, a float32
            heads.append(b"\x0a" + _varint(len(name) + 5) + name + b"\x15")
        size = sum(map(len, heads)) + 4 * len(heads)
        heads[0] = b"\x2a" + _varint(size) + heads[0]  # the event's summary is its field 5
        self._pack = struct.Struct("<cd" + "".join(f"{len(head)}sf" for head in heads)).pack
        # between these stand the time (in field 1, a double) and the numbers
        self._parts = [b"\x09", 0.0, *chain.from_iterable((head, 0.0) for head in heads)]

    def encode(self, batch: Batch) -> Iterator[bytes]:
        """The events of a batch, in pieces to be joined."""
        pack, parts = self._pack, self._parts.copy()
        for step, *numbers in batch.rows():
            parts[1::2] = numbers
            try:
                packed = pack(*parts)
            except (OverflowError, struct.error):  # a number beyond float32
                parts[1::2] = [numbers[0], *map(_float32, numbers[1:])]
                packed = pack(*parts)
            step &= 0xFFFFFFFFFFFFFFFF
            # the event's step, field 2; its upper digits are mostly those of the step before
            data = packed + (_LOW[step] if step < 128 else _LAST[step & 127] + _varint(step >> 7))
            yield _length(len(data))
            yield data
            yield _checksum(_masked(crc32c(data)))


def _float32(value: float) -> float:
    if -_LARGEST < value < _LARGEST or value != value:
        return value
    return math.inf if value > 0 else -math.inf


def _masked(crc: int) -> int:
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


@lru_cache(1024)
def _length(size: int) -> bytes:
    length = size.to_bytes(8, "little")
    return length + _checksum(_masked(crc32c(length)))


def _field(number: int, data: bytes) -> bytes:
    return bytes((number << 3 | 2,)) + _varint(len(data)) + data


@lru_cache(1024)
def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; the eighth says that more follow."""
    digits = bytearray()
    while number > 127:
        digits.append(number & 127 | 128)
        number >>= 7
    digits.append(number)
    return bytes(digits)


_LOW = [bytes((0x10, step)) for step in range(128)]
_LAST = [bytes((0x10, digit | 128)) for digit in range(128)]
