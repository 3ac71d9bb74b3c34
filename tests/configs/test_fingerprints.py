from __future__ import annotations

import copy
import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from lab import configs
from lab.configs import BaseConfigs

from ._described import MODULE, Program
from ._plain import Plain
from ._random_graphs import (
    Draw,
    Settings,
    draws,
    examples,
    random_program,
    random_settings,
    shuffled,
)

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True, scope="module")
def no_module_left_behind() -> Iterator[None]:
    yield
    sys.modules.pop(MODULE, None)


def made(program: Program, given_settings: Settings) -> Any:
    conf = getattr(program.load(), program.root)()
    for key, value in given_settings.items():
        conf[key] = value
    return conf


def random_fingerprints(seed: int) -> list[str]:
    """The fingerprint of a random graph as a whole, and those of its items."""
    draw = Draw(random.Random(seed).randbytes(4000))
    program = random_program(draw)
    conf = made(program, random_settings(draw, program))
    keys = Plain(program, {}).names()
    return [configs.fingerprint(conf), *(configs.fingerprint(conf, key) for key in keys)]


def nested(flat: Settings) -> dict[str, Any]:
    """The same settings as mappings inside each other; of an item with parameters the choice is `_option_`."""
    found: dict[str, Any] = {}
    for key, value in flat.items():
        around, _, name = key.rpartition(".")
        around, name = entry_apart(around, name)
        place = found
        for part in around.split(".") if around else ():
            place = place.setdefault(part, {})
        is_parent = any(other.startswith(key + ".") for other in flat)
        if is_parent:
            place.setdefault(name, {})["_option_"] = value
        else:
            place[name] = value
    return found


def entry_apart(around: str, name: str) -> tuple[str, str]:
    """Keeps the name of a list item's entry together with that of its parameter."""
    outer, _, entry = around.rpartition(".")
    if outer.rpartition(".")[2].startswith("l"):
        return outer, f"{entry}.{name}"
    return around, name


@examples(30)
@given(draws)
def test_equal_settings_have_equal_fingerprints_however_they_were_made(
    draw: random.Random,
) -> None:
    program = random_program(draw)
    given_settings = random_settings(draw, program)
    expected = configs.fingerprint(made(program, given_settings))
    cls = getattr(shuffled(draw, program).load(), program.root)

    by_keyword = cls(**{key: v for key, v in given_settings.items() if "." not in key})
    for key, value in given_settings.items():
        if "." in key:
            by_keyword[key] = value
    backwards = cls()
    for key, value in reversed(given_settings.items()):
        if isinstance(value, int):
            backwards[key] = value + 1  # loses against what is set later
    for key, value in reversed(given_settings.items()):
        backwards[key] = value
    overridden = cls()
    configs.calculate(overridden, given_settings, [])
    as_mappings = cls()
    configs.calculate(as_mappings, nested(given_settings), [])

    for conf in (by_keyword, backwards, overridden, as_mappings):
        assert configs.fingerprint(conf) == expected
        assert not configs.diff(conf, by_keyword)


@examples(30)
@given(draws)
def test_computing_does_not_change_the_fingerprint(draw: random.Random) -> None:
    program = random_program(draw)
    given_settings = random_settings(draw, program)
    conf = made(program, given_settings)
    keys = Plain(program, given_settings).names()
    before = [configs.fingerprint(conf), *(configs.fingerprint(conf, key) for key in keys)]
    configs.calculate(conf)
    after = [configs.fingerprint(conf), *(configs.fingerprint(conf, key) for key in keys)]
    assert before == after


