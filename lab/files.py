"""Files written whole or not at all, and YAML that is safe and follows YAML 1.2.

YAML is read with the scalars of the core schema of YAML 1.2
(https://yaml.org/spec/1.2.2/#103-core-schema): `1e-3` is a float, `no` and `2020-01-01` are
strings. What is written reads the same in YAML 1.1 and 1.2.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

__all__ = [
    "encoded",
    "parse_yaml",
    "read_yaml",
    "to_yaml",
    "write_bytes",
    "write_text",
    "written_aside",
]

_CORE_SCHEMA = (
    ("tag:yaml.org,2002:bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("tag:yaml.org,2002:int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "tag:yaml.org,2002:float",
        (
            r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
            r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
        ),
        "-+.0123456789",
    ),
    ("tag:yaml.org,2002:null", r"~|null|Null|NULL|", "~nN\0"),
    ("tag:yaml.org,2002:merge", r"<<", "<"),
)
_DEEPEST = 1000
_OPENING = re.compile(r"[\[{]|[-?]\s")  # what a list or mapping within another may begin with


@contextlib.contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """A name beside `path` to write to, which takes the place of `path` when the block ends well.

    Whoever reads `path` finds the old content or the new, never a part; on an error the old one
    stays.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        yield aside
        os.replace(aside, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            aside.unlink()
        raise


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    with written_aside(path) as aside:
        aside.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Write a text file (UTF-8) whole or not at all."""
    write_bytes(path, content.encode("utf-8", "surrogateescape"))


def encoded(text: str) -> bytes:
    """Text in UTF-8; half a surrogate pair, which is no letter, is written out in hexadecimal."""
    return text.encode("utf-8", "backslashreplace")


def parse_yaml(text: str, name: str = "<text>") -> Any:
    """Read one YAML document, with plain data only.

    Args:
        text: the document.
        name: what an error calls it, such as the file's path.

    Raises:
        ValueError: it is no YAML, or asks for objects; the message says where.
    """
    import yaml

    try:
        _check_depth(text)
        return yaml.load(text, Loader=_loader())
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{name}:{mark.line + 1}" if mark else name
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
        raise ValueError(f"{where} is no readable YAML: {problem}") from error
    except ValueError as error:
        raise ValueError(f"{name} is no readable YAML: {error}") from error
    except (
        LookupError,
        AttributeError,
    ) as error:  # PyYAML's own words: !!bool maybe, !!timestamp x
        raise ValueError(f"{name} is no readable YAML: a value does not fit its tag") from error
    except RecursionError as error:
        raise ValueError(f"{name} is no readable YAML: it is nested too deeply") from error


def read_yaml(path: Path) -> Any:
    """Read one YAML document from a file; the errors are those of `parse_yaml`, and `OSError`."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no text in UTF-8") from error
    return parse_yaml(text, str(path))


def to_yaml(data: Any) -> str:
    """Plain data (dictionaries, lists, text, numbers, booleans, None) as YAML, in its order."""
    import yaml

    text: str = yaml.dump(data, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=100)
    return text


def _check_depth(text: str) -> None:
    """Raise for a text so deep that reading it would end the process: libyaml's loader recurs in C."""
    if len(_OPENING.findall(text)) <= _DEEPEST:
        return
    import yaml

    depth = 0
    for event in yaml.parse(text, Loader=_loader()):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST:
            raise RecursionError


@cache
def _loader() -> Any:
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loader: Any = type("Loader", (base,), {"yaml_implicit_resolvers": {}})
    for tag, pattern, first in _CORE_SCHEMA:
        letters = [letter if letter != "\0" else "" for letter in first]
        loader.add_implicit_resolver(tag, re.compile(rf"^(?:{pattern})$"), letters)
    loader.add_constructor("tag:yaml.org,2002:int", _integer)
    loader.add_constructor("tag:yaml.org,2002:float", _float)
    return loader


@cache
def _dumper() -> Any:
    import yaml

    base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    dumper: Any = type("Dumper", (base,), {"ignore_aliases": lambda self, data: True})
    for (
        tag,
        pattern,
        first,
    ) in _CORE_SCHEMA:  # beside those of 1.1, so that both readers need quotes
        letters = [letter if letter != "\0" else "" for letter in first]
        dumper.add_implicit_resolver(tag, re.compile(rf"^(?:{pattern})$"), letters)
    return dumper


def _integer(loader: Any, node: Any) -> int:
    text = node.value
    return int(text, 0) if text[:2] in ("0o", "0x") else int(text)


def _float(loader: Any, node: Any) -> float:
    return float(node.value.lower().replace(".inf", "inf").replace(".nan", "nan"))
