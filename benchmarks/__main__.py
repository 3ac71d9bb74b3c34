"""All benchmarks in one run: `python benchmarks [--only NAME] [--quick] [--json FILE]`."""

from __future__ import annotations

import sys

import _measure
import configs_graph
import configs_layers
import experiment_start
import import_time
import monit_iterate
import runs_reading
import tracker_histogram
import tracker_scalars
import tracker_tensors

BENCHMARKS = {
    "configs_graph": configs_graph.measure,
    "configs_layers": configs_layers.measure,
    "experiment_start": experiment_start.measure,
    "import_time": import_time.measure,
    "monit_iterate": monit_iterate.measure,
    "tracker_scalars": tracker_scalars.measure,
    "tracker_tensors": tracker_tensors.measure,
    "tracker_histogram": tracker_histogram.measure,
    "runs_reading": runs_reading.measure,
}

if __name__ == "__main__":
    _measure.report(BENCHMARKS, sys.argv[1:])
