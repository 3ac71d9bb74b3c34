from __future__ import annotations

import importlib.util
from pathlib import Path

from lab.testing import recorded_log

SAMPLE = Path(__file__).parents[2] / "samples" / "typed_configs.py"


def test_the_rates_rise_and_fall_as_the_overrides_say() -> None:
    spec = importlib.util.spec_from_file_location("typed_configs", SAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with recorded_log() as log:
        rates = module.main()
    assert len(rates) == 100
    assert rates[:7] == [0.0, 0.04, 0.08, 0.12, 0.16, 0.2, 0.18]
    assert any("schedule.gamma = 0.9  [override]" in line for line in log.lines)
