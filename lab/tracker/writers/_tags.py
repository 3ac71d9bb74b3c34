"""The names of indicators as TensorBoard shows them."""

from __future__ import annotations

__all__ = ["Tags"]


class Tags:
    """Gives every indicator a tag of its own: `train.loss` is `train/loss`.

    The mean of an indicator that is itself no scalar is `train/loss/mean`, for a tag holds one kind
    of data. Where two indicators would share a tag (`a.b` and `a/b`), the later one has its name added.
    """

    def __init__(self) -> None:
        self._tags: dict[tuple[str, str], str] = {}
        self._taken: set[str] = set()

    def of(self, name: str) -> str:
        """The tag of an indicator."""
        return self._tags.get((name, "")) or self._add(name, "")

    def of_mean(self, name: str) -> str:
        """The tag of the mean of an indicator."""
        return self._tags.get((name, "/mean")) or self._add(name, "/mean")

    def _add(self, name: str, part: str) -> str:
        tag = name.replace(".", "/") + part
        while tag in self._taken:
            tag += f" ({name})"
        self._taken.add(tag)
        self._tags[name, part] = tag
        return tag
