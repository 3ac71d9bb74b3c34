"""What is left for the writer's thread: waiting for a device, counting, encoding."""

from __future__ import annotations

from typing import Generic, TypeVar

__all__ = ["Deferred"]

T_co = TypeVar("T_co", covariant=True)


class Deferred(Generic[T_co]):
    """A saved value that is still to be made.

    It holds copies of what it is made from, so that what is recorded is the value as at saving.

    Attributes:
        weight: how many numbers it holds, about: of what waits only so much is kept.
    """

    weight: int = 1000

    def read(self) -> T_co:
        """Make the value; called once, on the writer's thread.

        Raises:
            Exception: it cannot be made; this is reported, and the value left out.
        """
        raise NotImplementedError
