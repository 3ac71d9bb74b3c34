"""The messages that are pinned and the cases belong together."""

from __future__ import annotations

import re
from pathlib import Path


def test_every_case_has_a_name_of_its_own_and_every_message_its_case(pytestconfig, messages):
    case = re.compile(r"^def (test_\w+)\(.*\b(?:refused|told)\)", re.MULTILINE)
    files = sorted(Path(__file__).parent.glob("test_*.py"))
    cases = [name for path in files for name in case.findall(path.read_text(encoding="utf-8"))]
    assert len(set(cases)) == len(cases) >= 45
    of_no_case = {name for name in messages if name.partition("[")[0] not in cases}
    if pytestconfig.getoption("--update-snapshots"):
        for name in of_no_case:
            del messages[name]
    else:
        assert not of_no_case
        assert {name.partition("[")[0] for name in messages} == set(cases)
