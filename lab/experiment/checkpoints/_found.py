"""What of a run is kept without being named: whatever among its configs has a state."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lab import configs
from lab.configs import BaseConfigs, Pending
from lab.experiment.checkpoints._random import is_generator

__all__ = ["computed_values", "generators", "names_of", "pending", "stateful", "unrepeatable"]

_LOADER_PARTS = ("dataset", "sampler", "batch_sampler", "batch_sampler.sampler")


def computed_values(conf: BaseConfigs | None) -> dict[str, Any]:
    """The values of the configs as far as they are known, and those in lists and mappings of them.

    An object that has several names is there by the shortest.
    """
    if conf is None:
        return {}
    known = {name: v for name, v in configs.asdict(conf).items() if not isinstance(v, Pending)}
    found: dict[str, Any] = {}
    seen: set[int] = set()
    for name in sorted(known, key=lambda name: name.count(".")):
        for inner, value in _with_inner(name, known[name]):
            if id(value) not in seen:
                seen.add(id(value))
                found[inner] = value
    return found


def pending(conf: BaseConfigs) -> list[str]:
    """The names of the configs that are not computed yet."""
    return [name for name, value in configs.asdict(conf).items() if isinstance(value, Pending)]


def stateful(values: Mapping[str, Any], named: Iterable[Any]) -> dict[str, Any]:
    """The values that have `state_dict` and `load_state_dict` and something in it, but for `named`."""
    known = {id(value) for value in named}
    return {
        name: value
        for name, value in values.items()
        if not isinstance(value, type)
        and id(value) not in known
        and callable(getattr(value, "state_dict", None))
        and callable(getattr(value, "load_state_dict", None))
        and value.state_dict()
    }


def names_of(objects: Iterable[Any], values: Mapping[str, Any]) -> list[str]:
    """The names under which objects are among the values."""
    known = {id(value) for value in objects}
    return [name for name, value in values.items() if id(value) in known]


def generators(values: Mapping[str, Any]) -> dict[str, Any]:
    """The generators of random numbers among the values, and those that the values hold."""
    found: dict[str, Any] = {}
    seen: set[int] = set()
    for name, value in values.items():
        for inner, holder in _with_parts(name, value):
            held = {inner: holder, **_attributes(inner, holder)}
            for place, one in held.items():
                if is_generator(one) and id(one) not in seen:
                    seen.add(id(one))
                    found[place] = one
    return found


def unrepeatable(values: Mapping[str, Any]) -> list[str]:
    """The names of data loaders whose workers live on, with random states that nobody can read."""
    return [
        name
        for name, value in values.items()
        if _is_loader(value) and value.persistent_workers and value.num_workers
    ]


def _with_inner(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    yield name, value
    if type(value) in (list, tuple):
        yield from ((f"{name}.{i}", item) for i, item in enumerate(value))
    elif type(value) is dict:
        yield from ((f"{name}.{_as_file(k)}", v) for k, v in value.items() if type(k) is str)


def _as_file(key: str) -> str:
    """The key with what a file cannot be called in the manner of URLs."""
    return re.sub(r"[^\w .+-]", lambda found: f"%{ord(found[0]):02X}", key)


def _with_parts(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    yield name, value
    if _is_loader(value):
        for part in _LOADER_PARTS:
            inner = value
            for attribute in part.split("."):
                inner = getattr(inner, attribute, None)
            if inner is not None:
                yield f"{name}.{part}", inner


def _attributes(name: str, value: Any) -> dict[str, Any]:
    attributes = getattr(value, "__dict__", None)
    if isinstance(value, type) or not isinstance(attributes, dict):
        return {}
    return {f"{name}.{key}": one for key, one in list(attributes.items())}


def _is_loader(value: Any) -> bool:
    data = sys.modules.get("torch.utils.data")
    return data is not None and isinstance(value, data.DataLoader)