@examples(30)
@given(draws)
def test_a_changed_setting_changes_the_fingerprints_of_all_that_reads_it(
    draw: random.Random,
) -> None:
    program = random_program(draw, may_open=False)
    before = random_settings(draw, program)
    plain = Plain(program, before)
    keys = plain.names()
    numbers = [key for key in keys if plain.item(key).kind not in ("entries", "group")]  # type: ignore[union-attr]
    if not numbers:
        return
    key = draw.choice(numbers)
    options = [c.option for _, c in plain.calculators(key) if c.kind != "list"]
    old = plain.choice(key)
    values = [name for name in options if name != old.option] + [1234]
    value = draw.choice(values)
    # a parameter that the newly chosen option lacks is an error, and one that it requires is not set
    after = {k: v for k, v in before.items() if not k.startswith(key + ".")} | {key: value}
    one, other = made(program, before), made(program, after)

    affected = dependents(plain, key)
    affected |= dependents(Plain(program, after), key)
    changed = {
        name for name in keys if configs.fingerprint(one, name) != configs.fingerprint(other, name)
    }

    assert configs.fingerprint(one) != configs.fingerprint(other)
    assert key in changed
    assert changed <= affected
    assert read_by(plain, key) <= changed


def dependents(plain: Plain, key: str) -> set[str]:
    """The items that may read a key, directly or not, as their calculators are written."""
    mentioned = {name: plain.mentioned(name)[0] for name in plain.names()}
    own = {name for name in plain.nodes() if name.startswith(key + ".")}
    found = {key, *own}
    while True:
        more = {name for name, reads in mentioned.items() if reads & found} - found
        if not more:
            return found
        found |= more


def read_by(plain: Plain, key: str) -> set[str]:
    """The items that do read a key."""
    for name in plain.names():
        plain.value(name)
    return {name for name in plain.names() if key in plain.reads.get(name, ())}


def test_fingerprints_agree_across_processes_and_hash_seeds() -> None:
    seeds = range(30)
    program = (
        "import json; from tests.configs.test_fingerprints import random_fingerprints;"
        f"print(json.dumps([random_fingerprints(seed) for seed in range({len(seeds)})]))"
    )
    seed = "54321" if os.environ.get("PYTHONHASHSEED") == "12345" else "12345"
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    child = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert child.returncode == 0, child.stderr
    assert json.loads(child.stdout) == [random_fingerprints(seed) for seed in seeds]


class Net:
    def __init__(self, width: int = 3, names: frozenset[str] = frozenset({"a", "b", "c"})) -> None:
        self.width = width


class Plainly(BaseConfigs):
    rates: dict[str, float] = {"x": 0.5, "y": 1e-3}
    names: set[str] = {"alpha", "beta", "gamma"}
    path: Path = Path("data")
    net: Net = configs.build()
    depth: int = 2


def test_a_fingerprint_is_64_digits_and_says_nothing_of_the_order_in_sets_and_mappings() -> None:
    one, other = Plainly(), Plainly()
    other.rates = {"y": 1e-3, "x": 0.5}
    other.names = {"gamma", "beta", "alpha"}
    assert configs.fingerprint(one) == configs.fingerprint(other)
    assert len(configs.fingerprint(one)) == 64
    assert set(configs.fingerprint(one)) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("rates", {"x": 0.5, "y": 2e-3}),
        ("names", {"alpha", "beta"}),
        ("path", Path("other")),
        ("net.width", 4),
        ("net", None),
        ("depth", 3),
        ("depth", 2.0),
    ],
)
def test_any_other_value_has_another_fingerprint(key: str, value: object) -> None:
    conf: Any = Plainly(depth=2)
    if key == "depth" and isinstance(value, float):
        type_free: Any = type("Free", (BaseConfigs,), {"depth": 2})
        one, other = type_free(), type_free()
        other.depth = value
        assert configs.fingerprint(one) != configs.fingerprint(other)
        return
    before = configs.fingerprint(conf)
    if value is None:
        conf.net = Net()
    else:
        conf[key] = value
    assert configs.fingerprint(conf) != before


def test_the_fingerprint_of_one_item_is_only_of_what_it_reads() -> None:
    class Configs(BaseConfigs):
        used: int = 1
        unused: int = 1
        result: int

    @Configs.calc(Configs.result)
    def result(c: Configs) -> int:
        return c.used

    one: Any = Configs()
    assert configs.fingerprint(one, "result") == configs.fingerprint(Configs(unused=2), "result")
    assert configs.fingerprint(one) != configs.fingerprint(Configs(unused=2))
    assert configs.fingerprint(one, "result") != configs.fingerprint(Configs(used=2), "result")


