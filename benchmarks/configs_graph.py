"""A graph of 30 values and 5 objects made of them, from overrides to all values.

Every contender gets the same eight overrides and makes the same five objects. What it declares once
and for all (a class, a driver, a store) is declared before the clock starts; what has to be done
again for the next experiment is measured.
"""

from __future__ import annotations

import copy
import inspect
import time
from collections.abc import Callable
from functools import cached_property, partial
from typing import Any

import _measure
import _parts
from _measure import Contest, Table
from _parts import (
    DEFAULTS,
    GROUP_OF,
    OVERRIDES,
    PARTS,
    Dataset,
    Model,
    Optimizer,
    Schedule,
    Trainer,
)
from _worker import Answer, Contender, Failed, serve

BAR = (80.0, 40.0)  # microseconds

Once = Callable[[], Any]  # from overrides to something that has the five objects


# -- lab, and those that declare a graph as it does


def configs_class(base: Any) -> Any:
    """A class with `width: int = 64` and so on in its body, and `model: Model` and so on."""
    annotations = {key: type(value) for key, value in DEFAULTS.items()} | PARTS
    body = {**DEFAULTS, "__annotations__": annotations, "__module__": __name__}
    return type(base)("Configs", (base,), body)


def dataset(c: Any) -> Dataset:
    return Dataset(c.root, c.size, c.channels, c.classes, c.augment, c.seed)


def model(c: Any) -> Model:
    return Model(c.dataset, c.width, c.depth, c.kernel, c.dropout, c.activation, c.norm)


def optimizer(c: Any) -> Optimizer:
    return Optimizer(c.model, c.lr, c.momentum, c.weight_decay, c.nesterov, c.eps, c.clip)


def schedule(c: Any) -> Schedule:
    return Schedule(c.optimizer, c.warmup, c.gamma, c.step_size, c.floor, c.power, c.restart)


def trainer(c: Any) -> Trainer:
    return Trainer(
        c.dataset,
        c.model,
        c.optimizer,
        c.schedule,
        c.epochs,
        c.batch_size,
        c.log_interval,
        c.save_interval,
        c.patience,
        c.device,
    )


CALCULATORS = (dataset, model, optimizer, schedule, trainer)


def lab() -> Once:
    from lab.configs import BaseConfigs, calculate

    configs = configs_class(BaseConfigs)
    for function in CALCULATORS:
        configs.calc(getattr(configs, function.__name__))(function)

    def once() -> Any:
        conf = configs()
        calculate(conf, OVERRIDES, None)
        return conf

    return once


def lab_with_classes_as_options() -> Once:
    from lab.configs import BaseConfigs, calculate

    class Configs(BaseConfigs):
        dataset: Dataset
        model: Model
        optimizer: Optimizer
        schedule: Schedule
        trainer: Trainer

    # an argument that is no item is a config of its own, such as optimizer.lr
    for name, part in PARTS.items():
        Configs.calc(name)(part)
    overrides = {f"{GROUP_OF[key]}.{key}": value for key, value in OVERRIDES.items()}

    def once() -> Any:
        conf = Configs()
        calculate(conf, overrides, None)
        return conf

    return once


def lab_of_2020() -> Once:
    from lab import experiment  # its own, in an environment of its own
    from lab.configs import BaseConfigs

    configs = configs_class(BaseConfigs)
    for function in CALCULATORS:
        configs.calc(getattr(configs, function.__name__))(function)
    experiment.create(name="benchmark", writers=set())

    def once() -> Any:
        conf = configs()
        experiment.calculate_configs(conf, _parts.converted(), list(PARTS))
        return conf

    return once


def _labml_class() -> Any:
    from labml.configs import BaseConfigs, option

    configs = configs_class(BaseConfigs)
    for function in CALCULATORS:
        option(getattr(configs, function.__name__))(function)
    return configs


def labml_experiment() -> Once:
    from labml import experiment

    configs = _labml_class()

    def once() -> Any:
        # an experiment takes configs once; making it is not what is measured here
        experiment.create(name="benchmark", writers=set(), disable_screen=True)
        started = time.perf_counter()
        conf = configs()
        experiment.configs(conf, _parts.converted())
        for name in PARTS:
            getattr(conf, name)
        once.taken = time.perf_counter() - started  # type: ignore[attr-defined]
        return conf

    return once


def labml_alone() -> Once:
    configs = _labml_class()

    def once() -> Any:
        conf = configs()
        for key, value in _parts.converted().items():
            setattr(conf, key, value)
        for name in PARTS:
            getattr(conf, name)
        return conf

    return once


# -- the others


def plain() -> Once:
    class Configs:
        def __init__(self, overrides: dict[str, Any]) -> None:
            vars(self).update(DEFAULTS)
            for key, value in overrides.items():
                setattr(self, key, type(DEFAULTS[key])(value))

        dataset = cached_property(dataset)
        model = cached_property(model)
        optimizer = cached_property(optimizer)
        schedule = cached_property(schedule)
        trainer = cached_property(trainer)

    def once() -> Any:
        conf = Configs(OVERRIDES)
        conf.trainer  # noqa: B018 - it reads all the others
        return conf

    return once


