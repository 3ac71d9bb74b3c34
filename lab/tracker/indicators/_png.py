"""Pictures as PNG files.

The format is small enough to be written here (https://www.w3.org/TR/png/: a signature, and three
chunks with their sums), which spares the tracker a dependency; `zlib` does the work.
"""

from __future__ import annotations

import struct
import zlib

__all__ = ["png_file", "size_of"]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOR_TYPES = {1: 0, 3: 2, 4: 6}  # grey, RGB, RGB and alpha


def png_file(pixels: bytes, width: int, height: int, channels: int) -> bytes:
    """A PNG file of 8-bit samples.

    Args:
        pixels: the samples: row after row, in each the pixels, of each its channels.
        width: in pixels.
        height: in pixels.
        channels: 1 (grey), 3 (RGB) or 4 (RGB, alpha).
    """
    row = width * channels
    # each row is led by its filter: none
    rows = b"".join(b"\0" + pixels[i * row : (i + 1) * row] for i in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOR_TYPES[channels], 0, 0, 0)
    return (
        _SIGNATURE
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(rows))
        + _chunk(b"IEND", b"")
    )


def size_of(png: bytes) -> tuple[int, int]:
    """The width and height of a PNG file."""
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
