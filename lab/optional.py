"""Imports of optional dependencies: a missing one is an error that names the extra to install."""

from __future__ import annotations

from types import ModuleType

from lab.errors import MissingExtra

__all__ = ["module"]


def module(name: str, extra: str, purpose: str = "") -> ModuleType:
    """Import an optional dependency where it is used.

    Args:
        name: the module, such as `torch.utils.tensorboard`.
        extra: the extra of the distribution that installs it.
        purpose: what it is wanted for, for the message.

    Raises:
        MissingExtra: the module is not installed. An error inside an installed module is left as it
            is.
    """
    import importlib

    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or name
        if missing.partition(".")[0] != name.partition(".")[0]:
            raise
        raise MissingExtra(name, extra, purpose) from error
