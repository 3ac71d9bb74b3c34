"""The checkpoints of one run: what they hold, saving and loading them."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from lab import logger, runs
from lab.configs import BaseConfigs
from lab.errors import CheckpointError, ExperimentError
from lab.experiment.checkpoints import _found, _random
from lab.experiment.checkpoints._base import Saver
from lab.experiment.checkpoints._contents import (
    numbers,
    read_states,
    records_of,
    sizes,
    versions,
    write_objects,
    write_states,
)
from lab.experiment.checkpoints._differences import ConfigRecords
from lab.experiment.checkpoints._in_place import check_at_rest, cut_back
from lab.experiment.checkpoints._keep import Keep
from lab.experiment.checkpoints._manifest import Manifest, described, write_manifest
from lab.experiment.checkpoints._pytorch import PyTorch
from lab.experiment.checkpoints._resume import Source, load
from lab.experiment.checkpoints._sklearn import Sklearn
from lab.experiment.checkpoints._store import Store
from lab.runs import Layout
from lab.steps import LoopPosition, Steps
from lab.tracker import Tracker

__all__ = ["Checkpoints", "check_name"]

_PATIENCE = 30.0  # seconds that a checkpoint waits for what was recorded before it


class Checkpoints:
    """Saves what a run needs to go on, and loads what another one has saved.

    Args:
        layout: the files of the run.
        steps: its global step and training loop.
        tracker: its indicators.
        keep: which checkpoints are kept; None keeps all.

    Attributes:
        conf: the configs, once they are known: what among them has a state is saved.
    """

    def __init__(self, layout: Layout, steps: Steps, tracker: Tracker, keep: Keep | None) -> None:
        self.conf: BaseConfigs | None = None
        self._layout, self._steps, self._tracker = layout, steps, tracker
        self._keep = keep
        self._named: dict[str, tuple[Saver, Any]] = {}
        self._pytorch, self._sklearn = PyTorch(), Sklearn()
        self._records = ConfigRecords(None)
        self._states: dict[str, Any] | None = None
        self._place = Store(layout.checkpoints)
        self._source: Source | None = None
        self._last: int | None = None  # with which step training goes on from the last one
        self._said: set[str] = set()

    def add_pytorch(self, models: Mapping[str, Any]) -> None:
        """Name objects with `state_dict()` and `load_state_dict()`.

        Raises:
            ExperimentError: a name cannot be a file's, or an object has none.
        """
        self._add(models, self._pytorch, "no state_dict() and load_state_dict()")

    def add_sklearn(self, models: Mapping[str, Any], trusted: Iterable[str] = ()) -> None:
        """Name estimators of scikit-learn.

        Args:
            models: the estimators by name.
            trusted: types that may be loaded beside those that skops knows as harmless.

        Raises:
            ExperimentError: a name cannot be a file's, or an object is no estimator.
        """
        self._sklearn.trusted.update([trusted] if isinstance(trusted, str) else trusted)
        self._add(models, self._sklearn, "no get_params() and fit(), as estimators have")

    def save(self, step: int | None = None) -> Path:
        """Save everything as it is now; returns the folder.

        Args:
            step: what the checkpoint is called; the global step where it is not given.

        Raises:
            CheckpointError: there is nothing to save, or some of it could not be read back.
            OSError: it cannot be written; the checkpoints there are stay as they are.
        """
        values = _found.computed_values(self._conf())
        objects = self._objects(values)
        if not objects:
            raise CheckpointError(
                "there is nothing to save: call add_pytorch_models() or add_sklearn_models() first, "
                "or calculate configs that have a state, such as a model and its optimizer"
            )
        self._warn_of(values)
        name = self._steps.step if step is None else _checked_step(step)
        store = self._store()
        entries = store.entries()
        number = 1 + max((e.manifest.number for e in entries if e.manifest), default=0)
        path = store.write(name, partial(self._fill, name, number, values, objects))
        self._last = self._next_step()
        self._delete(store)
        return path

    def save_at_stop(self) -> None:
        """Save before a run that was asked to stop ends, unless that was just done."""
        if self._last != self._next_step() and self._objects(_found.computed_values(self._conf())):
            path = self.save()
            logger.log(f"saved the checkpoint {path.name}")

    def load(self, source: Source, is_strict: bool = True) -> None:
        """Give everything the state that another run has saved, or nothing.

        Raises:
            CheckpointError: it does not fit, or the graph is another one.
        """
        manifest = source.manifest
        states, added, there = read_states(source.path)
        self._compute([*manifest.objects, *states["generators"]])
        values = _found.computed_values(self._conf())
        objects = self._objects(values)
        here = self._records.read(_found.names_of((v for _, v in objects.values()), values))
        load(source, objects, (there, here), versions(), is_strict)
        self._states = states
        self._tracker.restore(added)
        self._steps.step = manifest.global_step
        position = manifest.position
        self._steps.resume_position = None if position is None else LoopPosition(**position)
        if self._restore_at_loop not in self._steps.at_loop_begin:
            self._steps.at_loop_begin.append(self._restore_at_loop)

    def go_on_in(self, source: Source) -> None:
        """The run is the one that saved the checkpoint."""
        self._layout, self._source = source.run.layout, source

    def prepare(self) -> None:
        """The run is about to begin: where it goes on in place, cut away what is newer.

        Raises:
            CheckpointError: the run has been taken up by another process.
            RunError: the database is another than at the checkpoint.
            OSError: a file cannot be changed.
        """
        if self._source is not None:
            check_at_rest(self._source)
            cut_back(self._source)

    def begin(self) -> None:
        """The run begins: random states are those of the checkpoint, where one was loaded."""
        self._restore()
        self._steps.at_stop.append(self.save_at_stop)

    def _add(self, models: Mapping[str, Any], saver: Saver, lacking: str) -> None:
        if not isinstance(models, Mapping):
            raise ExperimentError(
                f"models are given by name, as {{'model': model}}, not {models!r}"
            )
        for name, model in models.items():
            check_name(name, "a model")
            if not saver.accepts(model):
                raise ExperimentError(f"the model {name!r} has {lacking}: {type(model).__name__}")
        self._named.update({name: (saver, model) for name, model in models.items()})

    def _conf(self) -> BaseConfigs | None:
        if self._records.conf is not self.conf:
            self._records = ConfigRecords(self.conf)
        return self.conf

    def _objects(self, values: Mapping[str, Any]) -> dict[str, tuple[Saver, Any]]:
        """Everything to save by name: what was named, and what else of the configs has a state."""
        objects = dict(self._named)
        for name, value in _found.stateful(values, (v for _, v in objects.values())).items():
            objects[f"configs.{name}" if name in objects else name] = self._pytorch, value
        return objects

    def _fill(
        self,
        step: int,
        number: int,
        values: Mapping[str, Any],
        objects: Mapping[str, tuple[Saver, Any]],
        folder: Path,
    ) -> None:
        write_objects(folder, objects)
        configs = self._records.read(_found.names_of((v for _, v in objects.values()), values))
        write_states(folder, values, self._tracker, configs)
        if not self._tracker.flush(_PATIENCE):
            self._say("what was recorded before the checkpoint is not written yet, and is after it")
        position = self._steps.position
        manifest = Manifest(
            step=step,
            number=number,
            global_step=self._next_step(),
            time=runs.now(),
            run=self._layout.path.name,
            position=None if position is None else position._asdict(),
            cursor=runs.Run(self._layout.path).cursor(),
            csv=sizes(self._layout.csv),
            indicators=numbers(self._tracker.latest()),
            objects=records_of(objects),
            files=described(folder),
            versions=versions(),
        )
        write_manifest(folder, manifest)

    def _store(self) -> Store:
        if self._place.folder != self._layout.checkpoints:
            self._place = Store(self._layout.checkpoints)
        return self._place

    def _delete(self, store: Store) -> None:
        """Delete what is not kept, now that the new one is whole."""
        if self._keep is None:
            return
        entries = store.entries()
        manifests = [entry.manifest for entry in entries if entry.manifest is not None]
        if self._keep.by and self._keep.by not in manifests[0].indicators:
            self._say(
                f"checkpoints are kept by {self._keep.by!r}, of which nothing was saved yet: "
                "this one is none of the best"
            )
        kept = self._keep.chosen(manifests)
        for entry in entries:
            if entry.manifest is not None and entry.manifest.number not in kept:
                store.delete(entry)

    def _next_step(self) -> int:
        """The global step with which training goes on."""
        position = self._steps.position
        return self._steps.step if position is None else position.global_step

    def _compute(self, names: Iterable[str]) -> None:
        """Compute the configs that have a state in the checkpoint, where that was not done yet."""
        conf = self._conf()
        if conf is not None:
            known = _found.pending(conf)
            for name in names:
                for item in known:
                    if name == item or name.startswith(f"{item}."):
                        conf[item]

    def _restore_at_loop(self) -> None:
        left = self._restore()
        if left:
            logger.warn(
                f"the random states of {', '.join(left)} are in the checkpoint and not restored: "
                "there is no such thing here; the numbers will be others"
            )

    def _restore(self) -> list[str]:
        if self._states is None:
            return []
        values = _found.computed_values(self._conf())
        return _random.restore(self._states, _found.generators(values))

    def _warn_of(self, values: Mapping[str, Any]) -> None:
        for name in _found.unrepeatable(values):
            self._say(
                f"the workers of {name!r} live on from one iteration to the next "
                "(persistent_workers), with states that no checkpoint can hold: a run that is "
                "resumed gets other batches"
            )

    def _say(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            logger.warn(text)


def check_name(name: Any, what: str) -> None:
    """See that a name can be a file's.

    Raises:
        ExperimentError: it cannot.
    """
    if not isinstance(name, str) or name.strip() in ("", ".", "..") or set(name) & set("/\\\0"):
        raise ExperimentError(f"the name of {what} becomes a file's, {name!r} cannot be one")


def _checked_step(step: Any) -> int:
    try:
        return operator.index(step)
    except TypeError:
        raise CheckpointError(f"a checkpoint is called by a step, a number, not {step!r}") from None
