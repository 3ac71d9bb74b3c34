"""Checkpoints: everything that a run needs to go on as if it had never been stopped.

A checkpoint is a folder, `checkpoints/<step>/` of the run: a file for each model, optimizer, and
whatever else has a state; the random states; and `manifest.yaml`, which says what they are and how
to know that they are whole. There is one saver per framework, a `Saver`.
"""

from __future__ import annotations

from lab.experiment.checkpoints._base import Saver
from lab.experiment.checkpoints._checkpoints import Checkpoints, check_name
from lab.experiment.checkpoints._in_place import check_at_rest, reopened
from lab.experiment.checkpoints._keep import Keep, checked_keep
from lab.experiment.checkpoints._manifest import FORMAT, Manifest
from lab.experiment.checkpoints._numpy import Numpy, as_array
from lab.experiment.checkpoints._pytorch import PyTorch
from lab.experiment.checkpoints._resume import Source, find
from lab.experiment.checkpoints._sklearn import Sklearn

__all__ = [
    "FORMAT",
    "Checkpoints",
    "Keep",
    "Manifest",
    "Numpy",
    "PyTorch",
    "Saver",
    "Sklearn",
    "Source",
    "as_array",
    "check_at_rest",
    "check_name",
    "checked_keep",
    "find",
    "reopened",
]
