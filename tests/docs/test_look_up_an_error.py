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
# what makes the messages that the page shows
SHOWN = [
    errors.UnknownConfig("learning_rat", ["learning_rate"], "Configs", "command line"),
    errors.UnknownOption(
        "optimizer", "Adamm", [f"A{i:02}" for i in range(12)] + ["Adam"], None, "base.yaml:3"
    ),
    errors.WrongType("epochs", "'ten'", "int", "command line"),
    errors.WrongValue("dropout", "1.5", "float >= 0 and <= 1", "command line"),
    errors.OptionNotChosen(
        "optimizer.betas", "optimizer", "SGD", ["Adam"], ["lr", "momentum"], "command line"
    ),
    errors.OverrideSyntaxError("betas=[0.9, 0.99", "the list is not closed", 16),
    errors.AlreadyRead("learning_rate", "optimizer", "code"),
    errors.MissingValue("conv1_kernel", "int", ["model", "optimizer"]),
    errors.CycleError(["model", "optimizer", "model"]),
    errors.CalculationFailed(
        ["optimizer", "model"], "model (train.py:31)", "ValueError: kernel larger than image"
    ),
    errors.PlanError(
        [
            errors.UnknownConfig("learning_rat", ["learning_rate"]),
            errors.MissingValue("conv1_kernel", "int", ["model"]),
        ],
        "Configs",
    ),
    errors.NotPicklable("transform", "a lambda", "it has no name"),
    errors.MissingExtra("torch", "pytorch", "a model's checkpoints"),
]


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


def test_the_module_draws_every_error_in_its_tree() -> None:
    drawn = re.findall(r"[├└]── (\w+)", errors.__doc__ or "")
    assert sorted([*drawn, "LabError"]) == CLASSES
