"""Names for values, settings and code that are the same in every process and on every machine."""

from __future__ import annotations

import copyreg
import hashlib
import struct
import sys
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum
from pathlib import Path, PurePath
from types import CodeType, ModuleType
from typing import Any

from lab.configs._choice import GRAPH, VALUE
from lab.configs._choose import choose
from lab.configs._copies import PLAIN
from lab.configs._locate import all_items
from lab.configs._state import Node, State
from lab.configs._walk import Walk

# The version of how fingerprints are made; two of different versions never agree.
_VERSION = b"lab-1"


def fingerprint_of(state: State, key: Node | None, root: Path) -> str:
    """The fingerprint of a configs object, or of one of its items.

    Args:
        state: the configs object.
        key: the item; None for all of them.
        root: the folder of the project; paths below it count as relative to it.
    """
    prints = _Prints(root)
    if key is not None:
        return prints.of(key).hex()
    names = [
        (node.path.encode(), prints.of(node)) for node in all_items(state, with_parameters=True)
    ]
    return _digest(b"configs", *(part for pair in sorted(names) for part in pair)).hex()


class _Prints:
    """Fingerprints of nodes, each made once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.walk = Walk()
        self.known: dict[Node, bytes] = {}

    def of(self, node: Node) -> bytes:
        """That of a value is of its content; that of a computed item of its option and what it reads."""
        stack = [node]
        entered: set[Node] = set()
        while stack:
            top = stack[-1]
            if top in self.known:
                stack.pop()
                continue
            waiting = [r for r in self._reads(top) if r not in self.known and r not in entered]
            if waiting and top not in entered:
                entered.add(top)
                stack.extend(waiting)
                continue
            self.known[top] = self._make(top)
            stack.pop()
        return self.known[node]

    def _reads(self, node: Node) -> list[Node]:
        return [] if choose(node).kind == VALUE else list(self.walk.reading(node).nodes)

    def _make(self, node: Node) -> bytes:
        choice = choose(node)
        if choice.kind == VALUE:
            return _digest(b"value", *encode(choice.value, self.root))
        if choice.kind == GRAPH:
            inner = node.inner
            return _digest(b"graph", b"" if inner is None else _name_of(inner.cls))
        calculators = [choice.option.encode()]
        if choice.calculator is not None:
            calculators.append(_name_of(choice.calculator.function))
        calculators += [name.encode() for name in node.spec.entries]
        reads = sorted(
            (read.path.encode(), self.known.get(read, b"cycle")) for read in self._reads(node)
        )
        return _digest(b"computed", *calculators, *(part for pair in reads for part in pair))


def encode(value: Any, root: Path) -> Iterable[bytes]:
    """The content of a value as bytes that do not depend on the process.

    Of an object that is not plain data the class counts, and what it is made of as far as that can be told.
    """
    yield from _Encoder(root).encode(value, 0)


class _Encoder:
    """Content as bytes; each object that others may refer to is looked at once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        # By identity the object, kept so that no other one takes its place, and its digest once that is known.
        self.seen: dict[int, tuple[Any, bytes]] = {}

    def encode(self, value: Any, depth: int) -> Iterable[bytes]:
        if value is None or isinstance(value, (bool, int)):
            yield b"%s:%s" % (type(value).__name__.encode(), repr(value).encode())
        elif isinstance(value, float):
            yield b"float:" + struct.pack(">d", value if value == value else float("nan"))
        elif isinstance(value, PurePath):
            yield b"path:" + _relative(value, self.root).encode("utf-8", "surrogatepass")
        elif isinstance(value, Enum):
            yield b"enum:" + _name_of(type(value)) + value.name.encode()
        elif isinstance(value, str):
            yield b"str:" + value.encode("utf-8", "surrogatepass")
        elif isinstance(value, (bytes, bytearray)):
            yield b"bytes:" + bytes(value)
        elif depth > 50:
            yield b"deep"
        elif isinstance(value, Mapping):
            pairs = [self.digest(k, depth) + self.digest(v, depth) for k, v in value.items()]
            yield b"map:" + b"".join(sorted(_digest(pair) for pair in pairs))
        elif isinstance(value, AbstractSet):
            yield b"set:" + b"".join(sorted(self.digest(item, depth) for item in value))
        elif isinstance(value, Sequence):
            yield b"list:" + b"".join(self.digest(item, depth) for item in value)
        else:
            yield from self._object(value, depth)

    def digest(self, value: Any, depth: int) -> bytes:
        """That of a value inside another one."""
        if type(value) in PLAIN:
            return _digest(*self.encode(value, depth + 1))
        known = self.seen.get(id(value))
        if known is not None:
            return known[1]
        self.seen[id(value)] = (value, b"around")
        found = _digest(*self.encode(value, depth + 1))
        self.seen[id(value)] = (value, found)
        return found

    def _object(self, value: Any, depth: int) -> Iterable[bytes]:
        if hasattr(value, "__origin__"):  # a type such as `list[int]`
            yield b"type:" + repr(value).encode()
            return
        if isinstance(value, type) or hasattr(value, "__code__") or hasattr(value, "__qualname__"):
            yield b"name:" + _name_of(value)
            owner = getattr(value, "__self__", None)
            if owner is not None and not isinstance(owner, ModuleType):
                yield self.digest(owner, depth)
            return
        yield b"object:" + _name_of(type(value))
        content = _array_bytes(value)
        if content is not None:
            yield from content
            return
        attributes = getattr(value, "__dict__", None)
        if isinstance(attributes, dict) and attributes:
            for name in sorted(map(str, attributes)):
                yield name.encode()
                yield self.digest(attributes.get(name), depth)
            return
        for part in _parts(value):
            yield self.digest(part, depth)


