"""A picture, or several in a grid."""

from __future__ import annotations

from typing import Any, ClassVar

from lab import optional, runs
from lab.errors import TrackerError
from lab.tracker._given import described
from lab.tracker.indicators._copies import Copy, Made, is_array, is_tensor
from lab.tracker.indicators._media import LastMedia

__all__ = ["Image"]

_CHANNELS = (1, 3, 4)
_GAP = 2  # pixels between the pictures of a grid
_MODES = {"L": 1, "RGB": 3, "RGBA": 4}


class Image(LastMedia):
    """A picture; a save holds the last that was added.

    Args:
        name: the full name.
    """

    kind: ClassVar[str] = "image"

    def add(self, value: Any) -> None:
        """Take a picture in: an array, a tensor, a picture of Pillow, or a list of these.

        Floats are from 0 to 1 (what lies outside is cut off), integers from 0 to 255. A picture is
        height x width, height x width x channels, or channels x height x width, with 1, 3 or 4
        channels; where both would fit, a tensor has its channels first and an array last. One
        dimension more in front, or a list, is several, which are laid out as a grid.
        """
        pictures = value if isinstance(value, (list, tuple)) else [value]
        if not pictures:
            raise TrackerError(f"{self.name!r} is an image and takes a picture, got an empty list")
        taken = [_taken(self.name, one) for one in pictures]
        weight = sum(one.size if isinstance(one, Copy) else one.width * one.height for one in taken)
        self._last = Made(_encoded, self.name, taken, weight=weight)


def _taken(name: str, value: Any) -> Any:
    """A copy of one thing that was given."""
    if hasattr(value, "getbands") and hasattr(value, "convert"):
        return value.copy()
    if is_tensor(value) or is_array(value):
        shape = tuple(value.shape)
        if _layout(shape, is_tensor(value)) and 0 not in shape:
            copy = Copy(value)
            if copy.kind != "other":
                return copy
    raise TrackerError(
        f"{name!r} is an image and takes arrays and tensors of height x width, with 1, 3 or 4 "
        f"channels last or first, several of them, or pictures of Pillow; got {described(value)}"
    )


def _layout(shape: tuple[int, ...], is_channels_first: bool) -> str:
    """What the dimensions are, as letters: number, height, width, channels; '' where unknown."""
    if len(shape) == 2:
        return "HW"
    if len(shape) not in (3, 4):
        return ""
    lead = "N" if len(shape) == 4 else ""
    layouts = [
        (lead + "CHW", shape[-3] in _CHANNELS),
        (lead + "HWC", shape[-1] in _CHANNELS),
    ]
    fitting = [layout for layout, is_fit in layouts if is_fit]
    if not fitting:
        return ""
    return fitting[0] if is_channels_first else fitting[-1]


def _encoded(name: str, taken: list[Any]) -> runs.Image:
    from lab.tracker.indicators._png import png_file

    pictures = [picture for one in taken for picture in _pictures(name, one)]
    grid = pictures[0] if len(pictures) == 1 else _grid(pictures)
    height, width, channels = grid.shape
    return runs.Image(png_file(grid.tobytes(), width, height, channels), width, height)


def _pictures(name: str, taken: Any) -> list[Any]:
    """Arrays of bytes, height x width x channels."""
    numpy = optional.module("numpy", "pytorch", "to record images")
    if not isinstance(taken, Copy):
        picture = taken if taken.mode in _MODES else taken.convert(_plain_mode(taken))
        shape = (picture.height, picture.width, _MODES[picture.mode])
        return [numpy.frombuffer(picture.tobytes(), numpy.uint8).reshape(shape)]
    array = _as_bytes(name, taken.numpy(), taken.kind)
    layout = _layout(taken.shape, taken.is_tensor)
    if layout == "HW":
        array = array[:, :, None]
    elif layout.endswith("CHW"):
        array = numpy.moveaxis(array, -3, -1)
    return list(array) if layout.startswith("N") else [array]


def _plain_mode(picture: Any) -> str:
    if picture.mode in ("1", "I", "F", "I;16"):
        return "L"
    is_clear = picture.mode in ("LA", "La", "PA", "RGBa") or "transparency" in picture.info
    return "RGBA" if is_clear else "RGB"


def _as_bytes(name: str, array: Any, kind: str) -> Any:
    import numpy

    if kind == "bool":
        return array.astype(numpy.uint8) * numpy.uint8(255)
    if kind == "float":
        clean = numpy.nan_to_num(array, nan=0.0, posinf=1.0, neginf=0.0).clip(0, 1)
        return (clean * 255 + 0.5).astype(numpy.uint8)
    if array.dtype != numpy.uint8 and (array.min() < 0 or array.max() > 255):
        raise TrackerError(
            f"{name!r} is an image, whose integers are from 0 to 255; got some from {array.min()} "
            f"to {array.max()}"
        )
    return array.astype(numpy.uint8, copy=False)


def _grid(pictures: list[Any]) -> Any:
    """Pictures side by side, about as many across as down; the smaller ones padded with black."""
    import numpy

    most = {picture.shape[2] for picture in pictures}
    channels = max(most) if most <= {1, 3} or len(most) == 1 else 4
    height, width = (max(picture.shape[i] for picture in pictures) for i in (0, 1))
    across = max(1, round((len(pictures) * height / width) ** 0.5))
    across = min(across, len(pictures))
    down = -(-len(pictures) // across)
    grid = numpy.zeros(
        (down * (height + _GAP) - _GAP, across * (width + _GAP) - _GAP, channels), numpy.uint8
    )
    for i, picture in enumerate(pictures):
        y, x = i // across * (height + _GAP), i % across * (width + _GAP)
        place = grid[y : y + picture.shape[0], x : x + picture.shape[1]]
        place[:, :, : picture.shape[2]] = picture
        if picture.shape[2] == 1 < channels:
            place[:, :, :3] = picture
        if picture.shape[2] < 4 == channels:
            place[:, :, 3] = 255
    return grid
