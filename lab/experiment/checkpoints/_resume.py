"""Loading a checkpoint: choosing it, seeing that it fits, and giving everything its state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import logger
from lab.errors import CheckpointError
from lab.experiment.checkpoints._base import Saver
from lab.experiment.checkpoints._differences import ConfigRecord, differences
from lab.experiment.checkpoints._manifest import Manifest
from lab.experiment.checkpoints._store import Entry, Store
from lab.runs import Run

__all__ = ["Source", "find", "load"]

_MOST = 5  # differences in a line


@dataclass(frozen=True)
class Source:
    """A whole checkpoint of a run.

    Attributes:
        run: the run.
        path: the folder of the checkpoint.
        manifest: what it holds.
    """

    run: Run
    path: Path
    manifest: Manifest

    @property
    def name(self) -> str:
        """What a run that goes on from here calls its parent."""
        return f"{self.run.path.name}@{self.manifest.step}"


def find(run: Run, step: int | None = None, skip_damaged: bool = False) -> Source:
    """A checkpoint of a run.

    Args:
        run: the run.
        step: its step; None takes the newest.
        skip_damaged: whether to take the next where the newest is damaged.

    Raises:
        CheckpointError: there is none, not that one, or it is damaged.
    """
    entries = Store(run.layout.checkpoints).entries()
    steps = ", ".join(map(str, sorted(entry.step for entry in entries)))
    if not entries:
        parent = run.info.parent
        hint = f"; it went on from {parent}, which may be loaded again" if parent else ""
        raise CheckpointError(f"the run {run.path.name} has no checkpoints{hint}")
    if step is not None:
        entries = [entry for entry in entries if entry.step == step]
        if not entries:
            raise CheckpointError(
                f"the run {run.path.name} has no checkpoint {step!r}; it has {steps}"
            )
    for entry in entries:
        damage = entry.damage
        if entry.manifest is not None and not damage:
            return Source(run, entry.path, entry.manifest)
        _complain(run, entry, damage, skip_damaged and step is None)
    raise CheckpointError(f"of the checkpoints {steps} of the run {run.path.name} none is whole")


def load(
    source: Source,
    objects: Mapping[str, tuple[Saver, Any]],
    configs: tuple[ConfigRecord, ConfigRecord],
    versions: Mapping[str, str],
    is_strict: bool,
) -> None:
    """Give objects the states of a checkpoint: all of them, or none.

    Args:
        source: the checkpoint.
        objects: what this run would save, by name, with the savers.
        configs: what the configs were when it was saved, and what they are.
        versions: those of this process.
        is_strict: whether configs that differ, and objects that one side lacks, are an error.

    Raises:
        CheckpointError: it does not fit; no object has changed.
    """
    _compare(source, configs, versions, is_strict)
    saved = source.manifest.objects
    missing = [name for name in saved if name not in objects]
    unknown = [name for name in objects if name not in saved]
    problems = [*_lacking(missing, unknown)]
    if problems and is_strict:
        raise _unfit(source, problems, "; is_strict=False loads the rest")
    states: dict[str, Any] = {}
    wrong: list[str] = []
    for name in saved.keys() & objects.keys():
        saver, value = objects[name]
        problem = _wrong_kind(saved[name], saver, value)
        if not problem:
            states[name] = saver.read(source.path / saved[name]["file"], name)
            problem = saver.misfit(value, states[name])
        if problem:
            wrong.append(f"{name!r}: {problem}")
    if wrong:
        raise _unfit(source, sorted(wrong))
    _apply(source, objects, states)
    for problem in problems:
        logger.warn(f"{problem} (checkpoint {source.name})")


def _apply(
    source: Source, objects: Mapping[str, tuple[Saver, Any]], states: Mapping[str, Any]
) -> None:
    before: dict[str, Any] = {}
    try:
        for name, state in states.items():
            saver, value = objects[name]
            before[name] = saver.backup(value)
            saver.apply(value, state)
    except Exception as error:
        for name, state in before.items():
            saver, value = objects[name]
            saver.apply(value, state)
        problem = f"{name!r}: {type(error).__name__}: {error}"
        raise _unfit(source, [problem]) from error


def _compare(
    source: Source,
    configs: tuple[ConfigRecord, ConfigRecord],
    versions: Mapping[str, str],
    is_strict: bool,
) -> None:
    there, here = configs
    needed, others = differences(there, here) if here else ([], [])  # else nothing is to compare
    if needed and is_strict:
        raise CheckpointError(
            f"the checkpoint {source.name} is of another graph: what it holds depends on configs "
            f"that differ: {'; '.join(needed)}. Set them as they were, or load with is_strict=False"
        )
    others += [
        f"the version of {name} was {version}, is {versions[name]}"
        for name, version in source.manifest.versions.items()
        if name in versions and versions[name] != version
    ]
    for words, found in (("needed for what it holds", needed), ("others", others)):
        if found:
            more = f" and {len(found) - _MOST} more" if len(found) > _MOST else ""
            listed = "; ".join(found[:_MOST]) + more
            logger.warn(f"since the checkpoint {source.name} changed ({words}): {listed}")


def _lacking(missing: list[str], unknown: list[str]) -> list[str]:
    problems = []
    if missing:
        problems.append(
            f"it holds {_names(missing)}, of which there is nothing here: call calculate_configs() "
            "and add_pytorch_models() or add_sklearn_models() before load()"
        )
    if unknown:
        problems.append(f"it holds nothing of {_names(unknown)}")
    return problems


def _wrong_kind(record: Mapping[str, str], saver: Saver, value: Any) -> str:
    if record.get("saver") != saver.name:
        return f"it was saved as of {record.get('saver')}, and is of {saver.name} here"
    kind = type(value).__qualname__
    if saver.is_by_class(value) and record.get("class") != kind:
        return f"it was a {record.get('class')}, and is a {kind} here"
    return ""


def _complain(run: Run, entry: Entry, damage: str, is_skipped: bool) -> None:
    text = f"the checkpoint {entry.step} of the run {run.path.name} is damaged: {damage}"
    if not is_skipped:
        raise CheckpointError(
            f"{text}; skip_damaged=True takes the newest that is whole, checkpoint=STEP another"
        )
    logger.warn(f"{text}; it is skipped")


def _unfit(source: Source, problems: list[str], hint: str = "") -> CheckpointError:
    listed = "".join(f"\n  - {problem}" for problem in problems)
    return CheckpointError(
        f"the checkpoint {source.name} does not fit, and nothing was loaded{hint}:{listed}"
    )


def _names(names: list[str]) -> str:
    return ", ".join(map(repr, names))
