"""Which checkpoints of a run are kept."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lab.errors import CheckpointError
from lab.experiment.checkpoints._manifest import Manifest

__all__ = ["Keep", "checked_keep"]


@dataclass(frozen=True)
class Keep:
    """Keep the last checkpoints, and the best by an indicator.

    The newest one is always among the last. A value that is NaN, or is not there, is never the best;
    of equal values the earlier checkpoint's is better.

    Args:
        last: how many of the newest are kept.
        best: how many of the best are kept beside them.
        by: the indicator that says what is good, by its newest value when the checkpoint is saved.
        mode: whether a low value of it is good, or a high one.

    Raises:
        CheckpointError: a number is negative, the mode is another, or an indicator is missing.
    """

    last: int = 1
    best: int = 0
    by: str = ""
    mode: Literal["min", "max"] = "min"

    def __post_init__(self) -> None:
        for name, least in (("last", 1), ("best", 0)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise CheckpointError(f"Keep({name}=...) is a number from {least}, not {value!r}")
        if self.mode not in ("min", "max"):
            raise CheckpointError(f"Keep(mode=...) is 'min' or 'max', not {self.mode!r}")
        if not isinstance(self.by, str) or bool(self.by) != bool(self.best):
            raise CheckpointError(
                "the best are so by an indicator: Keep(best=2, by='valid.loss', mode='min'), "
                f"not best={self.best!r}, by={self.by!r}"
            )

    def chosen(self, manifests: Sequence[Manifest]) -> set[int]:
        """The numbers of the checkpoints to keep."""
        by_age = sorted(manifests, key=lambda manifest: manifest.number)
        kept = by_age[-self.last :]
        good = [one for one in by_age if not math.isnan(self._value(one))]
        good.sort(key=self._value, reverse=self.mode == "max")
        return {manifest.number for manifest in [*kept, *good[: self.best]]}

    def _value(self, manifest: Manifest) -> float:
        return manifest.indicators.get(self.by, math.nan)


def checked_keep(keep: Any) -> Keep | None:
    """What to keep; a number says how many of the last, None says all.

    Raises:
        CheckpointError: it is neither.
    """
    if keep is None or isinstance(keep, Keep):
        return keep
    if not isinstance(keep, int) or isinstance(keep, bool):
        raise CheckpointError(
            "keep_checkpoints is a number of checkpoints, or says more by "
            f"experiment.Keep(last=1, best=2, by='valid.loss'), not {keep!r}"
        )
    return Keep(keep)
