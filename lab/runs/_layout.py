"""The names of a run's files, and the version of their format."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FORMAT", "Layout", "new_layout"]

FORMAT = 2


@dataclass(frozen=True)
class Layout:
    """Where the files of a run are.

    Attributes:
        path: the folder of the run.
    """

    path: Path

    def create(self) -> None:
        """Make the folder.

        Raises:
            FileExistsError: there is one already.
        """
        self.path.mkdir(parents=True)

    @property
    def info(self) -> Path:
        """Who ran what, when, and how it ended."""
        return self.path / "run.yaml"

    @property
    def configs(self) -> Path:
        """The resolved configs."""
        return self.path / "configs.yaml"

    @property
    def indicators(self) -> Path:
        """The kinds of the indicators, and the code that adds to them."""
        return self.path / "indicators.yaml"

    @property
    def database(self) -> Path:
        """The values of the indicators."""
        return self.path / "sqlite.db"

    @property
    def heartbeat(self) -> Path:
        """Touched as long as the run goes on."""
        return self.path / "heartbeat"

    @property
    def tensorboard(self) -> Path:
        """The event files of TensorBoard."""
        return self.path / "tensorboard"

    @property
    def csv(self) -> Path:
        """The files of comma-separated values."""
        return self.path / "csv"

    @property
    def checkpoints(self) -> Path:
        """One folder for each step at which a checkpoint was saved."""
        return self.path / "checkpoints"

    @property
    def source_diff(self) -> Path:
        """What differed from the commit, as a patch."""
        return self.path / "source.diff"

    @property
    def environment(self) -> Path:
        """The packages that were installed."""
        return self.path / "environment.txt"

    @property
    def traceback(self) -> Path:
        """Where the exception happened that ended the run."""
        return self.path / "traceback.txt"

    @property
    def ranks(self) -> Path:
        """How each process of a distributed run ended, beside the first."""
        return self.path / "ranks"

    @property
    def output_log(self) -> Path:
        """All that was printed and logged."""
        return self.path / "output.log"

    @property
    def artifacts(self) -> Path:
        """Files that were added by name."""
        return self.path / "artifacts"

    @property
    def numpy(self) -> Path:
        """Arrays that were saved by name."""
        return self.path / "numpy"


def new_layout(experiments_path: Path, experiment: str) -> Layout:
    """A new run, under a name of its own (a random UUID, RFC 9562 version 4); makes no folder."""
    number = bytearray(os.urandom(16))
    number[6] = number[6] & 0x0F | 0x40
    number[8] = number[8] & 0x3F | 0x80
    text = number.hex()
    uuid = "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
    return Layout(experiments_path / experiment / uuid)
