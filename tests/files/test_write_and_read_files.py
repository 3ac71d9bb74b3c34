from __future__ import annotations

import math
from pathlib import Path

import pytest
import yaml

from lab import files


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    files.write_text(path, "old")
    files.write_text(path, "new ü")
    assert path.read_text(encoding="utf-8") == "new ü"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_leaves_the_old_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    files.write_text(path, "old")

    def write() -> None:
        with files.written_aside(path) as aside:
            aside.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 1e-3),
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("2020-01-01", "2020-01-01"),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("0o17", 15),
        ("0x1F", 31),
        ("017", 17),
        (".5", 0.5),
        ("-.inf", -math.inf),
        ("true", True),
        ("~", None),
        ("", None),
        ("'1'", "1"),
    ],
)
def test_scalars_follow_yaml_1_2(text: str, value: object) -> None:
    read = files.parse_yaml(text)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    "value",
    ["no", "1e-3", "1:30", "0o17", "2020-01-01", "", "~", "a: b", "line\nline", "ü", 1e-5, 1e300,
     2**70, -0.0, math.inf, None, True, [1, "x"], {"a": {"b": [None]}}, "1_000", "<<", "=", ".5",
     "+1"],
)  # fmt: skip
def test_plain_data_reads_back_the_same_in_both_yamls(value: object) -> None:
    text = files.to_yaml({"value": value})
    assert files.parse_yaml(text) == {"value": value}
    if not isinstance(value, float):
        assert yaml.safe_load(text) == {"value": value}


def test_nan_reads_back() -> None:
    assert math.isnan(files.parse_yaml(files.to_yaml([math.nan]))[0])


def test_objects_are_refused_with_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("a: 1\nb: !!python/object/apply:os.getcwd []\n")
    with pytest.raises(ValueError, match=r"bad\.yaml:2 is no readable YAML"):
        files.read_yaml(path)


@pytest.mark.parametrize("text", ["a: !!bool maybe", "a: !!timestamp x", "a: !!int x", "a: \0"])
def test_a_value_that_does_not_fit_is_told_with_the_name_of_the_file(text: str) -> None:
    with pytest.raises(ValueError, match=r"bad\.yaml(:1)? is no readable YAML: "):
        files.parse_yaml(text, "bad.yaml")


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_a_text_nested_without_end_is_refused_before_it_is_built(opening: str) -> None:
    with pytest.raises(ValueError, match=r"bad\.yaml is no readable YAML: it is nested too deeply"):
        files.parse_yaml(opening * 50_000, "bad.yaml")


def test_a_long_list_is_not_deep() -> None:
    assert files.parse_yaml("- [1, 2]\n" * 2000) == [[1, 2]] * 2000