def _parts(value: Any) -> tuple[Any, ...]:
    """What an object without attributes, such as a date or one with slots, would be made again from."""
    try:
        reduce = copyreg.dispatch_table.get(type(value))
        made = value.__reduce_ex__(2) if reduce is None else reduce(value)
    except Exception:  # it cannot be made again; only its class counts
        return ()
    return tuple(made[1:3]) if isinstance(made, tuple) else (made,)


def _array_bytes(value: Any) -> Iterable[bytes] | None:
    """Type, shape and content of a numpy array or a torch tensor."""
    if hasattr(value, "detach") and hasattr(value, "cpu"):
        dtype, shape = value.dtype, value.shape
        try:
            value = value.detach().cpu()
            if str(dtype) == "torch.bfloat16":  # numpy has no such type
                value = value.contiguous().reshape(-1).view(sys.modules["torch"].uint8)
            value = value.numpy()
        except (RuntimeError, TypeError):
            return None
        return (str(dtype).encode(), repr(tuple(shape)).encode(), value.tobytes())
    if hasattr(value, "tobytes") and hasattr(value, "dtype") and hasattr(value, "shape"):
        return (str(value.dtype).encode(), repr(tuple(value.shape)).encode(), value.tobytes())
    return None


def _relative(path: PurePath, root: Path) -> str:
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return path.as_posix()


def _name_of(value: Any) -> bytes:
    """Module and name of a function or class; the main program is called by the name of its file."""
    module = getattr(value, "__module__", "") or ""
    if module in (
        "__main__",
        "__mp_main__",
    ):  # the latter in a process that multiprocessing started
        path = getattr(sys.modules.get("__main__"), "__file__", None) or "__main__"
        module = PurePath(path).stem
    name = getattr(value, "__qualname__", None) or type(value).__qualname__
    return f"{module}.{name}".encode()


def _digest(*parts: bytes) -> bytes:
    digest = hashlib.sha256(_VERSION)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


def code_hash(function: Any) -> str:
    """Sixteen characters that change when the code of a function or class does; "" where it has no Python code.

    Line numbers, the file and the docstring do not count. It is the same for one version of Python only.
    """
    codes = list(_codes(function))
    if not codes:
        return ""
    return _digest(*(part for code in codes for part in _code_parts(code))).hex()[:16]


def _codes(function: Any) -> Iterable[CodeType]:
    function = getattr(function, "func", function)  # of a partial
    if isinstance(function, type):
        for name in sorted(vars(function)):
            member = vars(function)[name]
            code = getattr(getattr(member, "__func__", member), "__code__", None)
            if isinstance(code, CodeType):
                yield code
        return
    code = getattr(function, "__code__", None)
    if isinstance(code, CodeType):
        yield code


def _code_parts(code: CodeType) -> Iterable[bytes]:
    yield code.co_code
    yield repr((code.co_names, code.co_varnames, code.co_freevars)).encode()
    docstring = code.co_consts[0] if code.co_consts and isinstance(code.co_consts[0], str) else None
    for index, constant in enumerate(code.co_consts):
        if isinstance(constant, CodeType):
            yield from _code_parts(constant)
        elif index or constant is not docstring:
            yield repr(
                sorted(constant, key=repr) if isinstance(constant, frozenset) else constant
            ).encode()


__all__ = ["code_hash", "encode", "fingerprint_of"]
