"""What is written of a run beside its indicators: who ran what, where it comes from, how it ended."""

from __future__ import annotations

import _thread
import threading
from collections.abc import Callable, Mapping
from typing import Any

from lab import files, logger, runs
from lab.errors import ExperimentError
from lab.experiment import _machine
from lab.experiment._ending import Ending
from lab.experiment._provenance import Origin, Provenance
from lab.runs import Layout, RunInfo

__all__ = ["Recorder"]

_DELAY = 0.02  # seconds in which the program gets to its first step, undisturbed
_PATIENCE = 5.0  # seconds for what is about to be written


class Recorder:
    """Writes the files of a run that describe it; most of them in the background.

    Args:
        layout: the files of the run.
        info: what is known of it.
        provenance: where it comes from.
        is_known: whether the run is there already, and goes on.
    """

    def __init__(
        self, layout: Layout, info: RunInfo, provenance: Provenance, is_known: bool = False
    ) -> None:
        self.is_known = is_known
        self.layout, self.info = layout, info
        self._provenance = provenance
        self._is_begun = False
        self._lock = threading.Lock()
        self._configs: Mapping[str, Mapping[str, Any]] | None = None
        self._is_settled = threading.Event()
        self._is_settled.set()
        self._is_wanted = threading.Event()
        self._origin: Origin | None = None
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Make the folder with `run.yaml`.

        Raises:
            ExperimentError: it cannot be written; then nothing of it is there.
        """
        info = self.info
        info.versions, info.exit_code = _machine.versions(), None
        self._note_origin(self._provenance.peek())
        try:
            if not self.is_known:
                self.layout.create()
            try:
                runs.write_info(self.layout, info)
            except BaseException:
                if not self.is_known:
                    self.layout.path.rmdir()
                raise
        except OSError as error:
            raise ExperimentError(
                f"cannot begin a run in {self.layout.path}: {error.strerror or error}; "
                "experiments_path in lab.yaml says where runs are"
            ) from error
        self._is_begun = True
        if self.is_known:
            self.layout.traceback.unlink(missing_ok=True)
            runs.forget_ranks(self.layout)

    def write_rest(
        self, configs: Mapping[str, Mapping[str, Any]] | None, beside: Callable[[], None]
    ) -> None:
        """Write all else in the background.

        Args:
            configs: the configs.
            beside: what is called first there.
        """
        self._configs = configs
        self._is_settled.clear()
        self._thread = threading.Thread(
            target=self._write, args=(beside,), name="lab-recorder", daemon=True
        )
        try:  # from a thread, for where others compute it takes milliseconds until one has begun
            _thread.start_new_thread(self._start, (self._thread,))
        except RuntimeError as error:
            self._do_without(error)

    def go_on(self) -> None:
        """Write to a run that is there, and has ended; how it ended is written if nobody has.

        Raises:
            ExperimentError: it cannot be written.
        """
        self._is_begun = True
        try:
            self.change(lambda info: None)
        except OSError as error:
            raise ExperimentError(
                f"cannot add to the run in {self.layout.path}: {error.strerror or error}"
            ) from error

    def keep_configs(self, configs: Mapping[str, Mapping[str, Any]]) -> None:
        """Write the configs as they are now; a full disk is said, and ends no training."""
        try:
            self._write_now(configs)
        except OSError as problem:
            logger.warn(f"the configs of the run {self.info.uuid} are not recorded: {problem}")

    def settle(self) -> None:
        """Wait for the configs that are about to be written, and what is called before."""
        self._is_wanted.set()
        self._is_settled.wait(_PATIENCE)

    def change(self, change: Callable[[RunInfo], None]) -> None:
        """Change what is known of the run, and write it if the run has begun.

        Raises:
            OSError: it cannot be written.
        """
        with self._lock:
            change(self.info)
            if self._is_begun:
                runs.write_info(self.layout, self.info)

    def end(self, ending: Ending, configs: Mapping[str, Mapping[str, Any]] | None) -> None:
        """Write how the run ended, and all that is not written yet.

        Raises:
            OSError: it cannot be written.
        """
        self._provenance.finish()
        if self._thread is not None and self._thread.ident is not None:
            self._thread.join(_PATIENCE)
        try:
            if ending.traceback is not None:
                files.write_text(self.layout.traceback, ending.traceback)
            if configs is not None:
                self._write_now(configs)
        finally:
            self.change(lambda info: _note_end(info, ending))

    def _write_now(self, configs: Mapping[str, Mapping[str, Any]]) -> None:
        self.settle()
        with self._lock:
            runs.write_configs(self.layout, configs)

    def _start(self, thread: threading.Thread) -> None:
        try:
            thread.start()
        except RuntimeError as error:
            self._do_without(error)

    def _do_without(self, error: RuntimeError) -> None:
        """The machine has no more threads."""
        self._is_settled.set()
        logger.warn(f"where the run {self.info.uuid} comes from is not recorded: {error}")

    def _write(self, beside: Callable[[], None]) -> None:
        self._is_wanted.wait(_DELAY)
        try:
            self._write_configs(beside)
            self._write_origin(self._provenance.wait())
        except OSError as problem:
            logger.warn(f"where the run {self.info.uuid} comes from is not recorded: {problem}")

    def _write_configs(self, beside: Callable[[], None]) -> None:
        try:
            beside()
            if self._configs is not None:
                with self._lock:
                    runs.write_configs(self.layout, self._configs)
        finally:
            self._configs = None
            self._is_settled.set()

    def _write_origin(self, origin: Origin) -> None:
        patch = b"" if origin.repository is None else origin.repository.patch()
        if patch:
            files.write_bytes(self.layout.source_diff, patch)
        files.write_text(self.layout.environment, origin.packages)
        if self._origin is None:
            self.change(lambda info: self._note_origin(origin))

    def _note_origin(self, origin: Origin | None) -> None:
        if origin is None:
            return
        self._origin = origin
        info, repository = self.info, origin.repository
        info.user = origin.user
        gpus = _machine.gpus()
        info.hardware = {**origin.hardware, "gpus": gpus} if gpus else dict(origin.hardware)
        if repository is not None:
            info.git_commit, info.git_branch = repository.commit, repository.branch
            info.git_dirty, info.git_remote = repository.is_dirty, repository.remote


def _note_end(info: RunInfo, ending: Ending) -> None:
    info.status, info.exception = ending.status, ending.exception
    info.exit_code, info.ended = ending.exit_code, runs.now()
    info.versions = _machine.versions()  # more may be loaded by now
    gpus = _machine.gpus()
    if gpus:
        info.hardware = {**info.hardware, "gpus": gpus}
