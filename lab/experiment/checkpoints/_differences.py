"""In which configs a run differs from the one that saved a checkpoint."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import PurePath
from typing import Any

from lab import configs
from lab.configs import BaseConfigs, Pending

__all__ = ["ConfigRecord", "ConfigRecords", "differences"]

ConfigRecord = Mapping[str, Mapping[str, Any]]

_PLAIN = (type(None), bool, int, float, str, bytes, PurePath, Enum)
_SHOWN = 60  # letters of a value


class ConfigRecords:
    """What the configs are, as plain data; a value is looked at once.

    Args:
        conf: the configs; None where there are none.

    Attributes:
        conf: the configs.
    """

    def __init__(self, conf: BaseConfigs | None) -> None:
        self.conf = conf
        self._prints: dict[str, str] = {}
        self._key: tuple[frozenset[str], frozenset[str]] | None = None
        self._found: dict[str, dict[str, Any]] = {}

    def read(self, roots: Iterable[str]) -> dict[str, dict[str, Any]]:
        """By name: what it is (`option`, or `value` with its `fingerprint`), and whether it is needed.

        Args:
            roots: the names of what is saved; what they are computed from is needed, but for devices.
        """
        if self.conf is None:
            return {}
        values = configs.asdict(self.conf)
        pending = frozenset(name for name, value in values.items() if isinstance(value, Pending))
        key = pending, frozenset(roots)
        if key != self._key:  # what is computed does not change
            self._key, self._found = key, self._look(values, key[1])
        return self._found

    def _look(self, values: Mapping[str, Any], roots: Iterable[str]) -> dict[str, dict[str, Any]]:
        if self.conf is None:
            return {}
        nodes = {node.name: node for node in configs.graph(self.conf).nodes}
        needed: set[str] = set()
        waiting = [name for name in roots if name in nodes]
        while waiting:
            name = waiting.pop()
            if name not in needed and not _is_device(values.get(name)):
                needed.add(name)
                waiting.extend(read for read in nodes[name].reads if read in nodes)
        records = {}
        for name, node in nodes.items():
            record: dict[str, Any] = {"is_needed": name in needed}
            if node.computed:
                record["option"] = node.option
            elif not isinstance(values.get(name), Pending):
                record["value"] = node.value[:_SHOWN]
                record["fingerprint"] = self._print(name, values.get(name))
            records[name] = record
        return records

    def _print(self, name: str, value: Any) -> str:
        if name not in self._prints and self.conf is not None:
            if _is_plain(value):
                self._prints[name] = configs.fingerprint(self.conf, name)[:16]
            else:  # what it holds may change in training
                kind = value if hasattr(value, "__qualname__") else type(value)
                self._prints[name] = f"{kind.__qualname__}"
        return self._prints[name]


def differences(there: ConfigRecord, here: ConfigRecord) -> tuple[list[str], list[str]]:
    """What differs, in words: first of what was saved depends on, then the rest."""
    needed: list[str] = []
    others: list[str] = []
    for name in dict.fromkeys([*there, *here]):
        before, now = there.get(name, {}), here.get(name, {})
        if _essence(before) != _essence(now):
            is_needed = before.get("is_needed", False) or now.get("is_needed", False)
            text = f"{name} was {_words(before)}, is {_words(now)}"
            (needed if is_needed else others).append(text)
    return needed, others


def _essence(record: Mapping[str, Any]) -> tuple[Any, Any]:
    return record.get("option"), record.get("fingerprint")


def _words(record: Mapping[str, Any]) -> str:
    if not record:
        return "not there"
    if "option" in record:
        return repr(record["option"]) if record["option"] else "computed"
    return str(record.get("value", "without a value"))


def _is_plain(value: Any) -> bool:
    if isinstance(value, (list, tuple, set, frozenset)):
        return all(map(_is_plain, value))
    if isinstance(value, Mapping):
        return all(map(_is_plain, value.values()))
    return isinstance(value, _PLAIN)


def _is_device(value: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.device)
