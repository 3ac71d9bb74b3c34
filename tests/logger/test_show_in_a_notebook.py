from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from ._pictures import FOLDER

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

pytestmark = pytest.mark.slow  # it starts a kernel

CELLS = [
    """
from lab import logger, loop, monit
from lab.logger import Text

logger.log([("digits", Text.title), "  ", ("lr < 1 & more", Text.value)])
with monit.section("Load data", is_timed=False):
    with monit.section("Unpack", is_timed=False):
        pass
""",
    """
for epoch in loop.loop(2, is_print_iteration_time=False):
    for _ in monit.iterate("Train", 3, is_timed=False):
        logger.draw_line()
    print("printed in epoch", epoch)
""",
    """
try:
    with monit.section("Convert", is_timed=False):
        raise OSError
except OSError:
    logger.warn("not converted")
import warnings; warnings.warn("of another library")
logger.log("after it")
""",
    """
for item in monit.iterate("Search", 4, is_timed=False):
    logger.draw_line()
    if item == 1:
        break
live = monit.section("Goes on", is_timed=False).__enter__()
logger.draw_line()
""",
    """
logger.log("in another cell")
""",
]


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> list[list[Any]]:
    """What a notebook shows under each of its cells."""
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(source.strip()) for source in CELLS]
    folder = tmp_path_factory.mktemp("notebook")
    client = nbclient.NotebookClient(
        notebook, timeout=60, resources={"metadata": {"path": str(folder)}}
    )
    client.execute(
        env=os.environ | {"IPYTHONDIR": str(folder), "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    )
    return [cell.outputs for cell in notebook.cells]


def texts(outputs: list[Any]) -> list[str]:
    """The kinds of a cell's outputs with their text."""
    return [
        f"{output.output_type}: {output.get('text') or output.data['text/plain']}"
        for output in outputs
    ]


def test_text_and_sections_are_html_in_one_block(outputs: list[list[Any]]) -> None:
    [block] = outputs[0]
    assert block.output_type == "display_data"
    assert block.data["text/plain"].splitlines() == [
        "digits  lr < 1 & more",
        "Load data...",
        "  Unpack...[DONE]",
        "Load data...[DONE]",
    ]
    page = block.data["text/html"]
    assert '<span style="font-weight: bold">digits</span>' in page
    assert "lr &lt; 1 &amp; more" in page
    assert re.search(r'<span style="color: #[0-9a-f]+[^>]*>\[DONE\]</span>', page)


def test_prints_stand_between_the_lines_of_the_loop(outputs: list[list[Any]]) -> None:
    shown = [re.sub(r"  0:0.*", "", text).rstrip() for text in texts(outputs[1])]
    kinds = [text for text in shown if not text.endswith("display_data:")]
    assert kinds == [
        "stream: printed in epoch 0",
        "display_data: 0:  Train: done",
        "stream: printed in epoch 1",
        "display_data: 1:  Train: done",
    ]


def test_a_section_that_raises_shows_fail_and_other_errors_stay_in_order(
    outputs: list[list[Any]],
) -> None:
    first, warning, after = outputs[2]
    assert first.data["text/plain"] == "Convert...[FAIL]\nwarning: not converted\n"
    assert warning.name == "stderr"
    assert after.data["text/plain"] == "after it\n"


def test_the_live_line_ends_its_block_and_a_new_cell_begins_one(outputs: list[list[Any]]) -> None:
    assert texts(outputs[3]) == ["display_data: Search...[50%]\nGoes on..."]
    assert texts(outputs[4])[0].startswith("display_data: in another cell")


def test_the_notebook_looks_as_in_the_documentation(
    outputs: list[list[Any]], request: pytest.FixtureRequest
) -> None:
    page = outputs[0][0].data["text/html"] + "\n"
    path = Path(FOLDER / "notebook.html")
    if request.config.getoption("--update-snapshots"):
        path.write_text(page, encoding="utf-8")
    plain = re.compile("<[^>]*>")
    assert plain.sub("", page) == plain.sub("", path.read_text(encoding="utf-8"))
