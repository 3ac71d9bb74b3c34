from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab import project, tracker
from lab.errors import ProjectError, TrackerError
from lab.tracker import indicators
from lab.tracker._patterns import Patterns
from lab.tracker.writers.memory import Memory


def _settings_of(patterns: Patterns, name: str) -> dict[str, Any] | None:
    created = patterns.create(name)
    assert created is None or created.name == name
    return None if created is None else created.settings()


def test_lab_yaml_gives_kinds_by_patterns(tmp_path: Path) -> None:
    file = tmp_path / "lab.yaml"
    file.write_text(
        """
        indicators:
          "*.accuracy": scalar
          "train.*": {kind: queue, queue_size: 20, is_print: true}
          "*.grad": {kind: histogram, bins: 30, axis: tokens}
          sound: {kind: audio, rate: 16000}
          "quiet.*": {is_print: false}
        """
    )
    patterns = Patterns.from_settings(project.load(file).indicators, file)
    assert _settings_of(patterns, "valid.accuracy") == {"kind": "scalar", "is_print": False}
    assert _settings_of(patterns, "train.loss") == {
        "kind": "queue", "queue_size": 20, "is_print": True,
    }  # fmt: skip
    assert _settings_of(patterns, "train.conv.grad") == {
        "kind": "queue", "queue_size": 20, "is_print": True,
    }  # fmt: skip
    assert _settings_of(patterns, "model.fc.grad") == {
        "kind": "histogram", "bins": 30, "is_print": False, "axis": "tokens",
    }  # fmt: skip
    assert _settings_of(patterns, "sound") == {"kind": "audio", "rate": 16000, "is_print": False}
    assert _settings_of(patterns, "quiet.x") == {"kind": "scalar", "is_print": False}
    assert _settings_of(patterns, "sounds") is None
    assert Patterns.from_settings({}).create("a") is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"a": "scalr"}, "unknown kind 'scalr' for 'a'; did you mean 'scalar'"),
        ({"a": "loss"}, "unknown kind 'loss' for 'a'; there are audio, figure, histogram, image"),
        ({"a": 3}, "unknown kind 3 for 'a'"),
        ({"a": None}, "unknown kind None for 'a'"),
        ({"a": ["queue"]}, r"unknown kind \['queue'\] for 'a'"),
        ({3: "scalar"}, "takes names and patterns such as 'train.*', got 3"),
        ({"": "scalar"}, "takes names and patterns"),
        ({".loss": "queue"}, r"takes full names, .*: 'loss' or '\*\.loss' in place of '\.loss'"),
        ({"a": {"axis": ""}}, "axis of 'a' is the name of an indicator, not ''"),
        (
            {"a": {"kind": "queue", "queue": 3}},
            "'a' is a queue, which takes no 'queue'; did you mean 'queue_size'",
        ),
        (
            {"a": {"kind": "scalar", 3: 3}},
            "'a' is a scalar, which takes no 3; there are axis, is_over_ranks, is_p",
        ),
        (
            {"a": {"kind": "text", "is_print": True}},
            "is a text, which takes no 'is_print'; it takes",
        ),
        (
            {"a": {"kind": "queue", "queue_size": 0}},
            "the queue 'a' takes a size of at least 1, got 0",
        ),
        ({"a": {"kind": "histogram", "bins": "x"}}, "the histogram 'a' takes a number of bins"),
        ({"a": {"kind": "audio", "rate": -1}}, "'a' is audio and takes a rate"),
        ({"a": {"is_print": "yes"}}, "is_print of 'a' is true or false, not 'yes'"),
        ({"a": {"axis": 3}}, "axis of 'a' is the name of an indicator, not 3"),
    ],
)
def test_what_lab_yaml_says_wrongly_is_one_clear_error(settings: Any, message: str) -> None:
    with pytest.raises(ProjectError, match=rf"'indicators' in .*lab\.yaml.*{message}"):
        Patterns.from_settings(settings, Path("lab.yaml"))


