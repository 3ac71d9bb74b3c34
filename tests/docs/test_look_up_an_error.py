from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab import errors

PAGE = Path(__file__).parents[2] / "docs" / "errors.rst"
CLASSES = sorted(
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.LabError)
)
# what makes the messages that the page shows without an example that raises them
SHOWN = [
    errors.OverrideSyntaxError("betas=[0.9, 0.99", "the bracket [ is not closed", 6),
    errors.MissingExtra("torch", "pytorch", "a model's checkpoints"),
]
# what is not raised itself
ROOTS = {"ConfigError", "LabError"}


def sections() -> dict[str, str]:
    text = PAGE.read_text(encoding="utf-8")
    parts = re.split(r"^(\w+)\n~+\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_page_has_every_error_and_no_other() -> None:
    assert sorted(sections()) == CLASSES


@pytest.mark.parametrize("name", CLASSES)
def test_each_error_has_a_cause_and_a_cure(name: str) -> None:
    section = sections()[name]
    assert section.count("**Cause.**") == 1
    assert section.count("**Cure.**") == 1


@pytest.mark.parametrize("error", SHOWN, ids=lambda error: type(error).__name__)
def test_the_messages_shown_are_the_ones_raised(error: errors.LabError) -> None:
    section = " ".join(sections()[type(error).__name__].split())
    assert " ".join(str(error).split()) in section


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in CLASSES
        if issubclass(getattr(errors, name), errors.ConfigError) and name not in ROOTS
    ],
)
def test_each_error_about_configs_is_seen_as_it_is_raised(name: str) -> None:
    section = sections()[name]
    shown = any(type(error).__name__ == name for error in SHOWN)
    assert shown or f"\nlab.errors.{name}: " in section


def test_the_module_draws_every_error_in_its_tree() -> None:
    drawn = re.findall(r"[├└]── (\w+)", errors.__doc__ or "")
    assert sorted([*drawn, "LabError"]) == CLASSES
