"""Estimators of scikit-learn, kept by skops, which loads no code."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lab import logger, optional
from lab.errors import CheckpointError
from lab.experiment.checkpoints._base import Saver

__all__ = ["Sklearn"]


class Sklearn(Saver):
    """Keeps an estimator with its parameters and everything that fitting gave it.

    Args:
        trusted: types, as `module.Class`, that are loaded beside those that skops knows as harmless.
    """

    name = "sklearn"
    suffix = ".skops"

    def __init__(self, trusted: Iterable[str] = ()) -> None:
        self.trusted = set(trusted)
        self._said: set[str] = set()

    def accepts(self, value: Any) -> bool:
        """Whether it has parameters and can be fitted."""
        return not isinstance(value, type) and all(
            callable(getattr(value, method, None)) for method in ("get_params", "fit")
        )

    def write(self, path: Path, value: Any, owner: str) -> None:
        """Write the estimator; types that will not be loaded again are named, once."""
        io = _skops("saving scikit-learn models")
        io.dump(value, path)
        unknown = self._unknown(io, path) - self._said
        if unknown:
            self._said |= unknown
            logger.warn(f"the model {owner!r} is saved, but holds {_asked_for(unknown)}")

    def read(self, path: Path, owner: str) -> Any:
        """The estimator, as a new object."""
        import zipfile

        io = _skops("loading scikit-learn models")
        try:
            unknown = self._unknown(io, path)
            if unknown:
                raise CheckpointError(f"{path} is not loaded: it holds {_asked_for(unknown)}")
            return io.load(path, trusted=sorted(self.trusted))
        except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError) as error:
            problem = " ".join(str(error).split()) or type(error).__name__
            raise CheckpointError(f"{path} cannot be read by skops: {problem}") from error

    def misfit(self, value: Any, state: Any) -> str:
        """Another class."""
        if type(value) is not type(state):
            return f"it is a {type(state).__name__}, the model here is a {type(value).__name__}"
        return ""

    def apply(self, value: Any, state: Any) -> None:
        """Make the estimator what the loaded one is."""
        attributes = state if isinstance(state, dict) else vars(state)
        vars(value).clear()
        vars(value).update(attributes)

    def backup(self, value: Any) -> Any:
        """What the estimator is made of."""
        return dict(vars(value))

    def _unknown(self, io: Any, path: Path) -> set[str]:
        return set(io.get_untrusted_types(file=path)) - self.trusted


def _asked_for(types: set[str]) -> str:
    names = sorted(types)
    return (
        f"types that are not known as harmless: {', '.join(names)}. If you trust them, name them "
        f"before loading: experiment.add_sklearn_models(..., trusted={names!r})"
    )


def _skops(purpose: str) -> Any:
    return optional.module("skops.io", "sklearn", purpose)
