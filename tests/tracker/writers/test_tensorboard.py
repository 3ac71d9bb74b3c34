"""Event files as TensorBoard shows them: by its own web application, and by its own loaders."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab.errors import MissingExtra, TrackerError
from lab.runs import Batch, Entry, Layout, Saved, Text
from lab.tracker import writers
from lab.tracker.writers import Target, Writer

pytest.importorskip("tensorboard")
pytest.importorskip("google_crc32c")


def opened(layout: Layout, **target: Any) -> Writer:
    writer = writers.create("tensorboard")
    writer.open(Target(layout, **target))
    return writer


def numbers(name: str, *values: float) -> Saved:
    flat = [part for step, value in enumerate(values) for part in (step, step + 0.5, value)]
    return Saved([Batch((name,), flat)])


def files(layout: Layout) -> list[Path]:
    return sorted(layout.tensorboard.iterdir())


def events(file: Path) -> list[Any]:
    from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

    return list(LegacyEventFileLoader(str(file)).Load())


def scalars(layout: Layout) -> dict[str, list[tuple[int, float]]]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(layout.tensorboard), {"scalars": 0}).Reload()
    tags = found.Tags()["scalars"]
    return {tag: [(event.step, event.value) for event in found.Scalars(tag)] for tag in tags}


Get = Callable[..., Any]


@pytest.fixture
def get(layout: Layout) -> Get:
    """Asks TensorBoard's web application, as its pages do."""
    from werkzeug.test import Client

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what it brings along
        from tensorboard import default, program
        from tensorboard.backend import application

    def ask(page: str, text: str = "", **query: Any) -> Any:
        board = program.TensorBoard(default.get_static_plugins())
        board.configure(
            logdir=str(layout.path.parent),
            load_fast="false",
            reload_task="blocking",
            reload_interval=0,
        )
        provider, multiplexer = board._make_data_provider()
        app = application.TensorBoardWSGIApp(
            board.flags, board.plugin_loaders, provider, deprecated_multiplexer=multiplexer
        )
        body = query.pop("body", None)
        found = Client(app).open(
            f"/data/plugin/{page}",
            method="POST" if body else "GET",
            query_string=text or {"run": f"{layout.path.name}/tensorboard", **query},
            json=body,
        )
        assert found.status_code == 200, found.get_data()
        data = found.get_data()
        return json.loads(data) if found.mimetype == "application/json" else data

    return ask


def test_the_scalars_page_shows_numbers(layout: Layout, get: Get) -> None:
    opened(layout).write(numbers("train.loss", 0.5, -0.25, math.inf, math.nan))
    points = get("scalars/scalars", tag="train/loss")
    assert points[:2] == [[0.5, 0, 0.5], [1.5, 1, -0.25]]
    assert [value for _, _, value in points[2:]] == ["Infinity", "NaN"]
    assert list(get("scalars/tags")[f"{layout.path.name}/tensorboard"]) == ["train/loss"]


def test_steps_that_go_back_are_all_shown(layout: Layout, get: Get) -> None:
    steps = [5, 3, 3, 2**40]
    flat = [part for i, step in enumerate(steps) for part in (step, float(i), 1.0)]
    opened(layout).write(Saved([Batch(("a",), flat)]))
    assert [step for _, step, _ in get("scalars/scalars", tag="a")] == steps


def test_the_pages_of_other_kinds_show_them(layout: Layout, get: Get, values: Any) -> None:
    writer = opened(layout)
    entries = [Entry(f"my.{kind}", 7, 2.5, value) for kind, value in values.items()]
    writer.write(Saved([Batch(("my.histogram",), [7, 2.5, 0.25])], entries))
    [[time, step, bins]] = get("histograms/histograms", tag="my/histogram")
    histogram = values["histogram"]
    assert (time, step) == (2.5, 7)
    assert [row[2] for row in bins] == list(histogram.counts)
    assert [*(row[0] for row in bins), bins[-1][1]] == list(histogram.edges)
    assert get("scalars/scalars", tag="my/histogram/mean") == [[2.5, 7, 0.25]]
    [image] = get("images/images", tag="my/image", sample=0)
    assert (image["wall_time"], image["step"]) == (2.5, 7)
    assert get("images/individualImage", image["query"]) == values["image"].png
    [sound] = get("audio/audio", tag="my/audio", sample=0)
    assert sound["contentType"] == "audio/wav"
    assert get("audio/individualAudio", sound["query"]) == values["audio"].wav
    [text] = get("text/text", tag="my/text", markdown="false")
    assert "größe" in text["text"]
    [table] = get("text/text", tag="my/table")
    assert "<strong>name</strong>" in table["text"]
    assert "<td><p>2.5</p></td>" in table["text"]


def test_text_is_markdown(layout: Layout, get: Get) -> None:
    opened(layout).write(Saved((), [Entry("t", 1, 1.0, Text("**bold** <script>"))]))
    [text] = get("text/text", tag="t")
    assert "<strong>bold</strong> &lt;script&gt;" in text["text"]


