"""Models, optimizers, schedulers, scalers: whatever has `state_dict()` and `load_state_dict()`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lab import optional
from lab.errors import CheckpointError
from lab.experiment.checkpoints._base import Saver
from lab.experiment.checkpoints._plain import as_plain, copied, from_plain

__all__ = ["PyTorch"]

_SHOWN = 3  # names in a message


class PyTorch(Saver):
    """Keeps the `state_dict()` as PyTorch's file of tensors and plain data, read with `weights_only`."""

    name = "pytorch"
    suffix = ".pth"

    def accepts(self, value: Any) -> bool:
        """Whether it has both methods."""
        return not isinstance(value, type) and all(
            callable(getattr(value, method, None)) for method in ("state_dict", "load_state_dict")
        )

    def is_by_class(self, value: Any) -> bool:
        """Whether it is no model: the state of a model fits whatever has the same parts."""
        return not isinstance(value, _torch("loading PyTorch models").nn.Module)

    def write(self, path: Path, value: Any, owner: str) -> None:
        """Write the state; the device that tensors are on makes no difference to it."""
        torch = _torch("saving PyTorch models")
        torch.save(as_plain(value.state_dict(), owner), path)

    def read(self, path: Path, owner: str) -> Any:
        """The state, with its tensors in the memory of the CPU."""
        import pickle

        torch = _torch("loading PyTorch models")
        try:
            return from_plain(torch.load(path, map_location="cpu", weights_only=True))
        except pickle.UnpicklingError as error:
            raise CheckpointError(
                f"{path} holds more than tensors and plain data, and is not loaded: "
                f"{_first_line(error)}"
            ) from error
        except (RuntimeError, EOFError, KeyError, ValueError) as error:
            raise CheckpointError(
                f"{path} cannot be read as a file of PyTorch: {_first_line(error)}"
            ) from error

    def misfit(self, value: Any, state: Any) -> str:
        """Parts of a model that are missing or have other shapes; groups of an optimizer."""
        torch = _torch("loading PyTorch models")
        if isinstance(value, torch.nn.Module):
            return _misfit_of_model(value.state_dict(), state)
        if isinstance(value, torch.optim.Optimizer):
            return _misfit_of_optimizer(value.state_dict(), state)
        return ""

    def apply(self, value: Any, state: Any) -> None:
        """Load the state."""
        value.load_state_dict(state)

    def backup(self, value: Any) -> Any:
        """A copy of the state, outside of the device."""
        return copied(value.state_dict())


def _misfit_of_model(own: Mapping[str, Any], state: Any) -> str:
    if not isinstance(state, Mapping):
        return f"it is {type(state).__name__}, not the state of a model"
    problems = []
    missing = [key for key in own if key not in state]
    if missing:
        problems.append(f"it lacks {_some(missing)}")
    unknown = [key for key in state if key not in own]
    if unknown:
        problems.append(f"the model has no {_some(unknown)}")
    different = [
        f"{key} is {_form(state[key])} there and {_form(own[key])} here"
        for key in own
        if key in state and _form(own[key]) != _form(state[key])
    ]
    if different:
        more = f" (and {len(different) - _SHOWN} more)" if len(different) > _SHOWN else ""
        problems.append("; ".join(different[:_SHOWN]) + more)
    return "; ".join(problems)


def _misfit_of_optimizer(own: Mapping[str, Any], state: Any) -> str:
    if not isinstance(state, Mapping) or not isinstance(state.get("param_groups"), list):
        return "it is not the state of an optimizer"
    there, here = ([len(group["params"]) for group in s["param_groups"]] for s in (state, own))
    if there != here:
        return (
            f"it is for groups of {there} parameters, the optimizer has groups of {here}; "
            "their number and order must be the same"
        )
    return ""


def _form(value: Any) -> str:
    """The shape and type of a tensor; "" of everything else, and of one that is not made yet."""
    try:
        return f"{str(value.dtype).removeprefix('torch.')}{list(value.shape)}"
    except (AttributeError, RuntimeError):
        return ""


def _some(names: Iterable[str]) -> str:
    names = list(names)
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(map(repr, names[:_SHOWN])) + more


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def _torch(purpose: str) -> Any:
    return optional.module("torch", "pytorch", purpose)