def test_the_pattern_with_the_most_characters_counts() -> None:
    patterns = Patterns.from_settings(
        {
            "train.*": "queue",
            "*": "text",
            "*.loss": "histogram",
            "train.l*": "table",
            "a*b": "image",
        }
    )
    kinds = {name: patterns.create(name) for name in ("train.loss", "x", "valid.loss", "train.x")}
    assert {name: created and created.kind for name, created in kinds.items()} == {
        "train.loss": "table", "x": "text", "valid.loss": "histogram", "train.x": "queue",
    }  # fmt: skip


def test_a_name_counts_before_a_pattern_and_code_before_the_file() -> None:
    patterns = Patterns.from_settings({"ab": "text", "x.*": "text"})
    patterns.declare(indicators.Scalar("a*b"))
    patterns.declare(indicators.Scalar("x.*"))
    patterns.declare(indicators.Queue("*x."))
    found = [patterns.create(name) for name in ("ab", "aab", "x.y", "x.x.")]
    assert [one and one.kind for one in found] == ["text", "scalar", "scalar", "queue"]


def test_patterns_in_code(memory: Memory) -> None:
    tracker.set_queue("valid.*", 2)
    tracker.set_scalar("valid.named")
    tracker.set_text("*note")
    tracker.save(1, {"valid.a": 1.0, "valid.named": 1.0, "the.note": "hello"})
    tracker.save(2, {"valid.a": 3.0, "valid.named": 3.0})
    tracker.set_queue("valid.*", 2)
    with pytest.raises(
        TrackerError, match=r"pattern 'valid\.\*' stands for a queue \(is_print=False"
    ):
        tracker.set_queue("valid.*", 3)
    assert tracker.flush(10)
    assert memory.series("valid.a") == [(1, 1.0), (2, 2.0)]
    assert memory.series("valid.named") == [(1, 1.0), (2, 3.0)]
    assert [(one.indicator, one.value.text) for one in memory.entries] == [("the.note", "hello")]


def test_a_pattern_in_a_namespace_belongs_to_it(memory: Memory) -> None:
    with tracker.namespace("train"):
        tracker.set_queue(".*", 2)
        tracker.save(1, {".a": 1.0})
        tracker.save(2, {".a": 3.0})
    assert tracker.flush(10)
    assert memory.series("train.a") == [(1, 1.0), (2, 2.0)]


def test_indicators_of_one_pattern_share_nothing() -> None:
    patterns = Patterns.from_settings({"*": "histogram"})
    first, second = patterns.create("a"), patterns.create("b")
    assert first is not None
    assert second is not None
    first.add(1.0)
    assert second.take() is None
    assert first.take() == 1.0


@settings(deadline=None)
@given(st.text("ab.*", max_size=8), st.text("ab.[", max_size=8))
def test_a_star_stands_for_any_text(pattern: str, name: str) -> None:
    import re

    patterns = Patterns()
    patterns.declare(indicators.Scalar(pattern))
    expected = re.fullmatch(".*".join(re.escape(piece) for piece in pattern.split("*")), name)
    assert (patterns.create(name) is not None) == (expected is not None)


def test_a_series_may_name_its_axis(memory: Memory) -> None:
    declarations = {
        "scalar": tracker.set_scalar,
        "queue": tracker.set_queue,
        "histogram": tracker.set_histogram,
        "indexed_scalar": tracker.set_indexed_scalar,
    }
    for kind, declare in declarations.items():
        declare(kind, axis="tokens")
        declare(kind, axis="tokens")
        with pytest.raises(TrackerError, match=rf"'{kind}' is a {kind} \(.*axis=tokens.* already"):
            declare(kind)
        assert "axis" not in indicators.KINDS[kind]("a").settings()


def test_every_kind_can_be_told_by_its_name() -> None:
    assert list(indicators.KINDS) == [
        "audio", "figure", "histogram", "image", "indexed_scalar", "indexed_text", "queue", "scalar",
        "table", "text",
    ]  # fmt: skip
    for kind in indicators.KINDS:
        created = Patterns.from_settings({"*": kind}).create("a")
        assert created is not None
        assert created.settings()["kind"] == kind
        assert not created.is_print
