"""Sound."""

from __future__ import annotations

from array import array
from typing import Any, ClassVar

from lab import optional, runs
from lab.errors import TrackerError
from lab.tracker._given import described
from lab.tracker.indicators._copies import Copy, Made, is_array, is_tensor
from lab.tracker.indicators._media import LastMedia

__all__ = ["Audio"]

_MOST_CHANNELS = 16


class Audio(LastMedia):
    """Sound; a save holds the last that was added.

    Args:
        name: the full name.
        rate: samples a second, where they are added without.
    """

    kind: ClassVar[str] = "audio"

    def __init__(self, name: str, rate: int | None = None) -> None:
        super().__init__(name)
        self._rate = None if rate is None else _checked(name, rate)

    def settings(self) -> dict[str, Any]:
        """Its rate beside the rest."""
        return {**super().settings(), **({} if self._rate is None else {"rate": self._rate})}

    def add(self, value: Any) -> None:
        """Take samples in, or `(samples, rate)`.

        Samples are floats from -1 to 1 (what lies outside is cut off) or 16-bit integers, in an
        array or a tensor, or floats in a list. Of two dimensions the shorter one is the channels.
        """
        samples, rate = value, self._rate
        if isinstance(value, (list, tuple)) and len(value) == 2 and _is_sound(value[0]):
            samples, rate = value[0], _checked(self.name, value[1])
        if rate is None:
            raise TrackerError(
                f"{self.name!r} is audio and takes (samples, rate), or samples alone where "
                f"set_audio({self.name!r}, rate) gave the rate; got {described(value)}"
            )
        copy = _copied(self.name, samples)
        self._last = Made(_encoded, copy, rate, weight=_size(copy))


def _checked(name: str, rate: Any) -> int:
    if isinstance(rate, bool) or not hasattr(rate, "__index__") or not 0 < rate < 2**31:
        raise TrackerError(f"{name!r} is audio and takes a rate in samples a second, got {rate!r}")
    return int(rate)


def _is_sound(value: Any) -> bool:
    if is_tensor(value) or is_array(value):
        return len(value.shape) > 0
    return isinstance(value, (list, tuple))


def _copied(name: str, samples: Any) -> Any:
    if is_tensor(samples) or is_array(samples):
        shape, dtype = tuple(samples.shape), str(samples.dtype).rpartition(".")[2]
        is_fit = len(shape) == 1 or (len(shape) == 2 and min(shape) <= _MOST_CHANNELS)
        if is_fit and 0 not in shape and ("float" in dtype or dtype == "int16"):
            return Copy(samples)
    elif (
        isinstance(samples, (list, tuple))
        and samples
        and all(isinstance(one, (int, float)) for one in samples)
    ):
        return array("d", samples)
    raise TrackerError(
        f"{name!r} is audio and takes floats from -1 to 1 or 16-bit integers, of one dimension or "
        f"with at most {_MOST_CHANNELS} channels; got {described(samples)}"
    )


def _size(copy: Any) -> int:
    return copy.size if isinstance(copy, Copy) else len(copy)


def _encoded(copy: Any, rate: int) -> runs.Audio:
    import io
    import wave

    samples, channels = _samples(copy)
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(channels)
        wav.setsampwidth(2)
        wav.setframerate(rate)
        wav.writeframes(samples)
    return runs.Audio(file.getvalue(), rate)


def _samples(copy: Any) -> tuple[bytes, int]:
    """Little-endian 16-bit samples, the channels of each moment together; and how many those are."""
    if not isinstance(copy, Copy):
        import struct

        clean = [min(max(one, -1.0), 1.0) if one == one else 0.0 for one in copy]
        return struct.pack(f"<{len(clean)}h", *(round(one * 32767) for one in clean)), 1
    numpy = optional.module("numpy", "pytorch", "to record sound")
    sound = copy.numpy()
    if sound.ndim == 1:
        sound = sound[:, None]
    elif sound.shape[0] < sound.shape[1]:
        sound = sound.T
    if copy.kind == "float":
        clean = numpy.nan_to_num(sound, nan=0.0, posinf=1.0, neginf=-1.0).clip(-1, 1)
        sound = numpy.round(clean * 32767)
    return sound.astype("<i2").tobytes(), sound.shape[1]