def hamilton() -> Once:
    from hamilton import ad_hoc_utils, driver

    functions = []
    for name, part in PARTS.items():
        annotations = inspect.get_annotations(part.__init__)
        arguments = [key for key in annotations if key != "return"]
        parameters = ", ".join(f"{key}: {annotations[key]}" for key in arguments)
        source = (
            f"def {name}({parameters}) -> {part.__name__}:\n"
            f"    return {part.__name__}({', '.join(arguments)})\n"
        )
        scope = dict(vars(_parts))
        exec(source, scope)
        functions.append(scope[name])
    module = ad_hoc_utils.create_temporary_module(*functions, module_name="benchmark")
    dataflow = driver.Builder().with_modules(module).build()

    def once() -> Any:
        return dataflow.execute(list(PARTS), inputs={**DEFAULTS, **_parts.converted()})

    return once


def fiddle() -> Once:
    import fiddle as fdl

    own = {g: {k: v for k, v in DEFAULTS.items() if GROUP_OF[k] == g} for g in PARTS}
    base: dict[str, Any] = {"dataset": fdl.Config(Dataset, **own["dataset"])}
    base["model"] = fdl.Config(Model, dataset=base["dataset"], **own["model"])
    base["optimizer"] = fdl.Config(Optimizer, model=base["model"], **own["optimizer"])
    base["schedule"] = fdl.Config(Schedule, optimizer=base["optimizer"], **own["schedule"])
    base["trainer"] = fdl.Config(Trainer, **base, **own["trainer"])

    def once() -> Any:
        made = copy.deepcopy(base)
        for key, value in _parts.converted().items():
            setattr(made[GROUP_OF[key]], key, value)
        return fdl.build(made)

    return once


def hydra() -> Once:
    from hydra import compose, initialize
    from hydra.core.config_store import ConfigStore
    from hydra.utils import instantiate

    node: dict[str, dict[str, Any]] = {
        group: {"_target_": f"_parts.{part.__name__}"} for group, part in PARTS.items()
    }
    for key, value in DEFAULTS.items():
        node[GROUP_OF[key]][key] = value
    ConfigStore.instance().store(name="benchmark", node=node)
    initialize(version_base=None, config_path=None)
    overrides = [f"{GROUP_OF[key]}.{key}={value}" for key, value in OVERRIDES.items()]

    def once() -> Any:
        cfg = compose("benchmark", overrides=overrides)
        made: dict[str, Any] = {"dataset": instantiate(cfg.dataset)}
        made["model"] = instantiate(cfg.model, dataset=made["dataset"])
        made["optimizer"] = instantiate(cfg.optimizer, model=made["model"])
        made["schedule"] = instantiate(cfg.schedule, optimizer=made["optimizer"])
        made["trainer"] = instantiate(cfg.trainer, **made)
        return made

    return once


# -- measuring


def _block(once: Once) -> Callable[..., Answer]:
    def block() -> Answer:
        made = once()
        objects = [made[n] if isinstance(made, dict) else getattr(made, n) for n in PARTS]
        if hasattr(once, "taken"):  # it watches the clock itself
            taken = []
            for _ in range(3):
                once()
                taken.append(once.taken)
            seconds = sum(taken) / len(taken)
        else:
            seconds = _measure.per_call(once)
        return {"us": seconds * 1e6, "values": [part.flat() for part in objects]}

    return block


def _contender(name: str, declare: Callable[[], Once], *rest: Any) -> Contender:
    return Contender(name, lambda: _block(declare()), *rest)


CONTENDERS = (
    _contender("lab", lab),
    _contender("lab, classes as options", lab_with_classes_as_options),
    _contender("plain memoised Python", plain),
    _contender("Lab of 2020", lab_of_2020, "machine-learning-lab", True),
    _contender("hamilton", hamilton, "sf-hamilton"),
    _contender("fiddle", fiddle, "fiddle"),
    _contender("labml, set and read", labml_alone, "labml"),
    _contender("labml, experiment.configs", labml_experiment, "labml"),
    _contender("Hydra compose and instantiate", hydra, "hydra-core"),
)


def _agree(expected: list[Any], answer: Answer) -> None:
    if answer["values"] != expected:
        raise Failed("it computed other values than plain Python")


def measure(quick: bool = False) -> list[Table]:
    """The table of this benchmark."""
    expected = [getattr(plain()(), name).flat() for name in PARTS]
    with Contest(__file__, CONTENDERS) as contest:
        answers = contest.rounds(3 if quick else 15, partial(_agree, expected), fresh=True)
        rows = contest.rows(answers, "us", BAR)
    return [Table("30 values and 5 objects, from overrides to all values", "us", rows)]


if __name__ == "__main__":
    serve({contender.name: contender for contender in CONTENDERS})
    _measure.main("configs_graph", measure)