def test_paths_below_the_project_count_as_relative_to_it(
    working_folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    (working_folder / "lab.yaml").write_text("{}")
    here = configs.fingerprint(Plainly(path=working_folder / "data" / "x"))
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "lab.yaml").write_text("{}")
    monkeypatch.chdir(elsewhere)
    assert configs.fingerprint(Plainly(path=elsewhere / "data" / "x")) == here
    assert configs.fingerprint(Plainly(path=elsewhere / "data" / "y")) != here


def test_rings_have_fingerprints_too() -> None:
    class Configs(BaseConfigs):
        a: int
        b: int
        x: int = 1

    @Configs.calc(Configs.a)
    def a(c: Configs) -> int:
        return c.b + c.x

    @Configs.calc(Configs.b)
    def b(c: Configs) -> int:
        return c.a

    one, other = Configs(), Configs(x=2)
    assert configs.fingerprint(one) == configs.fingerprint(Configs())
    assert configs.fingerprint(one, "b") != configs.fingerprint(other, "b")


@dataclass
class Slotted:
    __slots__ = ("size",)
    size: int


class Linked:
    def __init__(self, size: int) -> None:
        self.size = size
        self.others: list[Linked] = []


class Anything(BaseConfigs):
    value: Any = None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Slotted(1), Slotted(2)),
        (date(2020, 1, 1), date(2020, 1, 2)),
        (timedelta(1), timedelta(2)),
        (Decimal("0.1"), Decimal("0.2")),
        (Fraction(1, 2), Fraction(1, 3)),
        (1j, 2j),
        (slice(1), slice(2)),
        (re.compile("a"), re.compile("b")),
        (partial(int, base=2), partial(int, base=8)),
        (list[int], list[str]),
        (Fraction(1, 2).limit_denominator, Fraction(1, 3).limit_denominator),
    ],
    ids=repr,
)
def test_objects_without_attributes_are_told_apart(one: object, other: object) -> None:
    found = configs.fingerprint(Anything(value=one))
    assert found == configs.fingerprint(Anything(value=copy.deepcopy(one)))
    assert found != configs.fingerprint(Anything(value=other))


def test_what_torch_makes_is_told_apart() -> None:
    torch = pytest.importorskip("torch")
    for one, other in [
        (torch.device("cpu"), torch.device("cuda")),
        (torch.float32, torch.float16),
        (torch.ones(2), torch.zeros(2)),
        (torch.ones(2, dtype=torch.bfloat16), torch.zeros(2, dtype=torch.bfloat16)),
        (torch.ones(2), torch.ones(2).to(torch.bfloat16)),
    ]:
        found = configs.fingerprint(Anything(value=one))
        assert found == configs.fingerprint(Anything(value=copy.deepcopy(one)))
        assert found != configs.fingerprint(Anything(value=other))


def test_a_process_that_multiprocessing_starts_finds_the_same_fingerprint(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import multiprocessing\n"
        "from lab.configs import BaseConfigs, fingerprint\n"
        "class Configs(BaseConfigs):\n"
        "    size: int\n"
        "Configs.calc(Configs.size, 'one')(lambda c: 1)\n"
        "if __name__ == '__main__':\n"
        "    with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
        "        print(pool.apply(fingerprint, [Configs()]) == fingerprint(Configs()))\n"
    )
    child = subprocess.run(
        [sys.executable, program], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert (child.stdout, child.stderr) == ("True\n", "")


def test_objects_that_refer_to_each_other_have_fingerprints() -> None:
    prints = []
    for size in (1, 1, 2):
        linked = [Linked(number) for number in range(10)]
        for one in linked:
            one.others = linked
        linked[5].size = size
        prints.append(configs.fingerprint(Anything(value=linked[0])))
    assert prints[0] == prints[1] != prints[2]