def test_the_hparams_page_lists_the_run(layout: Layout, get: Get) -> None:
    hyperparams: dict[str, Any] = {}
    writer = opened(layout, hyperparams=hyperparams)
    hyperparams.update(lr=0.1, name="größe", deep=True, none=None, layers=[1, 2], big=10**400, n=3)
    writer.write(numbers("valid.accuracy", 0.5, 0.75))
    body = {"experimentName": "", "allowedStatuses": ["STATUS_UNKNOWN", "STATUS_RUNNING"]}
    body |= {"startIndex": 0, "sliceSize": 10, "colParams": []}
    experiment = get("hparams/experiment", body={"experimentName": "", "includeMetrics": True})
    metrics = [metric["name"]["tag"] for metric in experiment["metricInfos"]]
    assert metrics == ["valid/accuracy"]
    colums = [{"metric": metric["name"]} for metric in experiment["metricInfos"]]
    [group] = get("hparams/session_groups", body=body | {"colParams": colums})["sessionGroups"]
    assert group["name"] == layout.path.name
    assert group["hparams"] == {
        "lr": 0.1, "name": "größe", "deep": True, "none": "None", "layers": "[1, 2]",
        "big": str(10**400), "n": 3.0,
    }  # fmt: skip
    assert [metric["value"] for metric in group["metricValues"]] == [0.75]


def test_two_runs_with_equal_hyperparameters_are_two_rows(layout: Layout, get: Get) -> None:
    for name in ("one", "two"):
        other = Layout(layout.path.parent / name)
        other.create()
        opened(other, hyperparams={"lr": 0.1}).write(numbers("a", 1.0))
    body = {"startIndex": 0, "sliceSize": 10, "allowedStatuses": ["STATUS_UNKNOWN"]}
    groups = get("hparams/session_groups", body=body)["sessionGroups"]
    assert sorted(group["name"] for group in groups) == ["one", "two"]


def test_scalars_saved_together_are_one_event(layout: Layout) -> None:
    opened(layout).write(Saved([Batch(("a", "b.c"), [1, 1.5, 1, 2, 2, 2.5, 3, 4])]))
    [file] = files(layout)
    head, _, *found = events(file)
    assert head.file_version == "brain.Event:2"
    assert [(event.step, event.wall_time) for event in found] == [(1, 1.5), (2, 2.5)]
    assert [[(v.tag, v.simple_value) for v in event.summary.value] for event in found] == [
        [("a", 1.0), ("b/c", 2.0)],
        [("a", 3.0), ("b/c", 4.0)],
    ]


def test_names_that_differ_by_dots_and_slashes_keep_apart(layout: Layout) -> None:
    records = {"a.b": {"kind": "scalar"}, "a/b": {"kind": "scalar"}}
    for saved in (numbers("a/b", 1.0), numbers("a.b", 2.0)):  # whichever comes first in a session
        writer = opened(layout, records=records)
        writer.write(saved)
        writer.write(numbers("a.b.mean", 3.0))
        writer.close()
    assert scalars(layout) == {
        "a/b": [(0, 2.0)],
        "a/b (a/b)": [(0, 1.0)],
        "a/b/mean": [(0, 3.0), (0, 3.0)],
    }


def test_a_mean_is_known_before_its_histogram_is_written(layout: Layout) -> None:
    writer = opened(layout)
    writer.declare({"w": {"kind": "histogram"}, "w.mean": {"kind": "scalar"}})
    writer.write(Saved([Batch(("w", "w.mean"), [1, 1.0, 0.5, 0.25])]))
    assert scalars(layout) == {"w/mean": [(1, 0.25)], "w/mean (w)": [(1, 0.5)]}


def test_half_a_surrogate_pair_costs_no_other_value(layout: Layout) -> None:
    writer = opened(layout, hyperparams={"\udcff": "\ud800"})
    writer.write(Saved([Batch(("\ud800", "a"), [1, 1.0, 0.5, 2.0])]))
    writer.write(Saved((), [Entry("\ud801", 1, 1.0, Text("\udcff"))]))
    assert scalars(layout) == {r"\ud800": [(1, 0.5)], "a": [(1, 2.0)]}


def test_each_session_has_a_file_that_is_read_after_those_before(layout: Layout) -> None:
    for session in range(3):
        writer = opened(layout)
        writer.write(numbers("a", session))
        writer.close()
    assert len(files(layout)) == 3
    assert [value for _, value in scalars(layout)["a"]] == [0, 1, 2]


def test_a_record_that_a_killed_process_left_half_written_costs_only_itself(layout: Layout) -> None:
    opened(layout).write(numbers("a", 1.0, 2.0))
    [file] = files(layout)
    file.write_bytes(file.read_bytes()[:-7])
    opened(layout).write(numbers("a", 3.0))
    assert [value for _, value in scalars(layout)["a"]] == [1.0, 3.0]


def test_a_file_can_be_read_while_the_run_goes_on(layout: Layout) -> None:
    writer = opened(layout)
    for step in range(1, 4):
        writer.write(numbers("a", 1.0))
        assert len(scalars(layout)["a"]) == step


def test_without_an_experiment_or_the_extra_it_says_what_it_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(TrackerError, match="'tensorboard' needs an experiment"):
        writers.create("tensorboard").open(Target())
    monkeypatch.setitem(__import__("sys").modules, "google_crc32c", None)
    with pytest.raises(MissingExtra, match=r"lab-experiments\[tensorboard\]"):
        writers.create("tensorboard")
