"""What `tracker`, `loop` and `monit` work for: the run in progress, or nothing."""

from __future__ import annotations

from lab import loop, monit, steps, tracker
from lab.steps import Steps
from lab.tracker import Tracker

__all__ = ["give", "take_back"]


def give(own: Steps, writing: Tracker) -> None:
    """Let the rooms work for a run."""
    steps.set_current(own)
    own.measured = writing.save_row  # the times of the loop and of sections are indicators too
    tracker.set_current(writing)
    monit.set_current(None)
    loop.set_current(None)


def take_back(own: Steps) -> None:
    """Let the rooms work for nothing, unless they work for another run by now."""
    if steps.current() is own:
        loop.finish_loop()
        steps.set_current(Steps())
        tracker.set_current(None)
        monit.set_current(None)
        loop.set_current(None)
