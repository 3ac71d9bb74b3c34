"""A value that does not fit an annotation, while it is not known yet whose value it is."""

from __future__ import annotations

from typing import Literal

from lab.configs._shorten import shorten


class Mismatch(Exception):
    """A value does not fit an annotation.

    Attributes:
        expected: the annotation in words.
        detail: what in the value does not fit, where that is not the whole of it; or a hint.
        kind: 'value' where the type fits but a constraint does not, or text cannot be read as the type.
        given: the part of the value that does not fit.
        path: where that part is, innermost first.
    """

    def __init__(
        self,
        expected: str,
        detail: str = "",
        kind: Literal["type", "value"] = "type",
        given: object = None,
    ) -> None:
        super().__init__(expected, detail, kind)
        self.expected = expected
        self.detail = detail
        self.kind: Literal["type", "value"] = kind
        self.given = given
        self.path: list[str] = []

    def within(self, label: str) -> Mismatch:
        """The same problem, seen from the container that has the part at `label`."""
        self.path.append(label)
        return self

    def of_whole(self, expected: str) -> Mismatch:
        """The problem as one of the whole value, which was to be as `expected` says."""
        if not self.path:
            return Mismatch(expected, self.detail, self.kind, self.given)
        where = "".join(reversed(self.path))
        detail = f"{where.strip()}: " if where.startswith(" ") else f"item {where}: "
        if self.expected:
            detail += f"expected {self.expected}, got {shorten(self.given)}"
            detail += f" ({self.detail})" if self.detail else ""
        else:
            detail += self.detail
        return Mismatch(expected, detail, self.kind, self.given)
