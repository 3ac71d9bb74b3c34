"""The configs of a run as they are recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab import configs
from lab.configs import BaseConfigs

__all__ = ["hyperparams", "plain", "records"]

_PLAIN = frozenset((bool, int, float, str, type(None)))


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers and text as they are, other values in words."""
    return {name: v if type(v) in _PLAIN else str(v) for name, v in values.items()}


def hyperparams(conf: BaseConfigs) -> dict[str, Any]:
    """The hyperparameters as plain data."""
    return plain(configs.hyperparams(conf))


def records(conf: BaseConfigs) -> dict[str, dict[str, Any]]:
    """The configs as plain data by name; numbers and text as they are, other values in words."""
    values = configs.asdict(conf)
    records = {}
    for node in configs.graph(conf).nodes:
        record = node.as_record()
        name = record.pop("name")
        value = values.get(name, node)
        if type(value) in _PLAIN:
            record["value"] = value
        records[name] = record
    return records
