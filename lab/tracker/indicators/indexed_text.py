"""A text for each of many samples."""

from __future__ import annotations

from typing import Any, ClassVar

from lab import runs
from lab.errors import TrackerError
from lab.tracker._deferred import Deferred
from lab.tracker._given import described
from lab.tracker.indicators._copies import is_array, is_tensor
from lab.tracker.indicators._indexed import as_pair, check_indices
from lab.tracker.indicators._media import Media

__all__ = ["IndexedText"]


class IndexedText(Media):
    """Pairs of an index and a text, all that were added since the last save.

    Args:
        name: the full name.
    """

    kind: ClassVar[str] = "indexed_text"

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._indices: list[int] = []
        self._texts: list[str] = []

    def add(self, value: Any) -> None:
        """Take `(indices, texts)` or `{index: text}` in; indices on a device are waited for."""
        given = as_pair(self.name, value, "texts")
        indices, texts = _several(given[0]), [given[1]] if isinstance(given[1], str) else given[1]
        if not all(isinstance(one, int) and not isinstance(one, bool) for one in indices):
            raise TrackerError(
                f"{self.name!r} is an indexed text and takes whole numbers as indices, "
                f"got {described(given[0])}"
            )
        texts = _several(texts)
        if not all(isinstance(one, str) for one in texts):
            raise TrackerError(
                f"{self.name!r} is an indexed text and takes texts, got {described(given[1])}"
            )
        if len(indices) != len(texts):
            raise TrackerError(
                f"{self.name!r} takes an index for each text, got {len(indices)} indices and "
                f"{len(texts)} texts"
            )
        check_indices(self.name, indices)
        self._indices += indices
        self._texts += texts

    def take_value(self) -> runs.Value | Deferred[runs.Value] | None:
        """The pairs."""
        indices, texts = self._indices, self._texts
        self._indices, self._texts = [], []
        return runs.IndexedTexts(tuple(indices), tuple(texts)) if indices else None


def _several(given: Any) -> list[Any]:
    """The elements of what is given; of one thing, itself."""
    if is_tensor(given) or is_array(given):
        plain = given.tolist()
        return plain if isinstance(plain, list) else [plain]
    if isinstance(given, (list, tuple, range)):
        return [_several(one)[0] if hasattr(one, "tolist") else one for one in given]
    return [given]
