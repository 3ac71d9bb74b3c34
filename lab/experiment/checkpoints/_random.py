"""Random states as plain data (JSON): those of the process, and those of generators.

Python's, numpy's and PyTorch's global generators draw what is shuffled, dropped and seeded into the
workers of a data loader, unless one was given a generator of its own.
"""

from __future__ import annotations

import base64
import random
import sys
from collections.abc import Mapping
from typing import Any

from lab import optional
from lab.errors import CheckpointError

__all__ = ["is_generator", "read_states", "restore"]


def is_generator(value: Any) -> bool:
    """Whether the value is a generator of random numbers, of Python, numpy or PyTorch."""
    return isinstance(value, random.Random) or _kind(value) != ""


def read_states(generators: Mapping[str, Any]) -> dict[str, Any]:
    """The states of all generators that are in use in the process, and of those given by name."""
    states: dict[str, Any] = {"python": _of_python(random.getstate())}
    if "numpy" in sys.modules:
        states["numpy"] = _as_json(sys.modules["numpy"].random.get_state(legacy=False))
    torch = sys.modules.get("torch")
    if torch is not None:
        states["torch"] = _text(torch.get_rng_state())
        if torch.cuda.is_initialized():
            states["cuda"] = [_text(state) for state in torch.cuda.get_rng_state_all()]
        if torch.backends.mps.is_available():
            states["mps"] = _text(torch.mps.get_rng_state())
    states["generators"] = {name: _read(value) for name, value in generators.items()}
    return states


def restore(states: Mapping[str, Any], generators: Mapping[str, Any]) -> list[str]:
    """Set the generators of the process, and those given by name, to their states.

    Returns:
        What of the states there is no generator for here, in words.

    Raises:
        CheckpointError: the data are no states.
    """
    try:
        return _restore(states, generators)
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise CheckpointError(
            f"the random states cannot be restored: {type(error).__name__}: {error}"
        ) from error


def _restore(states: Mapping[str, Any], generators: Mapping[str, Any]) -> list[str]:
    random.setstate(_to_python(states["python"]))
    if "numpy" in states:
        numpy = optional.module("numpy", "sklearn", "restoring its random state")
        numpy.random.set_state(_from_json(states["numpy"]))
    left: list[str] = []
    if "torch" in states:
        torch = optional.module("torch", "pytorch", "restoring its random state")
        torch.set_rng_state(_tensor(states["torch"]))
        left = _restore_devices(torch, states)
    for name, state in states["generators"].items():
        if name in generators and _kind(generators[name]) == state["kind"]:
            _set(generators[name], state["state"])
        else:
            left.append(f"the generator {name!r}")
    return left


def _restore_devices(torch: Any, states: Mapping[str, Any]) -> list[str]:
    left: list[str] = []
    saved = states.get("cuda", [])
    count = torch.cuda.device_count() if saved else 0
    for index, state in enumerate(saved):
        if index < count:
            torch.cuda.set_rng_state(_tensor(state), index)
        else:
            left.append(f"the device cuda:{index}")
    if "mps" in states:
        if torch.backends.mps.is_available():
            torch.mps.set_rng_state(_tensor(states["mps"]))
        else:
            left.append("the device mps")
    return left


def _kind(value: Any) -> str:
    """What of a generator it is; "" of anything else."""
    if isinstance(value, random.Random):
        return "python"
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if numpy is not None and isinstance(value, numpy.random.Generator):
        return "numpy"
    if numpy is not None and isinstance(value, numpy.random.RandomState):
        return "numpy state"
    if torch is not None and isinstance(value, torch.Generator):
        return "torch"
    return ""


def _read(value: Any) -> dict[str, Any]:
    kind = _kind(value)
    if kind == "python":
        state: Any = _of_python(value.getstate())
    elif kind == "numpy":
        state = _as_json(value.bit_generator.state)
    elif kind == "numpy state":
        state = _as_json(value.get_state(legacy=False))
    else:
        state = _text(value.get_state())
    return {"kind": kind, "state": state}


def _set(value: Any, state: Any) -> None:
    kind = _kind(value)
    if kind == "python":
        value.setstate(_to_python(state))
    elif kind == "numpy":
        value.bit_generator.state = _from_json(state)
    elif kind == "numpy state":
        value.set_state(_from_json(state))
    else:
        value.set_state(_tensor(state))


def _of_python(state: tuple[Any, ...]) -> list[Any]:
    version, numbers, gauss = state
    return [version, list(numbers), gauss]


def _to_python(state: list[Any]) -> tuple[Any, ...]:
    version, numbers, gauss = state
    return version, tuple(numbers), gauss


def _as_json(value: Any) -> Any:
    """A state of numpy with lists for its arrays."""
    if isinstance(value, dict):
        return {key: _as_json(item) for key, item in value.items()}
    if hasattr(value, "tolist"):
        numbers = value.tolist()
        return {"array": numbers, "dtype": str(value.dtype)} if value.shape else numbers
    return value


def _from_json(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value.keys() == {"array", "dtype"}:
        return sys.modules["numpy"].array(value["array"], value["dtype"])
    return {key: _from_json(item) for key, item in value.items()}


def _text(state: Any) -> str:
    """A state of PyTorch, which is a tensor of bytes."""
    return base64.b64encode(bytes(state.tolist())).decode("ascii")


def _tensor(text: str) -> Any:
    torch = sys.modules["torch"]
    return torch.tensor(list(base64.b64decode(text)), dtype=torch.uint8)
