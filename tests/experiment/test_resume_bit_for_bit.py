"""Trainings that are killed and resumed end as those that were not, bit for bit (see `_training`)."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL here"),
]

PROGRAM = Path(__file__).with_name("_training.py")
PER_EPOCH, LAST = 8, 32  # batches
KILLS = int(os.environ.get("LAB_TEST_KILLS", "3"))  # at random batches; 20 have been seen to pass


def _compare(scenarios: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Train with each of the scenarios; all must end as the training without a break."""
    done = subprocess.run(
        [sys.executable, str(PROGRAM), *map(json.dumps, scenarios)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    whole, *found = map(json.loads, done.stdout.splitlines())
    assert len(whole["series"]["loss"]) == LAST
    assert len(found) == len(scenarios)
    for one in found:
        assert one["result"] == whole["result"], one["kills"]
        assert one["series"] == whole["series"], one["kills"]
    return found


def test_after_a_kill_at_any_moment_everything_is_as_without_it() -> None:
    moments = random.Random(20261121).sample(range(PER_EPOCH + 1, LAST + 1), KILLS)
    assert all(one["runs"] == 2 for one in _compare([{"kills": [at]} for at in moments]))


def test_after_two_kills_in_place_and_from_an_older_checkpoint_too() -> None:
    found = _compare(
        [
            {"kills": [12, 27]},
            {"kills": [13, 28], "in_place": True},
            {"kills": [30], "checkpoint": 16},
            {"kills": [30], "checkpoint": 8, "in_place": True},
        ]
    )
    assert [one["runs"] for one in found] == [3, 1, 2, 1]
