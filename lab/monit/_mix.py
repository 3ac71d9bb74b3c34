"""Several iterables, a part of each in turn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from lab.monit._iteration import counted
from lab.monit._monitor import Monitor
from lab.monit._section import Section

__all__ = ["Source", "mixed"]

Source = tuple[str, Any, float]  # name, items, how many


def mixed(
    monitor: Monitor, rounds: int, sources: Sequence[Source], is_silent: bool, is_timed: bool
) -> Iterator[tuple[str, Any]]:
    """The items of all sources with their names; each gives the same share of its own each round."""
    sections = [
        Section(name, is_silent, is_timed, total_steps=n, is_iteration=True)
        for name, _, n in sources
    ]
    whole = Section(
        ", ".join(name for name, _, _ in sources),
        is_silent,
        is_timed,
        total_steps=sum(total for _, _, total in sources),
        is_iteration=True,
    )
    whole.is_measured = True  # the parts are
    monitor.open(whole, is_seen=False)
    is_whole = False
    try:
        iterators = []
        for (_, items, _), section in zip(sources, sections, strict=True):
            section.pause()
            iterator, passed = counted(iter(items))
            section.count_by(passed)
            iterators.append(iterator)
        whole.count_by(lambda: sum(section.position for section in sections))
        yield from _rounds(monitor, rounds, sources, iterators, sections)
        is_whole = True
    finally:
        for section in sections:
            section.end(is_whole)
            monitor.measure(section)
        whole.end(is_whole)
        monitor.close(whole)


def _rounds(
    monitor: Monitor,
    rounds: int,
    sources: Sequence[Source],
    iterators: Sequence[Iterator[Any]],
    sections: Sequence[Section],
) -> Iterator[tuple[str, Any]]:
    for turn in range(1, rounds + 1):
        for (name, _, total), items, section in zip(sources, iterators, sections, strict=True):
            monitor.see(section)
            share = int(total * turn // rounds) - int(total * (turn - 1) // rounds)
            section.go_on()
            try:
                for item in islice(items, share) if turn < rounds else items:
                    yield name, item
            finally:
                section.pause()
