"""What all tables share: rounds in turn, medians and ratios, the terminal and JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from _worker import Answer, Contender, Failed, Worker, installed

Bar = tuple[float, float]


@dataclass
class Row:
    """One line of a table.

    Attributes:
        name: the contender.
        samples: what was measured, one number a round, in the table's unit.
        ratio: how many times the first row's, the median over the rounds.
        bar: what is wanted, and where the table says so, what would be better still.
        note: what else is to be said; instead of numbers where there are none.
    """

    name: str
    samples: list[float] = field(default_factory=list)
    ratio: float | None = None
    bar: Bar | None = None
    note: str = ""

    @property
    def median(self) -> float:
        """The middle of the samples."""
        return statistics.median(self.samples)


@dataclass
class Table:
    """Rows of one measurement."""

    title: str
    unit: str
    rows: list[Row]

    def text(self) -> str:
        """The table as it is shown in a terminal."""
        lines = [("", f"median {self.unit}", "lowest", "x lab", "bar (stretch)", "")]
        lines += [_cells(row) for row in self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(5)]
        shown = [self.title, "-" * len(self.title)]
        for name, *numbers, note in lines:
            right = "  ".join(n.rjust(w) for n, w in zip(numbers, widths[1:], strict=True))
            shown.append(f"{name.ljust(widths[0])}  {right}  {note}".rstrip())
        return "\n".join(shown)

    def data(self) -> dict[str, Any]:
        """The table as it is written to JSON."""
        return {
            "title": self.title,
            "unit": self.unit,
            "rows": [
                {**asdict(row), "median": row.median if row.samples else None} for row in self.rows
            ],
        }


def _cells(row: Row) -> tuple[str, str, str, str, str, str]:
    if not row.samples:
        return row.name, "-", "-", "-", "", row.note
    ratio = "" if row.ratio is None else f"{row.ratio:.3g}"
    bar = ""
    if row.bar is not None:
        verdict = "above" if row.median > row.bar[0] else "within"
        bar = f"{row.bar[0]:g} ({row.bar[1]:g}) {verdict}"
    return row.name, _number(row.median), _number(min(row.samples)), ratio, bar, row.note


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def ratios(rows: Sequence[Row]) -> None:
    """Give each row its ratio to the first one's, round by round."""
    first = rows[0]
    if not first.samples:
        return
    for row in rows:
        pairs = zip(row.samples, first.samples, strict=False)
        if row.samples:
            row.ratio = statistics.median(own / base for own, base in pairs)


class Contest:
    """Contenders in their child processes, asked in turn.

    Attributes:
        missing: why those that are missing are.
    """

    def __init__(self, script: str, contenders: Sequence[Contender]) -> None:
        self.missing: dict[str, str] = {}
        self._script, self._contenders = script, contenders
        self._workers: dict[str, Worker] = {}

    def rounds(
        self, count: int, agree: Callable[[Answer], None], *, fresh: bool = False, **request: Any
    ) -> dict[str, list[Answer]]:
        """Ask every contender in turn, `count` times; one that fails is left out from then on.

        Args:
            count: how many times.
            agree: raises `Failed` for an answer that is not that of the others.
            fresh: each time in a new process, so that nothing is left of the time before.
            **request: what each is asked.
        """
        answers: dict[str, list[Answer]] = {}
        for _ in range(count):
            for contender in self._contenders:
                if contender.name not in self.missing:
                    with self._noting(contender.name):
                        answer = self._worker(contender).ask(**request)
                        agree(answer)
                        answers.setdefault(contender.name, []).append(answer)
                if fresh:
                    self.close()
        return {name: found for name, found in answers.items() if name not in self.missing}

    def rows(self, answers: Mapping[str, list[Answer]], key: str, bar: Bar | None) -> list[Row]:
        """A row for each contender from one of the numbers in its answers; the bar is the first's."""
        rows: list[Row] = []
        for contender in self._contenders:
            name = contender.name
            samples = [answer[key] for answer in answers.get(name, [])]
            note = self.missing.get(name) or _version(contender)
            rows.append(Row(name, samples, bar=None if rows else bar, note=note))
        ratios(rows)
        return rows

    def close(self) -> None:
        """End the child processes."""
        while self._workers:
            self._workers.popitem()[1].close()

    def __enter__(self) -> Contest:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _worker(self, contender: Contender) -> Worker:
        if contender.name not in self._workers:
            self._workers[contender.name] = Worker(self._script, contender)
        return self._workers[contender.name]

    @contextmanager
    def _noting(self, name: str) -> Iterator[None]:
        try:
            yield
        except Failed as error:
            self.missing[name] = str(error)


def _version(contender: Contender) -> str:
    found = installed(contender.distribution) if contender.distribution else None
    return f"{contender.distribution} {found}" if found else ""


def per_call(call: Callable[[], object], at_least: float = 0.005) -> float:
    """Seconds that one call takes, over as many as last `at_least` seconds together.

    That is short, so that where other programs run some of many blocks are undisturbed.
    """
    number = 1
    while True:
        started_at = time.perf_counter()
        for _ in range(number):
            call()
        taken = time.perf_counter() - started_at
        if taken >= at_least:
            return taken / number
        number = max(number * 2, int(number * at_least / max(taken, 1e-9)))


def main(name: str, measure: Callable[[bool], list[Table]]) -> None:
    """Run one benchmark from the command line."""
    report({name: measure}, sys.argv[1:])


def report(benchmarks: Mapping[str, Callable[[bool], list[Table]]], argv: Sequence[str]) -> None:
    """Measure, print the tables, and write them to a file if that is asked for."""
    parser = argparse.ArgumentParser(description="lab beside its references, in one run")
    parser.add_argument("--only", metavar="NAME", choices=sorted(benchmarks), action="append")
    parser.add_argument("--quick", action="store_true", help="few rounds: does it run at all")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write all samples there")
    arguments = parser.parse_args(argv)
    machine = describe()
    print(" | ".join(f"{key} {value}" for key, value in machine.items()), flush=True)
    if hasattr(os, "getloadavg") and os.getloadavg()[0] > (os.cpu_count() or 1) / 2:
        print(
            "The machine is busy with other things: the lowest figures say more than the medians."
        )
    written: dict[str, Any] = {"machine": machine, "tables": []}
    for name in arguments.only or benchmarks:
        for table in benchmarks[name](arguments.quick):
            print(f"\n{table.text()}", flush=True)
            written["tables"].append(table.data())
    if arguments.json:
        arguments.json.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")


def describe() -> dict[str, Any]:
    """The machine and the time, as far as they matter."""
    load = f"{os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else "unknown"
    return {
        "date": time.strftime("%Y-%m-%d %H:%M"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "load": load,
    }
