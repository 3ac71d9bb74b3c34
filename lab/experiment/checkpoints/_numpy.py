"""Arrays of numpy, without pickle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lab import optional
from lab.errors import CheckpointError
from lab.experiment.checkpoints._base import Saver

__all__ = ["Numpy", "as_array"]


class Numpy(Saver):
    """Keeps an array in numpy's own format (https://numpy.org/neps/nep-0001-npy-format.html)."""

    name = "numpy"
    suffix = ".npy"

    def accepts(self, value: Any) -> bool:
        """Whether it is an array of numbers, text or times."""
        numpy = _numpy("arrays")
        return isinstance(value, numpy.ndarray) and not value.dtype.hasobject

    def write(self, path: Path, value: Any, owner: str) -> None:
        """Write the array."""
        with open(path, "wb") as file:
            _numpy("arrays").save(file, as_array(value, owner), allow_pickle=False)

    def read(self, path: Path, owner: str) -> Any:
        """The array."""
        try:
            with open(path, "rb") as file:
                return _numpy("arrays").lib.format.read_array(file, allow_pickle=False)
        except (ValueError, EOFError) as error:
            raise CheckpointError(f"{path} cannot be read as an array: {error}") from error

    def misfit(self, value: Any, state: Any) -> str:
        """Another shape or type."""
        there, here = (f"{array.dtype}{list(array.shape)}" for array in (state, value))
        return "" if there == here else f"it is {there} there and {here} here"

    def apply(self, value: Any, state: Any) -> None:
        """Copy the content."""
        value[...] = state

    def backup(self, value: Any) -> Any:
        """A copy."""
        return value.copy()


def as_array(value: Any, name: str) -> Any:
    """The value (an array, a tensor, a list of numbers) as an array.

    Raises:
        CheckpointError: it would be an array of objects, which only pickle could write.
    """
    numpy = _numpy("arrays")
    if hasattr(value, "detach"):  # a tensor
        value = value.detach().cpu()
        if str(value.dtype) == "torch.bfloat16":  # numpy has no such type; float32 holds all of it
            value = value.float()
    try:
        array = numpy.asarray(value)
    except ValueError as error:
        raise CheckpointError(f"{name!r} is no array: {error}") from error
    if array.dtype.hasobject:
        raise CheckpointError(
            f"{name!r} is no array of numbers, but of objects ({type(value).__name__}), which could "
            "not be read back safely; give numbers, text or times"
        )
    return array


def _numpy(purpose: str) -> Any:
    return optional.module("numpy", "sklearn", purpose)
