"""All benchmarks in one run: `python benchmarks [--only NAME] [--quick] [--json FILE]`."""

from __future__ import annotations

import sys

import _measure
import configs_graph
import configs_layers
import import_time

BENCHMARKS = {
    "configs_graph": configs_graph.measure,
    "configs_layers": configs_layers.measure,
    "import_time": import_time.measure,
}

if __name__ == "__main__":
    _measure.report(BENCHMARKS, sys.argv[1:])
